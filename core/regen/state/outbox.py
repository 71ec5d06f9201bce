"""Outbox: what happened on an edge waits until its hub has it for good.

Every record gets its place here by a trigger of the schema, so it is never lost without the thing that it is about, and
never told without it.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from regen.model.fleet import Ack, Kind, Message, SyncState
from regen.state.blobs import BlobStore
from regen.state.db import Database

ATTEMPTS = 5
"""After so many answers of 500 and more a message is a dead letter (SPEC.md, edges)."""
_FIRST_S, _LONGEST_S = 5.0, 300.0  # between attempts, doubled each time (SPEC.md, edges)
_LONGEST_ASKED_S = 3600.0  # that a hub may let an edge wait
_KEEP_S = 7 * 86_400.0  # what the hub has (SPEC.md, edges)
_MOST = 4_000_000  # bytes of edits in one batch; a single one may be longer


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record with its place in the outbox; `attempts`: how often the hub answered that it failed itself."""

    message: Message
    attempts: int


def new_id() -> str:
    """An id of a record."""
    return secrets.token_hex(16)


def note(
    db: Database, kind: Kind, data: dict[str, Any], *, at: float, release: int | None, content: str | None = None
) -> None:
    """Add a record, in the transaction that is open, else in one of its own.

    Args:
        data: what JSON knows.
        release: the hub's number.
        content: digest of the blob that holds the bytes of an edit.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    with db.transaction():
        db.execute(
            "INSERT INTO edge_record (id, kind, at, release, data, content) VALUES (?, ?, ?, ?, ?, ?)",
            (new_id(), kind, at, release, text.encode("utf-8", "replace").decode(), content),
        )


def due(db: Database, blobs: BlobStore, now: float, limit: int) -> list[Waiting]:
    """The next messages to send, in their order, without those that have to wait.

    Raises StateError where the bytes of an edit are damaged.
    """
    rows = db.execute(
        "SELECT id, sequence, kind, at, release, data, content, attempts FROM outbox JOIN edge_record USING (sequence)"
        # A clock that went back makes nothing wait for years.
        " WHERE state = 'pending' AND (due <= ?1 OR due > ?1 + ?2) ORDER BY sequence LIMIT ?3",
        (now, _LONGEST_ASKED_S, limit),
    )
    found: list[Waiting] = []
    size = 0
    for name, sequence, kind, at, release, data, digest, attempts in rows:
        content = blobs.read(digest) if digest is not None else None
        size += len(content or b"")
        if found and size > _MOST:
            break
        found.append(Waiting(Message(name, sequence, kind, at, release, data, content), attempts))
    return found


def settle(db: Database, acks: Iterable[tuple[Waiting, Ack]], now: float) -> None:
    """Write down what the hub said of messages, durably."""
    with db.transaction():
        for waiting, ack in acks:
            state, attempts, wait_s = _outcome(waiting, ack)
            db.execute(
                "UPDATE outbox SET state = ?, attempts = ?, due = ?, error = ?, sent = ? WHERE sequence = ?",
                (
                    state,
                    attempts,
                    now + wait_s,
                    None if state == "synced" else f"{ack.status} {ack.why}".strip(),
                    now if state == "synced" else None,
                    waiting.message.sequence,
                ),
            )


def _outcome(waiting: Waiting, ack: Ack) -> tuple[SyncState, int, float]:
    """State, attempts, and seconds to wait."""
    tried = waiting.attempts
    if 200 <= ack.status < 300:
        return "synced", tried, 0.0
    if ack.status == 409:
        return "conflict", tried, 0.0
    if ack.status == 429:
        return "pending", tried, min(_FIRST_S if ack.retry_after_s is None else ack.retry_after_s, _LONGEST_ASKED_S)
    if ack.status < 500:
        return "error", tried, 0.0
    tried += 1
    return ("error" if tried >= ATTEMPTS else "pending"), tried, min(_FIRST_S * 2 ** (tried - 1), _LONGEST_S)


def try_again(db: Database) -> int:
    """Let dead letters and conflicts wait once more, and everything at once; gives how many were brought back."""
    with db.transaction():
        row = db.one("SELECT count(*) FROM outbox WHERE state IN ('error', 'conflict')")
        db.execute("UPDATE outbox SET state = 'pending', attempts = 0 WHERE state IN ('error', 'conflict')")
        db.execute("UPDATE outbox SET due = 0 WHERE state = 'pending'")
    return int(row[0]) if row is not None else 0


def counts(db: Database) -> dict[SyncState, int]:
    """How many messages are in each state."""
    found: dict[SyncState, int] = {"pending": 0, "synced": 0, "conflict": 0, "error": 0}
    found.update(dict(db.execute("SELECT state, count(*) FROM outbox GROUP BY state")))
    return found


def refused(db: Database, limit: int) -> list[tuple[int, str, str, str]]:
    """(sequence, kind, state, why) of what the hub does not take, the newest first."""
    rows = db.execute(
        "SELECT sequence, kind, state, coalesce(error, '') FROM outbox JOIN edge_record USING (sequence)"
        " WHERE state IN ('conflict', 'error') ORDER BY sequence DESC LIMIT ?",
        (limit,),
    )
    return [(sequence, kind, state, why) for sequence, kind, state, why in rows]


def sweep(db: Database, now: float) -> None:
    """Forget what the hub has had for seven days."""
    old = (now - _KEEP_S,)
    if db.one("SELECT 1 FROM outbox WHERE state = 'synced' AND sent < ? LIMIT 1", old) is not None:
        with db.transaction():
            db.execute(
                "DELETE FROM edge_record WHERE sequence IN"
                " (SELECT sequence FROM outbox WHERE state = 'synced' AND sent < ?)",
                old,
            )


def count_traffic(db: Database, *, down: int = 0, up: int = 0, now: float | None = None) -> None:
    """Add bytes of files and of edits to those of the day; in UTC."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    with db.transaction(durable=False):
        db.execute(
            "INSERT INTO edge_traffic VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET down = down + excluded.down,"
            " up = up + excluded.up",
            (day, down, up),
        )


def traffic(db: Database, now: float | None = None) -> tuple[int, int]:
    """(down, up) in bytes of the day."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    row = db.one("SELECT down, up FROM edge_traffic WHERE day = ?", (day,))
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)
