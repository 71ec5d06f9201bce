"""Releases: immutable, numbered sets of artifacts, kept as differences to their parents."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regen.model.artifact import ArtifactId, Because
from regen.model.semver import Bump


class ReleaseState(StrEnum):
    """Where a release stands."""

    DEPLOYING = "deploying"  # the commit record is written; renames are under way, or were cut off
    DEPLOYED = "deployed"
    BAD = "bad"  # rolled back from; no rollback goes there again


class Standing(StrEnum):
    """Where an artifact stands in its environment."""

    OK = "ok"
    CONFLICT = "conflict"  # a person has to settle it; content and base are those from before the conflict
    ORPHAN = "orphan"  # the key is gone, the file was edited: left alone and reported
    DELETED = "deleted"  # the user deleted the file: stays deleted while the key stands


@dataclass(frozen=True, slots=True)
class KeptEdit:
    """A person's bytes that are no longer on disk, kept as a blob.

    Attributes:
        at: seconds since the epoch, UTC.
        content: digest of the bytes; its first twelve letters name the edit to people.
        why: what took them off the disk, in one line.
        base: digest of the last render in them; None where it is not known.
        restored: when a person had them back; seconds since the epoch, UTC. None: they wait.
    """

    path: str
    at: float
    content: str
    why: str
    base: str | None = None
    restored: float | None = None

    @property
    def name(self) -> str:
        """What a person calls it by."""
        return self.content[:12]


@dataclass(frozen=True, slots=True)
class Release:
    """One release of one environment.

    Attributes:
        number: from 1, per environment.
        parent: the release that it changed; None for the first.
        revision: of the dataset.
        inputs: digest of everything that the release was made from.
        at: seconds since the epoch, UTC.
        state: see ReleaseState.
        complete: False while conflicts were left out of it.
        created, updated, merged, deleted: counts of artifacts.
        note: why, in one line, such as "graphs/people.ttl: 3 triples added".
        restores: the release whose contents a rollback brought back; None for any other release.
        suggests: the part of a semantic version that the change of its interface asks to grow; None for a first
            release, for a rollback, and where nothing was compared.
        version: the semantic version that it was given; None where releases have none.
    """

    environment: str
    number: int
    parent: int | None
    revision: int
    inputs: str
    at: float
    state: ReleaseState
    complete: bool
    created: int = 0
    updated: int = 0
    merged: int = 0
    deleted: int = 0
    note: str = ""
    restores: int | None = None
    suggests: Bump | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One path as releases hold it.

    Attributes:
        since: the first release that holds it.
        until: the first release that does not any more; None while it stands.
        content, base: digests of the file and of the last render in it.
        template: digest of the template; rows: (view, digest of the rows).
        because: why it came to be.
        mode: permission bits of the file, as they were when it was written or, later, replaced.
        last: digest of the bytes on disk when a later release replaced them: `content`, or an edit of it;
            None while it stands, and where the user had removed the file.
        found: digest of a file that stood there before regen wrote to the path; None where there was none.
    """

    path: str
    since: int
    until: int | None
    artifact: ArtifactId
    content: str
    base: str
    template: str
    rows: tuple[tuple[str, str], ...]
    because: tuple[Because, ...]
    mode: int
    last: str | None = None
    found: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """An environment that a rollback holds: no release from `inputs` goes there, nor one from `interrupted`.

    Attributes:
        inputs: the input digest of the release that was left.
        release: the release that the rollback made.
        at: seconds since the epoch, UTC.
        interrupted: the input digest of a cycle that made way for the rollback; None where none did.
    """

    inputs: str
    release: int
    at: float
    interrupted: str | None = None

    def on(self, inputs: str) -> bool:
        """Whether no release from these inputs goes there."""
        return inputs in (self.inputs, self.interrupted)


@dataclass(frozen=True, slots=True)
class Freeze:
    """An environment to which no automatic cycle deploys, for a rollback found no good release to go to.

    Attributes:
        release: the bad one that stands there.
        at: seconds since the epoch, UTC.
        why: what asked for the rollback, in one line.
    """

    release: int
    at: float
    why: str
