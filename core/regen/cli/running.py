"""Running: opens a project for one command, with a progress line on a terminal."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from regen.project import Project

T = TypeVar("T")
_WIDTH = 28


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run one command's coroutine; Ctrl-C and SIGTERM end it where nothing is half done."""
    import anyio

    return anyio.run(work)


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
