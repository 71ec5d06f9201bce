"""Rescues: automatic rollbacks that are under way or done, and the cycles by which a watch judges itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from regen.model.probe import Breach
from regen.state.db import Database


@dataclass(frozen=True, slots=True)
class Rescue:
    """An automatic rollback.

    Attributes:
        breach: why.
        release: that restored an earlier one; None until it is done.
        rollback_s: from the breach to verified, in seconds; None until it is done.
    """

    breach: Breach
    release: int | None = None
    rollback_s: float | None = None


def begin(db: Database, breach: Breach) -> None:
    """Note that a rollback has to come about, whatever happens to this process; durable when it returns."""
    with db.transaction():
        db.execute("DELETE FROM rescue WHERE environment = ? AND release IS NULL", (breach.environment,))
        db.execute(
            "INSERT INTO rescue (environment, probe, trigger, left, since, message) VALUES (?, ?, ?, ?, ?, ?)",
            (breach.environment, breach.probe, breach.trigger, breach.release, breach.since, breach.message),
        )


def finish(db: Database, environment: str, release: int, rollback_s: float) -> None:
    """Note that what was begun is done."""
    with db.transaction():
        db.execute(
            "UPDATE rescue SET release = ?, rollback_s = ? WHERE environment = ? AND release IS NULL",
            (release, rollback_s, environment),
        )


def give_up(db: Database, environment: str) -> None:
    """Forget what was begun: it cannot come about, or need not."""
    with db.transaction():
        db.execute("DELETE FROM rescue WHERE environment = ? AND release IS NULL", (environment,))


def pending(db: Database, environment: str) -> Breach | None:
    """What was begun and is not done; None where nothing is."""
    found = _one(db, environment, "release IS NULL")
    return None if found is None else found.breach


def last(db: Database, environment: str) -> Rescue | None:
    """The last one that was done; None where none was."""
    return _one(db, environment, "release IS NOT NULL")


def _one(db: Database, environment: str, where: str) -> Rescue | None:
    row: tuple[Any, ...] | None = db.one(
        "SELECT probe, trigger, left, since, message, release, rollback_s FROM rescue"  # noqa: S608 - constants
        f" WHERE environment = ? AND {where} ORDER BY number DESC LIMIT 1",
        (environment,),
    )
    if row is None:
        return None
    probe, trigger, left, since, message, release, rollback_s = row
    return Rescue(Breach(probe, environment, cast("Any", trigger), left, since, message), release, rollback_s)
