"""Outcome: what a cycle did, for whoever asked for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from regen.errors import RegenError
from regen.holder import Served
from regen.model.evaluated import Evaluated
from regen.model.plan import Plan
from regen.model.release import Freeze, Release
from regen.model.verified import Verified
from regen.stages.deploy import KeptEdit

if TYPE_CHECKING:
    from regen.orchestrator.rescue import Rescued
    from regen.orchestrator.rollouts import RolloutStatus


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did.

    Attributes:
        plan: what it did.
        release: what it made; None where nothing changed, or the environment is held.
        again: files that were edited meanwhile and merged once more.
        kept: edits that were set aside, as blobs.
        open_conflicts: how many conflicts the environment has now.
        held: whether a rollback holds the environment on these inputs, or froze it: nothing was done.
        verified: what was read back of the files that changed; None where no release was made.
        evaluated: what each gate said; empty where none was asked.
        rollout: how far releases came on their way to the targets of a canary; None where the environment is none.
        frozen: why no watch deploys there; None: it is not frozen, or a person asked for the cycle.
    """

    plan: Plan
    release: Release | None = None
    again: tuple[str, ...] = ()
    kept: tuple[KeptEdit, ...] = ()
    open_conflicts: int = 0
    held: bool = False
    frozen: Freeze | None = None
    verified: Verified | None = None
    evaluated: tuple[Evaluated, ...] = ()
    rollout: RolloutStatus | None = None


@dataclass(frozen=True, slots=True)
class Patched:
    """What a patch changed in the file that keeps it.

    Attributes:
        path: of the file, relative to the project.
        added, removed: how many of its lines.
    """

    path: str
    added: int
    removed: int

    def __str__(self) -> str:
        return f"patch: {self.added} added and {self.removed} removed in {self.path}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One cycle of a watch, or one command that it ran for another process.

    Attributes:
        at: when it started; seconds since the epoch, UTC.
        trigger: what changed, such as "graphs/people.ttl and 2 more"; "start" for the first; the command.
        duration_s: in seconds, from the end of the burst of changes to the committed release.
        applied: what it did; None where it failed, and for a command.
        error: why it failed; the watch goes on.
        environment: the environment's name; "" for a command, which names it itself.
        served: the command and its exit code; None for a cycle.
        gave_way: for which rollback the cycle was stopped, with nothing written; None: it was not.
        rescued: the automatic rollback that this turn was; None for any other.
        rolled: how far a release came with the steps of a rollout that this turn took; None for any other.
    """

    at: float
    trigger: str
    duration_s: float
    environment: str
    applied: Applied | None = None
    error: RegenError | None = None
    served: Served | None = None
    gave_way: str | None = None
    rescued: Rescued | None = None
    rolled: RolloutStatus | None = None

    def ended(self, duration_s: float, **came: Any) -> Turn:
        """The turn at its end."""
        return replace(self, duration_s=duration_s, **came)


def when(at: float) -> str:
    """A time as people read it, in the local zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
