"""Rollouts: what a project says of releases on their way to the targets of a canary, and how a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.orchestrator.cycle import running
from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.orchestrator.rollouts import RolloutStatus


class RolloutsMixin:
    """The part of `Project` that is about rollouts."""

    _session: Session

    async def rollout(self, environment: str | None = None) -> RolloutStatus | None:
        """Do what is due of a rollout, and say where it stands; None where the environment is no canary.

        Args:
            environment: its name; the first one for None.
        """
        from regen.orchestrator import rollouts
        from regen.orchestrator.rescue import tell_rollout

        place = self._session.place(environment)
        async with running(self._session, "rollout", environment=place.name):
            found = await rollouts.advance(self._session, place)
        await tell_rollout(self._session, found)
        return found

    async def promote(self, environment: str | None = None, *, whole: bool = False) -> RolloutStatus:
        """Let a rollout go on with its next step.

        Args:
            environment: its name; the first one for None.
            whole: bring the release to every target at once.

        Raises:
            UsageError: the environment is no canary, or no rollout is under way.
        """
        from regen.orchestrator import rollouts
        from regen.orchestrator.rescue import tell_rollout

        place = self._session.place(environment)
        async with running(self._session, "rollout", environment=place.name):
            found = await rollouts.promote(self._session, place, whole=whole)
        await tell_rollout(self._session, found)
        return found

    async def abort(self, environment: str | None = None, *, why: str = "") -> RolloutStatus:
        """Take a rollout back: every target has the stable release again, and the other one is bad.

        Args:
            environment: its name; the first one for None.
            why: for the history, in one line.

        Raises:
            UsageError: the environment is no canary, no rollout is under way, or there is no release to go back to.
            DeployError: the deployment failed; the next call goes on with it.
        """
        from regen.orchestrator import rollouts
        from regen.orchestrator.rescue import tell_rollout

        place = self._session.place(environment)
        async with running(self._session, "rollout", environment=place.name):
            found = await rollouts.abort(self._session, place, why)
        await tell_rollout(self._session, found)
        return found
