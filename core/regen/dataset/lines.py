"""Lines: two versions of a file in which each line says what it says by itself are compared as text."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field

import pyoxigraph as ox

from regen.dataset.parse import paused_gc
from regen.dataset.regions import differing_regions
from regen.dataset.terms import BLANK


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
    regions = differing_regions(old, new, _LineCut(old, new))
    if regions is None:
        return None
    removed = [line for region in regions for line in _with_ends(old[region.old_start : region.old_end])]
    return removed, [line for region in regions for line in _with_ends(new[region.new_start : region.new_end])]


class _LineCut:
    """Cuts texts into lines, each with its end."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._old = old
        self._new = new

    def back(self, at: int, end: int) -> int:
        return self._old.rfind(b"\n", at, end) + 1 or at

    def old_end(self, start: int) -> int:
        return self._old.find(b"\n", start) + 1 or len(self._old)

    def new_end(self, start: int) -> int:
        return self._new.find(b"\n", start) + 1 or len(self._new)


def _with_ends(text: bytes) -> list[bytes]:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    return lines


def parsed_lines(text: bytes) -> Iterator[ox.Quad]:
    """The quads of a text of the store's, or of some of its lines."""
    return ox.parse(text, format=ox.RdfFormat.N_QUADS, lenient=True)
