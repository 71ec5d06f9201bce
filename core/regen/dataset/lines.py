"""Lines: two versions of a file in which each line says what it says by itself are compared as text."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field

import pyoxigraph as ox

from regen.dataset.parse import paused_gc
from regen.dataset.terms import BLANK

_BLOCK = 1 << 16  # bytes that are compared at a time
_WINDOWS = (8, 64, 1024)  # lines after a difference among which the texts have to meet again
_SHARE = 8  # a difference of more than an eighth of the file, and some bytes, is left to the parser
_SOME = 4096


@dataclass(frozen=True, slots=True)
class Lines:
    """One version of a file, as text; iterating gives its quads as the store has them.

    Attributes:
        text: N-Quads, each line one quad, no two alike.
        count: quads of the version.
        added, removed: quads by which the version differs from the text: none of the first stands in it, all of the
            second do.
    """

    text: bytes = field(repr=False)
    count: int
    added: frozenset[ox.Quad] = frozenset()
    removed: frozenset[ox.Quad] = frozenset()

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[ox.Quad]:
        return iter(self.quads())

    def quads(self) -> set[ox.Quad]:
        """The quads; parses all of the text."""
        with paused_gc():
            quads = set(parsed_lines(self.text))
        quads -= self.removed
        quads |= self.added
        return quads

    def patched(self, added: Set[ox.Quad], removed: Set[ox.Quad]) -> Lines:
        """The next version: with `added`, of which it has none, and without `removed`, all of which it has."""
        return Lines(
            self.text,
            self.count + len(added) - len(removed),
            (self.added - removed) | (added - self.removed),
            (self.removed - added) | (removed - self.added),
        )


Quads = Set[ox.Quad] | Lines
"""All quads of one version of a file."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines that are in one of two texts only, each text as a whole: `removed` of the old, `added` of the new."""

    removed: bytes
    added: bytes


def difference(old: Lines, new: bytes) -> Difference | None:
    """The lines in which a new text differs; None where they are many, or name blank nodes."""
    found = differing_lines(old.text, new)
    if found is None:
        return None
    removed, added = b"".join(found[0]), b"".join(found[1])
    blank = BLANK.encode()
    if b"_:" in added or blank in removed or blank in new or b"\r" in added:
        return None
    return Difference(removed, added)


def differing_lines(old: bytes, new: bytes) -> tuple[list[bytes], list[bytes]] | None:
    """Lines to take from an old text, and lines to put in, that make the new one but for order; None for many.

    Each line has its end; one that is missing at the end of a text is put there.
    """
    removed: list[bytes] = []
    added: list[bytes] = []
    at, to, size = 0, 0, 0
    most = max(len(old), len(new)) // _SHARE + _SOME
    while size < most:
        same = _common(old, at, new, to)
        if at + same == len(old) and to + same == len(new):
            return removed, added
        start = old.rfind(b"\n", at, at + same) + 1 or at
        at, to = start, to + start - at
        met = _meeting(old, at, new, to)
        if met is None:
            return None
        removed += _with_ends(old[at : met[0]])
        added += _with_ends(new[to : met[1]])
        size += met[0] - at + met[1] - to
        at, to = met
    return None


def _common(old: bytes, at: int, new: bytes, to: int) -> int:
    """How many bytes are the same from two places on."""
    same, size = 0, _BLOCK
    while size:
        piece = old[at + same : at + same + size]
        if piece and piece == new[to + same : to + same + size]:
            same += len(piece)
        else:
            size //= 2
    return same


def _meeting(old: bytes, at: int, new: bytes, to: int) -> tuple[int, int] | None:
    """Where two texts that differ from two line starts on have a line in common again, or both end."""
    for window in _WINDOWS:
        ours, end = _next_lines(old, at, window)
        theirs, end_there = _next_lines(new, to, window)
        for line, place in theirs.items():
            if line in ours:
                return ours[line], place
        if end == len(old) and end_there == len(new):
            return end, end_there
    return None


def _next_lines(text: bytes, start: int, count: int) -> tuple[dict[bytes, int], int]:
    """The next lines of a text, each with its first place, and where they end."""
    places: dict[bytes, int] = {}
    for _ in range(count):
        end = text.find(b"\n", start) + 1 or len(text)
        if end == start:
            break
        places.setdefault(text[start:end], start)
        start = end
    return places, start


def _with_ends(text: bytes) -> list[bytes]:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    return lines


def parsed_lines(text: bytes) -> Iterator[ox.Quad]:
    """The quads of a text of the store's, or of some of its lines."""
    return ox.parse(text, format=ox.RdfFormat.N_QUADS, lenient=True)
