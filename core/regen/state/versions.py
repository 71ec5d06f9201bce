"""Versions: the semantic version of each release, and what the change of its interface asks for."""

from __future__ import annotations

from typing import cast

from regen.model.semver import Bump
from regen.state.db import Database


def note_version(db: Database, environment: str, number: int, suggests: Bump | None, version: str | None) -> None:
    """Store what a release asks for and how it is called; inside the transaction that makes it."""
    db.execute(
        "UPDATE release SET suggests = ?, version = ? WHERE environment = ? AND number = ?",
        (suggests, version, environment, number),
    )


def version_of(db: Database, environment: str, number: int) -> str | None:
    """The version of a release; None where it has none."""
    row = db.one("SELECT version FROM release WHERE environment = ? AND number = ?", (environment, number))
    return None if row is None else cast("str | None", row[0])


def highest_version(db: Database, environment: str) -> str | None:
    """The highest version that any release of an environment was given: no number is given twice."""
    rows = db.execute(
        "SELECT version FROM release WHERE environment = ? AND version IS NOT NULL ORDER BY number DESC", (environment,)
    )
    return max((version for (version,) in rows), key=_numbers, default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
