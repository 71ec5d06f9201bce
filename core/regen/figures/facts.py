"""Facts: what the state knows of a window, read once, from which every figure is worked out.

Why columns and no records: a window may hold 100,000 cycles, and parsing all that is kept of each would take seconds.
Stages are read of the newest cycles only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from regen.figures.statistics import percentile_in
from regen.health.own import Alive, uptime
from regen.model.spans import Span, within
from regen.model.window import Window
from regen.state import measures as kept
from regen.state.db import Database
from regen.state.figures import accurate

STAGES_OF = 5_000  # cycles
_IN = "at >= ? AND at < ? AND (? IS NULL OR environment = ?)"
# Both are answered from the index `cycle_figures`.
_CYCLES = (
    "SELECT at, duration_s, cpu_s, result, delay_s, merges, merge_conflicts, kind, environment FROM cycle"  # noqa: S608
    f" WHERE {_IN} AND result <> 'cancellation' ORDER BY at"
)
_NEWEST = f"SELECT number FROM cycle WHERE {_IN} AND result <> 'cancellation' ORDER BY at DESC LIMIT ?"  # noqa: S608
_STAGES = (
    "SELECT number, duration_s, json_extract(counts, '$.rendered'), value ->> 0, value ->> 1, value ->> 2"  # noqa: S608
    f" FROM cycle, json_each(cycle.stages) WHERE number IN ({_NEWEST}) ORDER BY number"
)
_BEFORE = (
    "SELECT at, duration_s, result FROM cycle WHERE environment = ? AND kind = 'watch' AND at < ?"
    " AND result <> 'cancellation' ORDER BY at DESC LIMIT 1"
)
_SAMPLES = (
    "SELECT at, value, unit FROM measure WHERE metric = ? AND at >= ? AND at < ?"
    " AND (? IS NULL OR environment IS NULL OR environment = ?) ORDER BY at"
)
_FAILED = frozenset({"failure", "error"})


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
        return self.result in _FAILED


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


class Sample(NamedTuple):
    """One value that was measured; see `Measure`."""

    at: float
    value: float
    unit: str


@dataclass(frozen=True)  # no slots: what is sorted once is kept
class Facts:
    """What is known of a window.

    Attributes:
        cycles: the oldest first; those that were stopped for a rollback or by a person are left out.
        stage_runs: of the newest of them.
        rollbacks: (when verified, seconds from the breach) of automatic rollbacks.
        measures: by metric, the oldest first.
        counted: when a watch was to be there.
        well: when it was, and all was well; see `uptime`.
        conflicts: that are open now.
        accurate: (files that stand, how many of them are exactly the last render and were not called bad).
    """

    window: Window
    cycles: Sequence[Cycle] = ()
    stage_runs: Sequence[StageRun] = ()
    rollbacks: Sequence[Span] = ()
    measures: dict[str, list[Sample]] = field(default_factory=dict)
    counted: Sequence[Span] = ()
    well: Sequence[Span] = ()
    conflicts: int = 0
    accurate: tuple[int, int] = (0, 0)

    @cached_property
    def durations(self) -> list[float]:
        """Of cycles, the shortest first; in seconds."""
        return sorted([one.duration_s for one in self.cycles])

    def last(self, length_s: float) -> Facts:
        """What is known of the last part of the window, and what stands now."""
        part = self.part(max(self.window.since, self.window.until - length_s), self.window.until)
        return replace(part, conflicts=self.conflicts, accurate=self.accurate)

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
            counted=within(self.counted, since, until),
            well=within(self.well, since, until),
            conflicts=0,
            accurate=(0, 0),
        )


def _first(ordered: Sequence[Cycle] | Sequence[Sample], at: float) -> int:
    """Where the things of this time and later begin."""
    return bisect_left(ordered, at, key=lambda one: one.at)


@dataclass(frozen=True, slots=True)
class Up:
    """When what is to be there was there, and for whom.

    Attributes:
        watched: when a watch ran.
        served: when the interface did.
        environments: whose last cycle has to be well.
    """

    watched: Sequence[Alive] = ()
    served: Sequence[Alive] = ()
    environments: Sequence[str] = ()


def read_facts(
    db: Database, window: Window, environment: str | None, up: Up, *, only: Collection[str] | None = None
) -> Facts:
    """Read what the state knows.

    Args:
        db: of the project.
        window: of "all" the start becomes that of the first cycle or measure.
        environment: only of this one; None: of all.
        up: when a watch ran.
        only: names of the figures that it is about: no runs of stages are read for them, and only their measures. None:
            everything.
    """
    window = _from_first(db, window)
    bound = (window.since, window.until, environment, environment)
    rows = db.execute(
        "SELECT since + rollback_s, rollback_s FROM rescue WHERE rollback_s IS NOT NULL AND since + rollback_s >= ?"
        " AND since + rollback_s < ? AND (? IS NULL OR environment = ?) ORDER BY 1",
        bound,
    )
    cycles = list(map(Cycle._make, db.execute(_CYCLES, bound)))
    ends = _ends(db, window, cycles, up.environments)
    counted, well = uptime(up.watched, up.served, ends, window.until)
    return Facts(
        window,
        cycles,
        list(map(StageRun._make, db.execute(_STAGES, (*bound, STAGES_OF)))) if only is None else (),
        [(float(at), float(took_s)) for at, took_s in rows],
        {name: list(map(Sample._make, db.execute(_SAMPLES, (name, *bound)))) for name in _measures(db, only)},
        within(counted, window.since, window.until),
        within(well, window.since, window.until),
        _number(db, "SELECT count(*) FROM conflict WHERE (? IS NULL OR environment = ?)", environment),
        _accurate(db, environment),
    )


def _measures(db: Database, only: Collection[str] | None) -> list[str]:
    """Names of the measures behind figures: their own, or without the percentile."""
    if only is None:
        return kept.metrics(db)
    behind = {*only, *(found[0] for name in only if (found := percentile_in(name)) is not None)}
    return [name for name in kept.metrics(db) if name in behind]


def _ends(
    db: Database, window: Window, cycles: Sequence[Cycle], environments: Sequence[str]
) -> list[list[tuple[float, bool]]]:
    """Of each environment (when a cycle of a watch ended, whether it failed), from the last before the window on."""
    found: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    for name in environments:
        before = db.one(_BEFORE, (name, window.since))
        if before is not None:
            found[name].append((before[0] + before[1], before[2] in _FAILED))
    for one in cycles:
        if one.kind == "watch" and one.environment in environments:
            found[one.environment].append((one.at + one.duration_s, one.failed))
    return list(found.values())


def _from_first(db: Database, window: Window) -> Window:
    if not window.whole:
        return window
    row = db.one("SELECT min((SELECT min(at) FROM cycle), coalesce((SELECT min(at) FROM measure), 9e99))")
    first = float(row[0]) if row is not None and row[0] is not None else window.until - 1.0
    return replace(window, since=min(first, window.until - 1.0))


def _number(db: Database, query: str, environment: str | None) -> int:
    row = db.one(query, (environment, environment))
    return int(row[0]) if row is not None else 0


def _accurate(db: Database, environment: str | None) -> tuple[int, int]:
    """Of what stands in the environments now; nothing stands that a gate stopped."""
    rows = db.execute(
        "SELECT DISTINCT environment FROM release WHERE (? IS NULL OR environment = ?)", (environment, environment)
    )
    found = [accurate(db, name) for (name,) in rows]
    return sum(files for files, _ in found), sum(good for _, good in found)
