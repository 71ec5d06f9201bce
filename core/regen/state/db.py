"""`state.db`: one SQLite database, opened with its schema brought up to date, errors in plain words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from regen.errors import StateError
from regen.state import faults
from regen.state.schema import MIGRATIONS
from regen.state.undo import make_triggers

NAME = "state.db"
T = TypeVar("T")
Value = str | int | float | bytes | None
_CACHE_KIB = 64 * 1024  # at the most; it is taken as it is needed
_VALUES = 500  # a statement; SQLite's oldest limit of bound parameters is 999
_FAILURES = (sqlite3.Error, UnicodeDecodeError)  # the second where a message names what stands in a damaged schema
_BUSY_MS = 10_000  # readers may hold a checkpoint up for a moment; the holder itself is alone by its lock


class Database:
    """The connection. Methods may be called from any thread; a transaction belongs to one thread at a time.

    Every method raises StateError where the database cannot be used: full disk, read-only, damaged, locked.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
        self._depth = 0
        self._durable: bool | None = None  # what SQLite was told last
        self._rolled_back = 0
        self._known: dict[str, Any] = {}
        self._known_at = (-1, -1)
        with self._plain():
            self._connection = self._connect()
        try:
            with self._plain():
                self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rwc"
        uri = f"{self.path.resolve().as_uri()}?mode={mode}"
        return sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000, cached_statements=256
        )

    def _migrate(self) -> None:
        run = self._connection.execute
        (version,) = run("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StateError(
                f"{self.path} was written by a newer regen (schema {version}, this one knows {len(MIGRATIONS)})",
                hint="use the newer regen, or delete `.regen/`: that loses history, never a file of yours",
            )
        if self.read_only:
            if version < len(MIGRATIONS):
                raise StateError(
                    f"{self.path} has the schema of an older regen", hint="run `regen apply` once; it brings it up"
                )
            return
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA temp_store = MEMORY")
        run(f"PRAGMA cache_size = -{_CACHE_KIB}")  # else a commit of 10,000 files writes its pages again and again
        run("PRAGMA recursive_triggers = ON")  # so that the undo log sees the row that an INSERT OR REPLACE deletes
        for number in range(version, len(MIGRATIONS)):
            run("BEGIN IMMEDIATE")
            try:
                for statement in _statements(MIGRATIONS[number]):
                    run(statement)
                if number + 1 == len(MIGRATIONS):
                    make_triggers(self._connection)
                run(f"PRAGMA user_version = {number + 1}")
                run("COMMIT")
            except BaseException:
                run("ROLLBACK")
                raise

    @contextmanager
    def _plain(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise self._plain_words(error) from error

    def _plain_words(self, error: Exception) -> Exception:
        """What to raise: a broken rule of the schema is a fault of the program, not of the file, and stays as it is."""
        return error if isinstance(error, sqlite3.IntegrityError) else _in_plain_words(self.path, error)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and give all its rows."""
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except _FAILURES as error:
                raise self._plain_words(error) from error

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> tuple[Any, ...] | None:
        """Run one statement and give its first row; None where there is none."""
        with self._lock:
            try:
                row: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            except _FAILURES as error:
                raise self._plain_words(error) from error
            return row

    def known(self, name: str, read: Callable[[], T]) -> T:
        """What `read` gives, asked again only after a row of any table changed: one process writes, by this connection.

        Args:
            name: of what is read; others that ask by it share what is given, so nobody may change that.
            read: asks the database.
        """
        if self.read_only:
            return read()
        with self._lock:
            now = (self._connection.total_changes, self._rolled_back)
            if now != self._known_at:
                self._known, self._known_at = {}, now
            if name not in self._known:
                self._known[name] = read()
            found: T = self._known[name]
            return found

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of parameters."""
        if isinstance(rows, list) and not rows:
            return
        with self._lock, self._plain():
            self._connection.executemany(sql, rows)

    def among(self, sql: str, parameters: Sequence[Value], values: Iterable[Value]) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that ends in `IN`, asked for many values at once; in no order."""
        rest = list(values)
        for start in range(0, len(rest), _VALUES):
            part = rest[start : start + _VALUES]
            yield from self.execute(f"{sql} ({','.join('?' * len(part))})", (*parameters, *part))

    def iterate(self, sql: str, parameters: Sequence[Value] = (), *, batch: int = 500) -> Iterator[tuple[Any, ...]]:
        """Rows one after another, `batch` of them in memory; nothing may be written to their tables meanwhile."""
        with self._lock, self._plain():
            cursor = self._connection.execute(sql, parameters)
        while True:
            with self._lock, self._plain():
                rows = cursor.fetchmany(batch)
            if not rows:
                return
            yield from rows

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All or nothing. Inside another transaction it becomes a part of that one.

        Args:
            durable: False leaves out the flush at the end: after a power cut the transaction may be gone as a whole.
                Right where recovery would come to the same end again.
        """
        with self._lock:
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            with self._plain():
                if durable is not self._durable:
                    self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                    self._durable = durable
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                faults.point("db.commit")
                with self._plain():
                    self._connection.execute("COMMIT")
                faults.point("db.committed")
            except BaseException:
                self._rolled_back += 1
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read what one moment held, whatever another process commits meanwhile; nothing may be written inside."""
        with self._lock:
            with self._plain():
                self._connection.execute("BEGIN")
            try:
                yield
            finally:
                with self._plain():
                    self._connection.execute("ROLLBACK")

    def check(self) -> tuple[str, ...]:
        """What SQLite's own check finds wrong; empty for a sound database. Reads all of it. Raises StateError."""
        return tuple(text for (text,) in self.execute("PRAGMA quick_check(20)") if text != "ok")

    def close(self) -> None:
        """Close the connection; the last one folds the write-ahead log into the database."""
        with self._lock:
            self._connection.close()


def _statements(script: str) -> Iterator[str]:
    """Statements of a script one by one, for `executescript` would end the transaction."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _in_plain_words(path: Path, error: Exception) -> StateError:
    if isinstance(error, UnicodeDecodeError):
        return damaged(path, "it holds text that is none")
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    folder = path.parent
    if name.startswith("SQLITE_FULL"):
        return StateError(f"no space left for {path}; nothing was recorded", hint="free some space and run it again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return StateError(
            f"{path} cannot be opened for writing ({text})",
            hint=f"make {folder} and what is in it writable for this user",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StateError(f"{path} is in use by another process", hint="wait for it to end and run it again")
    if name.startswith("SQLITE_IOERR"):
        return StateError(
            f"the disk failed under {path}, or is full ({text})",
            hint="free some space or check the disk; then run it again",
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_FORMAT")):
        return damaged(path, text)
    return StateError(
        f"{path} cannot be used: {text}", hint=f"if it stays so, set {path.name} aside: `regen prune --rebuild`"
    )


def damaged(path: Path, text: str) -> StateError:
    """The error for a database that cannot be read: what is lost, what is not, and the way out."""
    return StateError(
        f"{path} is damaged ({text}); lost are the history of releases and the stale set; safe are all your files, "
        "the bases in `regen.lock` and the blobs",
        hint="`regen prune --rebuild` moves it aside (it deletes nothing) and takes the files on disk over again",
    )


def set_aside(path: Path) -> Path:
    """Rename a damaged database with its log to the first free `state.db.damaged-N`; the next open starts anew."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
