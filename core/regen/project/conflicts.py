"""Conflicts: what a project says of those that are open, and how a person settles one."""

from __future__ import annotations

from pathlib import Path

from regen.model.event import ConflictResolved
from regen.orchestrator import conflicts
from regen.orchestrator.session import Session


class ConflictsMixin:
    """The part of `Project` that is about conflicts."""

    _session: Session
    _start: Path | None

    async def conflicts(self, environment: str | None = None) -> tuple[conflicts.OpenConflict, ...]:
        """Open conflicts, by path."""
        return conflicts.conflicts(self._session.state.db, self._session.place(environment).name)

    async def resolve(
        self, path: str, how: str, environment: str | None = None, *, content: bytes | None = None
    ) -> str:
        """Settle one conflict.

        Args:
            path: of the file.
            how: "ours", "theirs", "markers" or "merged".
            environment: its name; the first one for None.
            content: for "merged", what the file becomes; None: it is on disk already. For "markers", the file with
                some of its places settled; None: with all of them.

        Returns:
            What was done, in one sentence.
        """
        session, place = self._session, self._session.place(environment)
        async with session.turn:
            before = set(conflicts.open_artifacts(session.state.db, place.name))
            done = await conflicts.resolve(session, place, path, how, start=self._start, content=content)
            settled = before - set(conflicts.open_artifacts(session.state.db, place.name))
        if settled:
            told = [ConflictResolved(place.name, name, how) for name in sorted(settled)]
            await session.notifier.publish(told, origin="resolve")
        return done
