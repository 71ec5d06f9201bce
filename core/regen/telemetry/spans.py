"""Spans: what happens in a cycle becomes one trace of at most 500 spans.

Names: `RUN regen` and `cicd.pipeline.*` are those of the OpenTelemetry semantic conventions for CI/CD ("CICD spans",
in development), `code.*` and `error.type` those of the general ones, all written out here, for the Python constants
are private; `regen.*` is the rest.

Why nothing of OpenTelemetry is imported at the top: its API alone costs 50 ms and more of start-up. Where no exporter
is configured and the host program has not imported it, nobody listens, and no span is made.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from regen.carried import NAMES, around_us
from regen.errors import RegenError
from regen.model.cycle import CycleRecord, Result, StageTime
from regen.telemetry.observers import CycleBegan, StageBegan, StageEnded, tell
from regen.telemetry.running import NOBODY, Cycle, Kind, Noted, Part, Trigger, Value, attribute_name

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, Span, SpanContext, Tracer

_FILES_A_BURST = 50  # files that a trigger's span names; the rest is counted

_CYCLE: ContextVar[Cycle | None] = ContextVar("regen_cycle", default=None)


@contextmanager
def after(record: CycleRecord | None) -> Iterator[None]:
    """The block goes on with the trace of a cycle that is over, where it has one and none is current."""
    context = context_of(record.trace_id, record.span_id) if record is not None and _tracer() is not None else None
    if context is None or here() is not None:
        yield
        return
    from opentelemetry.context import attach, detach

    token = attach(context)
    try:
        yield
    finally:
        detach(token)


def here() -> SpanContext | None:
    """The current span, to be linked to; None where there is none."""
    if _tracer() is None:
        return None
    from opentelemetry import trace

    found = trace.get_current_span().get_span_context()
    return found if found.is_valid else None


def context_of(trace_id: str | None, span_id: str | None) -> Context | None:
    """A context in which a span is the current one though it may be over, or of another process; hex digits."""
    if trace_id is None or span_id is None:
        return None
    from opentelemetry import trace
    from opentelemetry.context import Context

    span = trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(1))
    return trace.set_span_in_context(trace.NonRecordingSpan(span), Context())


def running_cycle() -> Cycle | None:
    """The cycle that this task runs; None outside of one."""
    return _CYCLE.get()


def traced_cycle() -> Cycle | None:
    """The cycle that this task runs, where somebody listens to its trace."""
    running = _CYCLE.get()
    return running if running is not None and running.tracer is not None else None


@contextmanager
def cycle(kind: str, *, trigger: Trigger | None = None, environment: str | None = None) -> Iterator[Cycle]:
    """Open the root span of one cycle.

    Its parent is the span that is current in this program, else the one that `TRACEPARENT` names. A cycle of a watch
    links to that one instead, for one trace holds one cycle.

    Args:
        kind: "plan", "check", "apply", "watch", "restore" or "rollback".
        trigger: what started it; None: whoever called.
        environment: that it is for, as observers are told; None: that is not known.
    """
    tracer = _tracer()
    running = Cycle(kind, trigger) if tracer is None else _traced(tracer, kind, trigger)
    token = _CYCLE.set(running)
    tell(CycleBegan(kind, running.trigger.text, running.at, environment))
    try:
        with _current(running.span):
            yield running
    except BaseException as error:
        running.result = _result(error)
        raise
    finally:
        _CYCLE.reset(token)
        running.close()


def _traced(tracer: Tracer, kind: str, trigger: Trigger | None) -> Cycle:
    from opentelemetry import trace

    context, links = _parents(trigger, alone=kind == "watch")
    attributes: dict[str, Value] = {
        "cicd.pipeline.name": "regen",
        "cicd.pipeline.action.name": "RUN",
        "regen.cycle.kind": kind,
        "regen.cycle.trigger": trigger.text if trigger is not None else "command",
    }
    span = tracer.start_span("RUN regen", context, trace.SpanKind.SERVER, attributes, links)
    span.set_attribute("cicd.pipeline.run.id", f"{span.get_span_context().span_id:016x}")
    return Cycle(kind, trigger, span, tracer)


@contextmanager
def stage(name: str, **attributes: Value) -> Iterator[Part]:
    """Open the span of a stage inside the running cycle.

    Args:
        name: such as "load" or "render"; the span is called `regen.<name>`.
        attributes: `regen.*` attributes, with `_` for `.`.
    """
    running = running_cycle()
    if running is None:
        yield NOBODY
        return
    values: dict[str, Value] = {attribute_name(key): value for key, value in attributes.items()}
    running.stages_said.update(((name, key), value) for key, value in values.items())
    started, place = time.perf_counter(), len(running.stages)
    start_s = started - running.started
    tell(StageBegan(name, running.at + start_s))
    try:
        with part("stage", f"regen.{name}", {"cicd.pipeline.task.name": name, **values}) as span:
            yield Noted(name, running, span)
    finally:
        ended = StageTime(name, start_s, time.perf_counter() - started)
        running.stages.insert(place, ended)
        tell(StageEnded(ended, running.at + start_s))


@contextmanager
def part(kind: Kind, name: str, attributes: Mapping[str, Value]) -> Iterator[Part]:
    """Open a span inside the running cycle, where there is one and it has room.

    Args:
        kind: what it takes the room of.
        name: of the span.
        attributes: with their whole names.
    """
    running = running_cycle()
    if running is None or running.tracer is None or not running.room(kind):
        yield NOBODY
        return
    span = running.tracer.start_span(name, attributes=dict(attributes))
    result: Result = "success"
    try:
        with _current(span):
            yield span
    except BaseException as error:
        result = _result(error)
        raise
    finally:
        if kind == "stage":
            span.set_attribute("cicd.pipeline.task.run.id", f"{span.get_span_context().span_id:016x}")
            span.set_attribute("cicd.pipeline.task.run.result", result)
        span.end()


@contextmanager
def beside(name: str, attributes: Mapping[str, Value]) -> Iterator[Part]:
    """Open a span of work beside the cycles, which is a trace of its own.

    Args:
        name: of the span.
        attributes: with their whole names.
    """
    tracer = _tracer()
    if tracer is None:
        yield NOBODY
        return
    from opentelemetry.context import Context

    span = tracer.start_span(name, Context(), attributes=dict(attributes))
    try:
        with _current(span):
            yield span
    finally:
        span.end()


def burst(text: str, root: str, files: Mapping[str, int]) -> Trigger:
    """A burst of file events as a trigger that a cycle's trace links to.

    Args:
        text: for people.
        root: folder that paths are told relative to.
        files: absolute path and time of its last event, in nanoseconds since the epoch.
    """
    tracer = _tracer()
    since = min(files.values()) / 1e9 if files else None
    if tracer is None or not files:
        return Trigger(text, since=since)
    from opentelemetry.context import Context

    attributes: dict[str, Value] = {"regen.files": len(files)}
    span = tracer.start_span("regen.trigger", Context(), attributes=attributes, start_time=min(files.values()))
    for path in sorted(files)[:_FILES_A_BURST]:
        span.add_event("regen.file.changed", {"code.file.path": os.path.relpath(path, root)}, files[path])
    span.end(max(files.values()))
    return Trigger(text, span.get_span_context(), since)


def _tracer() -> Tracer | None:
    """The tracer; None where nobody listens, for neither regen nor its host has set a provider."""
    api = sys.modules.get("opentelemetry.trace")
    if api is None or isinstance(api.get_tracer_provider(), api.ProxyTracerProvider):
        return None
    tracer: Tracer = api.get_tracer("regen")
    return tracer


@contextmanager
def _current(span: Span | None) -> Iterator[None]:
    """Make a span the current one; an error that passes marks it, in one line. None: there is none to make."""
    if span is None:
        yield
        return
    from opentelemetry import trace

    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except BaseException as error:
            if _result(error) != "cancellation":
                failed(span, type(error).__name__, str(error).partition("\n")[0])
            raise


def failed(span: Span, error: str, text: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", error)
    span.set_status(Status(StatusCode.ERROR, text or error))


def _result(error: BaseException) -> Result:
    """ "failure" is the inputs' fault, "error" regen's or the machine's."""
    match error:
        case RegenError():
            return "failure"
        case Exception():
            return "error"
        case _:
            return "cancellation"


def _parents(trigger: Trigger | None, *, alone: bool) -> tuple[Context | None, list[Link]]:
    """The context that the root span stands in (None: the current one), and the spans that it links to."""
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    links = [trace.Link(trigger.context)] if trigger is not None and trigger.context is not None else []
    outer = trace.get_current_span().get_span_context()
    context: Context | None = None
    if not outer.is_valid:
        variables = around_us()
        carrier = {name: variables[name.upper()] for name in NAMES if name.upper() in variables}
        context = TraceContextTextMapPropagator().extract(carrier, Context())
        outer = trace.get_current_span(context).get_span_context()
    if not alone:
        return context, links
    if outer.is_valid:
        links.append(trace.Link(outer))
    return Context(), links
