"""Served: a command of another process finds the open project of a watch, as if it had opened it itself."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import anyio

from regen.config import load_config
from regen.errors import RegenError
from regen.holder import Door, Lobby, Post, Request, Served
from regen.orchestrator.opening import refresh_session, reload_session
from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.project.front import Progress, Project

# The command line lies above the library, and a watch of the library runs its commands too: so it is found by name.
_COMMANDS = "regen.cli.guest"


class Lend(Protocol):
    """Opens the watch's project for a command."""

    def __call__(self, start: Path, progress: Progress) -> AbstractAsyncContextManager[Project]:
        """Give the project.

        Args:
            start: the folder that the person is in.
            progress: told in the course of long work.
        """


@contextmanager
def opened_door(session: Session) -> Iterator[tuple[Door | None, str]]:
    """The door of a project while a watch runs, and what the watch says at its start.

    The door is None where another watch of this process has it, and where the file system has no sockets.
    """
    if session.door is not None and not session.door.closed:
        yield None, "start"
        return
    try:
        session.door = door = Door(session.state.folder)
    except OSError as error:
        yield None, f"start; no other command can run beside this watch: {error.strerror or error}"
        return
    session.stack.callback(door.close)  # a generator that is left alone may be closed later than the project
    try:
        yield door, "start"
    finally:
        door.close()


async def served(session: Session, lobby: Lobby, give_way: Callable[[], Awaitable[object]]) -> Served | None:
    """Run the command of the client that waits; any but a rollback is stopped when `give_way` ends."""
    run: Callable[[Lend, Request, Post], Awaitable[int]] = importlib.import_module(_COMMANDS).run
    return await lobby.serve(partial(run, cast("Lend", partial(_lent, session))), give_way)


@asynccontextmanager
async def _lent(session: Session, start: Path, progress: Progress) -> AsyncIterator[Project]:
    from regen.project.front import Project

    async with session.turn:
        if load_config(session.config.root) != session.config:
            await reload_session(session)
        refresh_session(session)
    try:
        yield Project(session, progress, start)
    except RegenError:
        raise
    except BaseException:
        # It was stopped anywhere: what is not written is read again, as the next start of a process does.
        with anyio.CancelScope(shield=True):
            async with session.turn:
                session.forget()
        raise
    finally:
        session.standing.clear()
