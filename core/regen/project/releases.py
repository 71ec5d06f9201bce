"""Releases: what a project says of those that were made, and the ways back to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread

from regen.model.release import Release
from regen.orchestrator import settle
from regen.orchestrator.cycle import running
from regen.orchestrator.session import Session
from regen.stages.deploy import RolledBack, Wanted
from regen.state import audit, releases

if TYPE_CHECKING:
    from regen.model.audit import Entry
    from regen.model.comparison import ReleaseComparison
    from regen.model.verification import Verification


class ReleasesMixin:
    """The part of `Project` that is about releases."""

    _session: Session
    _progress: Callable[[str, int, int], None]

    async def rollback(
        self,
        number: int | None = None,
        environment: str | None = None,
        *,
        why: str = "",
        discard_edits: bool = False,
        force: bool = False,
    ) -> RolledBack:
        """Restore the exact bytes of a release, and hold the environment there.

        Args:
            number: of the release; the nearest good ancestor of the current one for None.
            environment: its name; the first one for None.
            why: what asks for it, in one line, for the history.
            discard_edits: do not merge edits made since; they are kept as blobs either way.
            force: go to a release that is marked bad, too.

        Raises:
            UsageError: there is no such release, it is the current one, or it is bad; or no good one is left.
            DeployError: the deployment failed; what it had changed was put back.
        """
        from regen.orchestrator import rescue, rollouts

        wanted = Wanted(number, why, discard_edits=discard_edits, force=force)
        place = self._session.place(environment)
        async with running(self._session, "rollback", environment=place.name):
            done = await settle.rollback(self._session, place, wanted)
            await rollouts.advance(self._session, place)
        await rescue.tell_rollback(self._session, done, why, "manual")
        return done

    async def resume(self, environment: str | None = None) -> bool:
        """Go on after a rollback with the inputs as they are; False where nothing was held or frozen."""
        from regen.orchestrator import rescue

        place = self._session.place(environment)
        async with self._session.turn:
            resumed = settle.resume(self._session, place)
        await rescue.tell_resumed(self._session, place.name)
        return resumed

    def history(self, environment: str | None = None, *, limit: int | None = None) -> Sequence[Release]:
        """Releases, the newest first."""
        return releases.history(self._session.state.db, self._session.place(environment).name, limit=limit)

    def audit(
        self,
        environment: str | None = None,
        *,
        action: str | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> Sequence[Entry]:
        """Who did what, when, why, from which release to which; the newest first.

        Args:
            environment: only what was done there, or in the whole project; None: everything.
            action: only this one, such as "rollback".
            since: only what was done at this time or later; seconds since the epoch, UTC.
            limit: how many at most.
        """
        name = None if environment is None else self._session.place(environment).name
        return audit.entries(self._session.state.db, environment=name, action=action, since=since, limit=limit)

    async def verify(
        self, number: int | None = None, environment: str | None = None, *, exact: bool = False
    ) -> Verification:
        """Check receipts, signatures, the audit, stored bytes and the files on disk against each other.

        Args:
            number: a release; None: the newest, and what stands.
            environment: its name; the first one for None.
            exact: a hand edit is wrong, too.

        Raises:
            UsageError: there is no such release. ConfigError: a key cannot be read. StateError: the state is damaged.
        """
        from regen.orchestrator import verify as verification

        async with self._session.turn:
            asked = partial(
                verification.verify,
                self._session.config.root,
                environment,
                number,
                exact=exact,
                progress=self._progress,
            )
            return await anyio.to_thread.run_sync(asked)

    def show(self, number: int, environment: str | None = None) -> settle.ReleaseChanges:
        """One release and what it changed."""
        return settle.release_changes(self._session.state.db, self._session.place(environment).name, number)

    async def compare(self, older: int, newer: int, environment: str | None = None) -> ReleaseComparison:
        """Hold one release against another: files, features, interface, figures, and whether the second is ready.

        Args:
            older, newer: numbers of releases; where the first is the higher one, this is what going back would change.
            environment: its name; the first one for None.

        Raises:
            UsageError: one of them does not exist, or they are the same.
        """
        from regen.orchestrator.comparing import compare_releases

        session = self._session
        place = session.place(environment)
        return await compare_releases(session.state, session.hooks, session.config, place.name, older, newer)

    async def prune(self, *, keep_releases: int = 50, edits: bool = False) -> str:
        """Delete what nothing needs any more, with `edits` old ones that wait to be restored; returns what was done."""
        async with self._session.turn:
            return settle.prune(self._session, keep_releases=keep_releases, edits=edits)
