"""Carried: programs that regen starts, and servers that it asks, go on with the trace of its cycle.

Source: W3C Trace Context; in the environment of a program the names are in capitals, as OpenTelemetry spells them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("traceparent", "tracestate")
_AROUND: ContextVar[Mapping[str, str] | None] = ContextVar("regen_around", default=None)


@contextmanager
def around(variables: Mapping[str, str]) -> Iterator[None]:
    """Work for another process inside the block: `TRACEPARENT` is looked for in what it says.

    Args:
        variables: its environment, or the trace that it goes on with.
    """
    token = _AROUND.set(variables)
    try:
        yield
    finally:
        _AROUND.reset(token)


def around_us() -> Mapping[str, str]:
    """The environment that a trace may come from: that of the process that one works for, else our own."""
    found = _AROUND.get()
    return os.environ if found is None else found


def carried() -> dict[str, str]:
    """The variables by which a program that is started now goes on with this trace.

    None where there is no trace, but for that of our own environment, which every program gets anyway.
    """
    return {name.upper(): value for name, value in headers().items()}


def headers() -> dict[str, str]:
    """The headers by which a server that is asked now goes on with this trace; none where there is no trace."""
    found = _current()
    if not found and (given := _AROUND.get()) is not None:
        return {name: given[name.upper()] for name in NAMES if name.upper() in given}
    return found


def _current() -> dict[str, str]:
    """Of the current span; nothing of OpenTelemetry is imported for it."""
    if "opentelemetry.trace" not in sys.modules:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier
