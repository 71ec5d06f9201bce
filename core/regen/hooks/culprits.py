"""Culprits: where workers die of a chunk, the artifacts that kill them are found, and each is named alone.

Why here and not in an executor: each executor whose workers may die needs it, and none imports another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from regen.errors import PluginError

C = TypeVar("C")
R = TypeVar("R")

TRIES = 2  # a worker that is killed once may have been unlucky; twice with the same work, the work is to blame
_MOST = 8  # culprits that are looked for one by one; each costs some ten workers, and more of them have one cause

_HINT = "look at the filters that it calls, and whether the system killed it for its memory"


class Culprits(Generic[C, R]):
    """Does what workers died of again in ever smaller parts; one object for one call of `Executor.map`.

    Args:
        attempt: does a chunk in a worker that has nothing else to do; gives (its result,), None where the worker died.
        worker: what it is, as in "a worker process".
    """

    def __init__(self, attempt: Callable[[C], Awaitable[tuple[R] | None]], worker: str) -> None:
        self._attempt = attempt
        self._worker = worker
        self._found = 0

    async def result(self, chunk: C, tries: int = TRIES) -> R:
        """The result of a chunk; an artifact that kills its worker fails in it, the others are made.

        Args:
            chunk: a `regen.hooks.protocols.Parcel`, or other work, which cannot be cut.
            tries: how often the chunk is done as it is. A part of it is tried once, a single artifact twice.

        Raises:
            PluginError: workers die of work that cannot be cut, or of more artifacts than are looked for.
        """
        parcel: Any = chunk
        halves = parcel.halves() if hasattr(chunk, "halves") else ()
        for _ in range(tries):
            done = await self._attempt(chunk)
            if done is not None:
                return done[0]
        if halves:
            parts = [await self.result(half, 1 if half.halves() else TRIES) for half in halves]
            joined: R = parcel.join(parts)
            return joined
        if not hasattr(chunk, "lost"):
            raise PluginError(f"{self._worker} dies whenever it does this work: {chunk}", hint=_HINT)
        self._found += 1
        if self._found > _MOST:
            raise PluginError(f"{self._worker} dies of more than {_MOST} artifacts; one of them: {chunk}", hint=_HINT)
        lost: R = parcel.lost(f"{self._worker} dies whenever it makes", _HINT)
        return lost
