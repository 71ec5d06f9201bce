"""Routes: cycles that are over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from regen.config import Key
from regen.model.cloudevent import to_json
from regen.model.cycle import Counts, CycleRecord, Result, Share, StageTime
from regen.serve.asked import LARGEST
from regen.serve.desk import Desk, cursor
from regen.serve.past import of_revisions
from regen.serve.problems import Problem
from regen.serve.route import Lasting, Page, read
from regen.state import cycles as kept
from regen.state import releases
from regen.state.opening import State

_MOST_EVENTS = 500
_MOST_ARTIFACTS = 500
_LATEST = 1e11  # seconds since the epoch that are taken for a time


@dataclass(frozen=True, slots=True)
class CyclesAsked:
    """Which cycles."""

    environment: Annotated[str | None, Key("only those of this environment", maximum=200)] = None
    result: Annotated[Result | None, Key("only those that ended so")] = None
    since: Annotated[
        float | None, Key("started then or later; seconds since the epoch", minimum=0, maximum=_LATEST)
    ] = None
    until: Annotated[float | None, Key("started before; seconds since the epoch", minimum=0, maximum=_LATEST)] = None
    before: Annotated[int | None, Key("with smaller numbers, such as `next` of a page", minimum=0, maximum=LARGEST)] = (
        None
    )
    limit: Annotated[int, Key("at most so many", minimum=1, maximum=500)] = 100


@dataclass(frozen=True, slots=True)
class CycleAsked:
    """Which cycle."""

    number: Annotated[int, Key("its number", minimum=0, maximum=LARGEST)]


@dataclass(frozen=True, slots=True)
class CycleItem:
    """One cycle of a list.

    Attributes:
        number: unique in the project, growing.
        environment: its name.
        kind: what asked for it.
        trigger: in words.
        at: when it started; seconds since the epoch, UTC.
        duration_s: in seconds.
        result: how it ended.
        error: the first line of what went wrong; None: nothing.
        release: that it made; None: none.
        counts: what it counted.
    """

    number: int
    environment: str
    kind: str
    trigger: str
    at: float
    duration_s: float
    result: Result
    error: str | None
    release: int | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class SideProperty:
    """A property that a node gained or lost; terms are N-Triples."""

    predicate: str
    object: str


@dataclass(frozen=True, slots=True)
class GraphChange:
    """A graph event; terms are N-Triples.

    Attributes:
        type: such as "node.changed" or "edge.added"; "bus.overflow" stands for a revision with too many of them.
        subject: None where the event stands for many.
        predicate, object: of an edge; None for a node.
        gained, lost: properties of a node.
    """

    type: str
    subject: str | None
    predicate: str | None
    object: str | None
    gained: tuple[SideProperty, ...]
    lost: tuple[SideProperty, ...]


@dataclass(frozen=True, slots=True)
class TouchedArtifact:
    """A file that a release changed.

    Attributes:
        path: relative to the environment's root.
        action: "created", "changed" or "removed".
        template: that makes it.
        key: the value of `?this` in N-Triples; None for a template without `each`.
        because: why, in words; the first of them.
    """

    path: str
    action: str
    template: str
    key: str | None
    because: str


@dataclass(frozen=True, slots=True)
class WholeCycle:
    """One cycle with all that is kept of it.

    Attributes:
        number, environment, kind, trigger, at, duration_s, cpu_s, result, error: see the list.
        exit_code: that a command would have ended with.
        trace_id, span_id: of its root span; None where nobody listened.
        release: that it made; None: none.
        revision: of the dataset at its end.
        delay_s: from the first change that it is for to the last file; None where nothing was written.
        stages: in the order of their starts.
        shares: where rendering and evaluating went, the most first.
        workers: processes that it had; 1: its own.
        executor: that made its artifacts; None where none were made.
        events: graph events that it took in, the first 500.
        artifacts: files that it changed, the first 500.
    """

    number: int
    environment: str
    kind: str
    trigger: str
    at: float
    duration_s: float
    cpu_s: float
    result: Result
    error: str | None
    exit_code: int
    trace_id: str | None
    span_id: str | None
    release: int | None
    revision: int
    delay_s: float | None
    counts: Counts
    stages: tuple[StageTime, ...]
    shares: tuple[Share, ...]
    workers: int
    executor: str | None
    events: tuple[GraphChange, ...]
    artifacts: tuple[TouchedArtifact, ...]


@read("/api/v1/cycles")
def cycles(desk: Desk, asked: CyclesAsked) -> Page[CycleItem]:
    """Cycles that are over, the newest first."""
    with desk.readers.read() as state:
        if state is None:
            return Page(())
        found = kept.cycles(
            state.db,
            environment=asked.environment,
            result=asked.result,
            since=asked.since,
            until=asked.until,
            before=asked.before,
            limit=asked.limit,
        )
    return Page(tuple(map(_item, found)), cursor(found, asked.limit, lambda one: one.number))


@read("/api/v1/cycles/{number:int}")
def cycle(desk: Desk, asked: CycleAsked) -> Lasting[WholeCycle]:
    """One cycle: its stages, the graph events that it took in, and the files that it changed."""
    with desk.readers.read() as state:
        record = kept.cycle(state.db, asked.number) if state is not None else None
    if record is None:
        raise Problem(404, f"no cycle {asked.number} is kept", "/api/v1/cycles lists those that are")
    return Lasting(("cycle", record.number, record.at), lambda: _whole(desk, record))


def _whole(desk: Desk, record: CycleRecord) -> WholeCycle:
    fields = {name: getattr(record, name) for name in _SAME}
    with desk.state() as state:
        return WholeCycle(**fields, events=_events(state, record), artifacts=_artifacts(state, record))


_SAME = (*CycleRecord.__dataclass_fields__,)


def _item(record: CycleRecord) -> CycleItem:
    return CycleItem(
        record.number,
        record.environment,
        record.kind,
        record.trigger,
        record.at,
        record.duration_s,
        record.result,
        record.error,
        record.release,
        record.counts,
    )


def _events(state: State, record: CycleRecord) -> tuple[GraphChange, ...]:
    """Those of the revisions since the environment's cycle before."""
    earlier = kept.cycles(state.db, environment=record.environment, before=record.number, limit=1)
    first = earlier[0].revision + 1 if earlier else 1
    found = of_revisions(state, first, record.revision, most=_MOST_EVENTS)
    return tuple(_change(to_json(event)) for event in found)


def _change(event: dict[str, Any]) -> GraphChange:
    data = event["data"]
    return GraphChange(
        event["type"],
        data.get("subject"),
        data.get("predicate"),
        data.get("object"),
        tuple(SideProperty(**one) for one in data.get("gained", ())),
        tuple(SideProperty(**one) for one in data.get("lost", ())),
    )


def _artifacts(state: State, record: CycleRecord) -> tuple[TouchedArtifact, ...]:
    if record.release is None:
        return ()
    found = []
    for before, after in releases.changes(state.db, record.environment, record.release, limit=_MOST_ARTIFACTS):
        known = after or before
        if known is not None:
            action = "created" if before is None else "removed" if after is None else "changed"
            because = str(after.because[0]) if after is not None and after.because else ""
            key = known.artifact.key
            text = None if key is None else key.n3()
            found.append(TouchedArtifact(known.path, action, known.artifact.template, text, because))
    return tuple(sorted(found, key=lambda one: one.path))
