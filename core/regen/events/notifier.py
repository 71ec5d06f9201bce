"""Bus: everything that happens becomes events in one order, kept in a history and handed to whoever subscribed.

Why record and hand over never await between them: a subscription that starts at the same time either finds an event
in the history or gets it handed over, never both and never neither. Waiting for room comes before, so that a
publisher that is cancelled has published nothing. What lies in a queue is therefore bounded by the queue's size
and one publish.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from anyio.lowlevel import checkpoint

from regen.errors import UsageError
from regen.events.subscription import Filter, OverflowPolicy, Subscription
from regen.model.change import delta_of
from regen.model.delta import Delta
from regen.model.event import Event, GraphPayload, Payload

Intake = Callable[[Delta, str], Awaitable[int]]


class Position(NamedTuple):
    """How far a history goes: its last revision, and the number of its last event that is no graph event."""

    revision: int
    event: int


class History(Protocol):
    """Keeps events. `regen.state.history` has the one that survives restarts."""

    def position(self) -> Position:
        """How far it goes."""

    def append(self, payloads: Sequence[Payload], revision: int, at: float, origin: str) -> list[Event]:
        """Keep events that are no graph events, and put them in their envelopes."""

    def replay(self, from_revision: int, until: Position) -> Iterator[Event]:
        """The events of `from_revision` and later, in the order in which they were published.

        Raises:
            StateError: the history does not go back that far; it names the first revision that it has.
        """


class GraphChangeNotifier:
    """The one bus of a project.

    Args:
        history: where events are kept.
        intake: takes in a delta that comes from no file and returns the revision that it made; None: deltas
            cannot be published here.
        clock: seconds since the epoch.
    """

    def __init__(self, history: History, intake: Intake | None = None, clock: Callable[[], float] = time.time) -> None:
        self._history, self._intake, self._clock = history, intake, clock
        self._position = history.position()
        self._subscriptions: list[Subscription] = []

    @property
    def revision(self) -> int:
        """The last revision whose events were handed over."""
        return self._position.revision

    async def publish(self, what: Delta | Payload | Iterable[Payload], *, origin: str = "api") -> None:
        """Publish a change of the graph, or anything else that happened.

        Graph events are taken as the delta that they describe: it is taken in first, and comes out as the events
        of its own revision. Waits while a subscription with the policy "block" has a full queue; do not publish
        from the task that reads such a subscription.

        Args:
            what: a delta, an event's payload, or several in their order.
            origin: where it comes from.

        Raises:
            UsageError: a delta, where nothing takes deltas in.
            RegenError: whatever the intake says.
        """
        if isinstance(what, Delta):
            await self._publish_delta(what, origin)
            return
        payloads = [what] if isinstance(what, Payload) else list(what)
        changes = [data for data in payloads if isinstance(data, GraphPayload)]
        if changes:
            await self._publish_delta(delta_of(changes), origin)
        others = [data for data in payloads if not isinstance(data, GraphPayload)]
        if others:
            await self._wait_for_room()
            events = self._history.append(others, self._position.revision, self._clock(), origin)
            self._position = Position(self._position.revision, self._history.position().event)
            self._hand_over(events)

    async def announce(self, revision: int) -> None:
        """Hand over the graph events of every revision up to this one that the history already has.

        Args:
            revision: recorded by the transaction that advanced the dataset.
        """
        await self._wait_for_room()
        first = self._position.revision + 1
        if first > revision:
            return
        until = Position(revision, self._position.event)
        events = self._history.replay(first, until) if self._subscriptions else iter(())
        found = [event for event in events if isinstance(event.data, GraphPayload)]
        self._position = until
        self._hand_over(found)

    @asynccontextmanager
    async def subscribe(
        self,
        *,
        types: str | Iterable[str] = (),
        subject: str | None = None,
        predicate: str | None = None,
        graph: str | None = None,
        from_revision: int | None = None,
        size: int = 1000,
        overflow: OverflowPolicy = "block",
    ) -> AsyncIterator[Subscription]:
        """Subscribe while the context is open: `async with …subscribe() as events: async for event in events`.

        Args:
            types, subject, predicate, graph: see Filter; terms or their texts.
            from_revision: first replay every event of this revision and later, then go on with new ones, without
                a gap and without repeating one; None: new ones only.
            size: events that may wait in the queue.
            overflow: what happens when it is full. "block": publishers wait. "drop_oldest": the oldest goes, and
                a `bus.overflow` event in its place counts what went and says from which revision to replay.
                "disconnect": what waits can still be read, then SlowSubscriberError is raised.

        Raises:
            StateError: the history does not go back to `from_revision`.
        """
        if size < 1:
            raise UsageError(f"a queue of {size} events holds none", hint="give a size of 1 or more")
        wanted = Filter((types,) if isinstance(types, str) else tuple(types), subject, predicate, graph)
        replay = iter(()) if from_revision is None else self._history.replay(from_revision, self._position)
        subscription = Subscription(wanted, size, overflow, replay, from_revision or 0)
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)
            subscription.close()

    def close(self) -> None:
        """End every subscription: readers get what waits for them, then their loops end."""
        for subscription in self._subscriptions:
            subscription.end()

    async def _publish_delta(self, delta: Delta, origin: str) -> None:
        if self._intake is None:
            raise UsageError("this bus takes no deltas in", hint="publish through `project.notifier`")
        await self.announce(await self._intake(delta, origin))

    async def _wait_for_room(self) -> None:
        """Wait until every subscription has room at the same time."""
        await checkpoint()
        while full := [one for one in self._subscriptions if one.full]:
            await full[0].wait_for_room()

    def _hand_over(self, events: Iterable[Event]) -> None:
        for event in events:
            for subscription in self._subscriptions:
                subscription.hand_over(event)
