"""Calling: coroutine functions run in the thread of an event loop, for programs without one."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio.from_thread import BlockingPortal
from anyio.lowlevel import checkpoint

T = TypeVar("T")


class Caller:
    """Runs coroutine functions in the event loop's thread and waits for them."""

    def __init__(self, portal: BlockingPortal) -> None:
        self.portal = portal

    def __call__(self, function: Callable[[], Awaitable[T]]) -> T:
        ended = threading.Event()

        async def run() -> T:
            try:
                return await function()
            finally:
                ended.set()

        future = self.portal.start_task_soon(run)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C reaches the waiting thread only: the work is told to stop, and nothing is half done after that.
            future.cancel()
            ended.wait()
            raise


def awaited(function: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    """A plain method as a coroutine function: the state's database belongs to the event loop's thread."""

    async def call() -> T:
        await checkpoint()
        return function()

    return call
