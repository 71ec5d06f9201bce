"""Project: an open project, for programs with an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from regen.errors import UsageError
from regen.events import GraphChangeNotifier
from regen.hooks.manager import Plugin
from regen.model.plan import Plan
from regen.orchestrator import planner
from regen.orchestrator.cycle import carry_out, last_turn, paths_of, running
from regen.orchestrator.disk import read_disk
from regen.orchestrator.opening import open_session, patient
from regen.orchestrator.outcome import Applied
from regen.orchestrator.session import Place, Session
from regen.orchestrator.stale import Wish
from regen.project.conflicts import ConflictsMixin
from regen.project.edits import EditsMixin
from regen.project.figures import FiguresMixin
from regen.project.graphs import GraphsMixin
from regen.project.learning import LearningMixin
from regen.project.releases import ReleasesMixin
from regen.project.rollouts import RolloutsMixin
from regen.project.standing import StandingMixin
from regen.project.tuning import TuningMixin
from regen.project.watching import WatchMixin

if TYPE_CHECKING:
    from regen.orchestrator import check as checking
    from regen.orchestrator import explain
    from regen.orchestrator.views import TemplateViews
    from regen.project.sync import SyncProject

Progress = Callable[[str, int, int], None]
_NO_WISH = Wish()


def quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""


class Project(
    ConflictsMixin,
    EditsMixin,
    FiguresMixin,
    GraphsMixin,
    LearningMixin,
    ReleasesMixin,
    RolloutsMixin,
    StandingMixin,
    TuningMixin,
    WatchMixin,
):
    """An open project; make one with `Project.open`, or a `SyncProject` with `Project.open_sync`.

    One task at a time uses it: calls wait for each other, publishing a delta included.
    """

    def __init__(self, session: Session, progress: Progress, start: Path | None = None) -> None:
        self._session = session
        self._progress = progress
        self._start = start  # the folder that the person is in; None: this process's

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: str | Path = ".",
        *,
        command: str = "library",
        wait_s: float = 0.0,
        plugins: Iterable[tuple[str, object]] = (),
        progress: Progress = quiet,
        give_up: Callable[[], bool] = patient,
    ) -> AsyncIterator[Project]:
        """Hold the project of a folder while the context is open: `async with Project.open("path") as project`.

        Args:
            path: the project's folder, or one inside it.
            command: what others are told who find it held.
            wait_s: how long to wait for another holder, in seconds.
            plugins: (name, object with hook implementations) beside the installed plugins; all work is then done in
                this process.
            progress: told (what, done, total) in the course of long work.
            give_up: asked while waiting; True ends the wait before its time.

        Raises:
            ConfigError, UsageError: the folder is no project, or its configuration is wrong.
            PluginError: a plugin cannot be used.
            LockedError: it is open already, in this process or in another; StateError: its state cannot be used.
        """
        async with open_session(
            Path(path), command=command, wait_s=wait_s, give_up=give_up, plugins=tuple(plugins)
        ) as session:
            try:
                yield cls(session, progress)
            finally:
                await last_turn(session)

    @staticmethod
    def open_sync(
        path: str | Path = ".",
        *,
        command: str = "library",
        wait_s: float = 0.0,
        plugins: Iterable[tuple[str, object]] = (),
        progress: Progress = quiet,
    ) -> AbstractContextManager[SyncProject]:
        """The same for programs without an event loop: `with Project.open_sync("path") as project`."""
        from regen.project.sync import open_sync

        return open_sync(path, command=command, wait_s=wait_s, plugins=plugins, progress=progress)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self._session.config.root

    @property
    def notifier(self) -> GraphChangeNotifier:
        """The bus: publish changes that come from no file, subscribe to what happens."""
        return self._session.notifier

    @property
    def environments(self) -> tuple[str, ...]:
        """Names of those that are enabled, the default one first."""
        return tuple(place.name for place in self._session.places)

    @property
    def revision(self) -> int:
        """Of the dataset as it was last taken in."""
        return self._session.revision

    async def plan(
        self,
        environment: str | None = None,
        *,
        full: bool = False,
        languages: Iterable[str] = (),
        graph_at: str | None = None,
    ) -> Plan:
        """What a cycle would do; touches nothing.

        Args:
            environment: its name; the first one for None.
            full: render everything, not only what is affected.
            languages: only templates of these languages.
            graph_at: plan as if the graph files were those of this git revision; such a plan is never applied.

        Raises:
            UsageError: there is no such environment or revision.
            RegenError: a template, a view or the configuration is wrong, or a source cannot be read and never was.
        """
        from regen.orchestrator.at import plan_at

        async with running(self._session, "plan"):
            place, wish = self._place(environment), Wish(full, tuple(languages))
            if graph_at is not None:
                return await plan_at(self._session, place, wish, self._progress, graph_at)
            return await self._plan(place, wish)

    async def apply(
        self,
        plan: Plan | None = None,
        *,
        environment: str | None = None,
        full: bool = False,
        languages: Iterable[str] = (),
    ) -> Applied:
        """Do what a plan says, and nothing else.

        Args:
            plan: of this project; a fresh one is made for None, from the other arguments, as `plan` takes them.

        Raises:
            UsageError: the plan was made before the graph, a template or the environment's release changed, or the
                other arguments come with a plan.
            GateError: a gate said no; nothing was written, and what was stopped waits in the stale set.
            DeployError: the deployment failed; what it had changed was put back.
            RegenError: as `plan`.
        """
        wish = Wish(full, tuple(languages))
        if plan is not None and (wish != _NO_WISH or environment not in (None, plan.environment)):
            raise UsageError("a plan says itself what is applied and where", hint="give the plan alone, or none")
        place = self._place(environment if plan is None else plan.environment)
        async with running(self._session, "apply", environment=place.name) as cycle:
            chosen = plan if plan is not None else await self._plan(place, wish)
            applied = await carry_out(self._session, place, chosen, cycle)
        if applied.rollout is not None:
            from regen.orchestrator.rescue import tell_rollout

            await tell_rollout(self._session, applied.rollout)
        return applied

    async def _plan(self, place: Place, wish: Wish = _NO_WISH) -> Plan:
        return await planner.plan(self._session, place, wish, self._progress)

    def _place(self, environment: str | None) -> Place:
        return self._session.place(environment)

    async def check(self, environment: str | None = None, *, exact: bool = False) -> checking.Report:
        """Compare the outputs with what they should be, as CI does; touches nothing.

        Args:
            environment: its name; the first one for None.
            exact: hand-edited files are problems too.
        """
        from regen.orchestrator import check as checking

        async with running(self._session, "check"):
            return await checking.check(self._session, self._place(environment), self._progress, exact=exact)

    async def add_dependency(self, template: str, needs: str | Iterable[str]) -> None:
        """Let a template need others while the project is open, as `needs:` in its front matter does for good.

        Args:
            template: its name, such as "index.md.j2" or "pack:python/model.py.j2".
            needs: names of templates, or one.

        Raises:
            UsageError: there is no such template.
            TemplateError: a need is not there, or templates would need each other in a circle; nothing is added then.
        """
        from regen.orchestrator import depend

        async with self._session.turn:
            await depend.add_dependency(self._session, template, needs)

    async def why(self, place: str, environment: str | None = None) -> explain.Why:
        """Why a file, or a line of it, is what it is.

        Args:
            place: a path, relative to the environment's root or to the current folder; ":LINE" may follow.
            environment: its name; the first one for None.

        Raises:
            UsageError: regen does not make this file.
        """
        from regen.orchestrator import explain

        async with self._session.turn:
            return await explain.why(self._session, self._place(environment), place, start=self._start)

    async def views(self, template: str) -> TemplateViews:
        """Whether changes of the graph lead to keys of a template's views or to whole views, why, and what it costs.

        Args:
            template: its name, or its file.

        Raises:
            UsageError: there is no such template.
        """
        from regen.orchestrator.views import view_costs

        async with self._session.turn:
            return await view_costs(self._session, template)

    async def restore(self, path: str, environment: str | None = None) -> Applied:
        """Bring a file back that was deleted by hand."""
        from regen.orchestrator import settle

        place = self._place(environment)
        async with running(self._session, "restore", environment=place.name) as cycle:
            settle.ask_back(self._session, place, path, start=self._start)
            return await carry_out(self._session, place, await self._plan(place), cycle)

    def on_disk(self, plan: Plan) -> dict[str, bytes]:
        """The bytes on disk of every path of a plan, for diffs."""
        root = self._place(plan.environment).root
        found = {path: read_disk(root, path) for path in paths_of(plan.items)}
        return {path: content for path, content in found.items() if content is not None}

    def plugins(self) -> tuple[Plugin, ...]:
        """What is installed, the switched-off plugins too."""
        return self._session.hooks.manager.plugins()
