"""What the gates for compatibility and dependencies add to a cycle: processor time with and without them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from bench.conftest import report
from regen.project import Project

ROUNDS = 9
OLD = "A sub property of location. The course where this action was taken."
NEW_FIELD = """
@prefix schema: <https://schema.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
schema:benchNUMBER a rdf:Property ; schema:domainIncludes schema:ExerciseAction ; schema:rangeIncludes schema:Text .
"""
WAYS = {
    "neither": "never never",
    "compatibility": "always never",
    "dependencies": "never always",
    "both": "always always",
}


def spent(first: float, others: list[float]) -> str:
    return f"first {first:.0f} ms, then {statistics.median(others):.1f} ms"


def asked(folder: Path, way: str) -> None:
    compatibility, dependencies = WAYS[way].split()
    config = folder / "regen.toml"
    text = config.read_text().partition("[evaluate]")[0]
    config.write_text(
        f'{text}[evaluate]\ncompatibility = "{compatibility}"\ndependencies = "{dependencies}"\nshacl = "never"\n'
    )


def cycle(folder: Path, rounds: int, change: Callable[[int], None]) -> list[float]:
    """Milliseconds of processor time of cycles in one process, each after a change."""

    async def measure() -> list[float]:
        times = []
        async with Project.open(folder) as project:
            for number in range(rounds):
                change(number)
                started = time.process_time()
                applied = await project.apply()
                times.append((time.process_time() - started) * 1000)
                assert applied.release is not None
        return times

    return anyio.run(measure)


@pytest.mark.long
def test_small_change(project: Callable[..., Path]) -> None:
    folder = project(executor="inline")
    graph, more = folder / "graphs" / "schemaorg.ttl", folder / "graphs" / "more.ttl"
    text = graph.read_text()
    more.write_text(NEW_FIELD.replace("NUMBER", "0"))
    cycle(folder, 1, lambda _: None)
    rows = []
    for way in WAYS:
        asked(folder, way)

        def comment(number: int, way: str = way) -> None:
            graph.write_text(text.replace(OLD, f"The course {way} {number}."))

        def field(number: int, way: str = way) -> None:
            more.write_text(NEW_FIELD.replace("NUMBER", f"{way}{number}"))

        first, *others = cycle(folder, ROUNDS, comment)
        rows.append((f"a comment, 6 files, {way}", spent(first, others)))
        first, *others = cycle(folder, ROUNDS, field)
        rows.append(
            (f"a property more, 6 files, {way}", f"first {first:.0f} ms, then {statistics.median(others):.1f} ms")
        )
    report("one small change, schema.org 30.0, six packs, processor time", rows)


@pytest.mark.long
def test_everything_changes(project: Callable[..., Path], schemaorg: Path) -> None:
    """All that differs between 28.1 and 30.0, and the first run, in which nothing can be compared."""
    rows = []
    for way in WAYS:
        folder = project(way, executor="inline")
        graph = folder / "graphs" / "schemaorg.ttl"
        asked(folder, way)
        graph.write_bytes((schemaorg.parent / "28.1.ttl").read_bytes())
        (first,) = cycle(folder, 1, lambda _: None)

        def newer(_: int, graph: Path = graph) -> None:
            graph.write_bytes(schemaorg.read_bytes())

        (second,) = cycle(folder, 1, newer)
        rows.append((way, f"first run {first / 1000:.1f} s, 28.1 to 30.0 {second / 1000:.1f} s"))
    report("schema.org, six packs, one process, processor time", rows)
