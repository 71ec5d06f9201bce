"""Running: opens a project for one command, with a progress line on a terminal."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from regen.cli import terminal
from regen.errors import LockedError

if TYPE_CHECKING:
    from anyio import CancelScope
    from anyio.abc import TaskStatus

    from regen.project import Project

T = TypeVar("T")
Work = Callable[[], Awaitable[int]]
"""A command that works on a project, its arguments bound: gives the exit code."""
Progress = Callable[[str, int, int], None]
LENT: ContextVar[Callable[[Progress], AbstractAsyncContextManager[Project]] | None] = ContextVar("lent", default=None)
"""Opens the project that a watch in this process holds, for a command that it runs for another process."""
_WIDTH = 28
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STOPS_S = 20.0  # in which a command ends that was asked to; what it calls may hold it up
_SHORTLY_S = 10.0  # in which a watch that starts takes commands, and one that ends lets go


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run one command's coroutine; Ctrl-C and SIGTERM end it where nothing is half done.

    Raises:
        KeyboardInterrupt: it was asked to stop before it was done.
    """
    import logging

    import anyio

    # asyncio warns on the terminal of a worker that was collected elsewhere when the loop ended; nothing is lost by it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    done = anyio.run(_stoppable, work)
    if not done:
        raise KeyboardInterrupt
    return done[0]


async def _stoppable(work: Callable[[], Awaitable[T]]) -> list[T]:
    """The result as a list of one; an empty one where a signal came first."""
    import anyio

    results: list[T] = []
    try:
        async with anyio.create_task_group() as group:
            await group.start(_stop_on_signal, group.cancel_scope)
            results.append(await work())
            group.cancel_scope.cancel()
    except BaseExceptionGroup as failed:
        # The other task only waits, so there is one: what the work raised.
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return results


async def _stop_on_signal(scope: CancelScope, *, task_status: TaskStatus[None]) -> None:
    """Cancel at the first signal; a second one ends the process at once, and the next start brings it to an end.

    Why handlers of our own: those of an event loop wait for the loop, and a template that loops for ever holds it up.
    """
    import anyio

    heard, told = os.pipe()

    def note(number: int, frame: FrameType | None) -> None:
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        os.write(told, b"!")

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        task_status.started()
        await anyio.wait_readable(heard)
        scope.cancel()
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is note:
                signal.signal(number, handler)
        os.close(heard)
        os.close(told)


@asynccontextmanager
async def opened(directory: Path, command: str, *, wait_s: float = 0.0) -> AsyncIterator[Project]:
    """A project for one command, its progress shown on standard error when that is a terminal.

    Raises:
        LockedError: another regen holds it; at once where that is a watch that takes commands.
    """
    lent = LENT.get()
    if lent is not None:
        async with lent(bar()) as project:
            yield project
        return
    async with AsyncExitStack() as stack:
        yield await _opened(stack, directory, command, wait_s)


async def _opened(stack: AsyncExitStack, directory: Path, command: str, wait_s: float) -> Project:
    from regen.cli.beside import comes_or_goes, folder_of
    from regen.holder import ROLLBACK, listening
    from regen.project import Project
    from regen.state.lock import WATCHES

    async def enter(wait_s: float) -> Project:
        opening = Project.open(directory, command=command, wait_s=wait_s, progress=bar(), give_up=served)
        return await stack.enter_async_context(opening)

    def served() -> bool:
        return command not in WATCHES and listening(folder_of(directory))

    try:
        return await enter(wait_s)
    except LockedError:
        if command == ROLLBACK and not served() and _stopped(folder_of(directory)):
            return await enter(max(wait_s, _STOPS_S))
        if command in WATCHES or served() or not comes_or_goes(folder_of(directory)):
            raise
    return await enter(_SHORTLY_S)


def _stopped(folder: Path) -> bool:
    """Whether the command that holds the project was asked to stop, for a rollback."""
    from regen.state import lock

    who = lock.ask_to_stop(folder)
    if who is not None:
        terminal.stream("err").write(f"{who} is asked to stop: a rollback does not wait for it\n")
    return who is not None


def bar() -> Progress:
    """A progress line for work of more than a chunk; silent where standard error is no terminal."""
    stream = terminal.stream("err")
    if not stream.isatty():
        return _silent

    def draw(what: str, done: int, total: int) -> None:
        filled = _WIDTH * done // max(total, 1)
        text = f"\r{what:<10} {'━' * filled}{' ' * (_WIDTH - filled)} {done:,}/{total:,}"
        stream.write(text if done < total else "\r\x1b[K")
        stream.flush()

    return draw


def _silent(what: str, done: int, total: int) -> None:
    """Draw nothing."""
