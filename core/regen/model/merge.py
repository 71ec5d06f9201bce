"""Values of a three-way merge: what goes in, what comes out, what a person has to settle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from regen.model.structure import Structure

ConflictKind = OneOf["content", "structure", "deletion", "rename", "dependency", "schema", "version"]
How = OneOf["identical", "one side", "structure", "lines", "rule", "model"]


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """Three sides of one file.

    Attributes:
        path: relative to the output root; for messages and for the choice of a merger.
        language: the language's name as plugins register it; None where no plugin knows the file.
        base: the last render incorporated in the file on disk; None: there is none, only two sides are known.
        ours: the file on disk.
        theirs: the new render.
        ours_at, theirs_at: when the file, and the youngest graph file or template behind the render, were written;
            seconds since the epoch, UTC. None: not known, or no strategy of the project asks.
        structure: how files of the language are built, as a plugin describes it; None where none does.
    """

    path: str
    language: str | None
    base: bytes | None
    ours: bytes
    theirs: bytes
    ours_at: float | None = None
    theirs_at: float | None = None
    structure: Structure | None = None


@dataclass(frozen=True, slots=True)
class MergeRule:
    """What speaks for one side of a conflict; the strategy `priority` weighs all rules that apply.

    Attributes:
        take: the side that it speaks for.
        weight: how much; over 0.
        files: globs and languages; empty: any file.
        kinds: kinds of conflict; empty: any.
        matches: a regular expression that is looked for in the lines of `side`; None: whatever stands there.
        side: whose lines `matches` is about.
    """

    take: OneOf["ours", "theirs"]
    weight: float = 1.0
    files: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    matches: str | None = None
    side: OneOf["ours", "theirs"] = "ours"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place where both sides changed, and no merge can be right.

    Attributes:
        kind: the class of the conflict.
        message: what both sides did, in one sentence.
        ours_lines, base_lines, theirs_lines: half-open ranges of lines counted from 1 in each side, (3, 5) being
            lines 3 and 4; an empty range (3, 3) stands before line 3; None where a side has no such place.
    """

    kind: ConflictKind
    message: str
    ours_lines: tuple[int, int] | None = None
    base_lines: tuple[int, int] | None = None
    theirs_lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge.

    Attributes:
        content: the merged bytes; None while `conflicts` is not empty.
        conflicts: empty for a clean merge.
        how: the way that was taken.
        confidence: from 0 to 1; under the project's threshold a merge waits for a person.
        marked: the file with conflict markers (zdiff3 style), for a person to edit; None for a clean merge.
    """

    content: bytes | None
    conflicts: tuple[Conflict, ...]
    how: How
    confidence: float
    marked: bytes | None = None
