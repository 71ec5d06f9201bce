"""Ledger: what a commit decided becomes rows of artifacts, versions and conflicts, inside the commit's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from regen.model.artifact import ArtifactId, Because
from regen.model.deploy import Change
from regen.model.merge import Conflict
from regen.model.plan import Inputs
from regen.model.release import KeptEdit, Release, Standing, Version
from regen.state.codec import artifact_text, conflicts_text, rows_text
from regen.state.db import Database
from regen.state.records import because_text


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A conflict as it is stored.

    Attributes:
        base, ours, theirs, marked: digests of the three sides and of the file with markers; None where there is none.
    """

    path: str
    artifact: ArtifactId
    base: str | None
    ours: str | None
    theirs: str | None
    marked: str | None
    conflicts: tuple[Conflict, ...]
    because: tuple[Because, ...]


class Spelt(NamedTuple):
    """A version with its values as the tables spell them, for it goes into two of them."""

    version: Version
    template: str
    key: str
    rows: str
    because: str


def spell(version: Version) -> Spelt:
    """Spell the values of a version."""
    return Spelt(
        version,
        *artifact_text(version.artifact),
        rows_text(version.rows),
        because_text(version.because),
    )


class Ledger:
    """Writes the rows of one release of one environment; every method belongs into a transaction.

    Args:
        number: of the release; 0 where there is none, as when only conflicts are stored.
        at: seconds since the epoch, UTC.
    """

    def __init__(self, db: Database, environment: str, number: int, at: float) -> None:
        self._db = db
        self._environment = environment
        self._number = number
        self._at = at

    def release(self, release: Release) -> None:
        """Insert the release."""
        self._db.execute(
            "INSERT INTO release (environment, number, parent, revision, inputs, at, state, complete, created, updated,"
            " merged, deleted, note, restores) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._environment,
                release.number,
                release.parent,
                release.revision,
                release.inputs,
                release.at,
                release.state.value,
                release.complete,
                release.created,
                release.updated,
                release.merged,
                release.deleted,
                release.note,
                release.restores,
            ),
        )

    def close(self, changes: Iterable[Change]) -> None:
        """End the versions that stand at these paths, with the bytes and permissions that they had in the end."""
        self._db.many(
            "UPDATE version SET until = ?, last = ?, after = ?, mode = coalesce(?, mode)"
            " WHERE environment = ? AND path = ? AND until IS NULL",
            [(self._number, c.old, c.new, c.old_mode, self._environment, c.path) for c in changes],
        )

    def versions(self, versions: Iterable[Spelt]) -> None:
        """Insert versions."""
        self._db.many(
            "INSERT INTO version (environment, path, since, until, template, key, content, base, template_digest, rows,"
            " because, mode, last, found) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    self._environment,
                    v.path,
                    v.since,
                    v.until,
                    template,
                    key,
                    v.content,
                    v.base,
                    v.template,
                    rows,
                    because,
                    v.mode,
                    v.last,
                    v.found,
                )
                for v, template, key, rows, because in versions
            ],
        )

    def leave_paths(self, artifacts: Iterable[ArtifactId]) -> None:
        """Take the paths from artifacts that move, so that others of the same commit may have them."""
        self._db.many(
            "UPDATE artifact SET path = NULL WHERE environment = ? AND template = ? AND key = ?",
            [(self._environment, *artifact_text(a)) for a in artifacts],
        )

    def free_paths(self, versions: Iterable[Spelt]) -> None:
        """Take paths from other artifacts that have them: their files were deleted, for others are refused."""
        self._db.many(
            "UPDATE artifact SET path = NULL WHERE environment = ? AND path = ? AND NOT (template = ? AND key = ?)",
            [(self._environment, v.path, template, key) for v, template, key, _, _ in versions],
        )

    def stand(self, versions: Iterable[Spelt]) -> None:
        """Make these versions what their artifacts are now."""
        self._db.many(
            "INSERT INTO artifact (environment, template, key, path, content, base, template_digest, rows,"
            " because, release, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (environment, template, key) DO UPDATE SET path = excluded.path, content = excluded.content,"
            " base = excluded.base, template_digest = excluded.template_digest, rows = excluded.rows,"
            " because = excluded.because, release = excluded.release, state = excluded.state",
            [
                (
                    self._environment,
                    template,
                    key,
                    v.path,
                    v.content,
                    v.base,
                    v.template,
                    rows,
                    because,
                    self._number,
                    Standing.OK.value,
                )
                for v, template, key, rows, because in versions
            ],
        )

    def forget(self, artifacts: Iterable[ArtifactId]) -> None:
        """Delete artifacts with their look-ups."""
        ids = [(self._environment, *artifact_text(a)) for a in artifacts]
        which = "(SELECT id FROM artifact WHERE environment = ? AND template = ? AND key = ?)"
        self._db.many(f"DELETE FROM lookup WHERE artifact = {which}", ids)  # noqa: S608 - a constant
        self._db.many("DELETE FROM artifact WHERE environment = ? AND template = ? AND key = ?", ids)

    def mark(self, artifacts: Iterable[ArtifactId], standing: Standing) -> None:
        """Change where artifacts stand."""
        self._db.many(
            "UPDATE artifact SET state = ? WHERE environment = ? AND template = ? AND key = ?",
            [(standing.value, self._environment, *artifact_text(a)) for a in artifacts],
        )

    def inputs(self, rendered: Iterable[tuple[ArtifactId, Inputs]]) -> None:
        """Store what artifacts were rendered from, where the file stays as it is or there is none."""
        self._db.many(
            "INSERT INTO artifact (environment, template, key, path, content, base, template_digest, rows,"
            " because, release, state) VALUES (?, ?, ?, NULL, NULL, NULL, ?, ?, '[]', ?, ?)"
            " ON CONFLICT (environment, template, key) DO UPDATE SET template_digest = excluded.template_digest,"
            " rows = excluded.rows",
            [
                (self._environment, *artifact_text(a), i.template, rows_text(i.rows), self._number, Standing.OK.value)
                for a, i in rendered
            ],
        )

    def without_file(self, artifacts: Iterable[ArtifactId]) -> None:
        """Note that artifacts have no file any more, though their keys stand."""
        self._db.many(
            "UPDATE artifact SET path = NULL, content = NULL, base = NULL, release = ?, state = ?"
            " WHERE environment = ? AND template = ? AND key = ?",
            [(self._number, Standing.OK.value, self._environment, *artifact_text(a)) for a in artifacts],
        )

    def settle_conflicts(self, artifacts: Iterable[ArtifactId]) -> None:
        """Close the open conflicts of artifacts."""
        self._db.many(
            "DELETE FROM conflict WHERE environment = ? AND template = ? AND key = ?",
            [(self._environment, *artifact_text(a)) for a in artifacts],
        )

    def conflict(self, conflict: OpenConflict, inputs: Inputs | None) -> None:
        """Store a conflict and mark its artifact; an artifact that was never written gets its row."""
        self._db.execute(
            "INSERT INTO conflict (environment, path, template, key, base, ours, theirs, marked, detail, because, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (environment, path) DO UPDATE SET"
            " template = excluded.template, key = excluded.key, base = excluded.base, ours = excluded.ours,"
            " theirs = excluded.theirs, marked = excluded.marked, detail = excluded.detail, because = excluded.because,"
            " at = excluded.at",
            (
                self._environment,
                conflict.path,
                *artifact_text(conflict.artifact),
                conflict.base,
                conflict.ours,
                conflict.theirs,
                conflict.marked,
                conflicts_text(conflict.conflicts),
                because_text(conflict.because),
                self._at,
            ),
        )
        what = inputs or Inputs("")  # no digest is empty, so such an artifact is rendered again
        self._db.execute(
            "INSERT INTO artifact (environment, template, key, path, content, base, template_digest, rows,"
            " because, release, state) VALUES (?, ?, ?, NULL, NULL, NULL, ?, ?, ?, ?, ?)"
            " ON CONFLICT (environment, template, key) DO UPDATE SET template_digest = excluded.template_digest,"
            " rows = excluded.rows, state = excluded.state",
            (
                self._environment,
                *artifact_text(conflict.artifact),
                what.template,
                rows_text(what.rows),
                because_text(conflict.because),
                self._number,
                Standing.CONFLICT.value,
            ),
        )

    def fresh(self, artifacts: Iterable[ArtifactId]) -> None:
        """Take artifacts out of the stale set."""
        self._db.many(
            "DELETE FROM stale WHERE environment = ? AND template = ? AND key = ?",
            [(self._environment, *artifact_text(a)) for a in artifacts],
        )

    def keep_edits(self, edits: Sequence[KeptEdit]) -> None:
        """Note bytes of persons that are no longer on disk; the blobs are there already."""
        keep_edits(self._db, self._environment, edits)

    def folders(self, made: Iterable[str]) -> None:
        """Note folders that regen makes; the root ("") is the user's."""
        self._db.many(
            "INSERT INTO folder (environment, path) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(self._environment, folder) for folder in made if folder],
        )

    def dirty(self, paths: Iterable[str]) -> None:
        """Note that the lines of these paths are behind in the lock."""
        self._db.many(
            "INSERT INTO lock_dirty (environment, folder, path) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(self._environment, path[: path.rfind("/") + 1], path) for path in paths],
        )


def keep_edits(db: Database, environment: str, edits: Sequence[KeptEdit]) -> None:
    """Note bytes of persons that are no longer on disk."""
    db.many(
        "INSERT INTO kept_edit (environment, path, at, content, why, base) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(environment, e.path, e.at, e.content, e.why, e.base) for e in edits],
    )
