"""Meters: cycles, requests and single values become measurements, with the trace that they belong to as exemplar."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regen.errors import ExitCode
from regen.model.cycle import CycleRecord
from regen.model.measure import Measure
from regen.model.objective import Objective
from regen.telemetry import instruments as table
from regen.telemetry.instruments import INSTRUMENTS, Instrument
from regen.telemetry.observers import CycleBegan, CycleEnded, Happening, Measured
from regen.telemetry.spans import context_of
from regen.telemetry.standing import EnvironmentStanding, Standing

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import CallbackOptions, Meter, Observation

Labels = dict[str, str | int]
_NAME: Labels = {"cicd.pipeline.name": "regen"}
_EXECUTING: Labels = {**_NAME, "cicd.pipeline.run.state": "executing"}
_OF_STANDING: tuple[tuple[Instrument, Callable[[Standing], float]], ...] = (
    (table.TRIPLES, lambda one: one.triples),
    (table.REVISION, lambda one: one.revision),
    (table.WATCHING, lambda one: one.watching),
    (table.AVAILABLE, lambda one: one.available),
)
_OF_ENVIRONMENT: tuple[tuple[Instrument, Callable[[EnvironmentStanding], float]], ...] = (
    (table.RELEASE, lambda one: one.release or 0),
    (table.ARTIFACTS, lambda one: one.artifacts),
    (table.STALE, lambda one: one.stale),
    (table.CONFLICTS, lambda one: one.conflicts),
    (table.HELD, lambda one: one.held),
    (table.FAILED, lambda one: one.failed),
)
_JUDGED = (
    "cycle_p95",
    "error_rate",
    "stable_latency_p95",
    "merge_success",
    "rollback",
    "learning_delay_p95",
    "api_latency_p95",
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # a client may send any word
_STANDING_S = 0.5  # in which one look at the state serves all gauges, and all who ask


@dataclass
class Asked:
    """A request that is being answered; who answers fills it in.

    Attributes:
        method: of HTTP.
        route: such as "/api/v1/cycles/{number}", never a path as it was asked for.
        status: of the answer.
        streams: whether the answer goes on for as long as the client listens; its time says nothing then.
    """

    method: str
    route: str = "other"
    status: int = 500
    streams: bool = False


class Meters:
    """All instruments of this process.

    Args:
        meter: makes them.
        objectives: what is promised.
        standing: gives where the project stands; None where nobody knows. Called in any thread.
    """

    def __init__(self, meter: Meter, objectives: Iterable[Objective], standing: Callable[[], Standing | None]) -> None:
        self._objectives = {one.metric: one for one in objectives}
        self._standing = standing
        self._stood: tuple[float, Standing | None] = (-_STANDING_S, None)
        self._workers = 1
        self._active = 0
        self._made = {one.name: self._make(meter, one) for one in INSTRUMENTS}
        for part in ("cycle", "api"):  # so that a first error is a step from 0, which a rate sees
            self._add(table.ERRORS, 0, {"regen.part": part})
        for metric in _JUDGED:
            self._add(table.VIOLATIONS, 0, {"regen.objective": metric})
        self._add(table.REQUESTS_ACTIVE, 0, {})
        self._add(table.RUN_ACTIVE, 0, _EXECUTING)

    def heard(self, what: Happening) -> None:
        """Observe the cycles of this process."""
        match what:
            case CycleBegan():
                self._active += 1
                self._add(table.RUN_ACTIVE, 1, _EXECUTING)
            case CycleEnded(record):
                if self._active:
                    self._active -= 1
                    self._add(table.RUN_ACTIVE, -1, _EXECUTING)
                if record is not None:
                    self.cycle(record)
            case Measured(measure):
                self.measure(measure)
            case _:
                pass

    def cycle(self, record: CycleRecord) -> None:
        """Count a cycle that is over, of this process or of another."""
        environment: Labels = {"regen.environment": record.environment}
        run: Labels = {**_NAME, **environment, "regen.cycle.kind": record.kind}
        context = context_of(record.trace_id, record.span_id)
        ended: Labels = {**run, "cicd.pipeline.run.state": "executing", "cicd.pipeline.result": record.result}
        self._record(table.RUN_DURATION, record.duration_s, ended, context)
        if record.failed:
            kinds = {int(code): code.name.lower() for code in ExitCode}
            self._add(table.RUN_ERRORS, 1, {**run, "error.type": kinds.get(record.exit_code, record.result)}, context)
            self._add(table.ERRORS, 1, {"regen.part": "cycle"}, context)
        for stage in record.stages:
            self._record(table.STAGE_DURATION, stage.duration_s, {**environment, "regen.stage": stage.name}, context)
        if record.delay_s is not None:
            self._record(table.DELAY, record.delay_s, environment, context)
        counts = record.counts
        for instrument, number in (
            (table.CPU, record.cpu_s),
            (table.EVALUATED, counts.evaluated),
            (table.RENDERED, counts.rendered),
            (table.FILES, counts.files),
            (table.MERGES, counts.merges),
            (table.MERGE_CONFLICTS, counts.merge_conflicts),
            (table.RELEASES, int(record.release is not None)),
            (table.ROLLBACKS, int(record.kind == "rollback" and record.result == "success")),
        ):
            self._add(instrument, number, environment, context)
        self._add(table.TRIPLES_CHANGED, counts.triples, {}, context)
        self._workers = record.workers
        self._stood = (-_STANDING_S, None)
        self._judge("cycle_p95", record.duration_s)
        self._judge("error_rate", float(record.failed))
        self._judge("stable_latency_p95", record.delay_s)
        for _ in range(counts.merge_conflicts):
            self._judge("merge_success", 0.0)

    def measure(self, measure: Measure) -> None:
        """Take a single value in, where there is an instrument for it."""
        match measure.metric:
            case "rollback":
                self._record(table.ROLLBACK_DURATION, measure.value, {"regen.environment": measure.environment or ""})
                self._judge("rollback", measure.value)
            case "learning_delay":
                self._record(table.LEARNING_DELAY, measure.value, {"regen.source": measure.label or "other"})
                self._judge("learning_delay_p95", measure.value)
            case _:
                pass

    @contextmanager
    def asked(self, method: str) -> Iterator[Asked]:
        """Count a request while it is answered."""
        one, started = Asked(method), time.perf_counter()
        self._add(table.REQUESTS_ACTIVE, 1, {})
        try:
            yield one
        finally:
            self._add(table.REQUESTS_ACTIVE, -1, {})
            method = one.method if one.method in _METHODS else "_OTHER"  # as the semantic conventions say
            asked: Labels = {"http.request.method": method, "http.route": one.route}
            self._add(table.REQUESTS, 1, {**asked, "http.response.status_code": one.status})
            if one.status >= 500:
                self._add(table.ERRORS, 1, {"regen.part": "api"})
            if not one.streams:
                took_s = time.perf_counter() - started
                self._record(table.REQUEST_DURATION, took_s, asked)
                self._judge("api_latency_p95", took_s)

    def _judge(self, metric: str, value: float | None) -> None:
        """Count what misses the target of an objective by itself; whether the objective is missed is another matter."""
        objective = self._objectives.get(metric)
        target = objective.target if objective is not None else None
        if target is not None and not target.relative and target.judge(value, None) == "fail":
            self._add(table.VIOLATIONS, 1, {"regen.objective": metric})

    def _add(self, instrument: Instrument, number: float, labels: Labels, context: Context | None = None) -> None:
        self._made[instrument.name].add(number, labels, context=context)

    def _record(self, instrument: Instrument, value: float, labels: Labels, context: Context | None = None) -> None:
        self._made[instrument.name].record(value, labels, context=context)

    def _make(self, meter: Meter, one: Instrument) -> Any:
        if one.kind == "histogram":
            objective = self._objectives.get(one.objective or "")
            promised = {objective.target.bound} if objective is not None and objective.target is not None else set()
            bounds = sorted(set(one.bounds) | promised)
            return meter.create_histogram(one.name, one.unit, one.means, explicit_bucket_boundaries_advisory=bounds)
        if one.kind == "counter":
            return meter.create_counter(one.name, one.unit, one.means)
        found = self._found(one)
        if found is None:
            return meter.create_up_down_counter(one.name, one.unit, one.means)
        return meter.create_observable_gauge(one.name, [found], one.unit, one.means)

    def _found(self, one: Instrument) -> Callable[[CallbackOptions], Iterable[Observation]] | None:
        """What a gauge shows that is looked up; None for one that is counted."""
        from opentelemetry.metrics import Observation

        if one is table.PROCESSORS:
            return lambda _: [Observation(len(os.sched_getaffinity(0)))]
        if one is table.WORKERS:
            return lambda _: [Observation(self._workers, {"cicd.worker.state": "available"})]
        of_all, of_each = dict(_OF_STANDING).get(one), dict(_OF_ENVIRONMENT).get(one)

        def look(_: CallbackOptions) -> Iterable[Observation]:
            standing = self._look()
            if standing is None:
                return []
            if one is table.FIGURE:
                return [Observation(value, {"regen.objective": metric}) for metric, value in standing.figures]
            if of_all is not None:
                return [Observation(float(of_all(standing)))]
            return [
                Observation(float(of_each(env)), {"regen.environment": env.environment})
                for env in standing.environments
                if of_each is not None
            ]

        return look if of_all is not None or of_each is not None or one is table.FIGURE else None

    def _look(self) -> Standing | None:
        at, standing = self._stood
        if time.monotonic() - at > _STANDING_S:
            standing = self._standing()
            self._stood = (time.monotonic(), standing)
        return standing
