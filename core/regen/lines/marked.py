"""Marked: a text with conflict markers is taken apart into what is settled and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from regen.lines.merge import MARKS


@dataclass(frozen=True, slots=True)
class Marked:
    """The lines of one conflict, as they stand between its markers."""

    ours: tuple[bytes, ...]
    base: tuple[bytes, ...]
    theirs: tuple[bytes, ...]

    def side(self, name: OneOf["ours", "theirs"]) -> tuple[bytes, ...]:
        """The lines of one side."""
        return self.ours if name == "ours" else self.theirs


def pieces(lines: Sequence[bytes]) -> Iterator[Marked | tuple[bytes, ...]]:
    """The stretches of a text with markers, in order: lines that are settled, and conflicts."""
    plain: list[bytes] = []
    sides: dict[bytes, list[bytes]] = {}
    now = plain
    for line in lines:
        if line == MARKS.ours and now is plain:
            yield tuple(plain)
            plain = []
            sides = {MARKS.ours: [], MARKS.base: [], MARKS.middle: []}
            now = sides[MARKS.ours]
        elif now is not plain and line in (MARKS.base, MARKS.middle):
            now = sides[line]
        elif now is not plain and line == MARKS.theirs:
            yield Marked(*(tuple(sides[mark]) for mark in (MARKS.ours, MARKS.base, MARKS.middle)))
            now = plain
        else:
            now.append(line)
    yield tuple(plain)
