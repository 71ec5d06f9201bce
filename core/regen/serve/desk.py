"""Desk: what routes work with: the project's folder and configuration, its state to read, who listens, who may."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from regen.access import Kept, TokenStore
from regen.config import Config, Environment, load_config
from regen.errors import ConfigError, UsageError
from regen.holder import STATE_FOLDER
from regen.orchestrator.metering import Beside
from regen.serve.answers import Answers
from regen.serve.graphs import StoredGraph
from regen.serve.limits import Limits
from regen.serve.live import Live
from regen.serve.problems import Problem
from regen.serve.readers import Readers
from regen.serve.running import Running
from regen.serve.sessions import Sessions
from regen.state.lock import held, last_holder
from regen.state.opening import State

if TYPE_CHECKING:
    from regen.project import Project

T = TypeVar("T")
_THREADS = 2  # at a time: more of them would only take turns at one interpreter, with the cycle among them
_SLOW_THREADS = 1
_ANSWERS = 100  # of up to a tenth of a megabyte
_SHORT_S = 0.2  # a cycle that takes longer is a long one
_DAY_S = 86_400.0
_KEPT_S = 1.0  # how long the configuration is taken as it was read


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether cycles run by themselves.

    Attributes:
        alive: whether a watch holds the project.
        here: whether it runs in the server's process.
        since: when it began to; seconds since the epoch, UTC. None: there is none.
    """

    alive: bool
    here: bool
    since: float | None


def nobody(client: str, secret: str) -> Kept:
    """Nobody guards the desk yet, so no token opens anything."""
    raise Problem(503, "the server only starts", "ask again")


@dataclass(slots=True)
class Desk:
    """One project that is served. Reads of routes use it from threads.

    Attributes:
        root: the project's folder.
        readers: give its state to read from.
        live: tells those who listen.
        running: the cycle that is under way here.
        tokens: who may do what.
        answers: keeps how long they took.
        project: the open project, where the watch runs in this process; its methods belong to the watch's event loop.
        ready: whether it can be asked: the first cycle is over, or another process runs the watch.
        started: when the server started; seconds since the epoch, UTC.
        beside: counts the cycles of a watch in another process.
        sessions: of the page.
        limits: of each client.
        graph: as the state has it.
        lasting: answers that never change, as they were spelt, by their keys; the last ones that were asked for.
        open_reading: whether looking needs no token.
        check_token: whose token it is that a client shows; raises Problem where it opens nothing.
    """

    root: Path
    readers: Readers
    live: Live
    running: Running
    tokens: TokenStore
    answers: Answers
    project: Project | None = None
    ready: bool = False
    started: float = field(default_factory=time.time)
    beside: Beside = field(default_factory=Beside)
    sessions: Sessions = field(default_factory=Sessions)
    limits: Limits = field(default_factory=Limits)
    graph: StoredGraph = field(default_factory=StoredGraph)
    lasting: dict[tuple[str | int | float, ...], bytes] = field(default_factory=dict)
    open_reading: bool = False
    check_token: Callable[[str, str], Kept] = nobody
    _config: tuple[float, Config] | None = None
    _threads: tuple[anyio.CapacityLimiter, anyio.CapacityLimiter] | None = None

    @staticmethod
    def of(root: Path) -> Desk:
        """The desk of a project."""
        folder = root / STATE_FOLDER
        readers = Readers(folder)
        live = Live(readers)
        answers = Answers(folder, lambda: time.time() - load_config(root).history.keep_days * _DAY_S)
        return Desk(root, readers, live, Running(live), TokenStore(folder), answers)

    @property
    def folder(self) -> Path:
        """`.regen`."""
        return self.readers.folder

    @property
    def config(self) -> Config:
        """The configuration, at most a second old; the last good one while it is wrong, as a watch takes it.

        Raises ConfigError where it never was good.
        """
        now, kept = time.monotonic(), self._config
        if kept is not None and now - kept[0] <= _KEPT_S:
            return kept[1]
        try:
            found = load_config(self.root)
        except ConfigError:
            if kept is None:
                raise
            found = kept[1]
        self._config = (now, found)
        return found

    def environment(self, name: str | None) -> Environment:
        """The environment of that name; the first one for None. Raises Problem where there is none."""
        try:
            return self.config.environment(name)
        except UsageError as error:
            raise Problem(404, error.message, error.hint) from None

    @contextmanager
    def state(self) -> Iterator[State]:
        """The state, to read from. Raises Problem where there is none yet."""
        with self.readers.read() as state:
            if state is None:
                raise Problem(404, "nothing was deployed here yet", "`regen apply` runs the first cycle")
            yield state

    def remember(self, key: tuple[str | int | float, ...], answer: bytes) -> bytes:
        """Keep an answer that never changes, and give it."""
        while len(self.lasting) >= _ANSWERS:
            self.lasting.pop(next(iter(self.lasting)), None)
        self.lasting[key] = answer
        return answer

    async def calm(self) -> None:
        """Wait for the end of a cycle in this process, unless it is a long one: the two share one interpreter.

        Why: most cycles take some tens of milliseconds, and a request can wait for that; a cycle should not.
        """
        over, cycle = self.running.over, self.running.cycle
        if over is not None and cycle is not None:
            left_s = min(cycle.at + _SHORT_S - time.time(), _SHORT_S)  # clocks may go back
            if left_s > 0:
                with anyio.move_on_after(left_s):
                    await over.wait()

    async def in_thread(self, call: Callable[[], T], *, slow: bool = False) -> T:
        """What a plain function gives that would hold up the server.

        Args:
            slow: it may take seconds; such ones take turns with each other, and not with those that take none.
        """
        if self._threads is None:
            self._threads = (anyio.CapacityLimiter(_THREADS), anyio.CapacityLimiter(_SLOW_THREADS))
        return await anyio.to_thread.run_sync(call, limiter=self._threads[slow])

    def watching(self) -> Watching:
        """Whether a watch holds the project, here or elsewhere."""
        if self.project is not None:
            who = last_holder(self.folder)
            return Watching(alive=True, here=True, since=who.since if who is not None else self.started)
        who = last_holder(self.folder)
        if who is None or not who.watches or not held(self.folder):
            return Watching(alive=False, here=False, since=None)
        return Watching(alive=True, here=False, since=who.since)


def cursor(items: list[Any], limit: int, number: Any) -> str | None:
    """Where the next page of a list begins; None where this one was not full."""
    return str(number(items[-1])) if len(items) >= limit else None
