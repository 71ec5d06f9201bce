"""Clash: a merge as pieces: lines that are settled, and places that a person has to settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regen.lines.merge import mark
from regen.lines.text import Text
from regen.model.merge import Conflict, Merged

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clashing:
    """A place that a person has to settle: what each side has there."""

    conflict: Conflict
    base: Lines
    ours: Lines
    theirs: Lines


Piece = Lines | Clashing


def settled_lines(pieces: Sequence[Piece]) -> Lines:
    """The lines that are settled, one after the other."""
    return tuple(line for piece in pieces if not isinstance(piece, Clashing) for line in piece)


def clashed(pieces: Sequence[Piece], ours: Text, beside: Sequence[Conflict] = ()) -> Merged:
    """The outcome with markers where pieces clash.

    Args:
        pieces: in the order of the file.
        ours: whose byte order mark and line ends the text gets.
        beside: conflicts that come before those of the pieces, and have markers already.
    """
    marked: list[bytes] = []
    conflicts = list(beside)
    for piece in pieces:
        if not isinstance(piece, Clashing):
            marked.extend(line.encode() for line in piece)
            continue
        conflicts.append(piece.conflict)
        marked.extend(mark(*([line.encode() for line in side] for side in (piece.base, piece.ours, piece.theirs))))
    return Merged(None, tuple(conflicts), "structure", 0.0, bytes(Text(tuple(marked), ours.bom, ours.crlf)))
