"""Export: where the standard variables say so, spans and metrics go to an OTLP collector, which delays no cycle.

Why threads around the flush: the SDK's own `force_flush` ignores its timeout, and its exporter tries a dead collector
again and again for ten seconds. The threads are daemons: a process that ends leaves them behind.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from regen.model.objective import OBJECTIVES, Objective
from regen.telemetry import metering
from regen.telemetry.variables import Signal, asked_for, endpoint, refused, warn

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

FLUSH_S = 1.5  # seconds that the end of a command waits for a slow collector, for spans and metrics together
_provider: TracerProvider | None = None


def start(*, reading: bool = False, objectives: Iterable[Objective] = OBJECTIVES) -> None:
    """Load the SDK and OTLP exporters where the standard variables say so; a host program's own providers stay.

    What is configured and cannot be done is one warning, given once a process.

    Args:
        reading: whether this process has metrics in any case, which `metrics_page` reads.
        objectives: what is promised.
    """
    global _provider  # noqa: PLW0603 - OpenTelemetry's provider is one a process by design
    if _provider is None and asked_for("traces") and not _host_has_one():
        try:
            _provider = _made()
        except (ValueError, OSError) as error:
            warn(f"traces are switched off, for the OTEL_* variables cannot be meant: {error}")
    metering.start(reading=reading, objectives=objectives)


def stop() -> None:
    """Send what waits, for at most FLUSH_S seconds. Blocks; what is not sent by then is lost with the process."""
    waiting: dict[Signal, Callable[[], object]] = {}
    if _provider is not None:
        waiting["traces"] = _provider.force_flush
    if (flush_metrics := metering.flusher()) is not None:
        waiting["metrics"] = flush_metrics
    until = time.monotonic() + FLUSH_S
    threads = {signal: threading.Thread(target=flush, daemon=True) for signal, flush in waiting.items()}
    for thread in threads.values():
        thread.start()
    for thread in threads.values():
        thread.join(max(0.0, until - time.monotonic()))
    late = [signal for signal, thread in threads.items() if thread.is_alive()]
    if late:
        what = " and ".join(late)
        warn(
            f"the collector at {endpoint(late[0])} did not take all {what} within {FLUSH_S:g} s; they were left behind"
        )


def exporting() -> bool:
    """Whether this process sends traces or metrics by itself."""
    return _provider is not None or metering.flusher() is not None


def _host_has_one() -> bool:
    """Whether the program that uses the library has set a provider: its exporter is the one that counts."""
    api = sys.modules.get("opentelemetry.trace")
    return api is not None and not isinstance(api.get_tracer_provider(), api.ProxyTracerProvider)


def _made() -> TracerProvider:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # With a handler of their own the SDK's messages go to a host program's log, and never to a terminal by themselves.
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    provider = TracerProvider(resource=metering.resource(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_telling(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    return provider


def _telling(exporter: SpanExporter) -> SpanExporter:
    """An exporter that says once, in one line, when it cannot send."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Telling(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            result = exporter.export(spans)
            if result is not SpanExportResult.SUCCESS:
                refused("traces")
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

    return Telling()
