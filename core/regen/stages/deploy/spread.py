"""Spread: one target of an environment gets a release that the environment has."""

from __future__ import annotations

from collections.abc import Iterator

from regen.errors import DeployError, UsageError
from regen.hooks.abilities import Spreads
from regen.model.deploy import Content, Purpose
from regen.model.release import KeptEdit
from regen.stages.deploy.journal import CommitJournal
from regen.stages.deploy.values import Target
from regen.state.opening import State
from regen.state.releases import contents


async def bring(
    state: State, target: Target, spreads: Spreads, name: str, release: int, now: int | None, *, at: float
) -> tuple[KeptEdit, ...]:
    """Let a target have a release.

    Args:
        spreads: the environment's deployer.
        name: of the target.
        release: which.
        now: the release that the target has; None: none that is known.
        at: seconds since the epoch, UTC.

    Returns:
        Edits that were found there, and that are kept as blobs.

    Raises:
        DeployError, PathError: it is not possible; the target has what it had.
    """
    journal = TargetJournal(state, target.environment, name, release, now, at=at)
    try:
        await spreads.bring(target.root, name, journal)
    except UsageError as error:  # pruned since
        raise DeployError(error.message, where=name, hint=error.hint) from error
    return tuple(journal.kept)


class TargetJournal(CommitJournal):
    """The journal of one target.

    Args:
        name: of the target.
        release: that it gets.
        now: the release that it has; None: none that is known.
    """

    def __init__(self, state: State, environment: str, name: str, release: int, now: int | None, *, at: float) -> None:
        super().__init__(state, environment, at=at, why=f"found at the target {name} when release {release} came")
        self._brought = release
        self._now = now

    @property
    def purpose(self) -> Purpose:
        """A release."""
        return Purpose.DEPLOY

    @property
    def release(self) -> int:
        """That the target gets."""
        return self._brought

    @property
    def restores(self) -> int | None:
        """The release that the target has: what is equal there comes from it."""
        return self._now if self._now != self._brought else None

    @property
    def way_back(self) -> int | None:
        """The release that the target has."""
        return self._now

    def contents(self) -> Iterator[Content]:
        """All that the release holds, each file as it is to be, whatever a target makes of it."""
        for version in contents(self._state.db, self.environment, self._brought):
            yield Content(version.path, version.content, version.mode, fresh=True)
