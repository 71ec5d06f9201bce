"""Carried: a program that regen starts goes on with the trace of its cycle."""

from __future__ import annotations


def carried() -> dict[str, str]:
    """The variables by which a program that is started now goes on with this trace; none where there is no trace."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return {name.upper(): value for name, value in carrier.items()}
