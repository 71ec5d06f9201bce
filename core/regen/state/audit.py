"""The audit: what persons and triggers decided becomes rows that are only ever added, each chained to the one before.

Why a chain over an append-only table: triggers stop a mistaken statement, not somebody who has the file; the digests
show what such a person changed. Rows cut off at the end leave no gap in the chain: SQLite's own count of rows shows
them, and the newest receipt names the digest of the last row before it.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from regen.errors import GateError, RegenError, StateError, UsageError
from regen.state.blobs import digest_of
from regen.state.db import Database, Value

if TYPE_CHECKING:
    from regen.model.audit import Action, Entry, Outcome, Who

_COLUMNS = "sequence, at, action, outcome, environment, subject, why, before, after, user, uid, machine, sudo, digest"
_LONGEST = 2000  # letters of a reason: ten findings of a gate are told in full
_SUDO: ContextVar[str | None] = ContextVar("sudo", default=None)


@cache
def _user(number: int) -> str:
    """The name of a user of this machine."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def who() -> Who:
    """Who is at work here: this process's user, or the one that a watch runs a command for."""
    from regen.model.audit import Who

    real = os.getuid()
    return Who(_user(real), os.geteuid(), socket.gethostname(), _SUDO.get() or os.environ.get("SUDO_USER") or None)


@contextmanager
def on_behalf(sudo: str | None) -> Iterator[None]:
    """Work for another process of the same user inside the block.

    Args:
        sudo: its `SUDO_USER`; None: that of this process.
    """
    token = _SUDO.set(sudo)
    try:
        yield
    finally:
        _SUDO.reset(token)


def note(
    db: Database,
    action: Action,
    *,
    outcome: Outcome = "done",
    environment: str | None = None,
    subject: str = "",
    why: str = "",
    before: int | None = None,
    after: int | None = None,
) -> str:
    """Add a row, in the transaction that is open, else in one of its own; gives its digest. See `Entry`.

    Raises StateError where the database cannot be written.
    """
    person = who()
    with db.transaction():
        last = db.one("SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1")
        number, previous = (int(last[0]) + 1, str(last[1])) if last is not None else (1, "")
        row: list[Value] = [
            number,
            time.time(),
            action,
            outcome,
            environment,
            _clean(subject),
            _clean(why)[:_LONGEST],
            before,
            after,
            person.user,
            person.uid,
            person.machine,
            person.sudo,
        ]
        digest = chained(previous, row)
        db.execute(
            f"INSERT INTO audit ({_COLUMNS}) VALUES ({', '.join('?' * 14)})",  # noqa: S608 - a constant
            (*row, digest),
        )
    return digest


@contextmanager
def attempting(
    db: Database, action: Action, *, environment: str, subject: str = "", why: str = "", before: int | None = None
) -> Iterator[None]:
    """Note what is raised inside the block, as refused or failed; who does it well notes that itself."""
    try:
        yield
    except (RegenError, OSError) as error:
        outcome: Outcome = "refused" if isinstance(error, GateError | UsageError) else "failed"
        reason = error.message if isinstance(error, RegenError) else str(error)
        told = f"{why}: {reason}" if why else reason
        with suppress(StateError, OSError):  # a full disk is what failed; the error itself tells it
            note(db, action, outcome=outcome, environment=environment, subject=subject, why=told, before=before)
        raise


def begin(db: Database, why: Callable[[], str]) -> None:
    """Start the chain where the state has none yet; `why` is asked only then."""
    if db.one("SELECT 1 FROM audit LIMIT 1") is None:
        with db.transaction(durable=False):
            note(db, "begin", why=why())


def head(db: Database) -> tuple[int, str]:
    """Number and digest of the last row; 0 and "" before the first."""
    row = db.one("SELECT sequence, digest FROM audit ORDER BY sequence DESC LIMIT 1")
    return (int(row[0]), str(row[1])) if row is not None else (0, "")


def entries(
    db: Database,
    *,
    environment: str | None = None,
    action: str | None = None,
    since: float | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """Rows of the audit, the newest first.

    Args:
        environment: those of an environment only, or of the whole project.
        action: those of one action only.
        since: those that were noted at this time or later; seconds since the epoch, UTC.
        before: only rows with smaller numbers.
        limit: how many at most.
    """
    rows = db.execute(
        f"SELECT {_COLUMNS}, (SELECT at FROM audit AS earlier WHERE earlier.sequence < audit.sequence"  # noqa: S608
        " ORDER BY sequence DESC LIMIT 1) FROM audit WHERE (?1 IS NULL OR environment IS NULL OR environment = ?1)"
        " AND (?2 IS NULL OR action = ?2) AND (?3 IS NULL OR at >= ?3) AND sequence < ?4"
        " ORDER BY sequence DESC LIMIT ?5",
        (environment, action, since, 2**62 if before is None else before, -1 if limit is None else limit),
    )
    return [_entry(row) for row in rows]


def check(db: Database) -> Iterator[tuple[int, str]]:
    """What was tampered with, as (number of a row, what is wrong), in the order of the rows."""
    expected, previous = 1, ""
    for *row, digest in db.iterate(f"SELECT {_COLUMNS} FROM audit ORDER BY sequence"):  # noqa: S608 - a constant
        number = int(row[0])
        if number != expected:
            yield number, f"the audit has no rows {expected} to {number - 1}: they were removed"
        elif chained(previous, row) != digest:
            before = f" and row {number - 1}: one of the two was changed" if number > 1 else ": it was changed"
            yield number, f"row {number} of the audit does not fit its digest{before}"
        expected, previous = number + 1, digest
    counted = db.one("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
    noted = int(counted[0]) if counted is not None else 0
    if noted != expected - 1:
        yield expected, f"the audit ends with row {expected - 1}, and row {noted} was noted: its end was cut off"


def chained(previous: str, row: Sequence[Value]) -> str:
    """The digest of a row without its own: over the row and the digest of the one before."""
    return digest_of(json.dumps([previous, *row], ensure_ascii=False, separators=(",", ":")).encode())


def _entry(row: Sequence[Any]) -> Entry:
    from regen.model.audit import Entry, Who

    number, at, action, outcome, environment, subject, why, before, after, user, uid, machine, sudo, digest, last = row
    person = Who(user, uid, machine, sudo)
    back = max(0.0, last - at) if last is not None else 0.0
    return Entry(
        number, at, action, cast("Outcome", outcome), environment, subject, why, before, after, person, digest, back
    )


def _clean(text: str) -> str:
    """The text without halves of letters, which names of files may have and a database may not."""
    return text.encode("utf-8", "replace").decode()
