"""Alerts that are open, so that each is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from regen.model.alert import Alert
from regen.state.db import Database

_COLUMNS = "key, environment, severity, message, at, since, count"


def raised(db: Database, alert: Alert) -> Alert | None:
    """Note an alert.

    Returns:
        What is to be told; None where it was told already, as no less bad than this.
    """
    with db.transaction(durable=False):
        known = _one(db, alert.key)
        now = alert if known is None else replace(alert, since=known.since, count=known.count + 1)
        db.execute(
            f"INSERT OR REPLACE INTO alert ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
            (now.key, now.environment, now.severity, now.message, now.at, now.since, now.count),
        )
    return now if known is None or (known.severity, now.severity) == ("warning", "critical") else None


def recovered(db: Database, key: str, message: str, at: float) -> Alert | None:
    """Note that what an alert told of is over; gives what is to be told, None where no such alert is open."""
    with db.transaction(durable=False):
        known = _one(db, key)
        db.execute("DELETE FROM alert WHERE key = ?", (key,))
    return None if known is None else replace(known, message=message, at=at, recovered=True)


def open_alerts(db: Database, environment: str) -> tuple[Alert, ...]:
    """Those of an environment, by key."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM alert WHERE environment = ? ORDER BY key", (environment,))  # noqa: S608
    return tuple(_alert(row) for row in rows)


def _one(db: Database, key: str) -> Alert | None:
    row = db.one(f"SELECT {_COLUMNS} FROM alert WHERE key = ?", (key,))  # noqa: S608 - a constant
    return None if row is None else _alert(row)


def _alert(row: tuple[Any, ...]) -> Alert:
    return Alert(*row)
