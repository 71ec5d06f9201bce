"""Subscription: events pass a filter and wait in a bounded queue for the one who reads them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal as OneOf

import anyio
from anyio.lowlevel import checkpoint

from regen.errors import RegenError
from regen.model.event import (
    EdgeAdded,
    EdgeRemoved,
    Event,
    GraphPayload,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    Overflow,
)

OverflowPolicy = OneOf["block", "drop_oldest", "disconnect"]


class SlowSubscriberError(RegenError):
    """A subscription with the policy "disconnect" did not read fast enough."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events a subscription gets; None and empty stand for "any".

    Attributes:
        types: globs of dotted names, such as "node.*"; one of them has to match.
        subject: of a graph event; for others what the event is about (environment, path, setting).
        predicate: of an edge, or of one of the properties of a node.
        graph: of a graph event.
    """

    types: tuple[str, ...] = ()
    subject: str | None = None
    predicate: str | None = None
    graph: str | None = None

    def __call__(self, event: Event) -> bool:
        """Whether the event passes."""
        data = event.data
        if self.types and not any(fnmatchcase(event.type, pattern) for pattern in self.types):
            return False
        if isinstance(data, GraphPayload):
            return (
                (self.subject is None or data.subject == self.subject)
                and (self.graph is None or data.graph == self.graph)
                and (self.predicate is None or any(found == self.predicate for found in predicates(data)))
            )
        return self.predicate is None and self.graph is None and self.subject in (None, data.about)


class Subscription:
    """Events as they come, for `async for`; made by `GraphChangeNotifier.subscribe`.

    Attributes:
        dropped: how many events it has lost so far.
    """

    def __init__(
        self, wanted: Filter, size: int, overflow: OverflowPolicy, replay: Iterator[Event], start: int
    ) -> None:
        self._wanted, self._size, self._overflow, self._start = wanted, size, overflow, start
        self._replay: Iterator[Event] | None = replay
        self._send, self._receive = anyio.create_memory_object_stream[Event](math.inf)
        self._room = anyio.Event()
        self._first_lost: Event | None = None
        self._untold = 0  # events lost since the last `bus.overflow`
        self._ended = False
        self.dropped = 0

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        """The next event.

        Raises:
            SlowSubscriberError: with the policy "disconnect", after everything that was still in the queue.
            StateError: a replay reached a revision that cannot be read.
        """
        if self._replay is not None:
            await checkpoint()
            for event in self._replay:
                if self._wanted(event):
                    return event
            self._replay = None
        if self._untold and self._first_lost is not None:
            return self._told(self._first_lost)
        try:
            event = await self._receive.receive()
        except anyio.EndOfStream:
            if self._first_lost is not None:
                raise self._too_slow(self._first_lost) from None
            raise StopAsyncIteration from None
        if not self.full:
            self._room.set()
        return event

    @property
    def full(self) -> bool:
        """Whether publishers have to wait for this subscription."""
        return self._overflow == "block" and not self._ended and self._waiting() >= self._size

    async def wait_for_room(self) -> None:
        """Return when publishers need not wait for this subscription."""
        while self.full:
            if self._room.is_set():
                self._room = anyio.Event()
            await self._room.wait()

    def hand_over(self, event: Event) -> None:
        """Put one event in the queue, or do what the policy says where it is full."""
        if self._ended or event.revision < self._start or not self._wanted(event):
            return
        if self._overflow != "block" and self._waiting() >= self._size:
            if self._overflow == "disconnect":
                self._first_lost = event
                self.end()
                return
            oldest = self._receive.receive_nowait()
            self._first_lost = self._first_lost or oldest
            self._untold += 1
            self.dropped += 1
        self._send.send_nowait(event)

    def end(self) -> None:
        """No more events come; what is in the queue can still be read."""
        self._ended = True
        self._room.set()
        self._send.close()

    def close(self) -> None:
        """Nobody reads any more."""
        self.end()
        self._receive.close()

    def _waiting(self) -> int:
        return self._receive.statistics().current_buffer_used

    def _told(self, first: Event) -> Event:
        """The event that stands for those that were dropped from the front of the queue."""
        gap = Overflow(self._untold, first.revision)
        self._first_lost, self._untold = None, 0
        return Event(gap, first.revision, first.at, "bus", f"overflow.{first.id}")

    def _too_slow(self, event: Event) -> SlowSubscriberError:
        return SlowSubscriberError(
            f"{self._size} events were waiting when {event.type} of revision {event.revision} came",
            hint=f"subscribe again with from_revision={event.revision}, and read faster or with a larger size",
        )


def predicates(data: GraphPayload) -> Iterator[str]:
    """The predicates that a graph event speaks of."""
    match data:
        case EdgeAdded() | EdgeRemoved():
            yield data.predicate
        case NodeAdded():
            yield from (found.predicate for found in data.gained)
        case NodeRemoved():
            yield from (found.predicate for found in data.lost)
        case NodeChanged():
            yield from (found.predicate for found in (*data.gained, *data.lost))
