"""Undo log: what a transaction changed becomes the statements that put it back, last one first.

Why triggers: a commit record has to be durable before the first file is renamed, and a rename may still fail. The log
is written by the same transaction, so the state can go back to exactly what it was, whatever wrote to the tables.
"""
# ruff: noqa: S608 - every name in a statement comes from the schema

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from regen.state.db import Database

_TABLES = ("artifact", "conflict", "folder", "hold", "release", "stale", "template", "version")
_EVENTS = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def logged(db: Database, environment: str) -> Iterator[None]:
    """Log what this block, inside a transaction, changes in the tables of releases; replaces an older log."""
    db.execute("DELETE FROM commit_undo WHERE environment = ?", (environment,))
    names = []
    for table in _TABLES:
        columns, keys = _columns(db, table)
        for event in _EVENTS:
            names.append(f"undo_{table}_{event.lower()}")
            db.execute(
                f"CREATE TEMP TRIGGER {names[-1]} AFTER {event} ON main.{table} BEGIN"
                f" INSERT INTO commit_undo (environment, statement) VALUES ({_quoted(environment)},"
                f" {_inverse(table, event, columns, keys)}); END"
            )
    try:
        yield
    finally:
        for name in names:
            db.execute(f"DROP TRIGGER temp.{name}")


def take_back(db: Database, environment: str) -> None:
    """Run the environment's log, inside a transaction, and empty it."""
    rows = db.execute("SELECT statement FROM commit_undo WHERE environment = ? ORDER BY sequence DESC", (environment,))
    for (statement,) in rows:
        db.execute(statement)
    forget(db, environment)


def forget(db: Database, environment: str) -> None:
    """Empty the environment's log: its commit is settled."""
    db.execute("DELETE FROM commit_undo WHERE environment = ?", (environment,))


def _columns(db: Database, table: str) -> tuple[list[str], list[str]]:
    """Columns that are stored, and those of the primary key."""
    rows = db.execute(f"PRAGMA table_info({table})")
    return [row[1] for row in rows], [row[1] for row in rows if row[5]]


def _inverse(table: str, event: str, columns: list[str], keys: list[str]) -> str:
    """An SQL expression whose value is the statement that takes one row's change back."""
    side = "new" if event != "DELETE" else "old"
    this_row = " || ' AND ' || ".join(f"'{key} IS ' || quote({side}.{key})" for key in keys)
    if event == "INSERT":
        return f"'DELETE FROM {table} WHERE ' || {this_row}"
    if event == "UPDATE":
        values = " || ', ' || ".join(f"'{column} = ' || quote(old.{column})" for column in columns)
        return f"'UPDATE {table} SET ' || {values} || ' WHERE ' || {this_row}"
    values = " || ', ' || ".join(f"quote(old.{column})" for column in columns)
    return f"'INSERT INTO {table} ({', '.join(columns)}) VALUES (' || {values} || ')'"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
