"""Watching: cycles on every change of a project, and the commands of other processes between them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from regen import telemetry
from regen.holder import Lobby, Served
from regen.orchestrator import planner
from regen.orchestrator.cycle import carry_out, running
from regen.orchestrator.opening import reload_session
from regen.orchestrator.outcome import Applied, Turn
from regen.orchestrator.selectors import prepare_views
from regen.orchestrator.session import Session
from regen.orchestrator.sizing import begin, debounce_s
from regen.orchestrator.stale import Wish
from regen.orchestrator.texts import keep_texts
from regen.project.learning import asked_beside
from regen.state import holds

if TYPE_CHECKING:
    from regen.project.guarding import Guard

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
        from regen.orchestrator import idle
        from regen.orchestrator.messenger import messenger
        from regen.orchestrator.tuning import note_whole_views
        from regen.project.guarding import Guard
        from regen.project.rolling import Rolling
        from regen.project.served import opened_door
        from regen.watch import Calls, watch

        session, guard, rolling = self._session, Guard(self._session), Rolling(self._session)

        def names() -> list[str]:
            automatic = [place.name for place in session.places if place.environment.automatic]
            return automatic if environment is None else [session.place(environment).name]

        calls = Calls(
            config=lambda: session.config,
            reload=self._reload,
            cycle=partial(self._guarded, guard),
            look=partial(idle.look, session, chance=chance),
            environments=names,
            gave_way=self._gave_way,
            stays=self._stays,
            serve=partial(self._serve, guard),
            polled=partial(asked_beside, session),
            probed=guard.probed,
            breached=guard.breached,
            health=guard.health,
            rollout_due_in=rolling.due_in,
            rollouts=rolling.go_on,
            debounce_s=partial(debounce_s, session),
        )
        with opened_door(session) as (door, start), messenger(session):
            async with aclosing(watch(calls, door, start)) as turns:
                async for turn in turns:
                    yield turn
                    async with session.turn:
                        session.free()
                        keep_texts(session)
                        prepare_views(session)
                        note_whole_views(session)

    async def _guarded(
        self, guard: Guard, environment: str, trigger: telemetry.Trigger, changed: Collection[str] | None = None
    ) -> Applied:
        """A cycle; what it deployed is told to who guards the environment."""
        self._session.made_way.pop(environment, None)
        try:
            applied = await self._turn(environment, trigger, changed)
            guard.look()
        finally:
            guard.ended()
        return applied

    async def _gave_way(self, environment: str) -> None:
        """What a stopped cycle has not written is read again by the next one; a rollback holds it, too."""
        async with self._session.turn:
            self._session.made_way[environment] = self._session.inputs()
            self._session.forget()

    def _stays(self, environment: str) -> bool:
        """Whether a rollback holds what a stopped cycle was for."""
        db = self._session.state.db
        hold, stopped = holds.held(db, environment), self._session.made_way.get(environment)
        held = hold is not None and stopped is not None and hold.on(stopped)
        return held or holds.frozen(db, environment) is not None

    async def _serve(self, guard: Guard, lobby: Lobby, give_way: Callable[[], Awaitable[object]]) -> Served | None:
        from regen.project.served import served

        done = await served(self._session, lobby, give_way)
        guard.look()
        return done

    async def _turn(
        self, environment: str, trigger: telemetry.Trigger, changed: Collection[str] | None = None
    ) -> Applied:
        async with running(self._session, "watch", trigger, environment=environment) as cycle:
            place = self._session.place(environment)
            begin(self._session)
            plan = await planner.plan(self._session, place, _NO_WISH, self._progress, changed, polled=True)
            applied = await carry_out(self._session, place, plan, cycle, watching=True)
        if applied.rollout is not None:
            from regen.orchestrator.rescue import tell_rollout

            await tell_rollout(self._session, applied.rollout)
        return applied

    async def _reload(self) -> None:
        async with self._session.turn:
            await reload_session(self._session)
