"""Answers: how long they took, and when the server was there, is kept for the figures of the project.

Why a sample: at 200 requests a second every single answer would fill the table of measures in minutes. Of each ten
seconds as many are kept, each as likely as any other, so a percentile of a time is that of all its answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Lock

from regen.errors import RegenError
from regen.health import read_served, write_served
from regen.health.own import Alive
from regen.model.measure import Measure
from regen.state.noting import record_beside

KEPT = 20
"""Answers of each ten seconds of which the time is kept."""
_BEAT_S = 1.0  # how exactly it is known when a server that was killed lived last
_FLUSH = 10  # beats
_API = "/api/"


class Answers:
    """Keeps them. Its methods may be called from any thread.

    Args:
        folder: `.regen`.
        oldest: gives the time from before which measures may go; seconds since the epoch.
        chance: which are kept.
    """

    def __init__(self, folder: Path, oldest: Callable[[], float], chance: Random | None = None) -> None:
        self._folder, self._oldest, self._chance = folder, oldest, chance or Random()  # noqa: S311 - a sample
        self._lock = Lock()
        self._number, self._sample = 0, list[Measure]()
        self._before: tuple[Alive, ...] | None = None
        self._alive = Alive(0.0, 0.0)

    def took(self, route: str, duration_s: float) -> None:
        """Take in how long an answer of the interface took, in seconds; other pages do not count."""
        if not route.startswith(_API):
            return
        one = Measure("api_latency", duration_s, "s", time.time(), None, route)
        with self._lock:
            self._number += 1
            if len(self._sample) < KEPT:
                self._sample.append(one)
            elif (place := self._chance.randrange(self._number)) < KEPT:
                self._sample[place] = one

    async def run(self) -> None:
        """Keep, until cancelled."""
        while True:
            for _ in range(_FLUSH):
                await asyncio.to_thread(self.beat)
                await asyncio.sleep(_BEAT_S)
            await asyncio.to_thread(self.keep)

    def beat(self, *, stopped: bool = False) -> None:
        """Note that the server is there, or that it was asked to end."""
        now = time.time()
        if self._before is None:
            self._before, self._alive = read_served(self._folder), Alive(now, now)
        self._alive = replace(self._alive, until=now, stopped=stopped)
        write_served(self._folder, (*self._before, self._alive))

    def keep(self) -> None:
        """Write what was taken in; where the state cannot be written now, it is lost, and no more."""
        with self._lock:
            found, self._sample, self._number = self._sample, [], 0
        if found:
            with suppress(RegenError, OSError):
                record_beside(self._folder, sorted(found, key=lambda one: one.at), oldest=self._oldest())

    def end(self) -> None:
        """Keep what is left: the server was asked to end."""
        self.beat(stopped=True)
        self.keep()
