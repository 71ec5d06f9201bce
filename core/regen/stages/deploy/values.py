"""Values of the deploy stage: where it deploys to, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from regen.hooks.protocols import Deployer
from regen.model.merge import Merged, ThreeWay
from regen.model.receipt import Seal
from regen.model.release import KeptEdit, Release
from regen.model.verified import Verified
from regen.stages.deploy.around import Commands
from regen.state.envelope import enclosed

_NOTHING = Verified(0)
Remerge = Callable[[ThreeWay], Merged]
"""Merges a file that was edited meanwhile. `language` is None in the argument; `base` None: two sides are known."""


@dataclass(frozen=True, slots=True)
class Target:
    """An environment as this stage sees it.

    Attributes:
        environment: its name.
        root: the folder that is deployed to.
        deployer: carries changes out there.
        seal: signs the receipts of its releases.
        commands: what runs before and after its deployments; None: nothing.
    """

    environment: str
    root: Path
    deployer: Deployer
    seal: Seal = enclosed
    commands: Commands | None = None

    @property
    def tree(self) -> Path:
        """The folder in which what stands now is read."""
        return self.deployer.tree(self.root)


@dataclass(frozen=True, slots=True)
class Committed:
    """What came of a commit.

    Attributes:
        release: what was made; None where neither a file nor the history changed.
        again: paths that were edited meanwhile and merged once more, sorted.
        conflicts: paths of this commit that wait for a person, sorted.
        kept: a person's bytes that left the disk.
        verified: what was read back of the paths that changed; None where no release was made.
    """

    release: Release | None
    again: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    kept: tuple[KeptEdit, ...] = ()
    verified: Verified | None = None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A deployment that was cut off and waits for the next holder.

    Attributes:
        release: its number.
        paths: those whose change may not be done, sorted.
    """

    release: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of an interrupted deployment.

    Attributes:
        release: the number that was under way.
        forward: True: the new tree stands; False: it could not be completed, and the old one was put back.
        why: what stopped it, where `forward` is False and a failure was the reason; else None.
        again, conflicts, kept: as in Committed.
        verified: what was read back; None where the old tree was put back.
    """

    release: int
    forward: bool
    why: str | None = None
    again: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    kept: tuple[KeptEdit, ...] = ()
    verified: Verified | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of an edit, or a file, that a rollback met.

    Attributes:
        content: digest of the file as the person had it; None: it was deleted.
        outcome: "merged onto what was restored", "set aside", "left in place", "kept deleted".
    """

    path: str
    content: str | None
    outcome: str

    @property
    def waits(self) -> bool:
        """Whether its bytes left the disk and can be restored."""
        return self.outcome == "set aside"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What came of a rollback.

    Attributes:
        release: the new release, whose `restores` says which one it brought back.
        left: the release that was left; it is bad now.
        edits: what was done with edits made since, sorted by path.
        conflicts: paths where a file that regen does not own stands in the way and was left, sorted.
        verified: what was read back: the paths that changed, or all of them where the deployer shows trees as a whole.
    """

    release: Release
    left: Release
    edits: tuple[Edit, ...] = ()
    conflicts: tuple[str, ...] = ()
    verified: Verified = _NOTHING
