"""Spans: times as sorted pieces that do not touch, joined, cut out of each other, and measured."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[float, float]
"""(From when, until when), seconds since the epoch; the end is not included."""


def joined(spans: Iterable[Span]) -> list[Span]:
    """Any spans, as pieces; those without a length are left out."""
    found: list[Span] = []
    for since, until in sorted(one for one in spans if one[0] < one[1]):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def within(pieces: Sequence[Span], since: float, until: float) -> list[Span]:
    """What of these pieces lies between two times."""
    first = bisect_right(pieces, since, key=lambda one: one[1])
    last = bisect_left(pieces, until, key=lambda one: one[0])
    return [(max(start, since), min(end, until)) for start, end in pieces[first:last]]


def without(pieces: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What of these pieces lies in no hole, which are pieces too."""
    found: list[Span] = []
    for since, until in pieces:
        start = since
        for hole_since, hole_until in within(holes, since, until):
            if start < hole_since:
                found.append((start, hole_since))
            start = hole_until
        if start < until:
            found.append((start, until))
    return found


def length_s(pieces: Iterable[Span]) -> float:
    """How long they are together, in seconds."""
    return math.fsum(until - since for since, until in pieces)
