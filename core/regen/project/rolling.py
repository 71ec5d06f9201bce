"""Rolling: a watch goes on with rollouts as their steps become due."""

from __future__ import annotations

import math
import time
from contextlib import suppress

from regen.errors import RegenError
from regen.orchestrator import rollouts
from regen.orchestrator.cycle import running
from regen.orchestrator.outcome import Turn
from regen.orchestrator.reaching import RETRY_S
from regen.orchestrator.rescue import tell_rollout
from regen.orchestrator.session import Place, Session


class Rolling:
    """The rollouts of a project while a watch runs.

    Args:
        session: the open project.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._not_before: dict[str, float] = {}

    def due_in(self) -> float:
        """In how many seconds there is something to do; infinite: nothing waits for a time."""
        return min((self._due_in(place) for place in self._session.places), default=math.inf)

    def _due_in(self, place: Place) -> float:
        due = rollouts.due_in(self._session, place)
        held = self._not_before.get(place.name, 0.0) - time.monotonic()
        return math.inf if due is None else max(due, held)

    async def go_on(self) -> list[Turn]:
        """Do what is due; gives a turn for each environment in which something was."""
        return [await self._turn(place) for place in self._session.places if self._due_in(place) <= 0]

    async def _turn(self, place: Place) -> Turn:
        at, started = time.time(), time.perf_counter()
        self._not_before[place.name] = time.monotonic() + RETRY_S  # unless it goes well
        turn = Turn(at, "rollout", 0.0, place.name)
        try:
            async with running(self._session, "rollout", environment=place.name):
                rolled = await rollouts.advance(self._session, place)
        except RegenError as error:
            return turn.ended(time.perf_counter() - started, error=error)
        with suppress(KeyError):
            del self._not_before[place.name]
        await tell_rollout(self._session, rolled)
        return turn.ended(time.perf_counter() - started, rolled=rolled)
