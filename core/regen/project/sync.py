"""Sync: the same project for programs without an event loop, which runs in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from anyio.lowlevel import checkpoint

from regen.dataset.patch import Patch
from regen.events import GraphChangeNotifier
from regen.events.subscription import OverflowPolicy, Subscription
from regen.hooks.manager import Plugin
from regen.model.delta import Delta
from regen.model.event import Event, Payload
from regen.model.plan import Plan
from regen.model.release import KeptEdit, Release
from regen.orchestrator import check as checking
from regen.orchestrator import conflicts, explain, settle
from regen.orchestrator.comparison import GraphComparison
from regen.orchestrator.edits import HandedBack, HowBack
from regen.orchestrator.outcome import Applied, Patched, Turn
from regen.orchestrator.views import TemplateViews
from regen.project.front import Progress, Project, quiet
from regen.stages.deploy import RolledBack

T = TypeVar("T")


class _Caller:
    """Runs coroutine functions in the event loop's thread and waits for them."""

    def __init__(self, portal: BlockingPortal) -> None:
        self.portal = portal

    def __call__(self, function: Callable[[], Awaitable[T]]) -> T:
        ended = threading.Event()

        async def run() -> T:
            try:
                return await function()
            finally:
                ended.set()

        future = self.portal.start_task_soon(run)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C reaches the waiting thread only: the work is told to stop, and nothing is half done after that.
            future.cancel()
            ended.wait()
            raise


class SyncNotifier:
    """The bus for programs without an event loop; see `GraphChangeNotifier`."""

    def __init__(self, notifier: GraphChangeNotifier, call: _Caller) -> None:
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

    def __init__(self, subscription: Subscription, call: _Caller) -> None:
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


class SyncProject:
    """An open project; make one with `Project.open_sync`. Each method does what `Project`'s of that name does."""

    def __init__(self, project: Project, call: _Caller) -> None:
        self._project = project
        self._call = call
        self.notifier = SyncNotifier(project.notifier, call)

    @property
    def root(self) -> Path:
        """See `Project.root`."""
        return self._project.root

    @property
    def environments(self) -> tuple[str, ...]:
        """See `Project.environments`."""
        return self._project.environments

    @property
    def revision(self) -> int:
        """See `Project.revision`."""
        return self._project.revision

    def plan(
        self,
        environment: str | None = None,
        *,
        full: bool = False,
        languages: Iterable[str] = (),
        graph_at: str | None = None,
    ) -> Plan:
        """See `Project.plan`."""
        return self._call(partial(self._project.plan, environment, full=full, languages=languages, graph_at=graph_at))

    def patch(self, patch: Patch | bytes | str, *, name: str = "patch") -> Patched:
        """See `Project.patch`."""
        return self._call(partial(self._project.patch, patch, name=name))

    def diff(self, old: str | Path, new: str | Path) -> GraphComparison:
        """See `Project.diff`."""
        return self._call(partial(self._project.diff, old, new))

    def apply(
        self,
        plan: Plan | None = None,
        *,
        environment: str | None = None,
        full: bool = False,
        languages: Iterable[str] = (),
    ) -> Applied:
        """See `Project.apply`."""
        return self._call(partial(self._project.apply, plan, environment=environment, full=full, languages=languages))

    def check(self, environment: str | None = None, *, exact: bool = False) -> checking.Report:
        """See `Project.check`."""
        return self._call(partial(self._project.check, environment, exact=exact))

    def add_dependency(self, template: str, needs: str | Iterable[str]) -> None:
        """See `Project.add_dependency`."""
        self._call(partial(self._project.add_dependency, template, needs))

    def why(self, place: str, environment: str | None = None) -> explain.Why:
        """See `Project.why`."""
        return self._call(partial(self._project.why, place, environment))

    def views(self, template: str) -> TemplateViews:
        """See `Project.views`."""
        return self._call(partial(self._project.views, template))

    def conflicts(self, environment: str | None = None) -> tuple[conflicts.OpenConflict, ...]:
        """See `Project.conflicts`."""
        return self._call(partial(self._project.conflicts, environment))

    def resolve(self, path: str, how: str, environment: str | None = None, *, content: bytes | None = None) -> str:
        """See `Project.resolve`."""
        return self._call(partial(self._project.resolve, path, how, environment, content=content))

    def restore(self, path: str, environment: str | None = None) -> Applied:
        """See `Project.restore`."""
        return self._call(partial(self._project.restore, path, environment))

    def kept_edits(
        self, path: str | None = None, environment: str | None = None, *, restored: bool = False
    ) -> Sequence[KeptEdit]:
        """See `Project.kept_edits`."""
        return self._call(_awaited(partial(self._project.kept_edits, path, environment, restored=restored)))

    def restore_edit(
        self, path: str, edit: str, environment: str | None = None, *, how: HowBack = "merge"
    ) -> HandedBack:
        """See `Project.restore_edit`."""
        return self._call(partial(self._project.restore_edit, path, edit, environment, how=how))

    def rollback(
        self,
        number: int | None = None,
        environment: str | None = None,
        *,
        discard_edits: bool = False,
        force: bool = False,
    ) -> RolledBack:
        """See `Project.rollback`."""
        return self._call(
            partial(self._project.rollback, number, environment, discard_edits=discard_edits, force=force)
        )

    def resume(self, environment: str | None = None) -> bool:
        """See `Project.resume`."""
        return self._call(partial(self._project.resume, environment))

    def history(self, environment: str | None = None, *, limit: int | None = None) -> Sequence[Release]:
        """See `Project.history`."""
        return self._call(_awaited(partial(self._project.history, environment, limit=limit)))

    def show(self, number: int, environment: str | None = None) -> settle.ReleaseChanges:
        """See `Project.show`."""
        return self._call(_awaited(partial(self._project.show, number, environment)))

    def on_disk(self, plan: Plan) -> dict[str, bytes]:
        """See `Project.on_disk`."""
        return self._call(_awaited(partial(self._project.on_disk, plan)))

    def prune(self, *, keep_releases: int = 50, edits: bool = False) -> str:
        """See `Project.prune`."""
        return self._call(partial(self._project.prune, keep_releases=keep_releases, edits=edits))

    def plugins(self) -> tuple[Plugin, ...]:
        """See `Project.plugins`."""
        return self._project.plugins()

    def watch(self, environment: str | None = None, *, chance: Random | None = None) -> Iterator[Turn]:
        """See `Project.watch`; the loop is a plain `for`."""
        turns = self._project.watch(environment, chance=chance)
        try:
            while (turn := self._call(partial(anext, turns, None))) is not None:
                yield turn
        finally:
            self._call(turns.aclose)


@contextmanager
def open_sync(
    path: str | Path = ".",
    *,
    command: str = "library",
    wait_s: float = 0.0,
    plugins: Iterable[tuple[str, object]] = (),
    progress: Progress = quiet,
) -> Iterator[SyncProject]:
    """See `Project.open_sync`."""
    opened = Project.open(path, command=command, wait_s=wait_s, plugins=plugins, progress=progress)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opened) as project:
        yield SyncProject(project, _Caller(portal))


def _awaited(function: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    """A plain method as a coroutine function: the state's database belongs to the event loop's thread."""

    async def call() -> T:
        await checkpoint()
        return function()

    return call
