"""Live: whoever listens is told of events as they come, from the history itself.

Why the history is read again and not the bus: the same code then serves beside a watch of another process, an id of one
run goes on in the next, and what a cycle publishes never waits for a reader of the page. One task looks whether
anything was committed (`PRAGMA data_version` takes microseconds), and only while somebody listens.

A reader that does not keep up is let go, with its queue: it comes back with `Last-Event-ID` and misses nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from regen.errors import RegenError
from regen.model.cloudevent import to_json
from regen.model.event import GraphPayload, Overflow
from regen.serve.past import Following, Place, Told, after, end_of
from regen.serve.readers import Readers

LOOK_S = 0.1
"""How often it is looked whether something was committed, while somebody listens."""
QUEUE = 500  # messages that wait for one listener
_MOMENT_S = 0.03
_BATCH = 500  # events read at once


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream.

    Attributes:
        name: the type of the event.
        data: JSON on one line.
        place: the place behind it; None for what no history keeps.
        graph: whether it is a graph event.
    """

    name: str
    data: str
    place: Place | None = None
    graph: bool = False

    def before(self, place: Place) -> bool:
        """Whether whoever is at a place has had it already."""
        if self.place is None:
            return False
        if self.graph:
            return self.place[:2] <= place[:2]
        return self.place.event <= place.event

    def encoded(self) -> bytes:
        """As server-sent events spell it."""
        head = f"id: {self.place}\n" if self.place is not None else ""
        return f"{head}event: {self.name}\ndata: {self.data}\n\n".encode()


@dataclass(slots=True, eq=False)
class Listener:
    """One reader of the stream.

    Attributes:
        types: globs of dotted names; empty: all.
        lost: whether it was let go because it did not keep up.
    """

    types: tuple[str, ...]
    lost: bool = False
    waiting: deque[Message] = field(default_factory=deque)
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def wants(self, name: str) -> bool:
        """Whether it asked for messages of that name."""
        return not self.types or any(fnmatchcase(name, pattern) for pattern in self.types)

    def put(self, message: Message) -> None:
        """Let a message wait for it."""
        if self.ended or not self.wants(message.name):
            return
        if len(self.waiting) >= QUEUE:
            self.lost = True
            self.waiting.clear()
            self.end()
            return
        self.waiting.append(message)
        self.rung.set()

    def take(self) -> list[Message]:
        """What waits; nothing does any more."""
        found = list(self.waiting)
        self.waiting.clear()
        return found

    def end(self) -> None:
        """No more messages come."""
        self.ended = True
        self.rung.set()


def told_message(told: Told) -> Message:
    """The message of an event."""
    data = json.dumps(to_json(told.event), ensure_ascii=False, separators=(",", ":"))
    return Message(told.event.type, data, told.place, graph=isinstance(told.event.data, GraphPayload | Overflow))


class Live:
    """The one teller of a server. Its methods belong to its event loop; `ring` and `post` may be called anywhere."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._listeners: set[Listener] = set()
        self._somebody = asyncio.Event()
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._place: Place | None = None
        self._posted: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._listeners)

    async def here(self) -> Place:
        """How far everybody was told who listens."""
        if self._place is None:
            end = await asyncio.to_thread(self.end)
            self._place = self._place or end
        return self._place

    @contextmanager
    def listening(self, types: tuple[str, ...]) -> Iterator[Listener]:
        """Listen while the context is open, to what comes after `here`; nothing may be awaited between the two."""
        listener = Listener(types)
        self._listeners.add(listener)
        self._somebody.set()
        try:
            yield listener
        finally:
            listener.end()
            self._listeners.discard(listener)

    def ring(self, *also: Callable[[], object]) -> None:
        """Something may have been committed: look now; and call others in the event loop."""
        self._soon(self._rung.set, *also)

    def post(self, name: str, data: object) -> None:
        """Tell those who listen something that no history keeps, together with what else comes in a moment.

        Why in a moment: a cycle posts some thirty of these, and waking this loop for each would take turns with it.
        """
        if not self._listeners:
            return
        self._posted.append(Message(name, json.dumps(data, ensure_ascii=False, separators=(",", ":"))))
        if len(self._posted) == 1:
            self._soon(self._later)

    def _later(self) -> None:
        asyncio.get_running_loop().call_later(_MOMENT_S, self._flush)

    def _flush(self) -> None:
        while self._posted:
            self._tell(self._posted.popleft())

    def _soon(self, *calls: Callable[[], object]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            self._posted.clear()
            return
        with suppress(RuntimeError):  # it closes this moment
            for call in calls:
                loop.call_soon_threadsafe(call)

    def _tell(self, message: Message) -> None:
        for listener in tuple(self._listeners):
            listener.put(message)

    def close(self) -> None:
        """End every stream."""
        for listener in tuple(self._listeners):
            listener.end()

    async def run(self) -> None:
        """Tell until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                if not self._listeners:
                    self._place = None
                    self._somebody.clear()
                    await self._somebody.wait()
                self._rung.clear()
                await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), LOOK_S)
        finally:
            self._loop = None

    async def _look(self) -> None:
        """Tell everybody what was committed since the last look."""
        with suppress(RegenError):  # a state that cannot be read is told by each request that asks for it
            if self._place is None:
                self._place = await asyncio.to_thread(self.end)
                return
            while True:
                place = self._place
                found = await asyncio.to_thread(self._new, place)
                if found is None:
                    return
                self._place = found.place
                for one in found.told:
                    self._tell(told_message(one))
                if not found.more:
                    return

    def end(self) -> Place:
        """The place behind the last event; blocks."""
        with self._readers.read() as state:
            return end_of(state)

    def _new(self, place: Place) -> Following | None:
        with self._readers.read() as state:
            if state is None:
                return None
            end = end_of(state)
            if (place.revision, place.event) == (end.revision, end.event) or place == end:
                return None
            return after(state, place, (), most=_BATCH)
