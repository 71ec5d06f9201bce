"""Facts: what the state knows of a window, read once, from which every figure is worked out.

Why columns and no records: a window may hold 100,000 cycles, and parsing all that is kept of each would take seconds.
Stages are read of the newest cycles only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from regen.health.own import Alive
from regen.model.measure import Measure
from regen.model.window import Window
from regen.state import measures as kept
from regen.state.db import Database
from regen.state.figures import as_rendered

STAGES_OF = 5_000  # cycles
_CYCLES = (
    "SELECT at, duration_s, cpu_s, result, delay_s, json_extract(counts, '$.merges'),"
    " json_extract(counts, '$.merge_conflicts'), kind, environment FROM cycle"
    " WHERE at >= ? AND at < ? AND (? IS NULL OR environment = ?) AND result <> 'cancellation' ORDER BY at"
)
_STAGES = (
    "WITH newest AS (SELECT number, duration_s, stages, json_extract(counts, '$.rendered') AS rendered FROM cycle"
    " WHERE at >= ? AND at < ? AND (? IS NULL OR environment = ?) AND result <> 'cancellation'"
    " ORDER BY number DESC LIMIT ?) SELECT number, duration_s, rendered, value ->> 0, value ->> 1, value ->> 2"
    " FROM newest, json_each(newest.stages) ORDER BY number"
)


class Cycle(NamedTuple):
    """What figures need of a cycle; see `CycleRecord`."""

    at: float
    duration_s: float
    cpu_s: float
    result: str
    delay_s: float | None
    merges: int
    merge_conflicts: int
    kind: str
    environment: str

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.result in {"failure", "error"}


class StageRun(NamedTuple):
    """One run of a stage.

    Attributes:
        cycle: its number.
        cycle_s: how long the cycle took.
        rendered: artifacts of the cycle.
    """

    cycle: int
    cycle_s: float
    rendered: int
    name: str
    start_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a window.

    Attributes:
        cycles: the oldest first; those that were stopped for a rollback or by a person are left out.
        stage_runs: of the newest of them.
        rollbacks: (when verified, seconds from the breach) of automatic rollbacks.
        measures: by metric, the oldest first.
        alive: when a watch ran.
        conflicts: that are open now.
        rendered: (files that stand, how many of them hold exactly the last render).
        judged: (artifacts that people judged, how many of them good).
    """

    window: Window
    cycles: Sequence[Cycle]
    stage_runs: Sequence[StageRun]
    rollbacks: Sequence[tuple[float, float]]
    measures: dict[str, list[Measure]]
    alive: Sequence[Alive]
    conflicts: int
    rendered: tuple[int, int]
    judged: tuple[int, int] = (0, 0)

    def part(self, since: float, until: float) -> Facts:
        """What is known of a part of the window; what stands now is no part of any."""
        return replace(
            self,
            window=Window("", since, until),
            cycles=self.cycles[_first(self.cycles, since) : _first(self.cycles, until)],
            stage_runs=(),
            rollbacks=[one for one in self.rollbacks if since <= one[0] < until],
            measures={
                metric: values[_first(values, since) : _first(values, until)]
                for metric, values in self.measures.items()
            },
            conflicts=0,
            rendered=(0, 0),
            judged=(0, 0),
        )


def _first(ordered: Sequence[Cycle] | Sequence[Measure], at: float) -> int:
    """Where the things of this time and later begin."""
    return bisect_left(ordered, at, key=lambda one: one.at)


def read_facts(db: Database, window: Window, environment: str | None, alive: Sequence[Alive]) -> Facts:
    """Read what the state knows.

    Args:
        db: of the project.
        window: of "all" the start becomes that of the first cycle or measure.
        environment: only of this one; None: of all.
        alive: when a watch ran.
    """
    window = _from_first(db, window)
    bound = (window.since, window.until, environment, environment)
    rows = db.execute(
        "SELECT since + rollback_s, rollback_s FROM rescue WHERE rollback_s IS NOT NULL AND since + rollback_s >= ?"
        " AND since + rollback_s < ? AND (? IS NULL OR environment = ?) ORDER BY 1",
        bound,
    )
    names = kept.metrics(db)
    return Facts(
        window,
        [Cycle(*row) for row in db.execute(_CYCLES, bound)],
        [StageRun(*row) for row in db.execute(_STAGES, (*bound, STAGES_OF))],
        [(float(at), float(took_s)) for at, took_s in rows],
        {name: _of(kept.measures(db, name, since=window.since, until=window.until), environment) for name in names},
        alive,
        _number(db, "SELECT count(*) FROM conflict WHERE (? IS NULL OR environment = ?)", environment),
        _rendered(db, environment),
    )


def _of(measures: list[Measure], environment: str | None) -> list[Measure]:
    """Those of an environment, and those of the project as a whole."""
    return [one for one in measures if environment is None or one.environment in {None, environment}]


def _from_first(db: Database, window: Window) -> Window:
    if not window.whole:
        return window
    row = db.one("SELECT min((SELECT min(at) FROM cycle), coalesce((SELECT min(at) FROM measure), 9e99))")
    first = float(row[0]) if row is not None and row[0] is not None else window.until - 1.0
    return replace(window, since=min(first, window.until - 1.0))


def _number(db: Database, query: str, environment: str | None) -> int:
    row = db.one(query, (environment, environment))
    return int(row[0]) if row is not None else 0


def _rendered(db: Database, environment: str | None) -> tuple[int, int]:
    """Of what stands in the environments now."""
    rows = db.execute(
        "SELECT environment, max(number) FROM release WHERE (? IS NULL OR environment = ?) GROUP BY environment",
        (environment, environment),
    )
    found = [as_rendered(db, name, number) for name, number in rows]
    return sum(files for files, _ in found), sum(same for _, same in found)
