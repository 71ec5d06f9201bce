"""Big files: what it costs to find what changed in them, against parsing them."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyoxigraph as ox
import pytest

from bench.conftest import report
from regen import Project
from regen.dataset.kept import kept_bytes, kept_version, worth_keeping
from regen.dataset.lines import Lines
from regen.dataset.packed import nquads
from regen.dataset.parse import parse
from regen.dataset.version import Quads, as_set
from regen.model.graphfile import GraphFile, Loaded, graph_iri
from regen.stages.load import Version, load

SIZE = 1_000_000
CHANGED = 10
ROUNDS = 5
TEMPLATE = """\
---
each: SELECT ?this ?o WHERE { ?this <http://example.org/p/0> ?o FILTER(STRSTARTS(?o, "other")) }
to: "{{ this | local_name }}.txt"
---
{{ each[0].o }}
"""
RESTRICTIONS_HEAD = b"""\
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://example.org/> .
"""
RESTRICTION = b"""
:C%d rdfs:subClassOf
    [ a owl:Restriction ; owl:onProperty :p%d ; owl:someValuesFrom :D%d ] ,
    [ a owl:Restriction ; owl:onProperty :q ; owl:allValuesFrom [ owl:unionOf ( :A :B%d ) ] ] .
"""


class _Hooks:
    """Oxigraph's loader alone."""

    async def load(self, file: GraphFile) -> Loaded | None:
        return parse(file)


def text_of(size: int) -> bytes:
    """Statements about things of eight each, in the order in which a serializer would write them."""
    line = '<http://example.org/thing/{}> <http://example.org/p/{}> "value number {} of it" .\n'
    return "".join(line.format(i // 8, i % 8, i) for i in range(size)).encode()


def changed(text: bytes, seed: int) -> bytes:
    """The same with ten literals changed, all over the file."""
    lines = text.split(b"\n")
    for place in random.Random(seed).sample(range(0, len(lines) - 1, 8), CHANGED):
        lines[place] = lines[place].replace(b'"value', b'"other')
    return b"\n".join(lines)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    made = work()
    spent = time.perf_counter() - start
    del made  # what it takes to free it is not counted
    return spent


def _load(text: bytes, old: Quads, kind: str = "ntriples") -> Version:
    file = GraphFile("g", text, kind, graph_iri("g"))
    return asyncio.run(load(file, old, _Hooks(), lambda quad: True))


def _by_kept_text(old: Quads, new: bytes) -> Callable[[], Version]:
    """Compare with a version as a process has it that starts anew; what the old one stored is made beforehand."""
    version = worth_keeping(old)
    assert version is not None
    text, stored = kept_bytes(version, "g"), nquads(as_set(old))

    def work() -> Version:
        found = kept_version(text, "g", Lines(stored, len(old)).quads())
        assert found is not None
        return _load(new, found, "turtle")

    return work


@pytest.mark.long
def test_blank_nodes() -> None:
    """An ontology of restrictions, most of it blank nodes; one of them changes."""
    text = RESTRICTIONS_HEAD + b"".join(RESTRICTION % (i, i % 9, i % 7, i) for i in range(5_000))
    new = text.replace(b"owl:onProperty :p3 ", b"owl:onProperty :other ", 1)
    first = _load(text, frozenset(), "turtle").delta
    assert first is not None
    old = first.quads
    second = _load(new, old, "turtle").delta
    assert second is not None
    parsed = statistics.median(
        _seconds(lambda: list(ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)))
        for _ in range(ROUNDS)
    )
    whole = statistics.median(_seconds(partial(_load, new, as_set(old), "turtle")) for _ in range(ROUNDS))
    cut = statistics.median(_seconds(partial(_load, new, old, "turtle")) for _ in range(ROUNDS))
    diff = statistics.median(_seconds(partial(_load, text, second.quads, "turtle")) for _ in range(ROUNDS))
    kept = statistics.median(_seconds(_by_kept_text(old, new)) for _ in range(ROUNDS))
    report(
        f"one changed restriction of 10,000 in one Turtle file ({len(old):,} triples, 20,000 blank nodes)",
        [
            ("parsing it into a list", f"{parsed * 1000:.0f} ms"),
            ("diff in a watch, ÷ parsing (bar 1)", f"{diff * 1000:.0f} ms, {diff / parsed:.2f}"),
            ("first diff after the start: the text is cut, ÷ parsing", f"{cut * 1000:.0f} ms, {cut / parsed:.2f}"),
            ("diff in a new process, by the text that was kept (bar 1)", f"{kept * 1000:.0f} ms, {kept / parsed:.2f}"),
            ("the same where none is: all labels, ÷ parsing", f"{whole * 1000:.0f} ms, {whole / parsed:.2f}"),
        ],
    )


@pytest.mark.long
def test_lines(tmp_path: Path) -> None:
    text = text_of(SIZE)
    new = changed(text, 1)
    first = _load(text, frozenset()).delta
    assert first is not None
    found = _load(new, first.quads).delta
    assert found is not None
    assert len(found.added) == len(found.removed) == CHANGED

    def parsed() -> list[ox.Quad]:
        return list(ox.parse(text, format=ox.RdfFormat.N_TRIPLES))

    old = first.quads
    diff = statistics.median(_seconds(partial(_load, new, old)) for _ in range(ROUNDS))
    collected = min(_seconds(parsed) for _ in range(3))
    gc.disable()
    uncollected = min(_seconds(parsed) for _ in range(3))
    gc.enable()
    del first, found, old
    warm, cold = asyncio.run(_cycles(tmp_path, text))
    report(
        f"{CHANGED} changed lines of {SIZE:,} in one N-Triples file ({len(text) / 1e6:.0f} MB)",
        [
            ("parsing it into a list, with the collector / without", f"{collected:.2f} s / {uncollected:.2f} s"),
            ("diff with the last version", f"{diff * 1000:.0f} ms"),
            ("÷ parsing with the collector (bar 0.5)", f"{diff / collected:.3f}"),
            ("÷ parsing without (bar 1.0)", f"{diff / uncollected:.3f}"),
            ("whole cycle in an open project, ÷ parsing with the collector", f"{warm:.2f} s, {warm / collected:.2f}"),
            ("the same by a new process's first cycle", f"{cold:.2f} s, {cold / collected:.2f}"),
        ],
    )


async def _cycles(folder: Path, text: bytes) -> tuple[float, float]:
    """Seconds of one cycle in an open project, and of one by a project that is opened for it."""
    (folder / "graphs").mkdir()
    (folder / "templates").mkdir()
    (folder / "templates" / "other.j2").write_text(TEMPLATE)
    (folder / "graphs" / "g.nt").write_bytes(text)
    warm = []
    async with Project.open(folder) as project:
        await project.apply()
        for seed in range(ROUNDS):
            text = changed(text, seed)
            (folder / "graphs" / "g.nt").write_bytes(text)
            start = time.perf_counter()
            await project.apply()
            warm.append(time.perf_counter() - start)
    cold = []
    for seed in range(ROUNDS, 2 * ROUNDS):
        text = changed(text, seed)
        (folder / "graphs" / "g.nt").write_bytes(text)
        start = time.perf_counter()
        async with Project.open(folder) as project:
            await project.apply()
        cold.append(time.perf_counter() - start)
    return statistics.median(warm), statistics.median(cold)
