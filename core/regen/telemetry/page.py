"""Page: the measurements of this process as Prometheus reads them, with the traces that they belong to as exemplars.

Why not OpenTelemetry's own exporter for Prometheus: it gives no exemplars.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from regen.telemetry import metering
from regen.telemetry.instruments import family_of

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint, MetricsData, NumberDataPoint
    from prometheus_client import Metric
    from prometheus_client.samples import Exemplar

_SHARE = 20.0
"""A page is kept for so many times as long as it took to make: who asks often costs a twentieth of a processor."""

_ExemplarKey = tuple[str, tuple[tuple[str, str], ...], int]


class Page:
    """The page of one process; keeps the last exemplar of each bucket, for the SDK gives each only once.

    Args:
        collect: gives the measurements; None where there are none.
    """

    def __init__(self, collect: Callable[[], MetricsData | None] = metering.collected) -> None:
        self._collect = collect
        self._lock = threading.Lock()
        self._exemplars: dict[_ExemplarKey, Exemplar] = {}
        self._kept: dict[str, tuple[float, bytes, str]] = {}

    def render(self, accept: str) -> tuple[bytes, str]:
        """The page, at most a moment old, and its content type; may be called in any thread."""
        with self._lock:
            until, body, kind = self._kept.get(accept, (0.0, b"", ""))
            started = time.perf_counter()
            if started >= until:
                body, kind = self._rendered(accept)
                ended = time.perf_counter()
                if len(self._kept) > 8:  # headers that nobody sends again
                    self._kept.clear()
                self._kept[accept] = (ended + (ended - started) * _SHARE, body, kind)
            return body, kind

    def _rendered(self, accept: str) -> tuple[bytes, str]:
        from prometheus_client import PROCESS_COLLECTOR
        from prometheus_client.exposition import choose_encoder

        data = self._collect()
        families = [*(self._families(data) if data is not None else ()), *PROCESS_COLLECTOR.collect(), _build()]

        class Found:
            def collect(self) -> Iterable[Metric]:
                return families

        encode, kind = choose_encoder(accept)
        return encode(Found()), kind

    def _families(self, data: MetricsData) -> Iterator[Metric]:
        for resource in data.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if (family := self._family(metric)) is not None:
                        yield family

    def _family(self, metric: Any) -> Metric | None:
        """One family; None for a kind that Prometheus has none for, which only a plugin's own instruments can be."""
        from opentelemetry.sdk.metrics.export import Gauge, Histogram, Sum
        from prometheus_client import Metric

        name = family_of(metric.name, metric.unit)
        points = metric.data.data_points
        match metric.data:
            case Histogram():
                family = Metric(name, metric.description, "histogram", _unit(name))
                for point in points:
                    self._histogram(family, point)
            case Sum(is_monotonic=True):
                family = Metric(name, metric.description, "counter", _unit(name))
                for point in points:
                    self._counter(family, point)
            case Sum() | Gauge():
                family = Metric(name, metric.description, "gauge", _unit(name))
                for point in points:
                    family.add_sample(name, _labels(point.attributes), point.value)
            case _:
                return None
        return family

    def _counter(self, family: Metric, point: NumberDataPoint) -> None:
        labels = _labels(point.attributes)
        for one in point.exemplars:
            self._keep((family.name, tuple(labels.items()), 0), one)
        exemplar = self._exemplars.get((family.name, tuple(labels.items()), 0))
        family.add_sample(f"{family.name}_total", labels, point.value, exemplar=exemplar)

    def _histogram(self, family: Metric, point: HistogramDataPoint) -> None:
        labels = _labels(point.attributes)
        series = tuple(labels.items())
        bounds = [*point.explicit_bounds, float("inf")]
        for one in point.exemplars:
            place = next(number for number, bound in enumerate(bounds) if one.value <= bound)
            self._keep((family.name, series, place), one)
        total = 0
        for number, (bound, count) in enumerate(zip(bounds, point.bucket_counts, strict=True)):
            total += count
            within = {**labels, "le": _bound(bound)}
            exemplar = self._exemplars.get((family.name, series, number))
            family.add_sample(f"{family.name}_bucket", within, total, exemplar=exemplar)
        family.add_sample(f"{family.name}_count", labels, point.count)
        family.add_sample(f"{family.name}_sum", labels, point.sum)

    def _keep(self, key: _ExemplarKey, one: Any) -> None:
        from prometheus_client.samples import Exemplar

        if one.trace_id is not None and one.span_id is not None:
            said = {"trace_id": f"{one.trace_id:032x}", "span_id": f"{one.span_id:016x}"}
            self._exemplars[key] = Exemplar(said, one.value, one.time_unix_nano / 1e9)


_PAGE = Page()


def metrics_page(accept: str) -> tuple[bytes, str]:
    """The measurements of this process as Prometheus reads them.

    Args:
        accept: what the client asks for: with `application/openmetrics-text` the page has exemplars.

    Returns:
        The page and its content type. Where nothing is measured it tells of the process only.
    """
    return _PAGE.render(accept)


def _build() -> Metric:
    from prometheus_client.core import InfoMetricFamily

    from regen.version import __version__

    return InfoMetricFamily("regen_build", "version of regen", {"version": __version__})


def _labels(attributes: Mapping[str, Any] | None) -> dict[str, str]:
    return {family_of(name, ""): str(value) for name, value in sorted((attributes or {}).items())}


def _unit(name: str) -> str:
    return "seconds" if name.endswith("_seconds") else ""


def _bound(bound: float) -> str:
    return "+Inf" if bound == float("inf") else repr(float(bound))
