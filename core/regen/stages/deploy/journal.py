"""Journal: bytes by digest for the deployer, and a safe place for what belongs to a person."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from regen.model.release import KeptEdit
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.ledger import keep_edits
from regen.state.opening import State


class CommitJournal:
    """The journal of one commit.

    Args:
        at: seconds since the epoch, UTC; when edits are kept.
        why: what takes bytes off the disk, for those who find them later.
        fresh: bytes that were stored a moment ago, by digest.
    """

    def __init__(
        self, state: State, environment: str, *, at: float, why: str, fresh: Mapping[str, bytes] | None = None
    ) -> None:
        self._state = state
        self._environment = environment
        self._at = at
        self._why = why
        self._fresh = fresh or {}
        self.kept: list[KeptEdit] = []

    def read(self, digest: str) -> bytes:
        """The bytes of a digest. Raises StateError."""
        known = self._fresh.get(digest)
        return known if known is not None else self._state.blobs.read(digest)

    def keep(self, path: str, data: bytes) -> None:
        """Keep a person's bytes; durable when it returns."""
        edit = KeptEdit(path, self._at, self._state.blobs.put(data), self._why)
        with self._state.db.transaction():
            keep_edits(self._state.db, self._environment, [edit])
        self.kept.append(edit)

    def trash(self, name: str, path: str, digest: str) -> Path:
        """Note an old file; gives where to rename it to."""
        with self._state.db.transaction():
            self._state.db.execute(
                "INSERT OR REPLACE INTO trash (name, environment, path, digest, at) VALUES (?, ?, ?, ?, ?)",
                (name, self._environment, path, digest, self._at),
            )
        return self._state.trash / name


def sweep_trash(state: State, environment: str, *, at: float, keep_s: float = 60.0) -> tuple[KeptEdit, ...]:
    """Look at old files in the trash again: what was written to them since is kept, and they go.

    Args:
        at: now, in seconds since the epoch, UTC.
        keep_s: files younger than this stay, for the process that has them open.
    """
    journal = CommitJournal(state, environment, at=at, why="written while regen replaced the file")
    rows = state.db.execute(
        "SELECT name, path, digest, at FROM trash WHERE environment = ? ORDER BY name", (environment,)
    )
    for name, path, digest, since in rows:
        file = state.trash / name
        data = file.read_bytes() if file.is_file() else None
        seen = digest_of(data) if data is not None else digest
        if data is not None and seen != digest:
            journal.keep(path, data)
        gone = data is None or not 0 <= at - since < keep_s
        with state.db.transaction():
            if gone:
                state.db.execute("DELETE FROM trash WHERE name = ?", (name,))
            else:
                state.db.execute("UPDATE trash SET digest = ? WHERE name = ?", (seen, name))
        faults.point("trash.swept")
        if gone and data is not None:
            os.unlink(file)  # noqa: PTH108 - one call beside the others
    return tuple(journal.kept)
