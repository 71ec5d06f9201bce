"""Releases: what each of them holds, as intervals of versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from regen.errors import UsageError
from regen.model.release import KeptEdit, Release, ReleaseState, Version
from regen.state.codec import artifact_of, rows_of
from regen.state.db import Database
from regen.state.records import because_values

_RELEASE = (
    "number, parent, revision, inputs, at, state, complete, created, updated, merged, deleted, note, restores,"
    " suggests, version"
)
_VERSION = "path, since, until, template, key, content, base, template_digest, rows, because, mode, last, found"


def _release(environment: str, row: Sequence[Any]) -> Release:
    number, parent, revision, inputs, at, state, complete, *rest = row
    return Release(environment, number, parent, revision, inputs, at, ReleaseState(state), bool(complete), *rest)


def _version(row: Sequence[Any]) -> Version:
    path, since, until, template, key, content, base, digest, rows, because, mode, last, found = row
    return Version(
        path,
        since,
        until,
        artifact_of(template, key),
        content,
        base,
        digest,
        rows_of(rows),
        because_values(because),
        mode,
        last,
        found,
    )


def history(db: Database, environment: str, *, limit: int | None = None, before: int | None = None) -> list[Release]:
    """Releases, the newest first.

    Args:
        limit: how many at most; None: all.
        before: only those with a lower number; None: from the newest.
    """
    rows = db.execute(
        f"SELECT {_RELEASE} FROM release WHERE environment = ? AND number < ?"  # noqa: S608 - a constant
        " ORDER BY number DESC LIMIT ?",
        (environment, before if before is not None else 2**62, limit if limit is not None else -1),
    )
    return [_release(environment, row) for row in rows]


def current(db: Database, environment: str) -> Release | None:
    """The newest release, deployed or on its way; None before the first."""
    return db.known(f"release {environment}", lambda: next(iter(history(db, environment, limit=1)), None))


def release(db: Database, environment: str, number: int) -> Release:
    """One release. Raises UsageError where there is none of that number."""
    found = history(db, environment, limit=1, before=number + 1)
    if not found or found[0].number != number:
        newest = current(db, environment)
        there = f"it has releases 1 to {newest.number}" if newest is not None else "it has none yet"
        raise UsageError(f"{environment} has no release {number}; {there}", hint="`regen history` lists them")
    return found[0]


def contents(db: Database, environment: str, number: int, *, prefix: str = "") -> Iterator[Version]:
    """What a release holds, sorted by path; only paths that start with `prefix`. Raises UsageError."""
    release(db, environment, number)
    rows = db.iterate(
        f"SELECT {_VERSION} FROM version WHERE environment = ? AND since <= ?"  # noqa: S608 - a constant
        " AND (until IS NULL OR until > ?) AND path >= ? AND path < ? ORDER BY path",
        (environment, number, number, prefix, prefix + "\U0010ffff"),
    )
    return (_version(row) for row in rows)


def count(db: Database, environment: str, number: int) -> int:
    """How many files a release holds. Raises UsageError."""
    release(db, environment, number)
    row = db.one(
        "SELECT count(*) FROM version WHERE environment = ? AND since <= ? AND (until IS NULL OR until > ?)",
        (environment, number, number),
    )
    return int(row[0]) if row is not None else 0


def at_path(db: Database, environment: str, path: str, number: int | None = None) -> Version | None:
    """What a release holds at a path; what stands now where `number` is None. None where there is nothing."""
    newest = number if number is not None else 2**62
    row = db.one(
        f"SELECT {_VERSION} FROM version WHERE environment = ? AND path = ? AND since <= ?"  # noqa: S608 - a constant
        " AND (until IS NULL OR until > ?) ORDER BY since DESC LIMIT 1",
        (environment, path, newest, newest),
    )
    return _version(row) if row is not None else None


def standing_paths(db: Database, environment: str, paths: Iterable[str]) -> set[str]:
    """Those of `paths` at which there is something now."""
    select = "SELECT path FROM version WHERE environment = ? AND until IS NULL AND path IN"
    rows = db.among(select, (environment,), paths)
    return {path for (path,) in rows}


def compare(db: Database, environment: str, older: int, newer: int) -> list[tuple[Version | None, Version | None]]:
    """Paths that differ between two releases, as (in the older, in the newer), sorted by path.

    Costs what was changed between them. Raises UsageError where one of them does not exist; before the first there was
    nothing, and that is 0.
    """
    low, high = sorted((older, newer))
    if low:
        release(db, environment, low)
    release(db, environment, high)
    return _differences(db, environment, older, newer)


def changes(
    db: Database, environment: str, number: int, *, limit: int | None = None
) -> list[tuple[Version | None, Version | None]]:
    """The same for what one release changed, though the one before may be forgotten. Raises UsageError.

    Args:
        limit: only so many paths are looked at, the first ones; None: all.
    """
    release(db, environment, number)
    return _differences(db, environment, number - 1, number, limit)


def _differences(
    db: Database, environment: str, older: int, newer: int, limit: int | None = None
) -> list[tuple[Version | None, Version | None]]:
    low, high = sorted((older, newer))
    paths = db.execute(
        "SELECT path FROM version INDEXED BY version_since WHERE environment = ?1 AND since > ?2 AND since <= ?3"
        " UNION SELECT path FROM version INDEXED BY version_until"
        " WHERE environment = ?1 AND until > ?2 AND until <= ?3 ORDER BY path LIMIT ?4",
        (environment, low, high, -1 if limit is None else limit),
    )
    pairs = [(at_path(db, environment, path, older), at_path(db, environment, path, newer)) for (path,) in paths]
    return [pair for pair in pairs if pair[0] != pair[1]]


def differing(db: Database, environment: str, number: int) -> list[str]:
    """Paths where any release after this one changed something, sorted."""
    rows = db.execute(
        "SELECT path FROM version INDEXED BY version_since WHERE environment = ?1 AND since > ?2"
        " UNION SELECT path FROM version INDEXED BY version_until WHERE environment = ?1 AND until > ?2 ORDER BY path",
        (environment, number),
    )
    return [path for (path,) in rows]


def found_before(db: Database, environment: str, path: str, number: int) -> str | None:
    """Digest of a file that stood at a path when a release after this one first wrote there; None where none did."""
    row = db.one(
        "SELECT found FROM version WHERE environment = ? AND path = ? AND since > ? ORDER BY since LIMIT 1",
        (environment, path, number),
    )
    return row[0] if row is not None else None


def left_at(db: Database, environment: str, path: str) -> str | None:
    """Digest of what regen left at a path that no release holds any more; None where it left nothing."""
    row = db.one(
        "SELECT after FROM version WHERE environment = ? AND path = ? ORDER BY since DESC LIMIT 1", (environment, path)
    )
    return row[0] if row is not None else None


def kept_edits(db: Database, environment: str, path: str | None = None, *, restored: bool = False) -> list[KeptEdit]:
    """Edits that were set aside, the newest first; of one path or of all.

    Args:
        restored: those too that a person has had back.
    """
    rows = db.execute(
        "SELECT path, at, content, why, base, restored FROM kept_edit WHERE environment = ?1"
        " AND (?2 IS NULL OR path = ?2) AND (?3 OR restored IS NULL) ORDER BY at DESC, path, content",
        (environment, path, restored),
    )
    return [KeptEdit(*row) for row in rows]


def mark_restored(db: Database, environment: str, edit: KeptEdit, at: float) -> None:
    """Note that a person has the bytes of an edit back, however often they were set aside at its path."""
    with db.transaction():
        db.execute(
            "UPDATE kept_edit SET restored = ? WHERE environment = ? AND path = ? AND content = ?",
            (at, environment, edit.path, edit.content),
        )


def base_of(db: Database, environment: str, path: str, content: str) -> str | None:
    """The last render in bytes that stood at a path once, after they were written or before they were replaced."""
    row = db.one(
        "SELECT base FROM version WHERE environment = ?1 AND path = ?2 AND ?3 IN (content, last)"
        " ORDER BY since DESC LIMIT 1",
        (environment, path, content),
    )
    return None if row is None else str(row[0])


def forget(db: Database, environment: str, *, keep: int, edits: bool = False) -> int:
    """Forget all but the newest releases, what only the older ones held, and edits set aside before them and restored.

    The releases that stay are complete: each can be shown, compared and restored.

    Args:
        keep: how many releases stay.
        edits: forget edits that wait to be restored, too.

    Returns:
        How many were forgotten.
    """
    row = db.one(
        "SELECT number, at FROM release WHERE environment = ? ORDER BY number DESC LIMIT 1 OFFSET ?",
        (environment, max(keep, 1) - 1),
    )
    if row is None:
        return 0
    oldest, at = row
    with db.transaction():
        gone = db.one("SELECT count(*) FROM release WHERE environment = ? AND number < ?", (environment, oldest))
        db.execute("DELETE FROM version WHERE environment = ? AND until <= ?", (environment, oldest))
        db.execute("DELETE FROM release WHERE environment = ? AND number < ?", (environment, oldest))
        db.execute("DELETE FROM evaluation WHERE environment = ? AND release < ?", (environment, oldest))
        db.execute(
            "DELETE FROM kept_edit WHERE environment = ? AND at < ? AND (? OR restored IS NOT NULL)",
            (environment, at, edits),
        )
    return int(gone[0]) if gone is not None else 0


_NAMED = (
    ("artifact", "content"),
    ("artifact", "base"),
    ("version", "content"),
    ("version", "base"),
    ("version", "last"),
    ("version", "after"),
    ("version", "found"),
    ("conflict", "base"),
    ("conflict", "ours"),
    ("conflict", "theirs"),
    ("conflict", "marked"),
    ("release", "receipt"),
    ("resolution", "marked"),
    ("resolution", "content"),
    ("commit_change", "old"),
    ("commit_change", "new"),
    ("commit_change", "base"),
    ("commit_change", "parent_base"),
    ("commit_change", "theirs"),
    ("kept_edit", "content"),
    ("kept_edit", "base"),
    ("file", "blob"),
    ("file", "written"),
    ("revision", "delta"),
    ("edge_record", "content"),
    ("edge_release", "receipt"),
    ("edge_edited", "content"),
)


def reachable(db: Database) -> set[str]:
    """Every digest of a blob that a table names, for `BlobStore.prune`."""
    found: set[str] = set()
    for table, column in _NAMED:
        rows = db.iterate(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 - constants
        found.update(digest for (digest,) in rows)
    return found
