"""Attempts: whoever tries to change something over HTTP is noted in the audit, whatever came of it.

Why a connection of its own: the server may be beside a watch in another process, and the holder's connection belongs to
its thread. SQLite lets one write after the other, and the audit's rows are chained inside the transaction.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from regen.errors import RegenError
from regen.serve.limits import Limits
from regen.serve.problems import Problem
from regen.state.noting import note_beside

if TYPE_CHECKING:
    from regen.model.audit import Outcome

_LOG = logging.getLogger("regen.serve")
_QUIET_S = 60.0  # in which a client that was told to wait is not noted again
_LONGEST = 300  # letters of a path that is noted


class Attempts:
    """Notes attempts. Its methods belong to the server's event loop.

    Args:
        folder: `.regen`.
        limits: how many refused ones of a client are noted.
        clock: seconds, growing.
    """

    def __init__(self, folder: Path, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._limits, self._clock = folder, limits, clock
        self._told_to_wait: dict[str, float] = {}
        self._one = threading.Lock()

    async def refused(self, what: str, client: str, who: str | None, problem: Problem) -> None:
        """One that was not let through; that this cannot be noted is logged, for it is refused anyway."""
        why, quiet = problem.detail, problem.status == 429 or self._limits.take("refusals", client) is not None
        if quiet and not self._first(client):
            return
        if quiet:
            why += f"; others of the next {_QUIET_S:g} s are not noted"
        try:
            await self._note("refused", what, client, who, why)
        except (RegenError, OSError):
            _LOG.warning("a refused request could not be noted in the audit", exc_info=True)

    async def failed(self, what: str, client: str, who: str | None, why: str, *, refused: bool) -> None:
        """One that was let through, and could not be done."""
        try:
            await self._note("refused" if refused else "failed", what, client, who, why)
        except (RegenError, OSError):
            _LOG.warning("a failed request could not be noted in the audit", exc_info=True)

    async def done(self, what: str, client: str, who: str | None) -> None:
        """One that was done. Raises StateError where that cannot be noted."""
        await self._note("done", what, client, who, "")

    def _first(self, client: str) -> bool:
        now = self._clock()
        self._told_to_wait = {one: until for one, until in self._told_to_wait.items() if now < until}
        first = client not in self._told_to_wait
        self._told_to_wait.setdefault(client, now + _QUIET_S)
        return first

    async def _note(self, outcome: Outcome, what: str, client: str, who: str | None, why: str) -> None:
        told = f"from {client}: {why}" if why else f"from {client}"
        await asyncio.to_thread(partial(self._write, outcome, what[:_LONGEST], told, who))

    def _write(self, outcome: Outcome, what: str, why: str, who: str | None) -> None:
        with self._one:
            noted = note_beside(self._folder, "request", outcome=outcome, subject=what, why=why, who=who)
        if not noted:  # before the first cycle there is nothing to change
            _LOG.warning("%s %s %s", what, outcome, why)
