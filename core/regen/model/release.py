"""Releases: immutable, numbered sets of artifacts, kept as differences to their parents."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regen.model.artifact import ArtifactId


class ReleaseState(StrEnum):
    """Where a release stands."""

    DEPLOYING = "deploying"  # the commit record is written; renames are under way, or were cut off
    DEPLOYED = "deployed"
    BAD = "bad"  # rolled back from; no rollback goes there again


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
    """

    path: str
    artifact: ArtifactId
    old: str | None
    new: str | None
    base: str | None
    parent_base: str | None = None


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
