"""Regions: where two texts differ that are made of units, each of which says what it says by itself.

Which of several equal units are taken for the same does not matter: what is left of the one text and of the other makes
the one the other, but for order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

_BLOCK = 1 << 16  # bytes that are compared at a time
_WINDOWS = (8, 64, 1024)  # units after a difference among which the texts have to meet again
_SHARE = 8  # differences of more than an eighth of the text, and some bytes, are not worth while
_SOME = 4096


class Cut(Protocol):
    """Knows where units end."""

    def back(self, at: int, end: int) -> int:
        """The last place up to `end` at which a unit of the old text ends, or `at`, where one does.

        The new text has the same bytes up to `end`, so a unit of it has to end there as well.
        """

    def old_end(self, start: int) -> int:
        """Where the unit ends that starts here in the old text; `start` at its end."""

    def new_end(self, start: int) -> int:
        """The same in the new text."""


@dataclass(frozen=True, slots=True)
class Region:
    """Half-open ranges of bytes, of whole units, that take each other's place in two texts."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def differing_regions(old: bytes, new: bytes, cut: Cut, start: int = 0) -> list[Region] | None:
    """Where two texts differ, in their order; None where that is most of them.

    Args:
        start: how many bytes are the same and are no units.
    """
    regions: list[Region] = []
    at, to, size = start, start, 0
    most = max(len(old), len(new)) // _SHARE + _SOME
    while size < most:
        same = _common(old, at, new, to)
        if at + same == len(old) and to + same == len(new):
            return regions
        begin = cut.back(at, at + same)
        at, to = begin, to + begin - at
        met = _meeting(old, at, new, to, cut)
        if met is None:
            return None
        if met == (at, to):  # the unit is the same, though only what comes after it told where it ends
            at, to = cut.old_end(at), cut.new_end(to)
            continue
        regions.append(Region(at, met[0], to, met[1]))
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


def _meeting(old: bytes, at: int, new: bytes, to: int, cut: Cut) -> tuple[int, int] | None:
    """Where two texts that differ from two starts of units on have a unit in common again, or both end."""
    for window in _WINDOWS:
        ours: dict[bytes, int] = {}
        place = at
        for _ in range(window):
            end = cut.old_end(place)
            if end == place:
                break
            ours.setdefault(old[place:end], place)
            place = end
        there = to
        for _ in range(window):
            end = cut.new_end(there)
            if end == there:
                break
            if new[there:end] in ours:
                return ours[new[there:end]], there
            there = end
        if place == len(old) and there == len(new):
            return place, there
    return None
