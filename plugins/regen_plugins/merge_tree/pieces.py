"""Merge: pieces become the merged text, or the text with conflict markers, which stand on lines of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regen.lines.merge import mark, regions
from regen.model.merge import Conflict, ConflictKind
from regen_plugins.tree_source import Source

if TYPE_CHECKING:
    from regen_plugins.merge_tree.parts import Part


@dataclass(frozen=True, slots=True)
class Clashing:
    """A place that a person has to settle: what each side has there."""

    conflict: Conflict
    base: bytes
    ours: bytes
    theirs: bytes


Piece = bytes | Clashing
Place = tuple[Source, int, int]
"""A stretch of a side: from offset to offset."""


def clash(kind: ConflictKind, message: str, base: Place | None, ours: Place | None, theirs: Place | None) -> Clashing:
    """A conflict of three stretches; None where a side has nothing there."""
    spans = [_lines(place) for place in (ours, base, theirs)]
    texts = [b"" if place is None else place[0].text[place[1] : place[2]] for place in (base, ours, theirs)]
    return Clashing(Conflict(kind, message, *spans), *texts)


def _lines(place: Place | None) -> tuple[int, int] | None:
    if place is None:
        return None
    source, start, end = place
    while start < end and source.text[start : start + 1] == b"\n":
        start += 1
    first = source.line(start)
    return (first, first if start == end else source.line(end - 1) + 1)


def by_lines(base: Part, ours: Part, theirs: Part, message: str) -> list[Piece]:
    """Merge by lines; each region in which both sides changed lines is a conflict of its own."""
    before, mine, other = ([line + b"\n" for line in part.text.split(b"\n")] for part in (base, ours, theirs))
    pieces: list[Piece] = []
    for found in regions(before, mine, other):
        if found.who != "conflict":
            pieces.append(b"".join(other[slice(*found.theirs)] if found.who == "theirs" else mine[slice(*found.ours)]))
            continue
        places = [
            (part.source, *_stretch(part, lines, span))
            for part, lines, span in (
                (base, before, found.base),
                (ours, mine, found.ours),
                (theirs, other, found.theirs),
            )
        ]
        pieces.append(clash("content", message, *places))
    if isinstance(pieces[-1], bytes):
        pieces[-1] = pieces[-1][:-1]
    return pieces


def _stretch(part: Part, lines: Sequence[bytes], span: tuple[int, int]) -> tuple[int, int]:
    """Offsets of lines of a part; its last line has no end of its own."""
    start = part.start + sum(len(line) for line in lines[: span[0]])
    return min(start, part.end), min(start + sum(len(line) for line in lines[slice(*span)]), part.end)


def joined(pieces: Iterable[Piece]) -> bytes:
    """The text of pieces without conflicts."""
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


def on_lines(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces of whole lines: a conflict takes along what stands on its lines, other conflicts included."""
    result: list[Piece] = []
    open_line = b""  # what stands on the line that is not ended yet
    waiting = list(reversed(pieces))
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, bytes):
            head, newline, open_line = (open_line + piece).rpartition(b"\n")
            result.append(head + newline)
            continue
        result.append(_to_line_ends(open_line, piece, waiting))
        open_line = b""
    return [*result, open_line]


def _to_line_ends(before: bytes, clashing: Clashing, waiting: list[Piece]) -> Clashing:
    texts = (clashing.base, clashing.ours, clashing.theirs)
    sides = [before + text for text in texts]
    conflict = clashing.conflict
    ended = not any(text and not text.endswith(b"\n") for text in texts)
    while waiting and not ended:
        piece = waiting.pop()
        if isinstance(piece, Clashing):
            conflict = _both(conflict, piece.conflict)
            sides = [a + b for a, b in zip(sides, (piece.base, piece.ours, piece.theirs), strict=True)]
            continue
        rest, newline, after = piece.partition(b"\n")
        sides = [side + rest for side in sides]
        if newline:
            waiting.append(after)
            ended = True
    return Clashing(conflict, *sides)


def _both(one: Conflict, other: Conflict) -> Conflict:
    """Two conflicts on one line are one."""
    spans = [
        (min(a[0], b[0]), max(a[1], b[1])) if a is not None and b is not None else a or b
        for a, b in (
            (one.ours_lines, other.ours_lines),
            (one.base_lines, other.base_lines),
            (one.theirs_lines, other.theirs_lines),
        )
    ]
    return Conflict(one.kind, f"{one.message}; {other.message}", *spans)


def marked(pieces: Sequence[Piece]) -> tuple[bytes, ...]:
    """The lines of pieces of whole lines, conflicts marked in the style zdiff3."""
    lines: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, Clashing):
            lines.extend(mark(*(_split(side) for side in (piece.base, piece.ours, piece.theirs))))
        elif piece:
            lines.extend(piece.removesuffix(b"\n").split(b"\n"))
    return tuple(lines)


def _split(side: bytes) -> list[bytes]:
    """The lines of one side; none where only space is left of them."""
    return side.removesuffix(b"\n").split(b"\n") if side.strip() else []
