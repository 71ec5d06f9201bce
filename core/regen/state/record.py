"""The commit record: which paths a release is changing, durable before the first file is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from regen.model.artifact import ArtifactId
from regen.model.deploy import Change
from regen.state.codec import artifact_of, artifact_text
from regen.state.db import Database
from regen.state.undo import forget


class RecordKind(StrEnum):
    """What an edit that comes in between means."""

    DEPLOY = "deploy"  # merged, or a conflict that leaves the user's file
    ROLLBACK = "rollback"  # merged onto what is restored; where that fails, what is restored wins and the edit is kept
    UNDO = "undo"  # as for a rollback; the release that failed is in no table any more


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """A commit that is not settled.

    Attributes:
        release: its number.
        at: seconds since the epoch, UTC.
        changes: paths whose bytes change, sorted by path.
    """

    environment: str
    release: int
    kind: RecordKind
    at: float
    changes: tuple[Change, ...]


_COLUMNS = "path, template, key, old, new, base, parent_base, theirs, mode, old_mode, source, stage"


def write_record(db: Database, record: CommitRecord) -> None:
    """Write the record of an environment, in place of one that it has; inside a transaction."""
    db.execute("DELETE FROM commit_change WHERE environment = ?", (record.environment,))
    db.execute(
        "INSERT OR REPLACE INTO commit_record (environment, release, kind, at) VALUES (?, ?, ?, ?)",
        (record.environment, record.release, record.kind.value, record.at),
    )
    add_changes(db, record.environment, record.changes)


def add_changes(db: Database, environment: str, changes: Iterable[Change]) -> None:
    """Write changes, in place of those with the same paths."""
    db.many(
        f"INSERT OR REPLACE INTO commit_change (environment, {_COLUMNS})"  # noqa: S608 - a constant
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                environment,
                c.path,
                *artifact_text(c.artifact),
                c.old,
                c.new,
                c.base,
                c.parent_base,
                c.theirs,
                c.mode,
                c.old_mode,
                c.source,
                c.stage,
            )
            for c in changes
        ],
    )


def drop_changes(db: Database, environment: str, paths: Iterable[str]) -> None:
    """Take paths out of the record: they are settled in another way."""
    db.many("DELETE FROM commit_change WHERE environment = ? AND path = ?", [(environment, path) for path in paths])


def read_record(db: Database, environment: str) -> CommitRecord | None:
    """The unsettled commit of an environment; None where there is none."""
    head = db.one("SELECT release, kind, at FROM commit_record WHERE environment = ?", (environment,))
    if head is None:
        return None
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM commit_change WHERE environment = ? ORDER BY path",  # noqa: S608 - a constant
        (environment,),
    )
    return CommitRecord(environment, head[0], RecordKind(head[1]), head[2], tuple(_change(row) for row in rows))


def _change(row: Sequence[Any]) -> Change:
    path, template, key, old, new, base, parent_base, theirs, mode, old_mode, source, stage = row
    artifact: ArtifactId = artifact_of(template, key)
    return Change(path, artifact, old, new, base, parent_base, theirs, mode, old_mode, source, stage)


def clear_record(db: Database, environment: str) -> None:
    """Empty the record of an environment: every path is settled."""
    db.execute("DELETE FROM commit_change WHERE environment = ?", (environment,))
    db.execute("DELETE FROM commit_record WHERE environment = ?", (environment,))
    forget(db, environment)
