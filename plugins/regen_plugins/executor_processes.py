"""Executor: chunks run in worker processes. A worker has one chunk at a time, so what it dies of is in that chunk."""

from __future__ import annotations

import fcntl
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_process

from regen.hooks import hookimpl
from regen.hooks.culprits import Culprits

C = TypeVar("C")
R = TypeVar("R")

_RESULTS = 1  # the descriptor over which anyio's workers send results
_PIPE = 1 << 20  # bytes; what Linux grants everybody (/proc/sys/fs/pipe-max-size), and some six results of 64 artifacts


class ProcessExecutor:
    """Workers live as long as the event loop; a killed one costs its chunk one more try, and then its halves.

    Args:
        workers: how many processes at the most.
    """

    name = "processes"

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._limiter: anyio.CapacityLimiter | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Workers start with the first chunk and end with the event loop; all calls of `map` share them."""
        logging.getLogger("asyncio").addFilter(_is_of_use)
        self._limiter = anyio.CapacityLimiter(self.workers)
        try:
            yield
        finally:
            self._limiter = None

    def resize(self, workers: int) -> None:
        """See `regen.hooks.abilities.Resizes`; those that are not needed any more wait, and end after five minutes."""
        self.workers = workers
        if self._limiter is not None:
            self._limiter.total_tokens = workers

    async def map(self, work: Callable[[C], Awaitable[R]], chunks: Sequence[C], done: Callable[[int], None]) -> list[R]:
        """See `regen.hooks.protocols.Executor`."""
        limiter = self._limiter or anyio.CapacityLimiter(self.workers)
        results: dict[int, R] = {}
        culprits: Culprits[C, R] = Culprits(partial(_run, work, limiter), "a worker process")

        async def run(index: int, chunk: C) -> None:
            results[index] = await culprits.result(chunk)
            done(len(results))

        try:
            with _without_main_file():
                async with anyio.create_task_group() as group:
                    for index, chunk in enumerate(chunks):
                        group.start_soon(run, index, chunk)
        except BaseExceptionGroup as group_error:
            raise _first(group_error) from group_error
        return [results[index] for index in range(len(chunks))]


def _is_of_use(record: logging.LogRecord) -> bool:
    """Whether a warning of asyncio says anything: when the loop ends, two parts of it may reap one killed worker."""
    return not record.getMessage().startswith("Unknown child process pid")


@contextmanager
def _without_main_file() -> Iterator[None]:
    """Hide the program's own file meanwhile.

    Why: a new worker runs that file again, and a build script without a guard on `__name__` would open its project
    there once more. What workers run is in importable modules; they need nothing of the program.
    """
    values = vars(sys.modules["__main__"])
    file = values.pop("__file__", None)
    try:
        yield
    finally:
        if file is not None:
            values["__file__"] = file


def _in_worker(work: Callable[[C], Awaitable[R]], chunk: C) -> R:
    """Do a chunk; in a worker process.

    Why the pipe is widened: a worker that is stopped and goes on, as by Ctrl-Z and `fg`, is cut off in a write that
    waits for room, anyio does not write the rest, and both sides would wait for each other without end. So a result
    has to fit.
    """
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # no pipe, or a lower limit: then it stays as it is
            fcntl.fcntl(_RESULTS, fcntl.F_SETPIPE_SZ, _PIPE)
    return anyio.run(work, chunk)


async def _run(work: Callable[[C], Awaitable[R]], limiter: anyio.CapacityLimiter, chunk: C) -> tuple[R] | None:
    """The result of a chunk; None where its worker died."""
    try:
        return (await anyio.to_process.run_sync(_in_worker, work, chunk, cancellable=True, limiter=limiter),)
    except anyio.BrokenWorkerProcess:
        return None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error that is not a cancellation: the others only follow from it."""
    for error in group.exceptions:
        found = _first(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, Exception):
            return found
    return group.exceptions[0]


@hookimpl
def regen_executor(name: str, workers: int) -> ProcessExecutor | None:
    """Answer to "processes"."""
    return ProcessExecutor(workers) if name == "processes" else None
