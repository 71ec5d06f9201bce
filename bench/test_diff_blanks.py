"""The diff of two versions of a vocabulary with blank nodes, against `rdflib.compare.graph_diff`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import pytest

from bench.blanks import with_blanks
from bench.conftest import report
from regen.dataset.compare import compare
from regen.dataset.version import FileDelta, file_delta
from regen.model.graphfile import GraphFile, Loaded, file_iri
from regen_plugins.load_oxigraph import regen_load

T = TypeVar("T")

COUNTS = (100, 200, 400, 1000)  # blank nodes
CAP_S = float(os.environ.get("REGEN_DIFF_CAP", "900"))
ROUNDS = 5
GRAPH_DIFF = """
import sys, time
from rdflib import Graph
from rdflib.compare import graph_diff

old, new = (Graph().parse(path) for path in sys.argv[1:])
started = time.perf_counter()
both, gone, came = graph_diff(old, new)
print(time.perf_counter() - started, len(gone), len(came))
"""


@pytest.mark.long
def test_diff_of_blank_nodes(schemaorg: Path, tmp_path: Path) -> None:
    """One union of classes changes; theirs is stopped after `REGEN_DIFF_CAP` seconds, which is then a lower bound."""
    text = schemaorg.read_text(encoding="utf-8")
    ended = True
    for count in COUNTS:
        paths = [tmp_path / f"{name}{count}.ttl" for name in ("old", "new")]
        for path, changed in zip(paths, (False, True), strict=True):
            path.write_text(with_blanks(text, count, changed=changed), encoding="utf-8")
        deltas, ours = _ours(*paths)
        added, removed, whole = _whole(*paths)
        # A restriction that changes goes and comes as a whole: it has no name that would stay.
        assert (len(deltas.added), len(deltas.removed)) == (added, removed) == (10, 10)
        theirs = _theirs(*paths) if ended else None
        ended = theirs is not None
        least = theirs if theirs is not None else CAP_S
        sign = "" if ended else "more than "
        report(
            f"schema.org 30.0 with {count:,} blank nodes more, one restriction changed",
            [
                ("regen, file_delta of parsed quads, median", f"{ours * 1e3:.0f} ms"),
                ("regen, compare of two files, parsing included, median", f"{whole * 1e3:.0f} ms"),
                ("rdflib, graph_diff of parsed graphs", f"{sign}{least:.1f} s"),
                ("graph_diff ÷ file_delta", f"{sign}{least / ours:,.0f}"),
                ("graph_diff ÷ compare with its parsing", f"{sign}{least / whole:,.0f}"),
            ],
        )


def _loaded(path: Path) -> Loaded:
    loaded = regen_load(GraphFile("graph.ttl", path.read_bytes(), "turtle", file_iri("graph.ttl")))
    assert loaded is not None
    return loaded


def _ours(old: Path, new: Path) -> tuple[FileDelta, float]:
    iri = file_iri("graph.ttl")
    before = file_delta(_loaded(old), iri, frozenset()).quads
    loaded = _loaded(new)
    return _median(lambda: file_delta(loaded, iri, before))


def _whole(old: Path, new: Path) -> tuple[int, int, float]:
    async def load(file: GraphFile) -> Loaded | None:
        return regen_load(file)

    found, seconds = _median(lambda: anyio.run(compare, old, new, load))
    return len(found.delta.added), len(found.delta.removed), seconds


def _median(work: Callable[[], T]) -> tuple[T, float]:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - started)
    return result, statistics.median(times)


def _theirs(old: Path, new: Path) -> float | None:
    """Seconds; None where it was stopped."""
    command = [sys.executable, "-c", GRAPH_DIFF, str(old), str(new)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=CAP_S)
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout.split()[0])
