"""Diff: two sequences of lines become hunks, the same for the same lines whatever else happened.

Why not difflib: it takes the longest common run first, which pairs the brackets and blank lines of unrelated members,
and it needs quadratic time on files of many equal lines. Rare lines are better anchors: this is the histogram method,
as git's merges use it, with Myers' method where every common line is frequent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

_FREQUENT = 64  # a line that stands more often in a region anchors nothing there (git's histogram: 64)
_LARGE = 256  # lines of a region
_MAX_EDITS = 256  # beyond so many edits between frequent lines a region counts as replaced: coarser, never slow


class Hunk(NamedTuple):
    """Lines `a_start:a_end` of the one side were replaced by lines `b_start:b_end` of the other; counted from 0."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int


class _Region(NamedTuple):
    a_start: int
    a_end: int
    b_start: int
    b_end: int


def hunks(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Hunk]:
    """What turns `a` into `b`: hunks in ascending order, with at least one equal line between two of them."""
    pairs = _matched(a, b)
    found: list[Hunk] = []
    i = j = 0
    for next_i, next_j in (*pairs, (len(a), len(b))):
        if next_i > i or next_j > j:
            found.append(Hunk(i, next_i, j, next_j))
        i, j = next_i + 1, next_j + 1
    return _slid(found, a, b)


def distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """How many lines are removed and added between the two."""
    return sum(h.a_end - h.a_start + h.b_end - h.b_start for h in hunks(a, b))


def _matched(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of equal lines, ascending on both sides."""
    pairs: list[tuple[int, int]] = []
    todo = [_Region(0, len(a), 0, len(b))]
    while todo:
        a0, a1, b0, b1 = todo.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            pairs.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            pairs.append((a1, b1))
        if a0 == a1 or b0 == b1:
            continue
        region = _Region(a0, a1, b0, b1)
        anchor, common = _anchor(a, b, region)
        if anchor is not None:
            pairs.extend(zip(range(anchor.a_start, anchor.a_end), range(anchor.b_start, anchor.b_end), strict=True))
            todo.append(_Region(a0, anchor.a_start, b0, anchor.b_start))
            todo.append(_Region(anchor.a_end, a1, anchor.b_end, b1))
        elif common:
            pairs.extend(_myers(a, b, region))
    pairs.sort()
    return pairs


def _anchor(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region) -> tuple[_Region | None, bool]:
    """The longest common run around the rarest common line; and whether there is any common line at all."""
    a0, a1, b0, b1 = region
    places: defaultdict[Hashable, list[int]] = defaultdict(list)
    for i in range(a0, a1):
        places[a[i]].append(i)
    best: _Region | None = None
    best_score = (_FREQUENT + 1, 0, 0)
    common = False
    j = b0
    while j < b1:
        after = j + 1
        candidates = places.get(b[j], ())
        common = common or bool(candidates)
        if 0 < len(candidates) <= best_score[0]:
            for i in candidates:
                run = _run_around(a, b, region, i, j)
                rarest = min(len(places[a[k]]) for k in range(run.a_start, run.a_end))
                # Of many alike the one in the middle: taken from an end, thousands would take quadratic time.
                aside = abs(a0 + a1 - run.a_start - run.a_end) if a1 - a0 > _LARGE else 0
                score = (rarest, run.a_start - run.a_end, aside)
                if rarest <= _FREQUENT and score < best_score:
                    best, best_score = run, score
                after = max(after, run.b_end)
        j = after
    return best, common


def _run_around(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region, i: int, j: int) -> _Region:
    start_i, start_j, end_i, end_j = i, j, i + 1, j + 1
    while start_i > region.a_start and start_j > region.b_start and a[start_i - 1] == b[start_j - 1]:
        start_i, start_j = start_i - 1, start_j - 1
    while end_i < region.a_end and end_j < region.b_end and a[end_i] == b[end_j]:
        end_i, end_j = end_i + 1, end_j + 1
    return _Region(start_i, end_i, start_j, end_j)


def _myers(a: Sequence[Hashable], b: Sequence[Hashable], region: _Region) -> list[tuple[int, int]]:
    """Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), greedy and forward; empty past the budget."""
    a0, a1, b0, b1 = region
    n, m = a1 - a0, b1 - b0
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(min(n + m, _MAX_EDITS) + 1):
        trace.append(dict(furthest))
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            while x < n and 0 <= x - k < m and a[a0 + x] == b[b0 + x - k]:
                x += 1
            furthest[k] = x
            if x >= n and x - k >= m:
                return _walk_back(trace, n, m, a0, b0)
    return []


def _walk_back(trace: list[dict[int, int]], x: int, y: int, a0: int, b0: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for edits in range(len(trace) - 1, -1, -1):
        furthest = trace[edits]
        k = x - y
        down = k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = furthest[before_k] if edits else 0
        before_y = before_x - before_k if edits else 0
        while x > before_x and y > before_y:
            x, y = x - 1, y - 1
            pairs.append((a0 + x, b0 + y))
        x, y = before_x, before_y
    return pairs


def _slid(found: list[Hunk], a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Hunk]:
    """Move what was only inserted or only removed as far down as equal lines allow, so that both sides agree where."""
    slid: list[Hunk] = []
    for at, hunk in enumerate(found):
        current = hunk
        if slid and (slid[-1].a_end, slid[-1].b_end) == (current.a_start, current.b_start):
            last = slid.pop()
            current = Hunk(last.a_start, current.a_end, last.b_start, current.b_end)
        limit = found[at + 1].a_start if at + 1 < len(found) else len(a)
        a_start, a_end, b_start, b_end = current
        while a_end < limit and (
            (a_start == a_end and b[b_start] == b[b_end]) or (b_start == b_end and a[a_start] == a[a_end])
        ):
            a_start, a_end, b_start, b_end = a_start + 1, a_end + 1, b_start + 1, b_end + 1
        slid.append(Hunk(a_start, a_end, b_start, b_end))
    return slid
