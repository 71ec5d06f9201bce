"""Learning: for each source a row with its cursor, and what the write of its file that is under way will make of it.

Why the file is written before the cursor is kept, and what will be kept before the file: a process may be killed
anywhere. Before the file is there, the old row is right. Once it is, its digest is the one that was intended, and the
next start keeps what belongs to it. So a cursor never says more than its file holds, and each item is counted once.

Why none of it is durable: after a power cut a row may be behind its file. Their digests differ then, the cursor counts
for nothing, and the source is asked from the beginning; items that the file has already are found in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from regen.model.measure import Measure
from regen.state import measures
from regen.state.db import Database

Validators = dict[str, tuple[str | None, str | None]]
"""Address to (ETag, Last-Modified) of the answer whose items are kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one source.

    Attributes:
        asked: digest of what is asked; another question has no cursor.
        cursor: of its channel; "": from the beginning.
        validators: of the answers that the cursor comes from.
        digest: of the file that the cursor belongs to; None: of no file.
        items: in that file.
        begun: when the first answer was kept; seconds since the epoch, UTC; None: never.
        at: when it was asked last.
        next_at: not before; None: in its interval.
        failures: in a row.
        error: of the last time.
        note: of the last answer that was new.
        requests, fetch_s: how often it answered, and how long that took in all.
        fetched, processed, integrated, refused: see `regen.model.learned.LearnStanding`.
        later: new items since `begun`.
        delay_s: of the last item that counts.
    """

    asked: str = ""
    cursor: str = ""
    validators: Validators = field(default_factory=dict)
    digest: str | None = None
    items: int = 0
    begun: float | None = None
    at: float | None = None
    next_at: float | None = None
    failures: int = 0
    error: str | None = None
    note: str | None = None
    requests: int = 0
    fetch_s: float = 0.0
    fetched: int = 0
    processed: int = 0
    integrated: int = 0
    refused: int = 0
    later: int = 0
    delay_s: float | None = None


def read(db: Database, name: str) -> Row:
    """The row of a source; an empty one where nothing is known."""
    found = db.one("SELECT row FROM learning WHERE name = ?", (name,))
    return Row() if found is None else _row(found[0])


def rows(db: Database) -> dict[str, Row]:
    """Those of all sources that were ever asked, by name."""
    return {name: _row(text) for name, text in db.execute("SELECT name, row FROM learning ORDER BY name")}


def write(db: Database, name: str, row: Row, measured: Iterable[Measure] = ()) -> None:
    """Keep a row, and forget what was intended."""
    found = list(measured)
    with db.transaction(durable=False):
        db.execute("INSERT OR REPLACE INTO learning (name, row) VALUES (?, ?)", (name, _text(row)))
        if found:
            measures.record(db, found)


def note(db: Database, name: str, row: Row) -> None:
    """Keep a row, and what was intended."""
    with db.transaction(durable=False):
        db.execute(
            "INSERT INTO learning (name, row) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET row = excluded.row",
            (name, _text(row)),
        )


def intend(db: Database, name: str, row: Row, measured: Iterable[Measure]) -> None:
    """Say what is to be kept once the file is there whose digest `row` has."""
    text = json.dumps([asdict(row), [asdict(one) for one in measured]], ensure_ascii=False)
    with db.transaction(durable=False):
        db.execute("INSERT OR IGNORE INTO learning (name, row) VALUES (?, ?)", (name, _text(Row())))
        db.execute("UPDATE learning SET intended = ? WHERE name = ?", (text, name))


def settle(db: Database, name: str, digest: str | None) -> Row:
    """Bring a write to its end that was cut off, and give the row.

    Args:
        digest: of the file as it is; None where there is none.
    """
    found = db.one("SELECT intended FROM learning WHERE name = ? AND intended IS NOT NULL", (name,))
    if found is None:
        return read(db, name)
    values, measured = json.loads(found[0])
    intended, row = _made(values), read(db, name)
    if intended.digest != digest:
        write(db, name, row)
        return row
    row = replace(intended, at=row.at, next_at=row.next_at, failures=row.failures, error=row.error)
    write(db, name, row, [Measure(**one) for one in measured])
    return row


def _text(row: Row) -> str:
    return json.dumps(asdict(row), ensure_ascii=False)


def _row(text: str) -> Row:
    return _made(json.loads(text))


def _made(values: dict[str, object]) -> Row:
    validators = values.pop("validators")
    if not isinstance(validators, dict):
        validators = {}
    return Row(**values, validators={url: (pair[0], pair[1]) for url, pair in validators.items()})  # type: ignore[arg-type]
