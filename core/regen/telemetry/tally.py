"""Tally: calls of hooks become spans, or, inside a chunk of artifacts, counts on the chunk's span."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from regen.telemetry.spans import part, traced_cycle

Calls = tuple[tuple[str, int, int], ...]
"""(name of the hook, number of calls, nanoseconds in all), sorted."""

_TALLY: ContextVar[dict[str, list[int]] | None] = ContextVar("regen_tally", default=None)


@contextmanager
def tally() -> Iterator[Callable[[], Calls]]:
    """Count the calls of hooks while the context is open, instead of opening a span for each.

    Yields:
        A function that gives the counts so far.
    """
    counts: dict[str, list[int]] = {}
    token = _TALLY.set(counts)
    try:
        yield lambda: tuple((name, number, spent_ns) for name, (number, spent_ns) in sorted(counts.items()))
    finally:
        _TALLY.reset(token)


@contextmanager
def hook(name: str, plugin: str, function: Callable[..., Any]) -> Iterator[None]:
    """Say that one plugin's implementation of a hook runs while the context is open.

    Args:
        name: of the hook, which is the span's name.
        plugin: its name.
        function: the implementation.
    """
    counts = _TALLY.get()
    if counts is None and traced_cycle() is None:
        yield
        return
    if counts is None:
        module, inside = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
        with part("hook", name, {"regen.plugin": plugin, "code.function.name": f"{module}.{inside}"}):
            yield
        return
    started = time.perf_counter_ns()
    try:
        yield
    finally:
        count = counts.setdefault(name, [0, 0])
        count[0] += 1
        count[1] += time.perf_counter_ns() - started
