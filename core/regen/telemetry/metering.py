"""Metering: the SDK's metrics, with a reader in the process where somebody reads them here, and OTLP if asked for."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from regen.model.objective import Objective
from regen.telemetry.observers import watching
from regen.telemetry.standing import Standing
from regen.telemetry.variables import asked_for, refused, warn

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import (
        InMemoryMetricReader,
        MetricExporter,
        MetricReader,
        MetricsData,
    )
    from opentelemetry.sdk.resources import Resource

    from regen.telemetry.meters import Meters


class _Metering:
    """What one process has of it.

    Attributes:
        meters: all instruments; None before they are needed.
        reader: reads them in this process.
        flush: sends what waits, and blocks; None where nothing is sent.
        standing: gives where the project stands that was opened last.
    """

    def __init__(self) -> None:
        self.meters: Meters | None = None
        self.reader: InMemoryMetricReader | None = None
        self.flush: Callable[[], object] | None = None
        self.standing: Callable[[], Standing | None] | None = None
        self.observing = ExitStack()

    def stands(self) -> Standing | None:
        """Where the project stands; None where none is open."""
        return self.standing() if self.standing is not None else None


_METERING = _Metering()  # OpenTelemetry's provider is one a process by design, and so is this


def start(*, reading: bool, objectives: Iterable[Objective]) -> None:
    """Measure from now on, where the variables ask for metrics or somebody reads them here; see `export.start`."""
    if _METERING.meters is not None:
        return
    sending = asked_for("metrics")
    host = _host_has_one()
    if not (sending or reading or host):
        return
    from opentelemetry import metrics

    from regen.telemetry.meters import Meters
    from regen.version import __version__

    if not host:
        provider = _made(sending=sending)
        metrics.set_meter_provider(provider)
    _METERING.meters = Meters(metrics.get_meter("regen", __version__), objectives, _METERING.stands)
    _METERING.observing.enter_context(watching(_METERING.meters.heard))


@contextmanager
def stands(standing: Callable[[], Standing | None]) -> Iterator[None]:
    """While the context is open gauges show where one project stands.

    Args:
        standing: reads it, whenever metrics are collected, in any thread; None where there is nothing to read.
    """
    before, _METERING.standing = _METERING.standing, standing
    try:
        yield
    finally:
        _METERING.standing = before


def measuring() -> Meters | None:
    """The instruments; None where nothing is measured."""
    return _METERING.meters


def flusher() -> Callable[[], object] | None:
    """What sends the metrics that wait, and blocks; None where none are sent."""
    return _METERING.flush


def collected() -> MetricsData | None:
    """The measurements of this process; None where nobody reads them here."""
    return _METERING.reader.get_metrics_data() if _METERING.reader is not None else None


@cache
def resource() -> Resource:
    """What says of spans and metrics that they are regen's; it looks through all that is installed, so once."""
    from opentelemetry.sdk.resources import Resource

    from regen.version import __version__

    found = Resource.create({"service.version": __version__})
    if str(found.attributes.get("service.name", "")).startswith("unknown_service"):
        found = found.merge(Resource({"service.name": "regen"}))
    return found


def _host_has_one() -> bool:
    """Whether the program that uses the library has set a provider: its readers are those that count."""
    api = sys.modules.get("opentelemetry.metrics")
    if api is None:
        return False
    from opentelemetry.metrics import _internal

    return not isinstance(api.get_meter_provider(), _internal._ProxyMeterProvider)


def _made(*, sending: bool) -> MeterProvider:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    _METERING.reader = InMemoryMetricReader()
    readers: list[MetricReader] = [_METERING.reader]
    if sending:
        try:
            readers.append(_sender())
        except (ValueError, OSError) as error:
            warn(f"metrics are switched off, for the OTEL_* variables cannot be meant: {error}")
    return MeterProvider(readers, resource(), shutdown_on_exit=False)


def _sender() -> MetricReader:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    reader = PeriodicExportingMetricReader(_telling(OTLPMetricExporter()))
    _METERING.flush = reader.collect
    return reader


def _telling(exporter: MetricExporter) -> MetricExporter:
    """An exporter that says once, in one line, when it cannot send."""
    from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult

    class Telling(MetricExporter):
        def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: object) -> MetricExportResult:
            result = exporter.export(metrics_data, timeout_millis)
            if result is not MetricExportResult.SUCCESS:
                refused("metrics")
            return result

        def force_flush(self, timeout_millis: float = 10_000) -> bool:
            return exporter.force_flush(timeout_millis)

        def shutdown(self, timeout_millis: float = 30_000, **_: object) -> None:
            exporter.shutdown(timeout_millis)

    return Telling(exporter._preferred_temporality, exporter._preferred_aggregation)
