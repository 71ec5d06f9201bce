"""Guarding: what probes say beside a watch becomes alerts and, where an environment wants it, a rollback."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from regen.config import Config
from regen.config.health import probes
from regen.config.objectives import objectives, spans_s
from regen.errors import FrozenError, RegenError, StateError
from regen.figures.facts import Facts
from regen.figures.judging import Judge, Judgement, Watched
from regen.figures.table import Price
from regen.health import Monitor, Noticed
from regen.model.probe import Breach
from regen.model.window import Window
from regen.orchestrator.alerting import alert, recovered
from regen.orchestrator.cycle import running
from regen.orchestrator.figures import facts_of
from regen.orchestrator.outcome import Turn
from regen.orchestrator.rescue import Rescued, rescue, tell
from regen.orchestrator.session import Session
from regen.state import cycles, releases
from regen.state.alerts import open_alerts
from regen.state.opening import read_state

_OBJECTIVE = "objective "  # starts the key of an alert, behind the environment
_LOG = logging.getLogger("regen.alert")


class Guard:
    """Guards the environments of a project while a watch runs.

    Args:
        session: the open project.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._monitor: Monitor[Judgement] | None = None

    @contextmanager
    def probed(self, ring: Callable[[], None]) -> Iterator[None]:
        """Ask the probes and judge the objectives of the configuration as it is now while the context is open."""
        config = self._session.config
        judge = self._judge(config)
        self._monitor = Monitor(probes(config), config.root, self._session.state.folder, self._cycles, judge, ring)
        self.look(now=False)
        try:
            with self._monitor.asking():
                yield
        finally:
            self._monitor = None

    def _judge(self, config: Config) -> Callable[[], Sequence[Judgement]]:
        """Looks at the objectives; called in a thread of the monitor's, with a connection of its own each time."""
        folder, names = self._session.state.folder, [place.name for place in self._session.places]
        table = [Watched(row, *spans_s(config, row.metric)) for row in objectives(config)]
        only = {one.objective.metric for one in table}
        price = Price(config.cost.processor_hour, config.cost.currency)

        def read(environment: str, length_s: float) -> Facts:
            now = time.time()
            return facts_of(folder, Window("", now - length_s, now), environment, names, only=only)

        judge = Judge(table, price, read, told=list(self._told(names)))

        def look() -> Sequence[Judgement]:
            try:
                return judge.look(names)
            except RegenError as error:  # the state cannot be read now; the next look is soon
                _LOG.warning("the objectives cannot be judged: %s", error)
                return ()

        return look

    def _told(self, environments: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in environments:
            start = f"{name}/{_OBJECTIVE}"
            for one in open_alerts(self._session.state.db, name):
                if one.key.startswith(start):
                    yield name, one.key.removeprefix(start)

    def _cycles(self, environment: str) -> Sequence[tuple[float, bool]]:
        """In the monitor's thread, which has a connection of its own."""
        try:
            with read_state(self._session.state.folder) as state:
                return cycles.ends(state.db, environment, time.time() - cycles.WINDOW_S) if state is not None else ()
        except StateError:  # it cannot be read now, so nothing is said of it
            return ()

    def look(self, *, now: bool = True) -> None:
        """Tell the monitor which releases stand; `now`: some may have been deployed this moment."""
        if self._monitor is None:
            return
        for place in self._session.places:
            release = releases.current(self._session.state.db, place.name)
            number, at = (release.number, release.at) if release is not None else (None, time.time())
            self._monitor.deployed(place.name, number, at, now=now)

    def ended(self) -> None:
        """Tell the monitor that a cycle is over, well or not."""
        if self._monitor is not None:
            self._monitor.ended()

    def breached(self) -> str | None:
        """Which breach asks for a rollback, in words; None: none."""
        breach = self._monitor.urgent if self._monitor is not None else None
        return str(breach) if breach is not None and self._rolls_back(breach) else None

    def _rolls_back(self, breach: Breach) -> bool:
        """Whether the breach is to be answered by a rollback of what stands."""
        place = self._session.place(breach.environment)
        return (
            place.environment.rollback == "automatic"
            and not breach.failed_before
            and breach.release == self._session.parent(place)
        )

    async def health(self) -> list[Turn]:
        """Do what the probes ask for; gives a turn for each rollback."""
        turns = []
        for noticed in self._monitor.take() if self._monitor is not None else ():
            if isinstance(noticed.what, Breach) and self._rolls_back(noticed.what):
                turns.append(await self._rescue(noticed.what))
            else:
                await self._tell(noticed)
        for judgement in self._monitor.take_judged() if self._monitor is not None else ():
            await self._tell_judgement(judgement)
        return turns

    async def _tell_judgement(self, judgement: Judgement) -> None:
        where, what = judgement.environment, f"{_OBJECTIVE}{judgement.metric}"
        if judgement.level == "ok":
            await recovered(self._session, where, what, judgement.message)
        else:
            await alert(self._session, where, what, judgement.level, judgement.message)

    async def _rescue(self, breach: Breach) -> Turn:
        at, started = time.time(), time.perf_counter()
        found: Rescued | RegenError
        try:
            async with running(self._session, "rollback", environment=breach.environment):
                found = await rescue(self._session, breach)
        except RegenError as error:
            found = error
        self.look()
        turn = Turn(at, str(breach), time.perf_counter() - started, breach.environment)
        await tell(self._session, breach, found)
        if isinstance(found, Rescued):
            return replace(turn, rescued=found)
        if self._monitor is not None and not isinstance(found, FrozenError):  # which trying again does not change
            self._monitor.again(breach.environment)
        return replace(turn, error=found)

    async def _tell(self, noticed: Noticed) -> None:
        probe, seen = noticed.probe, noticed.reading.shown(noticed.probe.target)
        where, what = probe.environment, noticed.what
        if what == "well":
            await recovered(self._session, where, probe.name, f"{probe.name}: {seen}")
        elif isinstance(what, Breach):
            await alert(self._session, where, probe.name, "critical", f"{what}; {self._why_not(what)}")
        else:
            message = f"the probe {probe.name} says nothing: {seen}"
            await alert(self._session, where, probe.name, "warning", message)

    def _why_not(self, breach: Breach) -> str:
        """Why a breach is answered by no rollback."""
        if breach.failed_before:
            return f"it failed before release {breach.release} came, which is left alone"
        if self._session.place(breach.environment).environment.rollback != "automatic":
            return f"release {breach.release} is left alone, unless somebody runs `regen rollback`"
        return f"release {breach.release} was left meanwhile"
