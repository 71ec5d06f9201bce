"""Marked: a text with conflict markers is taken apart into what is settled and what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from regen.lines.merge import Marks


@dataclass(frozen=True, slots=True)
class Marked:
    """The lines of one conflict, as they stand between its markers."""

    ours: tuple[bytes, ...]
    base: tuple[bytes, ...]
    theirs: tuple[bytes, ...]

    def side(self, name: OneOf["ours", "theirs"]) -> tuple[bytes, ...]:
        """The lines of one side."""
        return self.ours if name == "ours" else self.theirs


_START = re.compile(rb"(<{7,}) ours")


def pieces(lines: Sequence[bytes]) -> Iterator[Marked | tuple[bytes, ...]]:
    """The stretches of a text with markers, in order: lines that are settled, and conflicts."""
    plain: list[bytes] = []
    sides: dict[bytes, list[bytes]] = {}
    marks: Marks | None = None
    now = plain
    for at, line in enumerate(lines):
        opened = _opened(lines, at) if marks is None else None
        if opened is not None:
            yield tuple(plain)
            plain, marks = [], opened
            now = []
            sides = {marks.ours: now, marks.base: [], marks.middle: []}
        elif marks is not None and line in (marks.base, marks.middle):
            now = sides[line]
        elif marks is not None and line == marks.theirs:
            yield Marked(*(tuple(sides[mark]) for mark in (marks.ours, marks.base, marks.middle)))
            now, marks = plain, None
        else:
            now.append(line)
    yield tuple(plain)


def _opened(lines: Sequence[bytes], at: int) -> Marks | None:
    """The marks of the conflict that begins here; None where none does: a line may only look like one."""
    start = _START.fullmatch(lines[at])
    if start is None:
        return None
    marks = Marks(len(start[1]))
    rest = lines[at + 1 :]
    return marks if marks.middle in rest and marks.theirs in rest[rest.index(marks.middle) :] else None


def with_side(lines: Sequence[bytes], name: OneOf["ours", "theirs"]) -> list[bytes]:
    """The lines of a text with markers, with one side in each place."""
    return [line for part in pieces(lines) for line in (part.side(name) if isinstance(part, Marked) else part)]
