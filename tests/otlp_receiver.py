"""An OTLP receiver on 127.0.0.1 that decodes what it gets, or is as bad as collectors can be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Receiver:
    """What came in.

    `status` is what every request is answered with; None: none is answered before `release` is set.
    """

    status: int | None = 200
    url: str = ""
    spans: list[Span] = field(default_factory=list)
    metrics: dict[str, Metric] = field(default_factory=dict)
    resource: dict[str, object] = field(default_factory=dict)
    arrived: threading.Event = field(default_factory=threading.Event)
    more: threading.Condition = field(default_factory=threading.Condition)
    release: threading.Event = field(default_factory=threading.Event)

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/metrics":
            self.take_metrics(body)
            return
        assert path == "/v1/traces"
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            self.resource = {pair.key: value(pair.value) for pair in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += scope.spans
        with self.more:
            self.more.notify_all()

    def take_metrics(self, body: bytes) -> None:
        """Keep the newest of each; they are cumulative."""
        request = ExportMetricsServiceRequest.FromString(body)
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                self.metrics |= {metric.name: metric for metric in scope.metrics}
        with self.more:
            self.more.notify_all()

    def points(self, name: str) -> list[HistogramDataPoint] | list[NumberDataPoint]:
        """What came of one instrument."""
        metric = self.metrics[name]
        return list(getattr(metric, metric.WhichOneof("data") or "sum").data_points)

    def wait_for(self, name: str, number: int) -> None:
        """Wait until so many spans of a name are there."""
        with self.more:
            assert self.more.wait_for(lambda: len(self.named(name)) >= number, timeout=30)

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Span:
        (span,) = self.named(name)
        return span

    def parent(self, span: Span) -> Span | None:
        return next((other for other in self.spans if other.span_id == span.parent_span_id), None)

    def below(self, span: Span) -> list[Span]:
        return [other for other in self.spans if other.parent_span_id == span.span_id]

    def path(self, span: Span) -> list[str]:
        """Names from the root of the trace down to a span."""
        above = self.parent(span)
        return [*(self.path(above) if above is not None else []), span.name]


def attributes(span: Span | Span.Event | HistogramDataPoint | NumberDataPoint) -> dict[str, object]:
    return {pair.key: value(pair.value) for pair in span.attributes}


def value(any_value: AnyValue) -> object:
    return getattr(any_value, any_value.WhichOneof("value") or "string_value")


@contextmanager
def receiving(status: int | None = 200) -> Iterator[Receiver]:
    receiver = Receiver(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.status is None:
                receiver.arrived.set()
                receiver.release.wait()
                return
            assert self.headers["Content-Type"] == "application/x-protobuf"
            receiver.take(self.path, body)
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.release.set()
            server.shutdown()
            thread.join()
