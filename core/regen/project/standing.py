"""Standing: where a project stands, and whether what stands is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.orchestrator.checkup import Checkup
    from regen.orchestrator.status import Status


class StandingMixin:
    """The part of `Project` that is about what stands now."""

    _session: Session

    def status(self, environment: str | None = None) -> Status:
        """Where an environment stands: its release, what is stale, held, frozen, in conflict, and open alerts.

        Args:
            environment: its name; None: the first one, and all of them in `environments`.

        Raises:
            UsageError: there is no such environment.
        """
        from regen.orchestrator.status import read_status

        return read_status(self._session.config.root, environment)

    async def health(self, environment: str | None = None, *, once: bool = False) -> Checkup:
        """Each probe with what a watch saw last, open alerts, and the last automatic rollbacks.

        Args:
            environment: only its probes; None: all.
            once: ask each probe now, here.

        Raises:
            UsageError: there is no such environment.
        """
        from regen.orchestrator.checkup import check_up

        return await check_up(self._session.config.root, environment, now=once)
