"""A watch in a thread of the test's own process, and commands beside it."""

from __future__ import annotations

import queue
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.from_thread import start_blocking_portal
from tests.cycle_world import World

from regen.holder import Lobby
from regen.orchestrator.outcome import Turn
from regen.project.served import opened_door, served

WAIT_S = 30.0


@dataclass(frozen=True)
class Watch:
    """A watch that runs, and what it told."""

    turns: queue.SimpleQueue[Turn]

    def turn(self) -> Turn:
        """The next turn."""
        return self.turns.get(timeout=WAIT_S)

    def served(self) -> tuple[str, int]:
        """The next command that was run for another process, and its exit code."""
        while True:
            turn = self.turn()
            if turn.served is not None:
                return turn.trigger, turn.served.code

    def paths(self) -> list[str]:
        """What the next cycle that does something writes."""
        while True:
            turn = self.turn()
            if turn.applied is not None and turn.applied.plan.items:
                return [item.path for item in turn.applied.plan.items]


@contextmanager
def _in_a_thread(backend: str, work: Callable[[], Awaitable[None]], ready: Callable[[], object]) -> Iterator[None]:
    with start_blocking_portal(backend) as portal:
        future = portal.start_task_soon(work)
        try:
            ready()
            yield
        finally:
            future.cancel()


@contextmanager
def watched(world: World, backend: str = "asyncio", **options: Any) -> Iterator[Watch]:
    """A watch past its first turn."""
    watch = Watch(queue.SimpleQueue())

    async def work() -> None:
        async with world.open(command="watch", **options) as project, aclosing(project.watch()) as turns:
            async for turn in turns:
                watch.turns.put(turn)

    with _in_a_thread(backend, work, watch.turn):
        yield watch


@contextmanager
def serving(world: World, backend: str = "asyncio") -> Iterator[None]:
    """A holder that runs the commands of others and no cycle of its own."""
    opened: queue.SimpleQueue[bool] = queue.SimpleQueue()

    async def work() -> None:
        async with world.open(command="watch") as project:
            with opened_door(project._session) as (door, _):
                assert door is not None
                opened.put(True)
                lobby = Lobby(door)
                while True:
                    await anyio.wait_readable(door.socket)
                    await served(project._session, lobby, anyio.sleep_forever)

    with _in_a_thread(backend, work, lambda: opened.get(timeout=WAIT_S)):
        yield
