"""Hints: what gates note of files to find them again, such as who imports what; a note may be out of date.

They are written in the transaction of a release. `hinted` says up to which release the notes of a gate are complete;
what was released later without the gate is named to it, so that it catches up.
"""

from __future__ import annotations

from collections.abc import Iterable

from regen.state.db import Database
from regen.state.releases import differing


def add(db: Database, environment: str, gate: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Note (key, path) pairs."""
    rows = [(environment, gate, key, path) for key, path in pairs]
    db.many("INSERT OR IGNORE INTO hint (environment, gate, key, path) VALUES (?, ?, ?, ?)", rows)


def complete(db: Database, environment: str, gate: str, release: int) -> None:
    """Note that every file of a release was looked at."""
    db.execute(
        "INSERT OR REPLACE INTO hinted (environment, gate, release) VALUES (?, ?, ?)", (environment, gate, release)
    )


def behind(db: Database, environment: str, gate: str) -> list[str]:
    """Paths at which something changed since the notes were complete, sorted; all that ever held a file at first."""
    row = db.one("SELECT release FROM hinted WHERE environment = ? AND gate = ?", (environment, gate))
    return differing(db, environment, int(row[0]) if row is not None else 0)


def find(db: Database, environment: str, gate: str, key: str, *, whole: bool) -> list[str]:
    """Paths under a key, or under every key that begins so; sorted."""
    select = "SELECT DISTINCT path FROM hint WHERE environment = ? AND gate = ? AND "
    if whole:
        rows = db.execute(f"{select} key = ? ORDER BY path", (environment, gate, key))
    else:
        rows = db.execute(f"{select} key >= ? AND key < ? ORDER BY path", (environment, gate, key, f"{key}\U0010ffff"))
    return [path for (path,) in rows]
