"""The bus for programs without an event loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from regen.events import GraphChangeNotifier
from regen.events.subscription import OverflowPolicy, Subscription
from regen.model.delta import Delta
from regen.model.event import Event, Payload
from regen.project.calling import Caller


class SyncNotifier:
    """The bus for programs without an event loop; see `GraphChangeNotifier`."""

    def __init__(self, notifier: GraphChangeNotifier, call: Caller) -> None:
        self._notifier = notifier
        self._call = call

    @property
    def revision(self) -> int:
        """See `GraphChangeNotifier.revision`."""
        return self._notifier.revision

    def publish(self, what: Delta | Payload | Iterable[Payload], *, origin: str = "api") -> None:
        """See `GraphChangeNotifier.publish`."""
        self._call(partial(self._notifier.publish, what, origin=origin))

    @contextmanager
    def subscribe(
        self,
        *,
        types: str | Iterable[str] = (),
        subject: str | None = None,
        predicate: str | None = None,
        graph: str | None = None,
        from_revision: int | None = None,
        size: int = 1000,
        overflow: OverflowPolicy = "drop_oldest",
    ) -> Iterator[SyncSubscription]:
        """See `GraphChangeNotifier.subscribe`; the loop is a plain `for`.

        A thread that reads cannot publish at the same time, so "block" would stop both, and is not the default here.
        """
        subscribed = self._notifier.subscribe(
            types=types,
            subject=subject,
            predicate=predicate,
            graph=graph,
            from_revision=from_revision,
            size=size,
            overflow=overflow,
        )
        with self._call.portal.wrap_async_context_manager(subscribed) as subscription:
            yield SyncSubscription(subscription, self._call)


class SyncSubscription:
    """Events as they come, for `for`; see `Subscription`."""

    def __init__(self, subscription: Subscription, call: Caller) -> None:
        self._subscription = subscription
        self._call = call

    @property
    def dropped(self) -> int:
        """See `Subscription`."""
        return self._subscription.dropped

    def __iter__(self) -> SyncSubscription:
        return self

    def __next__(self) -> Event:
        event: Event | None = self._call(partial(anext, self._subscription, None))
        if event is None:
            raise StopIteration
        return event
