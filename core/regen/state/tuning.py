"""Tuning: what the feedback loop has chosen, and each of its decisions, as the state keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from regen.state.db import Database

if TYPE_CHECKING:
    from regen.model.tuning import Decision

_ROW = "tuning"  # of `meta`: what the loop knows, as JSON
_OFF = "tuning:off"  # of `meta`: who switched it off
_MOST = 10_000  # decisions; the oldest go
_COLUMNS = "setting, before, after, reason, at, environment, p95_s, waiting_s, left_s"


def read(db: Database) -> dict[str, Any]:
    """What the loop knew last; empty where it knew nothing."""
    row = db.one("SELECT value FROM meta WHERE name = ?", (_ROW,))
    found = json.loads(row[0]) if row is not None else {}
    return found if isinstance(found, dict) else {}


def write(db: Database, known: dict[str, Any], decisions: Iterable[Decision] = ()) -> None:
    """Keep what the loop knows and what it decided, not durably: a power cut may take the last of it."""
    rows = [
        (
            one.setting,
            json.dumps(one.before),
            json.dumps(one.after),
            one.reason,
            one.at,
            one.environment,
            one.p95_s,
            one.waiting_s,
            one.left_s,
        )
        for one in decisions
    ]
    with db.transaction(durable=False):
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_ROW, json.dumps(known, ensure_ascii=False)))
        if rows:
            into = f"INSERT INTO tuning ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
            db.many(into, rows)
            db.execute("DELETE FROM tuning WHERE number <= (SELECT max(number) FROM tuning) - ?", (_MOST,))


def decisions(db: Database, *, before: int | None = None, limit: int = 100) -> list[Decision]:
    """Some of them, the newest first; `before`: only those with a smaller number."""
    from regen.model.tuning import Decision  # no start needs it

    rows = db.execute(
        f"SELECT {_COLUMNS}, number FROM tuning WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",  # noqa: S608
        (before, before, limit),
    )
    return [Decision(row[0], json.loads(row[1]), json.loads(row[2]), *row[3:]) for row in rows]


def switched_off(db: Database) -> str | None:
    """Who switched the loop off; None: nobody did."""
    row = db.one("SELECT value FROM meta WHERE name = ?", (_OFF,))
    return None if row is None else str(row[0])


def switch(db: Database, by: str | None) -> None:
    """Switch the loop off in the name of somebody, or, for None, on again."""
    with db.transaction():
        if by is None:
            db.execute("DELETE FROM meta WHERE name = ?", (_OFF,))
        else:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_OFF, by))
