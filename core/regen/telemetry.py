"""Telemetry: one trace a cycle, over the OpenTelemetry API; the SDK is loaded only when an exporter is configured.

Span and attribute names: `RUN regen` and `cicd.pipeline.*` are those of the OpenTelemetry semantic conventions for
CI/CD (written out here: the Python constants are private), `regen.*` for the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

Value = str | int | float | bool

SPANS_A_CYCLE = 500  # Jaeger's page crawls past 2,000 spans
_FLUSH_MS = 2000  # how long the end of a command waits for a slow collector
_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_provider: TracerProvider | None = None


def configured() -> bool:
    """Whether the standard variables name a place to send traces to."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = os.environ.get("OTEL_TRACES_EXPORTER")
    if exporter is not None and exporter != "otlp":
        return False
    return exporter == "otlp" or any(os.environ.get(name) for name in _VARIABLES)


def start() -> None:
    """Load the SDK and an OTLP exporter where the standard variables say so; otherwise spans cost next to nothing."""
    global _provider  # noqa: PLW0603 - OpenTelemetry's provider is one a process by design
    if _provider is not None or not configured():
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from regen import __version__

    resource = Resource.create(
        {"service.name": os.environ.get("OTEL_SERVICE_NAME", "regen"), "service.version": __version__}
    )
    _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(_provider)


def stop() -> None:
    """Send what waits, for at most two seconds: a dead collector delays no command."""
    if _provider is not None:
        _provider.force_flush(_FLUSH_MS)


class Cycle:
    """The trace of one cycle: counts its spans and keeps its result."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.spans = 1

    def set(self, **attributes: Value) -> None:
        """Set attributes of the root span; `_` in a name stands for `.`."""
        self.span.set_attributes({_name(name): value for name, value in attributes.items()})

    def note(self, name: str, attributes: Mapping[str, Value]) -> None:
        """Add an event to the root span."""
        self.span.add_event(name, dict(attributes))


@contextmanager
def cycle(kind: str, *, trigger: str = "command") -> Iterator[Cycle]:
    """Open the root span of one cycle.

    Args:
        kind: "plan", "apply", "watch", "rollback".
        trigger: what started it, such as "command" or "graphs/people.ttl".
    """
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = os.environ.get("TRACEPARENT")
    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    attributes: dict[str, Value] = {
        "cicd.pipeline.name": "regen",
        "cicd.pipeline.action.name": "RUN",
        "cicd.pipeline.run.state": "executing",
        "regen.cycle.kind": kind,
        "regen.cycle.trigger": trigger,
    }
    tracer = trace.get_tracer("regen")
    with tracer.start_as_current_span(
        "RUN regen", context=context, kind=trace.SpanKind.SERVER, attributes=attributes, record_exception=False
    ) as span:
        running = Cycle(span)
        span.set_attribute("cicd.pipeline.run.id", f"{span.get_span_context().trace_id:032x}")
        try:
            yield running
        except BaseException as error:
            span.set_attribute("cicd.pipeline.result", "failure" if isinstance(error, Exception) else "cancellation")
            span.set_attribute("error.type", type(error).__name__)
            raise
        else:
            span.set_attribute("cicd.pipeline.result", "success")


@contextmanager
def stage(name: str, **attributes: Value) -> Iterator[Span]:
    """Open a span inside the running cycle.

    Args:
        name: such as "load" or "render"; the span is called `regen.<name>`.
        attributes: `regen.*` attributes, with `_` for `.`.
    """
    from opentelemetry import trace

    values: dict[str, Value] = {f"regen.{_name(key)}": value for key, value in attributes.items()}
    values["cicd.pipeline.task.name"] = name
    with trace.get_tracer("regen").start_as_current_span(f"regen.{name}", attributes=values) as span:
        yield span


def _name(name: str) -> str:
    return name.replace("_", ".")
