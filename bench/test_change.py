"""One changed triple in schema.org, all packs, warm watch: from the saved file to the committed release."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pyoxigraph as ox
import pytest
from anyio.abc import TaskStatus

from bench.conftest import report
from regen.orchestrator.outcome import Turn
from regen.project import Project

ROUNDS = 15
OLD = b"A sub property of location. The course where this action was taken."


def parse_and_difference(data: bytes, old: set[ox.Quad]) -> float:
    """Seconds for the least that any engine has to do: parse the file, and one set difference."""
    gc.disable()
    started = time.perf_counter()
    new = set(ox.parse(data, format=ox.RdfFormat.TURTLE, base_iri="file:///x", rename_blank_nodes=True))
    _ = new - old
    seconds = time.perf_counter() - started
    gc.enable()
    return seconds


async def turns_of(project: Project, *, task_status: TaskStatus[Any]) -> None:
    """Run a watch as `regen watch` does, which goes on as soon as it has said what it did; gives (turn, its end)."""
    send, receive = anyio.create_memory_object_stream[tuple[Turn, float]](10)
    async with send, receive, aclosing(project.watch()) as turns:
        await anext(turns)
        task_status.started(receive)
        async for turn in turns:
            await send.send((turn, time.perf_counter()))


@pytest.mark.long
@pytest.mark.parametrize("debounce_ms", [0, 50])
def test_one_triple(project: Callable[..., Path], debounce_ms: int) -> None:
    folder = project()
    config = folder / "regen.toml"
    config.write_text(config.read_text().replace("debounce_ms = 0", f"debounce_ms = {debounce_ms}"))
    graph = folder / "graphs" / "schemaorg.ttl"
    text = graph.read_bytes()
    assert OLD in text
    old = set(ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri="file:///x", rename_blank_nodes=True))
    least, whole = [], []

    async def measure() -> None:
        async with Project.open(folder) as opened, anyio.create_task_group() as group:
            turns = await group.start(turns_of, opened)
            for number in range(ROUNDS):
                await anyio.sleep(0.1)  # nobody saves so soon: the watch frees what it replaced meanwhile
                data = text.replace(OLD, f"Where the course {number} was taken.".encode())
                least.append(parse_and_difference(data, old))
                started = time.perf_counter()
                graph.write_bytes(data)
                while True:
                    turn, at = await turns.receive()
                    assert turn.error is None, turn.error
                    if turn.applied is not None and turn.applied.plan.items:
                        break
                whole.append(at - started)
            group.cancel_scope.cancel()

    anyio.run(measure)
    ratios = [a / b for a, b in zip(whole, least, strict=True)]
    report(
        f"one changed triple, schema.org 30.0, six packs, warm watch, debounce {debounce_ms} ms",
        [
            ("parse + one set difference, median", f"{statistics.median(least) * 1000:.1f} ms"),
            ("saved file to committed release, median", f"{statistics.median(whole) * 1000:.1f} ms"),
            ("ratio, median (min)", f"{statistics.median(ratios):.2f} ({min(ratios):.2f})"),
        ],
    )
