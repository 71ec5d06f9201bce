"""Raced: a path that was edited while a commit was switching it is settled, by a merge or in favour of the person."""

from __future__ import annotations

from dataclasses import replace

from regen.model.deploy import Change, Raced
from regen.model.merge import Conflict, Merged, ThreeWay
from regen.model.release import Standing, Version
from regen.stages.deploy.again import BUSY
from regen.stages.deploy.journal import CommitJournal
from regen.stages.deploy.values import Remerge
from regen.state.blobs import digest_of
from regen.state.codec import artifact_text
from regen.state.ledger import Ledger, OpenConflict, spell
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind, add_changes, drop_changes
from regen.state.releases import at_path


class RaceSettler:
    """Decides about raced paths of one commit record; what it writes belongs into a transaction.

    Args:
        record: the commit.
        remerge: merges; may be called inside the transaction.
    """

    def __init__(self, state: State, record: CommitRecord, remerge: Remerge, journal: CommitJournal) -> None:
        self._state = state
        self._db = state.db
        self._record = record
        self._remerge = remerge
        self._journal = journal
        self._ledger = Ledger(state.db, record.environment, record.release, record.at)
        self._moving = {change.artifact for change in record.changes if change.new is not None}
        self.again: set[str] = set()
        self.conflicts: set[str] = set()

    def settle(self, raced: Raced) -> Change | None:
        """What is still to be done at the path; None: the person's file stays, and the record forgets the path."""
        change, ours = raced.change, raced.ours
        if change.new is None:
            self._leave(change, ours)
            following = None
        elif ours is None:
            self._stays_deleted(change)
            following = None
        else:
            following = self._merged(change, ours)
        if following is None or following.old == following.new:
            drop_changes(self._db, self._record.environment, [change.path])
            return None
        add_changes(self._db, self._record.environment, [following])
        return following

    def give_up(self, raced: Raced) -> None:
        """Settle a path that a process keeps writing to: its file stays, as a conflict where it should have changed."""
        change, ours = raced.change, raced.ours
        if change.new is None or ours is None or self._record.kind is RecordKind.UNDO:
            self._leave(change, ours)
        else:
            self._conflict(change, ours, Merged(None, (Conflict("content", BUSY),), "lines", 0.0))
        drop_changes(self._db, self._record.environment, [change.path])

    def _leave(self, change: Change, ours: bytes | None) -> None:
        """A file that was to go was edited: it stays."""
        if ours is None or self._record.kind is RecordKind.UNDO:
            return
        if change.artifact in self._moving:
            self._journal.keep(change.path, ours)  # it stays on disk too, at the path that its artifact has left
            return
        before = self._before(change.path)
        if before is not None:
            self._ledger.stand([spell(before)])
            self._ledger.mark([before.artifact], Standing.ORPHAN)
        self.again.add(change.path)

    def _stays_deleted(self, change: Change) -> None:
        if self._record.kind is RecordKind.UNDO:
            return
        self._drop_version(change)
        self._ledger.mark([change.artifact], Standing.DELETED)

    def _merged(self, change: Change, ours: bytes) -> Change | None:
        blobs = self._state.blobs
        base = blobs.read(change.parent_base) if change.parent_base is not None else None
        theirs = self._journal.read(change.theirs or change.new or "")
        merged = self._remerge(ThreeWay(change.path, None, base, ours, theirs))
        if merged.content is None and (self._record.kind is RecordKind.DEPLOY or base is None):
            self._conflict(change, ours, merged)
            return None
        if merged.content is None:
            self._journal.keep(change.path, ours)
        digest = blobs.put(merged.content if merged.content is not None else theirs)
        self.again.add(change.path)
        if self._record.kind is not RecordKind.UNDO:
            self._amend(change, digest)
        return replace(change, old=digest_of(ours), new=digest)

    def _amend(self, change: Change, content: str) -> None:
        where = (content, self._record.environment, change.path)
        self._db.execute(
            "UPDATE version SET content = ? WHERE environment = ? AND path = ? AND since = ?",
            (*where, self._record.release),
        )
        self._db.execute("UPDATE artifact SET content = ? WHERE environment = ? AND path = ?", where)

    def _conflict(self, change: Change, ours: bytes, merged: Merged) -> None:
        """The user's file stays; history and artifact go back to what they were at this path."""
        if self._record.kind is RecordKind.UNDO:
            return
        mine = at_path(self._db, self._record.environment, change.path, self._record.release)
        self._put_back(change)
        put = self._state.blobs.put
        marked = put(merged.marked) if merged.marked is not None else None
        because = mine.because if mine is not None else ()
        self._ledger.conflict(
            OpenConflict(
                change.path,
                change.artifact,
                change.parent_base,
                put(ours),
                change.theirs,
                marked,
                merged.conflicts,
                because,
            ),
            None,
        )
        self._db.execute(
            "UPDATE release SET complete = 0 WHERE environment = ? AND number = ?",
            (self._record.environment, self._record.release),
        )
        self.conflicts.add(change.path)

    def _put_back(self, change: Change) -> None:
        """History and artifact are at this path as before the release."""
        before = self._before(change.path)
        self._drop_version(change)
        if before is not None and before.artifact == change.artifact:
            self._db.execute(
                "UPDATE version SET until = NULL, last = NULL, after = NULL"
                " WHERE environment = ? AND path = ? AND since = ?",
                (self._record.environment, change.path, before.since),
            )
            self._ledger.stand([spell(before)])
        else:
            self._db.execute(
                "UPDATE artifact SET path = NULL, content = NULL, base = NULL"
                " WHERE environment = ? AND template = ? AND key = ?",
                (self._record.environment, *artifact_text(change.artifact)),
            )

    def _before(self, path: str) -> Version | None:
        """The version that this commit ended at a path."""
        found = at_path(self._db, self._record.environment, path, self._record.release - 1)
        return found if found is not None and found.until == self._record.release else None

    def _drop_version(self, change: Change) -> None:
        self._db.execute(
            "DELETE FROM version WHERE environment = ? AND path = ? AND since = ?",
            (self._record.environment, change.path, self._record.release),
        )
