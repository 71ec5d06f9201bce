"""Loop: rounds, one after another, until somebody ends it; between them the edge is free for other commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio

from regen.errors import HubError, LockedError, RegenError
from regen.fleet.edits import Looks
from regen.fleet.opening import Ready, held
from regen.fleet.round import Round, meet, pause_s
from regen.state import edge

_WAIT_S = 0.0


async def rounds(ready: Ready, command: str = "edge run") -> AsyncIterator[Round | RegenError]:
    """Meet the hub again and again; gives what came of each round, and its error where there was one.

    It ends with the task that it runs in, where nothing is half done. A round that finds another command at work on the
    edge is left out.
    """
    looks, pause = Looks(), ready.config.edge.interval_s
    usual = pause
    while True:
        found: Round | RegenError
        try:
            with held(ready, command, wait_s=_WAIT_S) as work:
                found = await meet(work, looks)
        except LockedError as error:
            found = error
        except RegenError as error:
            found = error
        lost = isinstance(found, HubError) and found.status is None
        pause = pause_s(usual, pause, reached=not lost, waiting=found.waiting if isinstance(found, Round) else 0)
        _note_pause(ready, pause)
        yield found
        await anyio.sleep(pause)


def _note_pause(ready: Ready, pause_s: float) -> None:
    """Note when the next round comes, for `regen edge status`; nothing is lost where that fails."""
    try:
        with held(ready, "edge run") as work:
            edge.note_contact(work.state.db, replace(edge.contact(work.state.db), interval_s=pause_s))
    except RegenError:
        return
