"""Instruments: the one table of what is measured while regen runs, for OTLP and for Prometheus alike.

Names that begin with `cicd.` are those of the OpenTelemetry semantic conventions for CI/CD, which are in development;
the others are regen's own. No label holds a path, a key or a message: the number of series is bounded by the
environments, kinds, stages and routes that there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

Kind = OneOf["counter", "gauge", "histogram"]

_UNITS: Final = {
    "s": "seconds",
    "By": "bytes",
}  # those of the OpenTelemetry conventions, spelt as Prometheus spells them

# The bound of a histogram's objective comes to these, so that the share of what keeps to it is exact.
CYCLE_BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300)
STAGE_BOUNDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30)
API_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5)
LEARNING_BOUNDS: Final = (1, 5, 10, 30, 60, 120, 300, 600, 3600, 21_600, 86_400)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One row of the table.

    Attributes:
        name: as OpenTelemetry has it.
        kind: what can be done with its values.
        unit: "s", or what is counted in braces, as OpenTelemetry writes units.
        means: what it is, in words.
        labels: that its values have.
        bounds: of a histogram's buckets, beside the one of its objective.
        objective: what is promised of a histogram's values.
    """

    name: str
    kind: Kind
    unit: str
    means: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    objective: str | None = None

    @property
    def family(self) -> str:
        """The name of the Prometheus family: a counter's samples end with `_total` beside."""
        return family_of(self.name, self.unit)


def family_of(name: str, unit: str) -> str:
    """The Prometheus family of an instrument, of a plugin's own, too."""
    spelt = _UNITS.get(unit)
    return re.sub(r"[^a-zA-Z0-9_:]", "_", name) + (f"_{spelt}" if spelt else "")


_ENVIRONMENT = "regen.environment"
_RUN = ("cicd.pipeline.name", _ENVIRONMENT, "regen.cycle.kind")

RUN_DURATION: Final = Instrument(
    "cicd.pipeline.run.duration",
    "histogram",
    "s",
    "time of a cycle, by how it ended",
    (*_RUN, "cicd.pipeline.run.state", "cicd.pipeline.result"),
    CYCLE_BOUNDS,
    "cycle_p95",
)
RUN_ACTIVE: Final = Instrument(
    "cicd.pipeline.run.active",
    "gauge",
    "{run}",
    "cycles that run now, those that only plan among them",
    ("cicd.pipeline.name", "cicd.pipeline.run.state"),
)
RUN_ERRORS: Final = Instrument(
    "cicd.pipeline.run.errors",
    "counter",
    "{error}",
    "cycles that ended with an error, by what a command would have exited with",
    (*_RUN, "error.type"),
)
WORKERS: Final = Instrument(
    "cicd.worker.count", "gauge", "{count}", "processes that the last cycle had for rendering", ("cicd.worker.state",)
)
STAGE_DURATION: Final = Instrument(
    "regen.stage.duration", "histogram", "s", "time of a stage of a cycle", (_ENVIRONMENT, "regen.stage"), STAGE_BOUNDS
)
DELAY: Final = Instrument(
    "regen.change.delay",
    "histogram",
    "s",
    "time from the first change that a cycle is for to the last file that it renamed",
    (_ENVIRONMENT,),
    CYCLE_BOUNDS,
    "stable_latency_p95",
)
CPU: Final = Instrument(
    "regen.cycle.cpu", "counter", "s", "processor time of cycles, that of their workers too", (_ENVIRONMENT,)
)
TRIPLES_CHANGED: Final = Instrument("regen.triples.changed", "counter", "{triple}", "triples that cycles took in")
EVALUATED: Final = Instrument(
    "regen.keys.evaluated", "counter", "{key}", "keys whose views were evaluated", (_ENVIRONMENT,)
)
RENDERED: Final = Instrument(
    "regen.artifacts.rendered", "counter", "{artifact}", "artifacts that were rendered", (_ENVIRONMENT,)
)
FILES: Final = Instrument(
    "regen.files.planned", "counter", "{file}", "files that plans had something to do to", (_ENVIRONMENT,)
)
MERGES: Final = Instrument(
    "regen.merges", "counter", "{merge}", "files of which both sides had changed", (_ENVIRONMENT,)
)
MERGE_CONFLICTS: Final = Instrument(
    "regen.merge.conflicts", "counter", "{conflict}", "those of them that a person has to settle", (_ENVIRONMENT,)
)
RELEASES: Final = Instrument("regen.releases", "counter", "{release}", "releases that were made", (_ENVIRONMENT,))
ROLLBACKS: Final = Instrument("regen.rollbacks", "counter", "{rollback}", "rollbacks that were done", (_ENVIRONMENT,))
ROLLBACK_DURATION: Final = Instrument(
    "regen.rollback.duration",
    "histogram",
    "s",
    "time from the breach to the verified rollback, or of the cycle where a person asked",
    (_ENVIRONMENT,),
    CYCLE_BOUNDS,
    "rollback",
)
LEARNING_DELAY: Final = Instrument(
    "regen.learning.delay",
    "histogram",
    "s",
    "time from published to integrated, of each item of a learning source",
    ("regen.source",),
    LEARNING_BOUNDS,
    "learning_delay_p95",
)
TRIPLES: Final = Instrument("regen.triples", "gauge", "{triple}", "triples of all graph files and sources")
REVISION: Final = Instrument("regen.revision", "gauge", "{revision}", "revision of the dataset")
WATCHING: Final = Instrument("regen.watching", "gauge", "1", "1 while a watch is alive")
AVAILABLE: Final = Instrument(
    "regen.available", "gauge", "1", "1 while a watch is alive and the last cycle of no environment failed"
)
RELEASE: Final = Instrument("regen.release", "gauge", "{release}", "number of the current release", (_ENVIRONMENT,))
ARTIFACTS: Final = Instrument("regen.artifacts", "gauge", "{artifact}", "artifacts that it has", (_ENVIRONMENT,))
STALE: Final = Instrument(
    "regen.artifacts.stale", "gauge", "{artifact}", "artifacts that wait to be released", (_ENVIRONMENT,)
)
CONFLICTS: Final = Instrument("regen.conflicts.open", "gauge", "{conflict}", "conflicts that are open", (_ENVIRONMENT,))
HELD: Final = Instrument("regen.held", "gauge", "1", "1 while a rollback holds it, or froze it", (_ENVIRONMENT,))
FAILED: Final = Instrument("regen.failed", "gauge", "1", "1 while its last cycle is one that failed", (_ENVIRONMENT,))
PROCESSORS: Final = Instrument("regen.processors", "gauge", "{cpu}", "processors that this process may use")
REQUESTS: Final = Instrument(
    "regen.stable.requests",
    "counter",
    "{request}",
    "requests that `regen serve` answered",
    ("http.request.method", "http.route", "http.response.status_code"),
)
REQUEST_DURATION: Final = Instrument(
    "regen.stable.request.duration",
    "histogram",
    "s",
    "time of an answer; streams are left out",
    ("http.request.method", "http.route"),
    API_BOUNDS,
    "api_latency_p95",
)
REQUESTS_ACTIVE: Final = Instrument(
    "regen.stable.active_requests", "gauge", "{request}", "requests that are being answered"
)
ERRORS: Final = Instrument(
    "regen.stable.errors", "counter", "{error}", "cycles that failed, and answers of 500 and more", ("regen.part",)
)
FIGURE: Final = Instrument(
    "regen.objective.figure",
    "gauge",
    "1",
    "what an objective is about, as `regen stats` has it: a share or seconds",
    ("regen.objective",),
)
VIOLATIONS: Final = Instrument(
    "regen.stable.slo_violations",
    "counter",
    "{violation}",
    "cycles, rollbacks, learnt items and answers that missed the target of an objective",
    ("regen.objective",),
)

INSTRUMENTS: Final[tuple[Instrument, ...]] = (
    RUN_DURATION,
    RUN_ACTIVE,
    RUN_ERRORS,
    WORKERS,
    STAGE_DURATION,
    DELAY,
    CPU,
    TRIPLES_CHANGED,
    EVALUATED,
    RENDERED,
    FILES,
    MERGES,
    MERGE_CONFLICTS,
    RELEASES,
    ROLLBACKS,
    ROLLBACK_DURATION,
    LEARNING_DELAY,
    TRIPLES,
    REVISION,
    WATCHING,
    AVAILABLE,
    RELEASE,
    ARTIFACTS,
    STALE,
    CONFLICTS,
    HELD,
    FAILED,
    PROCESSORS,
    REQUESTS,
    REQUEST_DURATION,
    REQUESTS_ACTIVE,
    ERRORS,
    VIOLATIONS,
    FIGURE,
)
