"""Undo log: what a transaction changed becomes the statements that put it back, last one first.

Why triggers: a commit record has to be durable before the first file is renamed, and a rename may still fail. The log
is written by the same transaction, so the state can go back to exactly what it was, whatever wrote to the tables. The
triggers are part of the schema, made anew with each version of it, and do nothing unless `undo_armed` has a row.
"""
# ruff: noqa: S608 - every name in a statement comes from the schema

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regen.state.db import Database

_TABLES = (
    *("artifact", "conflict", "edge_release", "evaluation", "folder", "hinted"),
    *("hold", "release", "stale", "template", "version"),
)
_EVENTS = ("INSERT", "UPDATE", "DELETE")


def make_triggers(connection: sqlite3.Connection) -> None:
    """Make the triggers for the tables as they are now."""
    for table in _TABLES:
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        names = [row[1] for row in columns]
        keys = [row[1] for row in columns if row[5]]
        for event in _EVENTS:
            name = f"undo_{table}_{event.lower()}"
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
            connection.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN EXISTS (SELECT 1 FROM undo_armed) BEGIN"
                " INSERT INTO commit_undo (environment, statement)"
                f" SELECT environment, {_inverse(table, event, names, keys)} FROM undo_armed; END"
            )


@contextmanager
def logged(db: Database, environment: str) -> Iterator[None]:
    """Log what this block, inside a transaction, changes in the tables of releases; replaces an older log."""
    forget(db, environment)
    db.execute("INSERT INTO undo_armed (environment) VALUES (?)", (environment,))
    yield  # where it raises, the transaction goes back, and this row with it
    db.execute("DELETE FROM undo_armed")


def take_back(db: Database, environment: str) -> None:
    """Run the environment's log, inside a transaction, and empty it."""
    rows = db.execute("SELECT statement FROM commit_undo WHERE environment = ? ORDER BY sequence DESC", (environment,))
    for (statement,) in rows:
        db.execute(statement)
    forget(db, environment)


def forget(db: Database, environment: str) -> None:
    """Empty the environment's log: its commit is settled."""
    db.execute("DELETE FROM commit_undo WHERE environment = ?", (environment,))


def _inverse(table: str, event: str, columns: list[str], keys: list[str]) -> str:
    """An SQL expression whose value is the statement that takes one row's change back."""
    side = "new" if event != "DELETE" else "old"
    this_row = " || ' AND ' || ".join(f"'{key} IS ' || quote({side}.{key})" for key in keys)
    if event == "INSERT":
        return f"'DELETE FROM {table} WHERE ' || {this_row}"
    if event == "UPDATE":
        # Columns that stay the same are left out: reasons are long, and a commit would write each of them thrice.
        values = "".join(
            f" || CASE WHEN old.{column} IS new.{column} THEN '' ELSE ', {column} = ' || quote(old.{column}) END"
            for column in columns
            if column != keys[0]
        )
        return f"'UPDATE {table} SET {keys[0]} = ' || quote(old.{keys[0]}){values} || ' WHERE ' || {this_row}"
    values = " || ', ' || ".join(f"quote(old.{column})" for column in columns)
    return f"'INSERT INTO {table} ({', '.join(columns)}) VALUES (' || {values} || ')'"
