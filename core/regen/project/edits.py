"""Edits: what a project says of edits that were set aside, and how a person has them back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regen.model.release import KeptEdit
from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.model.fleet import EdgeEdit
    from regen.orchestrator.edits import HandedBack, HowBack


class EditsMixin:
    """The part of `Project` that is about edits that were set aside."""

    _session: Session
    _start: Path | None

    def kept_edits(
        self, path: str | None = None, environment: str | None = None, *, restored: bool = False
    ) -> Sequence[KeptEdit]:
        """Edits that a rollback, or a race with a cycle, set aside; the newest first.

        Args:
            path: only those of this file, relative to the environment's root or to the current folder; None: all.
            environment: its name; the first one for None.
            restored: those too that a person has had back.
        """
        from regen.orchestrator.edits import kept_edits

        place = self._session.place(environment)
        return kept_edits(self._session, place, path, restored=restored, start=self._start)

    async def restore_edit(
        self, path: str, edit: str, environment: str | None = None, *, how: HowBack = "merge"
    ) -> HandedBack:
        """Give a person an edit back: its file is edited again. What a person has there meanwhile is set aside itself.

        Args:
            path: of the file.
            edit: `KeptEdit.name`, or its first letters, four at least.
            environment: its name; the first one for None.
            how: "merge" it onto what stands there; "replace" that; or write conflict "markers" where they do not merge.

        Raises:
            UsageError: there is no such edit, or more than one.
        """
        from regen.orchestrator.edits import hand_back

        async with self._session.turn:
            place = self._session.place(environment)
            return await hand_back(self._session, place, path, edit, how, start=self._start)

    def edge_edits(self, *, everything: bool = False) -> Sequence[EdgeEdit]:
        """What persons changed on edges, the newest first.

        Args:
            everything: those too that nobody has to look at any more.
        """
        from regen.state import edges

        return edges.edits(self._session.state.db, everything=everything)

    async def take_edge_edit(self, number: int, *, how: HowBack = "merge") -> tuple[EdgeEdit, HandedBack]:
        """Bring what a person changed on an edge into the file here: it is edited then, as if by hand.

        Args:
            number: of the edit.
            how: as for `restore_edit`; the base is the file as the edge had received it.

        Raises:
            UsageError: there is no such edit, or the file was deleted there.
        """
        from regen.orchestrator.edge_edits import take

        async with self._session.turn:
            return await take(self._session, number, how)

    def drop_edge_edit(self, number: int) -> EdgeEdit:
        """List an edit of an edge no more. Raises UsageError: there is none of that number."""
        from regen.orchestrator.edge_edits import drop

        return drop(self._session, number)
