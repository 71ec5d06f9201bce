"""Traces: what chunks of artifacts report becomes spans, and what their templates took becomes shares of the cycle.

Every chunk has a span, and the artifacts that are worth a look.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Sequence

from regen.model.plan import Action
from regen.orchestrator.chunk import Chunk, Made, Produced
from regen.telemetry import Cycle, Timed, record, running_cycle
from regen.telemetry.running import Value

SLOWEST = 5  # artifacts of a cycle that get a span though nothing is wrong with them

Done = Sequence[tuple[Chunk, Produced]]


def record_chunks(done: Done) -> None:
    """Make spans below the current one; artifacts get one when they failed, are in conflict, or among the slowest."""
    record("chunk", _chunks(done), "artifact")
    running = running_cycle()
    if running is not None:
        _add_shares(running, done)


def _add_shares(running: Cycle, done: Done) -> None:
    here = os.getpid()
    for chunk, produced in done:
        longest_ns = max((end - start for start, end in produced.times_ns), default=0)
        spent_s = (produced.end_ns - produced.start_ns) / 1e9
        running.add("template", chunk.template.name, spent_s, len(chunk.jobs), longest_ns / 1e9)
        if produced.worker != here:
            running.elsewhere_s += spent_s


def _chunks(done: Done) -> Iterator[Timed]:
    times = ((end - start, number, job) for number, (_, p) in enumerate(done) for job, (start, end) in _timed(p))
    slowest = {(number, job) for _, number, job in heapq.nlargest(SLOWEST, times)}
    for number, (chunk, produced) in enumerate(done):
        parts = []
        for job, (start_ns, end_ns) in _timed(produced):
            made = produced.made[job]
            why = _why(made) or ("slow" if (number, job) in slowest else None)
            if why is not None:
                error = None if made.error is None else type(made.error).__name__
                parts.append(Timed("regen.artifact", start_ns, end_ns, _about(chunk, made, why), error, ()))
        # What went wrong is told before what was slow, should there be no room for both.
        parts.sort(key=lambda part: part.attributes["regen.artifact.because"] == "slow")
        yield Timed("regen.chunk", produced.start_ns, produced.end_ns, _summary(chunk, produced), None, tuple(parts))


def _timed(produced: Produced) -> Iterator[tuple[int, tuple[int, int]]]:
    return iter(enumerate(produced.times_ns))


def _why(made: Made) -> str | None:
    if made.error is not None:
        return "failed"
    if made.decision is not None and made.decision.action is Action.CONFLICT:
        return "conflict"
    return None


def _about(chunk: Chunk, made: Made, why: str) -> dict[str, Value]:
    about: dict[str, Value] = {
        "regen.artifact.because": why,
        "regen.template": chunk.template.name,
        "code.file.path": chunk.template.where,
    }
    if made.key is not None:
        about["regen.key"] = made.key.n3()
    if made.path is not None:
        about["regen.path"] = made.path
    if made.decision is not None:
        about["regen.action"] = made.decision.action.value
    if made.error is not None:
        about["regen.error"] = made.error.message
    return about


def _summary(chunk: Chunk, produced: Produced) -> dict[str, Value]:
    summary: dict[str, Value] = {
        "regen.template": chunk.template.name,
        "regen.artifacts": len(chunk.jobs),
        "cicd.worker.id": str(produced.worker),
        "code.file.path": chunk.template.where,
    }
    for hook, number, spent_ns in produced.calls:
        summary[f"regen.calls.{hook}"] = number
        summary[f"regen.calls.{hook}.duration_ms"] = spent_ns / 1e6
    return summary
