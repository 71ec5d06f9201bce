"""Timed: work that was timed where it was done, perhaps in another process, becomes spans afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regen.telemetry.running import Kind, Value
from regen.telemetry.spans import failed, traced_cycle

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer


@dataclass(frozen=True, slots=True)
class Timed:
    """A piece of work that was timed where it was done, perhaps in another process.

    Attributes:
        name: of its span.
        start_ns, end_ns: nanoseconds since the epoch.
        attributes: of its span.
        error: the class of the error that it ended with; None where it did not.
        parts: pieces inside it.
    """

    name: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str | None = None
    parts: tuple[Timed, ...] = ()


def record(kind: Kind, pieces: Iterable[Timed], parts: Kind) -> None:
    """Make spans of work that is done, below the current span: as many as there is room for, the longest ones first.

    Args:
        kind: of the work.
        pieces: in any order; the spans come in the order of time. Not looked at where nobody listens.
        parts: kind of the pieces inside; where their own piece has no room they stand below the current span.
    """
    running = traced_cycle()
    if running is None or running.tracer is None:
        return
    work = tuple(pieces)
    longest = sorted(range(len(work)), key=lambda i: work[i].start_ns - work[i].end_ns)
    chosen = {i for i in longest if running.room(kind)}
    from opentelemetry import context, trace

    here = context.get_current()
    for number, piece in sorted(enumerate(work), key=lambda pair: (pair[1].start_ns, pair[0])):
        span = _recorded(running.tracer, piece, here) if number in chosen else None
        below = here if span is None else trace.set_span_in_context(span, here)
        for inner in piece.parts:
            if running.room(parts):
                _recorded(running.tracer, inner, below)


def _recorded(tracer: Tracer, work: Timed, context: Context) -> Span:
    span = tracer.start_span(work.name, context, attributes=dict(work.attributes), start_time=work.start_ns)
    if work.error is not None:
        failed(span, work.error, "")
    span.end(max(work.end_ns, work.start_ns))
    return span
