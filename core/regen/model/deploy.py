"""Values between a commit and the deployer that carries it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from regen.model.artifact import ArtifactId


@dataclass(frozen=True, slots=True)
class Change:
    """One path of a commit.

    Attributes:
        path: relative to the environment's root, with forward slashes.
        artifact: whose file it is.
        old: digest of what stands on disk before; None: no file.
        new: digest of what stands there after; None: no file.
        base: digest of the last render incorporated in the new file; None where the file goes.
        parent_base: digest of the base before; None where there was none.
        theirs: digest of what an edit that comes in between is merged onto: the new render, or what a rollback
            restores; None where the file goes.
        mode: permission bits of the new file; None before a deployer looked.
        old_mode: permission bits of the old file; None where there is none.
        source: the path whose file lends permissions and attributes, where the artifact moves; None: its own.
        stage: the hidden path that holds the new file before, and the old one after the switch; "" before
            a deployer named it.
        lent: permission bits that regen left at the source; where they are others now, those come along instead of
            `mode`. None: the source's bits come along whatever they are.
    """

    path: str
    artifact: ArtifactId
    old: str | None
    new: str | None
    base: str | None
    parent_base: str | None = None
    theirs: str | None = None
    mode: int | None = None
    old_mode: int | None = None
    source: str | None = None
    stage: str = ""
    lent: int | None = None

    @property
    def alters(self) -> bool:
        """Whether anything changes on disk: bytes, or the permissions that an artifact brings along to equal bytes."""
        return self.old != self.new or (self.new is not None and self.mode != self.old_mode)

    def reversed(self) -> Change:
        """The change that takes this one back."""
        return replace(
            self,
            old=self.new,
            new=self.old,
            base=self.parent_base,
            parent_base=self.base,
            theirs=self.old,
            mode=self.old_mode,
            old_mode=self.mode if self.new is not None else None,
            source=None,
        )


class Purpose(StrEnum):
    """What a commit is."""

    DEPLOY = "deploy"  # a new release
    ROLLBACK = "rollback"  # a new release with the contents of an earlier one
    UNDO = "undo"  # what stood before a release that failed stands again, without anything that could say no
    EDIT = "edit"  # bytes of a person's go to a path of what stands, as if they had been typed there


@dataclass(frozen=True, slots=True)
class Content:
    """One file of what stands.

    Attributes:
        digest: of its bytes, as regen left them; None: a file that waits for a person and stays as it is.
        mode: its permission bits; None where `digest` is.
        fresh: whether the release itself put it there; where it did not, an edit of it stays.
    """

    path: str
    digest: str | None
    mode: int | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Raced:
    """A path that holds neither what the merge read nor what the change writes: somebody edited it meanwhile.

    Attributes:
        change: what was to happen; the path was left as the user has it.
        ours: the user's bytes; None: the user removed the file.
    """

    change: Change
    ours: bytes | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a deployer found when it looked at every path, before anything is written.

    Attributes:
        changes: as asked, with `mode`, `old_mode` and `stage` filled in, in the same order.
        raced: paths that no longer hold what the merge read.
        folders: those that the changes need and that do not exist yet, sorted.
    """

    changes: tuple[Change, ...]
    raced: tuple[Raced, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switched:
    """What a deployer did; every path that is not in `raced` holds its new bytes, durably.

    Attributes:
        raced: paths left as the user has them.
        removed: folders that are gone.
    """

    raced: tuple[Raced, ...] = ()
    removed: tuple[str, ...] = ()
