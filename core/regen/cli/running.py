"""Running: opens a project for one command, with a progress line on a terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from anyio import CancelScope
    from anyio.abc import TaskStatus

    from regen.project import Project

T = TypeVar("T")
_WIDTH = 28


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
    """Cancel at the first signal; a second one ends the process at once, and the next start brings it to an end."""
    import anyio

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()
            break
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@asynccontextmanager
async def opened(directory: Path, command: str, *, wait_s: float = 0.0) -> AsyncIterator[Project]:
    """A project for one command, its progress shown on standard error when that is a terminal."""
    from regen.project import Project

    async with Project.open(directory, command=command, wait_s=wait_s, progress=bar()) as project:
        yield project


def bar() -> Callable[[str, int, int], None]:
    """A progress line for work of more than a chunk; silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        return _silent

    def draw(what: str, done: int, total: int) -> None:
        filled = _WIDTH * done // max(total, 1)
        text = f"\r{what:<10} {'━' * filled}{' ' * (_WIDTH - filled)} {done:,}/{total:,}"
        sys.stderr.write(text if done < total else "\r\x1b[K")
        sys.stderr.flush()

    return draw


def _silent(what: str, done: int, total: int) -> None:
    """Draw nothing."""
