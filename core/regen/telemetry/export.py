"""Export: where the standard variables say so, spans go to an OTLP collector, which can neither delay nor fail a cycle.

Why a thread around the flush: the SDK's own `force_flush` ignores its timeout, and its exporter tries a dead collector
again and again for ten seconds. The thread is a daemon: a process that ends leaves it behind.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

FLUSH_S = 1.5  # seconds that the end of a command waits for a slow collector
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"
_log = logging.getLogger("regen.telemetry")
_provider: TracerProvider | None = None
_warned: set[str] = set()


def start() -> None:
    """Load the SDK and an OTLP exporter where the standard variables say so; a host program's own provider stays.

    What is configured and cannot be done is one warning, given once a process.
    """
    global _provider  # noqa: PLW0603 - OpenTelemetry's provider is one a process by design
    if _provider is not None or not _configured() or _host_has_one():
        return
    try:
        _provider = _made()
    except (ValueError, OSError) as error:
        _warn(f"traces are switched off, for the OTEL_* variables cannot be meant: {error}")


def stop() -> None:
    """Send what waits, for at most FLUSH_S seconds. Blocks; what is not sent by then is lost with the process."""
    if _provider is None:
        return
    flush = threading.Thread(target=_provider.force_flush, name="regen traces", daemon=True)
    flush.start()
    flush.join(FLUSH_S)
    if flush.is_alive():
        _warn(f"the collector at {_endpoint()} did not take all traces within {FLUSH_S:g} s; they were left behind")


def exporting() -> bool:
    """Whether this process sends traces by itself."""
    return _provider is not None


def _configured() -> bool:
    """Whether the standard variables name a place to send traces to, and a protocol that regen speaks."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    named = {name.strip().lower() for name in os.environ.get("OTEL_TRACES_EXPORTER", "").split(",")} - {"", "none"}
    others = sorted(named - {"otlp"})
    if others:
        _warn(f"OTEL_TRACES_EXPORTER names {', '.join(others)}; regen has only otlp")
    said_otlp_or_nothing = "otlp" in named or not os.environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if not said_otlp_or_nothing or not (named or any(os.environ.get(name) for name in _ENDPOINTS)):
        return False
    variable = next((name for name in _PROTOCOLS if os.environ.get(name, "").strip()), None)
    if variable is not None and os.environ[variable].strip().lower() != _SPOKEN:
        _warn(f"{variable} is {os.environ[variable]}; regen speaks {_SPOKEN} only, and sends no traces")
        return False
    return True


def _host_has_one() -> bool:
    """Whether the program that uses the library has set a provider: its exporter is the one that counts."""
    api = sys.modules.get("opentelemetry.trace")
    return api is not None and not isinstance(api.get_tracer_provider(), api.ProxyTracerProvider)


def _made() -> TracerProvider:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from regen.version import __version__

    # With a handler of their own the SDK's messages go to a host program's log, and never to a terminal by themselves.
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    resource = Resource.create({"service.version": __version__})
    if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "regen"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
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
                _warn(f"the collector at {_endpoint()} takes no traces; cycles go on without them")
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

    return Telling()


def _endpoint() -> str:
    return next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "http://localhost:4318")


def _warn(text: str) -> None:
    """Log one line, once a process; without a logging configuration it goes to standard error."""
    if text not in _warned:
        _warned.add(text)
        _log.warning("warning: %s", text)
