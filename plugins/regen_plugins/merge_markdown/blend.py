"""Merge: three trees of sections become pieces: lines that are settled, or a place where both sides clash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from regen.lines.clash import Clashing, Piece
from regen.lines.diff import distance, hunks
from regen.lines.merge import regions
from regen.lines.order import ordered
from regen.lines.touching import together
from regen.model.merge import Conflict, ConflictKind
from regen_plugins.merge_markdown.outline import Key, Lines, Section


class Unstructured(Exception):  # noqa: N818 - a reason to merge by lines, not a fault
    """The sections of three files do not fit together; the message says why."""


Path = tuple[str, ...]
_ROW = re.compile(r"\s*(?:\||[-*+]\s)(?!\s*$)")
_UNDER_HEAD = re.compile(r"[\s|:-]*")


@dataclass(frozen=True, slots=True)
class Part:
    """What a merge made of one section without those inside.

    Attributes:
        pieces: its heading and its body.
        gap: as that of a section.
        depth: how many sections it is inside of.
    """

    pieces: tuple[Piece, ...]
    gap: int | None
    depth: int


def section(base: Section | None, ours: Section, theirs: Section, path: Path = ()) -> list[Part]:
    """Merge a section that both sides have.

    Raises:
        Unstructured: the order of its sections cannot be told.
    """
    parts = [_own(base, ours, theirs, path)]
    before = base.sections if base is not None else ()
    parts.extend(_sections(before, _paired(before, ours.sections), _paired(before, theirs.sections), path))
    return parts


def _sections(base: Sequence[Section], ours: Sequence[Section], theirs: Sequence[Section], path: Path) -> list[Part]:
    _same_repetitions(base, ours, theirs)
    before, mine, other = ({part.key: part for part in side} for side in (base, ours, theirs))
    kept = {key for key in {*mine, *other} if _stays(before.get(key), mine.get(key), other.get(key))}
    levels = {part.key: part.level for part in (*theirs, *ours)}
    # The deeper one first: under the other it would be inside of it.
    order = ordered(list(before), list(mine), list(other), kept, lambda key: (-levels[key], ""))
    if order is None:
        raise Unstructured("both sides moved sections")
    parts: list[Part] = []
    for key in order:
        parts.extend(_section(before.get(key), mine.get(key), other.get(key), path))
    return parts


def _section(base: Section | None, ours: Section | None, theirs: Section | None, path: Path) -> list[Part]:
    if ours is not None and theirs is not None:
        return section(base, ours, theirs, (*path, ours.key[0]))
    left = ours or theirs
    if left is None:
        return []
    if base is None:
        return [Part((part.heading + part.body,), part.gap, depth) for depth, part in left.deep(len(path) + 1)]
    gone, changed = ("you", "the template") if ours is None else ("the template", "you")
    message = f"{gone} removed {_called((*path, base.key[0]))}, which {changed} changed"
    return [Part((_clash("deletion", message, base, ours, theirs),), left.gap, len(path) + 1)]


def _stays(base: Section | None, ours: Section | None, theirs: Section | None) -> bool:
    left = ours or theirs
    if base is None or left is None or (ours is not None and theirs is not None):
        return True
    return not left.same(base)


def _own(base: Section | None, ours: Section, theirs: Section, path: Path) -> Part:
    """Merge the heading and the lines under it."""
    gaps = [side.gap for side in (base, ours, theirs) if side is not None]
    gap = next((found for found in (ours.gap, theirs.gap) if found is not None), None)
    if None not in gaps and base is not None and ours.gap == base.gap:
        gap = theirs.gap
    heads = [side.heading if side is not None else () for side in (base, ours, theirs)]
    pieces: list[Piece] = []
    if heads[2] in (heads[1], heads[0]):
        pieces.append(heads[1])
    elif heads[1] == heads[0]:
        pieces.append(heads[2])
    else:
        message = f"your edit and the template both changed the heading of {_called(path)}"
        spans = [(side.first, side.first + len(side.heading)) if side else None for side in (ours, base, theirs)]
        pieces.append(Clashing(Conflict("content", message, *spans), *heads))
    pieces.extend(_body(base, ours, theirs, path))
    return Part(tuple(pieces), gap, len(path))


def _body(base: Section | None, ours: Section, theirs: Section, path: Path) -> list[Piece]:
    before = base.body if base is not None else ()
    pieces: list[Piece] = []
    for region in regions(before, ours.body, theirs.body):
        old, mine, other = (
            before[slice(*region.base)],
            ours.body[slice(*region.ours)],
            theirs.body[slice(*region.theirs)],
        )
        if region.who != "conflict":
            pieces.append(other if region.who == "theirs" else mine)
            continue
        if _are_rows(before[: region.base[0]], old, mine, other):
            rows = together(old, mine, other, rows=True)
            if rows is not None:
                pieces.append(rows)
                continue
        if base is None:
            message = f"you and the template both added {_called(path)}, and they differ"
        else:
            message = f"your edit and the template both changed these lines of {_called(path)}"
        gone = bool(old) and not (mine and other)
        kind: ConflictKind = "deletion" if gone else "content"
        spans = [
            (side.first + len(side.heading) + start, side.first + len(side.heading) + stop) if side else None
            for side, (start, stop) in ((ours, region.ours), (base, region.base), (theirs, region.theirs))
        ]
        pieces.append(Clashing(Conflict(kind, message, *spans), old, mine, other))
    return pieces


def _are_rows(above: Lines, *sides: Lines) -> bool:
    """Whether all lines are rows of a table, or items of a list that say all on one line; none of a code block.

    The line under the head of a table is none: a side that changes it changed the columns.
    """
    if sum(line.lstrip().startswith(("```", "~~~")) for line in above) % 2:
        return False
    return all(_ROW.match(line) and not _UNDER_HEAD.fullmatch(line) for side in sides for line in side)


def _clash(
    kind: ConflictKind, message: str, base: Section | None, ours: Section | None, theirs: Section | None
) -> Clashing:
    texts = [side.text() if side is not None else () for side in (base, ours, theirs)]
    spans = [
        (side.first, side.first + len(text)) if side is not None else None
        for side, text in ((ours, texts[1]), (base, texts[0]), (theirs, texts[2]))
    ]
    return Clashing(Conflict(kind, message, *spans), *texts)


def _called(path: Path) -> str:
    """A section as a person calls it."""
    return f"section `{' > '.join(path)}`" if path else "the text before the first heading"


def _paired(base: Sequence[Section], side: Sequence[Section]) -> list[Section]:
    """Give a section whose title was changed in its place the key of the base's."""
    left, right = [part.key for part in base], [part.key for part in side]
    result = list(side)
    for hunk in hunks(left, right):
        old = [part for part in base[hunk.a_start : hunk.a_end] if part.key not in right]
        new = [at for at in range(hunk.b_start, hunk.b_end) if side[at].key not in left]
        if len(old) == len(new) and all(_alike(part, side[at]) for part, at in zip(old, new, strict=True)):
            for part, at in zip(old, new, strict=True):
                result[at] = replace(side[at], key=part.key)
    return result


def _alike(one: Section, other: Section) -> bool:
    """Whether most of what stands under the two is the same."""
    texts = [
        [line for part in section.all() for line in (*part.heading, *part.body) if line.strip()]
        for section in (one, other)
    ]
    mine, theirs = texts[0][len(one.heading) :], texts[1][len(other.heading) :]
    shared = len(mine) + len(theirs) - distance(mine, theirs)
    return bool(shared) and shared >= max(len(mine), len(theirs))


def _same_repetitions(base: Sequence[Section], ours: Sequence[Section], theirs: Sequence[Section]) -> None:
    """Sections of one title are told apart by counting, which holds only while their number does."""
    counted: list[list[Key]] = []
    for side in (base, ours, theirs):
        repeated = {part.key[0] for part in side if part.key[1]}
        counted.append(sorted(part.key for part in side if part.key[0] in repeated))
    if not counted[0] == counted[1] == counted[2]:
        raise Unstructured("a title that stands more than once was added again or removed")
