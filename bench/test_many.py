"""A full run of 100,000 artifacts, and of a vocabulary of 4,700 classes: time, memory, flushes; one worker against two.

REGEN_CLASSES=14400 is 100,000 artifacts of six packs.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest

from bench.conftest import report
from bench.vocabulary import make_project
from regen.orchestrator.chunk import Chunk, produce
from regen.orchestrator.production import Production
from regen.project import Project
from regen_plugins.executor_processes import ProcessExecutor

MANY = int(os.environ.get("REGEN_CLASSES", "14400"))
SAMPLE = 4  # one chunk in so many is made again by one worker and by two, in turn
ROUNDS = 7
_ROOT = Path(__file__).parents[1]
_FLUSHES = "fsync,fdatasync,syncfs,sync"


@pytest.mark.long
@pytest.mark.parametrize(("classes", "properties"), [(4700, 10_000), (MANY, 2 * MANY)])
def test_full_run(tmp_path: Path, classes: int, properties: int) -> None:
    folder = make_project(tmp_path / "project", classes, properties, workers=2)
    measured = _run(folder, "measure")
    report(
        f"first run: {classes:,} classes, {properties:,} properties, six packs, {measured['artifacts']:,} artifacts",
        [(name, f"{seconds:.1f} s") for name, seconds in measured["stages"].items()]
        + [
            ("whole process", f"{measured['seconds']:.1f} s"),
            ("processor time of the holder", f"{measured['holder_cpu_s']:.1f} s"),
            ("memory of the holder, peak", f"{measured['holder_mb']} MB"),
            ("memory of the largest worker, peak", f"{measured['worker_mb']} MB"),
            ("memory of all at once, at most", f"{measured['holder_mb'] + 2 * measured['worker_mb']} MB"),
            ("flushes of the cycle", measured["flushes"]),
        ],
    )


@pytest.mark.long
def test_two_workers(tmp_path: Path) -> None:
    """Render, merge and evaluate every fourth chunk once more: one worker process against two, in turn, all warm."""
    folder = make_project(tmp_path / "project", MANY, 2 * MANY, workers=2)
    measured = _run(folder, "compare")
    ratios = [one / two for one, two in measured["seconds"]]
    report(
        f"render + merge + evaluate of {measured['artifacts']:,} artifacts, every fourth of {measured['all']:,}",
        [(f"one worker, two workers, round {at}", f"{a:.1f} s, {b:.1f} s") for at, (a, b) in _rounds(measured)]
        + [("ratio, median", f"{statistics.median(ratios):.2f}")],
    )


def _rounds(measured: dict[str, Any]) -> Iterator[tuple[int, tuple[float, float]]]:
    yield from enumerate((tuple(pair) for pair in measured["seconds"]), 1)


def _run(folder: Path, what: str) -> dict[str, Any]:
    """In a process of its own; its flushes are counted where `strace` is installed."""
    trace = folder.parent / "flushes"
    tracer = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={_FLUSHES}", "-o", str(trace)]
    command = [sys.executable, "-m", "bench.test_many", str(folder), what]
    traced = what == "measure" and shutil.which("strace") is not None
    started = time.perf_counter()
    done = subprocess.run(
        tracer + command if traced else command, check=True, capture_output=True, text=True, cwd=_ROOT
    )
    measured: dict[str, Any] = {"seconds": time.perf_counter() - started}
    measured |= json.loads(done.stdout.splitlines()[-1])
    measured["flushes"] = _counted(trace) if traced else "not counted: strace is not installed"
    return measured


def _counted(trace: Path) -> str:
    calls = [line.split()[1].partition("(")[0] for line in trace.read_text().splitlines() if "resumed" not in line]
    return ", ".join(f"{name} {calls.count(name)}" for name in _FLUSHES.split(",") if name in calls)


async def measure(folder: Path) -> dict[str, Any]:
    """Plan and apply; peaks of memory in MB, of workers as the kernel knows them while they live."""
    async with Project.open(folder) as project:
        marks = [time.perf_counter()]
        plan = await project.plan()
        marks.append(time.perf_counter())
        workers = list(_workers_mb())
        await project.apply(plan)
        marks.append(time.perf_counter())
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "artifacts": plan.rendered,
        "stages": dict(
            zip(("plan: load, views, render, merge", "apply: evaluate, commit"), _between(marks), strict=True)
        ),
        "holder_cpu_s": own.ru_utime + own.ru_stime,
        "holder_mb": own.ru_maxrss // 1024,
        "worker_mb": max(workers, default=0),
    }


def _between(marks: Sequence[float]) -> list[float]:
    return [end - start for start, end in pairwise(marks)]


def _workers_mb() -> Iterator[int]:
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            for line in Path(f"/proc/{child}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    yield int(line.split()[1]) // 1024


async def compare(folder: Path) -> dict[str, Any]:
    """Seconds that a sample of the chunks takes with one worker and with two."""
    chunks: list[Chunk] = []
    whole = Production._chunks

    def recorded(self: Production, jobs: Any) -> Iterator[Chunk]:
        found = list(whole(self, jobs))
        chunks.extend(found)
        return iter(found)

    Production._chunks = recorded  # type: ignore[method-assign]
    async with Project.open(folder) as project:
        await project.plan()
        sample = chunks[::SAMPLE]
        seconds = [[await _seconds(count, sample) for count in (1, 2)] for _ in range(ROUNDS)]
    artifacts = [sum(len(chunk.jobs) for chunk in some) for some in (sample, chunks)]
    return {"seconds": seconds, "artifacts": artifacts[0], "all": artifacts[1]}


async def _seconds(workers: int, chunks: Sequence[Chunk]) -> float:
    executor = ProcessExecutor(workers)
    async with executor.open():
        await executor.map(produce, chunks[:: max(1, len(chunks) // 40)], _nobody)  # compiles all templates
        started = time.perf_counter()
        await executor.map(produce, chunks, _nobody)
        return time.perf_counter() - started


def _nobody(_: int) -> None:
    """Is told how many chunks have ended."""


if __name__ == "__main__":
    print(json.dumps(anyio.run({"measure": measure, "compare": compare}[sys.argv[2]], Path(sys.argv[1]))))
