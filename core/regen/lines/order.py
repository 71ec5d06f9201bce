"""Merge: the order of members on three sides becomes one order that keeps each side's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

K = TypeVar("K")
Rank = tuple[int, str]


def ordered(
    base: Sequence[K], ours: Sequence[K], theirs: Sequence[K], kept: Collection[K], rank: Callable[[K], Rank]
) -> list[K] | None:
    """Put the kept keys in one order.

    What a side added stands after what it follows there. Where both added at one place, the lower rank comes first,
    and at equal rank the template's, so that generated fields stay together.

    Returns:
        None where both sides moved keys, and not alike; else each of `kept` once.
    """
    mine = [key for key in ours if key in kept]
    other = [key for key in theirs if key in kept]
    common = set(base) & set(mine) & set(other)
    before, in_ours, in_theirs = ([key for key in side if key in common] for side in (base, ours, theirs))
    if in_ours == before and in_theirs != before:
        return _woven(other, mine, rank, ours_first=True)
    if in_theirs in (before, in_ours):
        return _woven(mine, other, rank, ours_first=False)
    return None


def _woven(skeleton: list[K], other: Sequence[K], rank: Callable[[K], Rank], *, ours_first: bool) -> list[K]:
    """Insert what only `other` has into the skeleton; `ours_first`: `other` is ours."""
    result = list(skeleton)
    known, shared = set(skeleton), set(other)
    run: list[K] = []
    after: K | None = None
    for key in (*other, None):
        if key is not None and key not in known:
            run.append(key)
            continue
        if run:
            start = 0 if after is None else result.index(after) + 1
            end = start
            while end < len(result) and result[end] not in shared:
                end += 1
            theirs, ours = (result[start:end], run) if ours_first else (run, result[start:end])
            result[start:end] = _by_rank(theirs, ours, rank)
            run = []
        after = key
    return result


def _by_rank(theirs: Sequence[K], ours: Sequence[K], rank: Callable[[K], Rank]) -> list[K]:
    left, right = list(theirs), list(ours)
    result: list[K] = []
    while left and right:
        result.append(left.pop(0) if rank(left[0]) <= rank(right[0]) else right.pop(0))
    return result + left + right
