"""Sizes that no machine here can hold, by arithmetic from what smaller runs cost: time and memory, and what ends first.

python -m bench.simulate [TRIPLES ARTIFACTS WORKERS]

What the holder does is one after another, as in a cycle; chunks go to workers as in `regen.orchestrator.production`,
one sender for all of them, while views are evaluated beside. Nothing grows faster than its input here, which is what
the measured sizes show (bench/README.md), and no disk, network or memory gets slower by being full: lower bounds.
"""

from __future__ import annotations

import heapq
import sys
from dataclasses import dataclass

from regen.feedback.grain import CHUNK

TRIPLES_A_FILE = 100


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor time of one core, and memory of one process; 2026-11-27, see bench/README.md for the machine.

    Attributes:
        read_s, store_s, sum_s, write_s: a triple of the first run: read and compare; into the store on disk; add up;
            its file and the first revision into blobs. 1,000,000 triples took 4.8, 20.1, 2.5 and 2.4 s.
        view_s, send_s, render_s, commit_s: an artifact of six packs: 6,959 took 3.45, 0.45, 3.23 and 4.14 s.
        rest_s: what else the holder does for an artifact, as its job and its item of the plan. 100,089 took 60 s.
        task_s: a task that Dask's scheduler hands out; Dask's documentation says about 1 ms.
        start_s, file_s, known_s: an idle start of a small project; and what a graph file and an artifact add to it.
        change_s: one changed triple in a watch, from the saved file to the last rename, flushing aside.
        base_mb, triple_kb, artifact_kb, blob_kb: the holder of a small project; what a triple and an artifact add in a
            first run; and what a triple adds while the first revision, which is one blob, is written.
        idle_file_kb, idle_artifact_kb: what a graph file and an artifact add to an idle start.
        worker_mb, watch_mb: of a worker, and of a watch of a small project, with its cache of quads and rows.
        disk_kb: what a triple takes on disk, in the store and in blobs.
    """

    read_s: float = 4.8e-6
    store_s: float = 20.1e-6
    sum_s: float = 2.5e-6
    write_s: float = 2.4e-6
    view_s: float = 0.50e-3
    send_s: float = 0.064e-3
    render_s: float = 0.46e-3
    commit_s: float = 0.60e-3
    rest_s: float = 0.60e-3
    task_s: float = 1.0e-3
    start_s: float = 0.80
    file_s: float = 22e-6
    known_s: float = 6e-6
    change_s: float = 10e-3
    base_mb: float = 110
    triple_kb: float = 0.10
    artifact_kb: float = 10.0
    blob_kb: float = 0.13
    idle_file_kb: float = 1.7
    idle_artifact_kb: float = 1.2
    worker_mb: float = 250
    watch_mb: float = 280
    disk_kb: float = 0.45


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds and MB of one kind of run; `parts` are what it is made of, in seconds."""

    name: str
    seconds: float
    holder_mb: float
    parts: tuple[tuple[str, float], ...] = ()


def produced(costs: Costs, artifacts: int, workers: int) -> float:
    """Seconds in which workers make all artifacts, each on a core of its own, served by one sender."""
    chunks = -(-artifacts // CHUNK)
    send = CHUNK * costs.send_s + costs.task_s
    free = [0.0] * workers
    sender = 0.0
    for _ in range(chunks):
        sender = max(sender, heapq.heappop(free)) + send
        heapq.heappush(free, sender + CHUNK * costs.render_s)
    return max(*free, sender)


def first_run(costs: Costs, triples: int, artifacts: int, workers: int) -> Outcome:
    """Everything is read, rendered and committed."""
    made, views = produced(costs, artifacts, workers), artifacts * costs.view_s
    parts = (
        ("read the files", triples * costs.read_s),
        ("fill the store", triples * costs.store_s),
        ("add up, write the first revision", triples * (costs.sum_s + costs.write_s)),
        ("views, in the holder", views),
        ("send, render, merge, check: beyond the views", max(0.0, made - views) + artifacts * costs.send_s),
        ("put the plan together", artifacts * costs.rest_s),
        ("commit", artifacts * costs.commit_s),
    )
    # The first revision is written when all artifacts have been made and wait for the commit.
    held = costs.base_mb + (triples * (costs.triple_kb + costs.blob_kb) + artifacts * costs.artifact_kb) / 1024
    return Outcome("first run", sum(seconds for _, seconds in parts), held, parts)


def idle_start(costs: Costs, triples: int, artifacts: int) -> Outcome:
    """`regen apply` with nothing to do."""
    files = triples / TRIPLES_A_FILE
    seconds = costs.start_s + files * costs.file_s + artifacts * costs.known_s
    held = costs.base_mb / 2 + (files * costs.idle_file_kb + artifacts * costs.idle_artifact_kb) / 1024
    return Outcome("idle start", seconds, held)


def one_change(costs: Costs, triples: int, artifacts: int) -> Outcome:
    """One triple of a file of 100, in a running watch: what it costs does not depend on the size."""
    more = idle_start(costs, triples, artifacts).holder_mb - idle_start(costs, 0, 0).holder_mb
    return Outcome("one changed triple, warm watch", costs.change_s, costs.watch_mb + more)


def main(triples: int, artifacts: int, workers: int) -> None:
    """Print the table."""
    costs = Costs()
    runs = [
        first_run(costs, triples, artifacts, workers),
        one_change(costs, triples, artifacts),
        idle_start(costs, triples, artifacts),
    ]
    print(f"{triples:,} triples, {artifacts:,} artifacts, {workers} workers (simulated)")
    for run in runs:
        print(f"  {run.name:<44} {run.seconds:>10,.2f} s {run.holder_mb:>10,.0f} MB in the holder")
        for name, seconds in run.parts:
            print(f"    {name:<42} {seconds:>10,.1f} s")
    busy = artifacts * costs.render_s / workers / produced(costs, artifacts, workers)
    print(f"  workers: {costs.worker_mb:,.0f} MB each, busy {busy:.0%} of the time in which they are sent work")
    print(f"  disk: {triples * costs.disk_kb / 2**20:,.1f} GB for the store and the blobs of the graph")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:4]) if len(sys.argv) > 3 else (10_000_000, 1_000_000, 50))
