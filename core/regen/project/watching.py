"""Watching: cycles on every change of a project, and the commands of other processes between them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from functools import partial
from random import Random

from regen import telemetry
from regen.orchestrator import idle, planner
from regen.orchestrator.cycle import carry_out, running
from regen.orchestrator.opening import reload_session
from regen.orchestrator.outcome import Applied, Turn
from regen.orchestrator.selectors import prepare_views
from regen.orchestrator.session import Session
from regen.orchestrator.sources import polled
from regen.orchestrator.stale import Wish

_NO_WISH = Wish()


class WatchMixin:
    """The part of `Project` that watches."""

    _session: Session
    _progress: Callable[[str, int, int], None]

    async def watch(
        self, environment: str | None = None, *, chance: Random | None = None
    ) -> AsyncGenerator[Turn, None]:
        """Run a cycle at the start and on every change, until the loop over it is left or cancelled.

        Commands that other processes of this user run in the project are run between the cycles, and are turns, too.

        Args:
            environment: only this one; None: every environment that is `automatic`.
            chance: chooses the view that is looked at while nothing changes; the process's own for None.
        """
        from regen.project.served import opened_door, served
        from regen.watch import Calls, watch

        session = self._session

        def names() -> list[str]:
            automatic = [place.name for place in session.places if place.environment.automatic]
            return automatic if environment is None else [session.place(environment).name]

        calls = Calls(
            config=lambda: session.config,
            reload=self._reload,
            cycle=self._turn,
            look=partial(idle.look, session, chance=chance),
            environments=names,
            serve=partial(served, session),
            polled=partial(polled, session),
        )
        with opened_door(session) as (door, start):
            async with aclosing(watch(calls, door, start)) as turns:
                async for turn in turns:
                    yield turn
                    async with session.turn:
                        session.free()
                        prepare_views(session)

    async def _turn(
        self, environment: str, trigger: telemetry.Trigger, changed: Collection[str] | None = None
    ) -> Applied:
        async with running(self._session, "watch", trigger) as cycle:
            place = self._session.place(environment)
            plan = await planner.plan(self._session, place, _NO_WISH, self._progress, changed, polled=True)
            return await carry_out(self._session, place, plan, cycle, watching=True)

    async def _reload(self) -> None:
        async with self._session.turn:
            await reload_session(self._session)
