"""Monitor: all probes are asked beside the cycles of a watch, in a thread with an event loop of its own.

Why a thread: a cycle may work for long without giving its event loop back, and a watch is a generator, in which no
task group may stay open from one turn to the next.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import anyio
import anyio.to_thread
from anyio.from_thread import start_blocking_portal

from regen.health.asking import ask
from regen.health.memory import Memory, read_memory, write_memory
from regen.health.own import Alive, Own
from regen.health.streak import Streak
from regen.model.probe import Breach, Probe, Reading

_BEAT_S = 1.0  # how exactly it is known when a watch that was killed lived last
_JUDGE_S = 10.0  # seconds between two looks at the objectives while no cycle ends
_REST = 20  # times as long as a look took no other one follows: it takes a twentieth of the process at the most

J = TypeVar("J")
Cycles = Callable[[str], Sequence[tuple[float, bool]]]
"""Reads (when it ended, whether it failed) of an environment's cycles, the oldest first; called in any thread."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a probe has to say.

    Attributes:
        what: a breach; "unable": it cannot be asked; "well": it passes again.
    """

    probe: Probe
    what: Breach | str
    reading: Reading


class Monitor(Generic[J]):
    """Asks the probes of a project, and keeps what there is to do until it is taken.

    Args:
        probes: all of them.
        root: the project's folder.
        folder: `.regen`.
        cycles: of an environment.
        judge: looks at the objectives, and gives what is news; called in a thread of its own.
        ring: called in the monitor's thread when there is something to take.
        clock: seconds since the epoch, UTC.
        sleep: waits some seconds.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        root: Path,
        folder: Path,
        cycles: Cycles,
        judge: Callable[[], Sequence[J]],
        ring: Callable[[], None],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._root, self._folder, self._cycles, self._ring = root, folder, cycles, ring
        self._judge = judge
        self._clock, self._sleep = clock, sleep
        memory = read_memory(folder)
        self._streaks = [Streak(probe, memory.probes.get(probe.name)) for probe in probes]
        self._alive = [*memory.alive, Alive(clock(), clock())]
        self._standing: dict[str, int | None] = {}
        self._noticed: deque[Noticed] = deque()
        self._judged: deque[J] = deque()
        self._ended = False
        self._lock = Lock()

    def deployed(self, environment: str, release: int | None, at: float, *, now: bool) -> None:
        """Tell which release stands in an environment; see `Streak.deployed`."""
        with self._lock:
            self._standing[environment] = release
            for streak in self._streaks:
                if streak.probe.environment == environment:
                    streak.deployed(release, at, now=now)

    def take(self) -> list[Noticed]:
        """What there is to do, once."""
        with self._lock:
            taken = list(self._noticed)
            self._noticed.clear()
        return taken

    def take_judged(self) -> list[J]:
        """What is news of the objectives, once."""
        with self._lock:
            taken = list(self._judged)
            self._judged.clear()
        return taken

    def ended(self) -> None:
        """Tell that a cycle is over: the objectives are looked at soon."""
        self._ended = True

    @property
    def urgent(self) -> Breach | None:
        """A breach that a release is to blame for, and that was not taken yet."""
        with self._lock:
            breaches = [one.what for one in self._noticed if isinstance(one.what, Breach)]
        return next((breach for breach in breaches if not breach.failed_before), None)

    def again(self, environment: str) -> None:
        """Count failures in an environment anew: what was tried came to nothing."""
        with self._lock:
            for streak in self._streaks:
                if streak.probe.environment == environment:
                    streak.again()

    @contextmanager
    def asking(self, backend: str = "asyncio") -> Iterator[None]:
        """Ask while the context is open.

        Args:
            backend: of anyio, for the monitor's own event loop.
        """
        try:
            with start_blocking_portal(backend) as portal:
                future = portal.start_task_soon(self.run)
                try:
                    yield
                finally:
                    future.cancel()
        finally:  # a watch that is asked to stop is cancelled here
            with self._lock:
                self._alive[-1] = replace(self._alive[-1], until=self._clock(), stopped=True)
                self._remember()

    async def run(self) -> None:
        """Ask every probe in its interval, until cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._beat)
            group.start_soon(self._look)
            for streak in self._streaks:
                group.start_soon(self._repeat, streak)

    async def _beat(self) -> None:
        while True:
            with self._lock:
                self._alive[-1] = replace(self._alive[-1], until=self._clock())
                self._remember()
            await self._sleep(_BEAT_S)

    async def _look(self) -> None:
        """Soon after each cycle, and now and then."""
        took_s = 0.0
        while True:
            waited_s = 0.0
            while waited_s < _REST * took_s or not (self._ended or waited_s >= _JUDGE_S):
                await self._sleep(_BEAT_S)
                waited_s += _BEAT_S
            started, self._ended = time.perf_counter(), False
            news = await anyio.to_thread.run_sync(self._judge)
            took_s = time.perf_counter() - started
            with self._lock:
                self._judged.extend(news)
            if news:
                self._ring()

    async def _repeat(self, streak: Streak) -> None:
        probe = streak.probe
        while True:
            with self._lock:
                release = self._standing.get(probe.environment)
            reading = await ask(probe, self._root, lambda: self._own(probe.environment), self._clock)
            with self._lock:
                found = streak.take(reading, release)
                if found is not None:
                    self._noticed.append(Noticed(probe, found, reading))
                self._remember()
            if found is not None:
                self._ring()
            await self._sleep(max(0.0, probe.interval_s - reading.duration_s))

    def _own(self, environment: str) -> Own:
        return Own(self._clock(), self._cycles(environment), tuple(self._alive))

    def _remember(self) -> None:
        known = {streak.probe.name: streak.remembered for streak in self._streaks}
        write_memory(self._folder, Memory(known, tuple(self._alive)))
