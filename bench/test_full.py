"""A full regeneration of all packs against a script that makes everything with rdflib; one worker against two."""

from __future__ import annotations

import heapq
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest

from bench.conftest import report
from regen.orchestrator.chunk import Chunk, produce
from regen.project import Project
from regen_plugins.executor_inline import InlineExecutor
from regen_plugins.executor_processes import ProcessExecutor

BASELINE = Path(__file__).with_name("baseline_rdflib.py")


def seconds(command: list[str]) -> float:
    """Wall time of a command, which has to succeed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - started


@pytest.mark.long
def test_full_regeneration(project: Callable[..., Path], schemaorg: Path, tmp_path: Path) -> None:
    folder = project()
    regen = [sys.executable, "-m", "regen", "-C", str(folder), "apply"]
    seconds(regen)
    again, anew, theirs = [], [], []
    for turn in range(3):
        # Moved, not removed: ext4 without a journal makes files ten times as slowly where others were just deleted.
        away = tmp_path / f"away{turn}"
        away.mkdir()
        (folder / "out").rename(away / "first")
        again.append(seconds([*regen, "--full"]))
        theirs.append(seconds([sys.executable, str(BASELINE), str(schemaorg), str(tmp_path / f"baseline{turn}")]))
        for name in (".regen", "regen.lock", "out"):
            (folder / name).rename(away / name)
        anew.append(seconds(regen))
    report(
        "full regeneration of six packs, schema.org 30.0, whole process",
        [
            ("regen apply --full, outputs deleted before, median", f"{statistics.median(again):.2f} s"),
            ("regen apply in a new project (views compiled too), median", f"{statistics.median(anew):.2f} s"),
            ("rdflib + Jinja script, median", f"{statistics.median(theirs):.2f} s"),
            ("script ÷ --full, median", f"{statistics.median(b / a for a, b in zip(again, theirs, strict=True)):.2f}"),
            (
                "script ÷ new project, median",
                f"{statistics.median(b / a for a, b in zip(anew, theirs, strict=True)):.2f}",
            ),
        ],
    )


class Recording:
    """Runs chunks here, one after another, and notes what each costs the sender, the worker and the receiver."""

    def __init__(self) -> None:
        self.costs: list[tuple[float, float, float]] = []

    async def map(self, work: Callable[..., Any], chunks: Sequence[Any], done: Callable[[int], None]) -> list[Any]:
        results = []
        for number, chunk in enumerate(chunks, 1):
            marks = [time.perf_counter()]
            sent = pickle.dumps(chunk)
            marks.append(time.perf_counter())
            made = pickle.dumps(await work(pickle.loads(sent)))  # noqa: S301 - made two lines above
            marks.append(time.perf_counter())
            results.append(pickle.loads(made))  # noqa: S301 - made two lines above
            marks.append(time.perf_counter())
            self.costs.append(tuple(b - a for a, b in pairwise(marks)))
            done(number)
        return results


def simulated(costs: Sequence[tuple[float, float, float]], workers: int) -> float:
    """Seconds that chunks take with so many workers, each on a core of its own: the sender serves one at a time."""
    free = [0.0] * workers
    sender = 0.0
    for send, run, receive in costs:
        start = max(sender, heapq.heappop(free))
        sender = start + send + receive
        heapq.heappush(free, start + send + run)
    return max(*free, sender)


@pytest.mark.long
def test_workers_simulated(project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Four workers where there are fewer cores: from what each chunk costs alone."""
    recording = Recording()
    monkeypatch.setattr(InlineExecutor, "map", recording.map)

    async def measure() -> int:
        async with Project.open(project("simulated", executor="inline")) as opened:
            await opened.apply(await opened.plan())
            recording.costs.clear()
            return (await opened.plan(full=True)).rendered

    count = anyio.run(measure)
    one = simulated(recording.costs, 1)
    report(
        f"render + merge + evaluate of {count:,} artifacts, simulated from {len(recording.costs)} chunks",
        [("one worker", f"{one:.2f} s")]
        + [(f"{n} workers, ratio", f"{one / simulated(recording.costs, n):.2f}") for n in (2, 4, 8)],
    )


@pytest.mark.long
def test_workers(project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Render, merge and evaluate every artifact once more: one worker process against two, in turn, both warm."""
    times: dict[int, list[float]] = {1: [], 2: []}

    async def measure(folder: Path, workers: int) -> int:
        chunks: list[Chunk] = []
        whole = ProcessExecutor.map

        async def recorded(self: ProcessExecutor, work: Any, given: Sequence[Any], done: Any) -> list[Any]:
            chunks.extend(chunk for chunk in given if isinstance(chunk, Chunk))
            return await whole(self, work, given, done)

        async with Project.open(folder) as opened:
            await opened.apply()
            with monkeypatch.context() as patch:
                patch.setattr(ProcessExecutor, "map", recorded)
                await opened.plan(full=True)
            for _ in range(3):
                started = time.perf_counter()
                await opened._session.executors["processes"].map(produce, chunks, _nobody)
                times[workers].append(time.perf_counter() - started)
        return sum(len(chunk.jobs) for chunk in chunks)

    counts = [anyio.run(measure, project(f"workers{n}", workers=n, executor="processes"), n) for n in (1, 2)]
    report(
        f"render + merge + evaluate of {counts[0]:,} artifacts in worker processes, warm",
        [
            ("one worker, median", f"{statistics.median(times[1]):.2f} s"),
            ("two workers, median", f"{statistics.median(times[2]):.2f} s"),
            ("ratio", f"{statistics.median(times[1]) / statistics.median(times[2]):.2f}"),
        ],
    )


def _nobody(_: int) -> None:
    """Is told how many chunks have ended."""
