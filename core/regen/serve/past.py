"""Past: events of the history after a place in it, in the order in which they came about.

Why two counters make a place: graph events follow from revisions, others have numbers of their own, and each of the two
only ever grows, though an event may be noted for a revision after the next one was recorded. So whoever goes on from a
place misses nothing and gets nothing twice.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from heapq import merge
from typing import NamedTuple

from regen.model.event import (
    EdgeAdded,
    EdgeRemoved,
    Event,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    Overflow,
)
from regen.orchestrator.stored import quads_in
from regen.state.history import StateHistory
from regen.state.opening import State

_GRAPH_TYPES = tuple(kind.type for kind in (NodeAdded, NodeRemoved, NodeChanged, EdgeAdded, EdgeRemoved))
_REVISIONS = 256  # whose events are remembered: some 10 MB where each is as large as can be
_AT_ONCE = 500  # revisions that are looked through for events of a type; that takes a tenth of a second
_LARGE = 2_000  # triples of a revision that is told as a whole: nobody reads so many events one by one


class Place(NamedTuple):
    """A place in the history.

    Attributes:
        revision: its graph events are before the place, and those of all earlier ones.
        graph: so many graph events of the next revision are before it, too.
        event: the last other event before it.
    """

    revision: int
    graph: int
    event: int

    def __str__(self) -> str:
        return f"{self.revision}.{self.graph}.{self.event}"


def place_of(text: str) -> Place | None:
    """The place that a text names; None where it names none."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        return None
    return Place(*map(int, parts))


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and the place behind it."""

    event: Event
    place: Place


def end_of(state: State | None) -> Place:
    """The place behind the last event."""
    if state is None:
        return Place(0, 0, 0)
    position = StateHistory(state.db, state.blobs).position()
    return Place(position.revision, 0, position.event)


class Following(NamedTuple):
    """Events that follow a place.

    Attributes:
        told: in their order.
        place: to go on from.
        more: whether there may be more of them at once.
    """

    told: list[Told]
    place: Place
    more: bool


def after(state: State, place: Place, types: Sequence[str], *, most: int) -> Following:
    """The first events after a place; fewer than there are where many revisions have none of these types.

    Args:
        types: globs of dotted names, one of which has to match; empty: all.
        most: events at the most.

    Raises:
        StateError: a revision cannot be read.
    """
    end = end_of(state)
    last = min(end.revision, place.revision + _AT_ONCE) if _wants_graph(types) else end.revision
    found: list[Told] = []
    both = merge(
        _others(state, place, end, types, most),
        _graph(state, place, last, types),
        key=lambda one: (max(one[0].revision, place.revision), not one[1], one[2]),
    )
    here = place
    for event, graph, number in both:
        if not graph and event.revision > last:
            return Following(found, Place(last, 0, here.event), more=True)
        here = Place(event.revision - 1, number, here.event) if graph else here._replace(event=number)
        found.append(Told(event, here))
        if len(found) == most:
            return Following(found, here, more=True)
    return Following(found, Place(last, 0, end.event), more=last < end.revision)


def latest(state: State, types: Sequence[str], *, most: int) -> Following:
    """The last events of the history, the oldest first; the place is behind them all. Raises as `after`."""
    end = end_of(state)
    found: list[Event] = [event for event in _last_others(state, types, most) if _number(event) <= end.event]
    oldest = max(found[0].revision if len(found) >= most else 0, end.revision - _AT_ONCE, 1)
    graph: list[Event] = []
    for revision in range(end.revision, oldest - 1, -1):
        if len(graph) >= most or not _wants_graph(types):
            break
        graph = [*_of_revision(state, revision, types), *graph]
    events = sorted([*graph, *found], key=lambda event: (event.revision, event.id.startswith("e")))
    return Following([Told(event, end) for event in events[-most:]], end, more=False)


def _number(event: Event) -> int:
    return int(event.id[1:])


def of_revisions(state: State, first: int, last: int, *, most: int) -> list[Event]:
    """Graph events of some revisions, at most so many; revisions that are not kept have none."""
    history = StateHistory(state.db, state.blobs)
    found: list[Event] = []
    for revision in range(max(first, history.first(), 1), last + 1):
        if len(found) >= most:
            break
        found += _of_revision(state, revision, ())
    return found[:most]


def _wants_graph(types: Sequence[str]) -> bool:
    return not types or any(fnmatchcase(name, pattern) for name in _GRAPH_TYPES for pattern in types)


def _matches(event: Event, types: Sequence[str]) -> bool:
    return not types or any(fnmatchcase(event.type, pattern) for pattern in types)


def _graph(state: State, place: Place, last: int, types: Sequence[str]) -> Iterator[tuple[Event, bool, int]]:
    if not _wants_graph(types):
        return
    first = StateHistory(state.db, state.blobs).first()
    for revision in range(max(place.revision + 1, first, 1), last + 1):
        skip = place.graph if revision == place.revision + 1 else 0
        for number, event in enumerate(_all_of(state, revision), start=1):
            if number > skip and _matches(event, types):
                yield event, True, number


def _of_revision(state: State, revision: int, types: Sequence[str]) -> list[Event]:
    return [event for event in _all_of(state, revision) if _matches(event, types)]


def _all_of(state: State, revision: int) -> Sequence[Event]:
    """Graph events of one revision; of a large one a single event that counts them."""
    row = state.db.one("SELECT at, added + removed, delta, origin FROM revision WHERE number = ?", (revision,))
    if row is None:
        return ()
    at, changed, digest, origin = row
    size = int(changed) or (quads_in(state) if revision == 1 else 0)
    if size > _LARGE:
        return (Event(Overflow(size, revision), revision, float(at), "bus", f"overflow.{revision}"),)
    return _KNOWN.get(
        (digest, origin, revision, at), lambda: StateHistory(state.db, state.blobs).graph_events(revision)
    )


class _Known:
    """Events of the revisions that were asked for last: several readers ask for the same ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: OrderedDict[tuple[object, ...], tuple[Event, ...]] = OrderedDict()

    def get(self, key: tuple[object, ...], read: Callable[[], list[Event]]) -> tuple[Event, ...]:
        with self._lock:
            found = self._events.get(key)
        if found is None:
            found = tuple(read())
            with self._lock:
                self._events[key] = found
                while len(self._events) > _REVISIONS:
                    self._events.popitem(last=False)
        return found


_KNOWN = _Known()


def _others(
    state: State, place: Place, end: Place, types: Sequence[str], most: int
) -> Iterator[tuple[Event, bool, int]]:
    history = StateHistory(state.db, state.blobs)
    for number, event in history.others(place.event, end.event, types, limit=most):
        yield event, False, number


def _last_others(state: State, types: Sequence[str], most: int) -> list[Event]:
    history = StateHistory(state.db, state.blobs)
    return [event for _, event in history.last_others(types, limit=most)]
