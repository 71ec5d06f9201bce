"""Statements: a Turtle text is cut where a statement ends, so that two versions of a file can be compared as text.

Why the cuts can be trusted: outside of strings, IRIs and comments, a full stop before white space ends a statement, and
nothing else in Turtle does; a statement that ends otherwise is taken together with the next. A text in which something
begins that cannot be followed is not cut at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import pyoxigraph as ox

from regen.dataset.regions import Region, differing_regions

_IRI = rb'<[^<>"{}|^`\\\x00-\x20]*>'
_NAME = rb"[^\s:\#<>\"'\\]*:"
_HEAD = re.compile(
    rb"(?:[ \t\r\n]+|\#[^\n]*\n"
    rb"|@prefix[ \t\r\n]+" + _NAME + rb"[ \t\r\n]*" + _IRI + rb"[ \t\r\n]*\."
    rb"|@base[ \t\r\n]+" + _IRI + rb"[ \t\r\n]*\."
    rb"|(?i:prefix)[ \t\r\n]+" + _NAME + rb"[ \t\r\n]*" + _IRI + rb"|(?i:base)[ \t\r\n]+" + _IRI + rb")*"
)
_TOKEN = re.compile(
    rb'"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}(?!")'
    rb"|'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}(?!')"
    rb'|"(?!"")[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"'
    rb"|'(?!'')[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*'"
    rb'|<[^<>"{}|^`\\\x00-\x20]*(?:\\[uU][0-9A-Fa-f]+[^<>"{}|^`\\\x00-\x20]*)*>|<<'
    rb"|\#[^\r\n]*|\\."
    rb"|(?P<end>\.(?=[ \t\r\n]|\Z))"
    rb"|(?P<odd>[\"'<]|@(?i:prefix|base|version)\b|(?<![^\s.\]>\"'])(?i:prefix|base|version)(?=[\s<\"']))",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statements:
    """One version of a file, its quads together with the text that says them.

    Attributes:
        text: of the file.
        head: bytes at its start that are directives, comments and white space.
        all: its quads as the store has them.
        written: quad to the spellings of its object that are not the store's.
        repeated: quads as the file has them that stand there more than once.
        kinds: how many blank nodes there are of each kind (`Labels.kinds`).
        ends: where statements end in the text; None: that was not looked for yet.
    """

    text: bytes = field(repr=False)
    head: int
    all: Set[ox.Quad] = field(repr=False)
    written: Mapping[ox.Quad, tuple[str, ...]] = field(repr=False)
    repeated: Set[ox.Quad] = field(repr=False)
    kinds: Mapping[str, int] = field(repr=False)
    ends: list[int] | None = field(repr=False, default=None)

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[ox.Quad]:
        return iter(self.all)

    def quads(self) -> Set[ox.Quad]:
        """All quads."""
        return self.all


class UncutError(Exception):
    """A text has something that cannot be followed here, or a directive among its statements."""


def head_of(text: bytes) -> int:
    """How many bytes at the start of a Turtle text are directives, comments and white space."""
    found = _HEAD.match(text)
    return found.end() if found is not None else 0


def cuts(text: bytes, start: int) -> list[int]:
    """Where statements end, from the start of one on. Raises UncutError."""
    places = []
    for token in _TOKEN.finditer(text, start):
        if token.lastgroup == "end":
            places.append(token.end())
        elif token.lastgroup == "odd":
            raise UncutError
    return places


def differing_statements(
    old: bytes, new: bytes, head: int, ends: Sequence[int]
) -> tuple[list[Region], list[int]] | None:
    """Where two texts differ by whole statements, and where statements of the new one end; None for many.

    Args:
        head: bytes at the start of the old text that are no statements.
        ends: where statements of the old text end.

    Raises:
        UncutError: statements of the new text cannot be told apart.
    """
    if new[:head] != old[:head]:
        return None
    cut = _StatementCut(old, new, ends)
    regions = differing_regions(old, new, cut, head)
    return None if regions is None else (regions, _moved(ends, regions, cut.found))


class _StatementCut:
    """Cuts texts where statements end; of the new one only what is asked for is read."""

    def __init__(self, old: bytes, new: bytes, ends: Sequence[int]) -> None:
        self._old = old
        self._new = new
        self._ends = ends
        self.found: dict[int, int] = {}

    def back(self, at: int, end: int) -> int:
        """One byte less, for what comes after a full stop says whether it ends a statement."""
        place = bisect_left(self._ends, end) - 1
        return max(at, self._ends[place]) if place >= 0 else at

    def old_end(self, start: int) -> int:
        place = bisect_right(self._ends, start)
        return self._ends[place] if place < len(self._ends) else len(self._old)

    def new_end(self, start: int) -> int:
        end = self.found.get(start)
        if end is None:
            end = self.found[start] = self._read(start)
        return end

    def _read(self, start: int) -> int:
        for token in _TOKEN.finditer(self._new, start):
            if token.lastgroup == "end":
                return token.end()
            if token.lastgroup == "odd":
                raise UncutError
        return len(self._new)


def _moved(ends: Sequence[int], regions: Iterable[Region], found: dict[int, int]) -> list[int]:
    """The ends of statements of the new text: those of the old one but for the regions, which were read."""
    moved: list[int] = []
    at, shift = 0, 0
    for region in regions:
        place = bisect_right(ends, region.old_start)
        moved += [end + shift for end in ends[at:place]] if shift else ends[at:place]
        start = region.new_start
        while start < region.new_end:
            start = found[start]
            moved.append(start)
        at = bisect_right(ends, region.old_end)
        shift = region.new_end - region.old_end
    return moved + [end + shift for end in ends[at:]]
