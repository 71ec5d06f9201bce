"""Learner: asks the sources of a project, one step after another, and keeps what they tell; each by one task at a time.

Why a breaker: a source that is down would be asked in every interval, with all its retries, and a server that falls
over is helped by nobody who does so. After FAILURES in a row the time between two askings doubles, up to an hour; who
names the source on the command line asks it all the same.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from regen import telemetry
from regen.config import Config, LearnTable
from regen.errors import PluginError, RegenError, StateError, UsageError
from regen.model.event import Payload
from regen.model.learned import Channel, LearningFailed, LearningFetched, LearningIntegrated, LearnRun
from regen.sources import files
from regen.sources.telling import Busy, where
from regen.state import learning
from regen.state.db import Database
from regen.state.learning import Row

FAILURES = 3
"""In a row, after which a source is asked less and less often."""
_FIRST_PAUSE_S = 60.0
_LONGEST_PAUSE_S = 3600.0
_MOST_STEPS = 1000  # of one run; a channel whose cursor goes in a circle ends somewhere
_TURN_S = 0.05  # between two looks whether another thread still asks the source


if TYPE_CHECKING:
    from regen.sources.step import Kept, Shelf


def _never() -> bool:
    return False


Tell = Callable[[Payload], Awaitable[None]]


@dataclass(slots=True)
class _Sums:
    """What the steps of one run came to so far."""

    fetched: int = 0
    added: int = 0
    updated: int = 0
    refused: int = 0
    dropped: int = 0
    notes: tuple[str, ...] = ()

    def add(self, kept: Kept, listed: int, refused: tuple[str, ...], note: str | None) -> None:
        self.fetched += listed
        self.added += len(kept.merged.added)
        self.updated += len(kept.merged.updated)
        self.dropped += kept.merged.dropped
        self.refused += len(refused)
        self.notes = (*self.notes, *([note] if note else []), *refused)[:5]


class Learner:
    """The sources of a project; may be used from several event loops at a time.

    Args:
        config: as it was when the hooks were asked.
        channels: of the enabled sources, by name.
        db: of the state.
        clock: seconds since the epoch, UTC.
    """

    def __init__(
        self, config: Config, channels: dict[str, Channel], db: Database, clock: Callable[[], float] = time.time
    ) -> None:
        self.config = config
        self.tables = tuple(table for table in config.learning if table.enabled)
        self._channels, self._db, self._clock = channels, db, clock
        self._turns = {table.name: threading.Lock() for table in self.tables}
        self._keeping = threading.Lock()

    def table(self, name: str) -> LearnTable:
        """The enabled source of that name.

        Raises:
            UsageError: there is none.
        """
        for table in self.tables:
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables)
        off = any(table.name == name for table in self.config.learning)
        raise UsageError(
            f"the source {name!r} is not enabled" if off else f"there is no source {name!r} to learn from",
            where=self.config.file,
            hint=f"choose one of: {known}" if known else "add a [[learn]] with `name`, `kind` and `url`",
        )

    def due_in(self, table: LearnTable) -> float | None:
        """In how many seconds a watch asks the source; None: never by itself."""
        row, now = learning.read(self._db, table.name), self._clock()
        due = next_at(table, row)
        return None if due is None else max(due - now, 0.0)

    async def learn(self, names: Iterable[str], tell: Tell) -> tuple[LearnRun, ...]:
        """Ask sources now, all at once.

        Args:
            names: of these, though they rest after failures; none: all that do not rest.
            tell: publishes an event.

        Returns:
            One for each, in the order of the configuration; an error of a source is in there.

        Raises:
            UsageError: there is no such source.
            StateError: the state cannot be used.
        """
        wanted = {self.table(name).name for name in names}
        tables = [table for table in self.tables if table.name in wanted or not wanted]
        runs: dict[str, LearnRun] = {}
        failed: list[StateError] = []

        async def one(table: LearnTable) -> None:
            try:
                runs[table.name] = await self._unless_it_rests(table, tell, named=bool(wanted))
            except StateError as error:
                failed.append(error)  # raised below; a task group would wrap it

        async with anyio.create_task_group() as group:
            for table in tables:
                group.start_soon(one, table)
        if failed:
            raise failed[0]
        return tuple(runs[table.name] for table in tables)

    async def _unless_it_rests(self, table: LearnTable, tell: Tell, *, named: bool) -> LearnRun:
        row = learning.read(self._db, table.name)
        if named or row.next_at is None or row.next_at <= self._clock():
            return await self.run(table, tell)
        why = f"it rests after {row.failures} {'failure' if row.failures == 1 else 'failures'}"
        return LearnRun(table.name, self._clock(), next_at=row.next_at, skipped=why)

    def wait(self) -> None:
        """Wait for what is just being kept."""
        with self._keeping:
            pass

    async def run(self, table: LearnTable, tell: Tell, stopped: Callable[[], bool] = _never) -> LearnRun:
        """Ask one source, step by step, until it has no more; what went wrong is in what is given.

        Args:
            stopped: whether nothing may be kept any more.

        Raises:
            StateError: the state cannot be used.
        """
        async with self._turn(table.name):
            at, sums = self._clock(), _Sums()
            started = time.perf_counter()
            error: RegenError | None = None
            try:
                await self._traced(table, tell, sums, stopped)
            except StateError:
                raise
            except RegenError as failed:
                error = failed
            row = self._ended(table, at, error)
            if error is not None:
                text = _said(error)
                await tell(LearningFailed(table.name, text, row.failures, row.next_at))
            return LearnRun(
                table.name,
                at,
                time.perf_counter() - started,
                sums.fetched,
                sums.added,
                sums.updated,
                sums.refused,
                sums.dropped,
                sums.notes,
                None if error is None else _said(error),
                next_at(table, row),
            )

    async def _traced(self, table: LearnTable, tell: Tell, sums: _Sums, stopped: Callable[[], bool]) -> None:
        about = {"regen.learn.source": table.name, "regen.learn.kind": table.kind}
        with telemetry.beside("regen.learn", about) as span:
            try:
                await self._steps(table, tell, sums, stopped)
            finally:
                span.set_attribute("regen.learn.fetched", sums.fetched)
                span.set_attribute("regen.learn.added", sums.added)
                span.set_attribute("regen.learn.updated", sums.updated)

    async def _steps(self, table: LearnTable, tell: Tell, sums: _Sums, stopped: Callable[[], bool]) -> None:
        from regen.sources.asking import SourceWeb  # with all of HTTP, which few commands need
        from regen.sources.step import keep

        shelf = self._shelf(table)
        row = shelf.row()
        for _ in range(_MOST_STEPS):
            web, at, before = SourceWeb(table, row.validators), self._clock(), row.cursor
            try:
                found = await self._channels[table.name].learn(row.cursor, web)
            except RegenError:
                raise
            except Exception as error:
                raise PluginError(
                    f"the channel {table.kind!r} failed for {table.name}: {type(error).__name__}: {error}",
                    where=where(table),
                    hint="report it to the authors of its plugin, or set `enabled = false` in the [[learn]]",
                ) from error
            row = replace(row, requests=row.requests + web.requests, fetch_s=row.fetch_s + web.fetch_s)
            with self._keeping:
                if stopped():
                    raise StateError("nothing is kept after the end of the watch", where=where(table))
                kept = keep(shelf, row, found, web, at)
            row = kept.row
            sums.add(kept, len(found.items) + len(found.refused), found.refused, found.note)
            if found.items or found.refused:
                await tell(LearningFetched(table.name, len(found.items), len(found.refused), web.fetch_s))
            if kept.merged.changed:
                told = kept.merged
                counts = len(told.added), len(told.updated), told.dropped
                await tell(LearningIntegrated(table.name, shelf.path, *counts, kept.delay_s))
            if not found.more or found.cursor == before:
                return

    def _shelf(self, table: LearnTable) -> Shelf:
        from regen.sources.step import Shelf

        path = files.path_of(self.config, table.name)
        files.refuse_ignored(self.config, path)
        return Shelf(self._db, table, self.config.root / path, path, self._clock)

    def _ended(self, table: LearnTable, at: float, error: RegenError | None) -> Row:
        row = learning.read(self._db, table.name)
        if error is None:
            row = replace(row, at=at, next_at=None, failures=0, error=None)
        else:
            failures = row.failures + 1
            row = replace(row, at=at, failures=failures, error=_said(error), next_at=self._rest(table, failures, error))
        learning.note(self._db, table.name, row)
        return row

    def _rest(self, table: LearnTable, failures: int, error: RegenError) -> float | None:
        """Until when a source that failed is left alone; None: it is asked in its interval."""
        pause_s = error.wait_s if isinstance(error, Busy) and error.wait_s is not None else 0.0
        if failures >= FAILURES:
            grown = max(table.interval_s, _FIRST_PAUSE_S) * 2.0 ** min(failures - FAILURES, 20)
            pause_s = max(pause_s, min(grown, max(_LONGEST_PAUSE_S, table.interval_s)))
        return self._clock() + pause_s if pause_s > table.interval_s or failures >= FAILURES else None

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        """One task at a time asks a source: it may be one of another thread, which cannot be awaited."""
        turn = self._turns[name]
        while not turn.acquire(blocking=False):  # noqa: ASYNC110 - a lock of threads tells no event loop
            await anyio.sleep(_TURN_S)
        try:
            yield
        finally:
            turn.release()


def next_at(table: LearnTable, row: Row) -> float | None:
    """When a watch asks a source next; 0: at once; None: not by itself."""
    if row.next_at is not None:
        return row.next_at
    if row.at is None:
        return 0.0
    return row.at + table.interval_s if table.interval_s else None


def _said(error: RegenError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
