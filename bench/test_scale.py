"""One changed triple in 10,000, 100,000 and 1,000,000: the same work, in about the same time."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench.conftest import report

SIZES = tuple(int(size) for size in os.environ.get("REGEN_SCALE", "10000,100000,1000000").split(","))
RESULTS = Path(__file__).with_name("results")
ROUNDS = 15
_NODES = 3  # by which the tree of a release is deeper for 4,096 times as many files
KINDS = ("plain", "minus", "grouped", "pack")


@pytest.mark.long
def test_scale(tmp_path: Path) -> None:
    """Each size in a process of its own, so that none warms what another measures."""
    measured = {}
    for size in SIZES:
        command = [sys.executable, "-m", "bench.test_scale", str(tmp_path / str(size)), str(size)]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
        measured[size] = json.loads(run.stdout.splitlines()[-1])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scale.json").write_text(json.dumps(measured, indent=1) + "\n")
    for kind in KINDS:
        rows_written = [result[kind]["counters"].pop("rows") for result in measured.values()]
        counters = {json.dumps(result[kind]["counters"]) for result in measured.values()}
        times = [result[kind]["seconds"] for result in measured.values()]
        rows = [(f"{size:,} triples", f"{result[kind]['seconds'] * 1e3:.1f} ms") for size, result in measured.items()]
        report(
            f"one changed triple, {kind} view: file event to committed release",
            [
                *rows,
                ("largest ÷ smallest", f"{times[-1] / times[0]:.2f}"),
                ("÷ by hand (parse, render, sync)", f"{times[-1] / measured[SIZES[-1]][kind]['by_hand']:.1f}"),
                ("counters equal at all sizes", f"{len(counters) == 1}: {' | '.join(sorted(counters))}"),
                ("rows written", str(rows_written)),
            ],
        )
        assert len(counters) == 1
        assert max(rows_written) - min(rows_written) <= _NODES
    report(
        "start and memory",
        [(f"apply with nothing changed, {size:,}", f"{result['idle']:.2f} s") for size, result in measured.items()]
        + [(f"apply of one change, a new process, {size:,}", f"{r['cold']:.2f} s") for size, r in measured.items()]
        + [(f"memory of the watch, {size:,}", f"{result['rss_mb']} MB") for size, result in measured.items()]
        + [(f"first run, {size:,}", f"{result['first']:.1f} s") for size, result in measured.items()],
    )


def measure(folder: Path, size: int) -> dict[str, Any]:
    """Make a project and measure it: seconds, and counts of what was touched."""
    import anyio

    from bench.scale import change, change_vocabulary, make_project
    from bench.scale_watch import by_hand, watched

    data = make_project(folder, size)
    vocabulary = folder / "graphs" / "vocabulary.ttl"
    regen = [sys.executable, "-m", "regen", "-C", str(folder), "apply"]
    first = _seconds(regen)
    time.sleep(2.5)  # files younger than two seconds are read again: their clock may not have ticked
    _seconds(regen)
    idle = statistics.median(_seconds(regen) for _ in range(5))
    change(data, -1)
    cold = _seconds(regen)
    result: dict[str, Any] = {"first": first, "idle": idle, "cold": cold}
    for kind in KINDS:
        file, step = (vocabulary, change_vocabulary) if kind == "pack" else (data, change)
        names = None if kind == "pack" else kind
        result[kind] = anyio.run(watched, folder, names, lambda turn, f=file, s=step: s(f, turn), ROUNDS)
        result[kind]["by_hand"] = by_hand(folder, file, result[kind].pop("outputs"))
    result["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return result


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
