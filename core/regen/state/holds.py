"""Holds: what keeps a release from an environment until the inputs change or a person says so."""

from __future__ import annotations

from regen.model.release import Freeze, Hold
from regen.state.db import Database


def held(db: Database, environment: str) -> Hold | None:
    """The hold that a rollback put on an environment; None where there is none."""
    select = "SELECT inputs, release, at, interrupted FROM hold WHERE environment = ?"
    row = db.known(f"hold {environment}", lambda: db.one(select, (environment,)))
    return Hold(*row) if row is not None else None


def hold(db: Database, environment: str, hold: Hold) -> None:
    """Hold an environment, inside a transaction.

    A hold that stands is on the inputs that the graph still gives; a second rollback does not change that.
    """
    db.execute(
        "INSERT INTO hold (environment, inputs, release, at, interrupted) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (environment) DO UPDATE SET release = excluded.release, at = excluded.at,"
        " interrupted = coalesce(excluded.interrupted, interrupted)",
        (environment, hold.inputs, hold.release, hold.at, hold.interrupted),
    )


def let_go(db: Database, environment: str) -> bool:
    """Lift the hold; whether there was one."""
    with db.transaction():
        was = held(db, environment) is not None
        db.execute("DELETE FROM hold WHERE environment = ?", (environment,))
    return was


def frozen(db: Database, environment: str) -> Freeze | None:
    """Why no automatic cycle deploys to an environment; None where it is not frozen."""
    select = "SELECT release, at, why FROM freeze WHERE environment = ?"
    row = db.known(f"freeze {environment}", lambda: db.one(select, (environment,)))
    return Freeze(*row) if row is not None else None


def freeze(db: Database, environment: str, freeze: Freeze) -> None:
    """Freeze an environment, inside a transaction; what froze it first stays."""
    db.execute(
        "INSERT INTO freeze (environment, release, at, why) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (environment, freeze.release, freeze.at, freeze.why),
    )


def thaw(db: Database, environment: str) -> bool:
    """Lift the freeze; whether there was one."""
    with db.transaction():
        was = frozen(db, environment) is not None
        db.execute("DELETE FROM freeze WHERE environment = ?", (environment,))
    return was
