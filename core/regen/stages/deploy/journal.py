"""Journal: bytes by digest for the deployer, and a safe place for what belongs to a person."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from regen.model.deploy import Content, Purpose
from regen.model.release import KeptEdit
from regen.state import faults
from regen.state.ancestry import way_back
from regen.state.blobs import digest_of
from regen.state.ledger import keep_edits
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind
from regen.state.releases import base_of, current, kept_edits
from regen.state.standing import standing
from regen.state.syscalls import has_writer
from regen.state.tree import read_all


class CommitJournal:
    """The journal of one commit.

    Args:
        at: seconds since the epoch, UTC; when edits are kept.
        why: what takes bytes off the disk, for those who find them later.
        record: of the commit, whose old bases are those of edits that are kept; None where nothing is committed.
        fresh: bytes that were stored a moment ago, by digest.
    """

    def __init__(
        self,
        state: State,
        environment: str,
        *,
        at: float,
        why: str,
        record: CommitRecord | None = None,
        fresh: Mapping[str, bytes] | None = None,
    ) -> None:
        self._state = state
        self.environment = environment
        self._at = at
        self._why = why
        self._fresh = fresh or {}
        self._record = record
        self._bases = {change.path: change.parent_base for change in record.changes} if record is not None else {}
        self.kept: list[KeptEdit] = []

    @property
    def purpose(self) -> Purpose:
        """What the commit is; right from the commit record on, and so are those below."""
        kind = self._record.kind if self._record is not None else RecordKind.UNDO
        if kind is not RecordKind.UNDO:
            return Purpose.DEPLOY if kind is RecordKind.DEPLOY else Purpose.ROLLBACK
        # What a release that failed left in the tables is gone from there; a file that was handed back is in none.
        failed = self._record is not None and self._record.release > self.release
        return Purpose.UNDO if failed else Purpose.EDIT

    @property
    def release(self) -> int:
        """The release that stands when the commit is done; 0: none."""
        newest = current(self._state.db, self.environment)
        return newest.number if newest is not None else 0

    @property
    def restores(self) -> int | None:
        """The release whose contents it brings back; None where it is no rollback."""
        newest = current(self._state.db, self.environment)
        return newest.restores if newest is not None else None

    @property
    def way_back(self) -> int | None:
        """The release that a rollback would go to; None where there is none."""
        return way_back(self._state.db, self.environment)

    def contents(self) -> Iterator[Content]:
        """What stands when the commit is done, sorted by path."""
        return standing(self._state.db, self.environment)

    def read(self, digest: str) -> bytes:
        """The bytes of a digest. Raises StateError."""
        known = self._fresh.get(digest)
        return known if known is not None else self._state.blobs.read(digest)

    def keep(self, path: str, data: bytes) -> None:
        """Keep a person's bytes; durable when it returns."""
        self.keep_edit(path, data, self._bases.get(path))

    def keep_edit(self, path: str, data: bytes, base: str | None) -> None:
        """The same where the last render in the bytes is known otherwise."""
        edit = KeptEdit(path, self._at, self._state.blobs.put(data), self._why, base)
        if any(known.content == edit.content for known in kept_edits(self._state.db, self.environment, path)):
            return
        with self._state.db.transaction():
            keep_edits(self._state.db, self.environment, [edit])
        self.kept.append(edit)

    def trash(self, name: str, path: str, digest: str) -> Path:
        """Note an old file; gives where to rename it to."""
        with self._state.db.transaction():
            self._state.db.execute(
                "INSERT OR REPLACE INTO trash (name, environment, path, digest, at) VALUES (?, ?, ?, ?, ?)",
                (name, self.environment, path, digest, self._at),
            )
        return self._state.trash / name


def sweep_trash(state: State, environment: str, *, at: float, keep_s: float = 60.0) -> tuple[KeptEdit, ...]:
    """Look at old files in the trash again: what was written to them is kept, and they go when nobody has them open.

    Args:
        at: now, in seconds since the epoch, UTC.
        keep_s: where the system cannot say who has a file open, how long it stays.
    """
    journal = CommitJournal(state, environment, at=at, why="written while regen replaced the file")
    rows = state.db.execute(
        "SELECT name, path, digest, at FROM trash WHERE environment = ? ORDER BY name", (environment,)
    )
    for name, path, digest, since in rows:
        faults.point("trash.sweep")
        _sweep(state, journal, state.trash / name, path, digest, old=not 0 <= at - since < keep_s)
    return tuple(journal.kept)


def _sweep(state: State, journal: CommitJournal, file: Path, path: str, digest: str, *, old: bool) -> None:
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        state.db.execute("DELETE FROM trash WHERE name = ?", (file.name,))
        return
    try:
        writer = has_writer(fd)
        data = read_all(fd)
        if digest_of(data) != digest:
            journal.keep_edit(path, data, base_of(state.db, journal.environment, path, digest))
            state.db.execute("UPDATE trash SET digest = ? WHERE name = ?", (digest_of(data), file.name))
        if writer is False or (writer is None and old):
            file.unlink()
            state.db.execute("DELETE FROM trash WHERE name = ?", (file.name,))
    finally:
        os.close(fd)
