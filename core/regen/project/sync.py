"""Sync: the same project for programs without an event loop, which runs in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

from anyio.from_thread import start_blocking_portal

from regen.hooks.manager import Plugin
from regen.model.learned import LearnRun, LearnStanding
from regen.model.plan import Plan
from regen.orchestrator import check as checking
from regen.orchestrator import conflicts, explain
from regen.orchestrator.outcome import Applied, Turn
from regen.orchestrator.views import TemplateViews
from regen.project.calling import Caller, awaited
from regen.project.front import Progress, Project, quiet
from regen.project.sync_bus import SyncNotifier
from regen.project.sync_graphs import SyncGraphsMixin
from regen.project.sync_releases import SyncReleasesMixin
from regen.project.sync_tuning import SyncTuningMixin


class SyncProject(SyncGraphsMixin, SyncReleasesMixin, SyncTuningMixin):
    """An open project; make one with `Project.open_sync`. Each method does what `Project`'s of that name does."""

    def __init__(self, project: Project, call: Caller) -> None:
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

    def learn(self, *names: str) -> tuple[LearnRun, ...]:
        """See `Project.learn`."""
        return self._call(partial(self._project.learn, *names))

    def learning(self) -> tuple[LearnStanding, ...]:
        """See `Project.learning`."""
        return self._call(awaited(self._project.learning))

    def on_disk(self, plan: Plan) -> dict[str, bytes]:
        """See `Project.on_disk`."""
        return self._call(awaited(partial(self._project.on_disk, plan)))

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
        yield SyncProject(project, Caller(portal))
