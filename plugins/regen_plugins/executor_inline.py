"""Executor: chunks run in this process, one after another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio.lowlevel

from regen.hooks import hookimpl

C = TypeVar("C")
R = TypeVar("R")


class InlineExecutor:
    """Best for small work: nothing is pickled, nothing is started."""

    name = "inline"
    workers = 1

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Nothing to hold."""
        yield

    async def map(self, work: Callable[[C], Awaitable[R]], chunks: Sequence[C], done: Callable[[int], None]) -> list[R]:
        """See `regen.hooks.protocols.Executor`."""
        results = []
        for number, chunk in enumerate(chunks, 1):
            await anyio.lowlevel.checkpoint()
            results.append(await work(chunk))
            done(number)
        return results


@hookimpl
def regen_executor(name: str) -> InlineExecutor | None:
    """Answer to "inline"."""
    return InlineExecutor() if name == "inline" else None
