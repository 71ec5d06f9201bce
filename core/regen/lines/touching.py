"""Touching: changes that touch, but of which each line is one side's alone, become one text.

Why: a merge of lines takes changes without a line between them for one place where both clash, which is right for text
that nobody reads again. Where the outcome is parsed and checked, or where each line stands for itself, neighbours in a
table, arguments or sentences need no person.
"""

from __future__ import annotations

from collections.abc import Iterator

from regen.lines.diff import Hunk, hunks

_Lines = tuple[str, ...]
_Change = tuple[int, int, _Lines]  # base lines from, to, and what stands there instead


def together(base: _Lines, ours: _Lines, theirs: _Lines, *, rows: bool = False) -> _Lines | None:
    """The text with the changes of both; None where both changed one line.

    Args:
        base, ours, theirs: lines.
        rows: each line stands for itself, as in a table: some may be added before or behind what the other side
            changed, and both sides may add some in one place: the template's first. Without that it is None, too.
    """
    mine, other = list(_changes(base, ours)), list(_changes(base, theirs))
    changes = [*other, *(change for change in mine if change not in other)]
    if any(_meets(one, two, rows=rows) for one in changes for two in changes if one is not two):
        return None
    result: list[str] = []
    at = 0
    for start, end, lines in sorted(changes, key=lambda change: change[:2]):
        if start < at:
            return None
        result.extend((*base[at:start], *lines))
        at = end
    return (*result, *base[at:])


def _changes(base: _Lines, side: _Lines) -> Iterator[_Change]:
    """What a side changed; of lines that were replaced by as many, each by itself."""
    for hunk in hunks(base, side):
        if hunk.a_end - hunk.a_start == hunk.b_end - hunk.b_start:
            yield from _single(hunk, base, side)
        else:
            yield hunk.a_start, hunk.a_end, side[hunk.b_start : hunk.b_end]


def _single(hunk: Hunk, base: _Lines, side: _Lines) -> Iterator[_Change]:
    for old, new in zip(range(hunk.a_start, hunk.a_end), range(hunk.b_start, hunk.b_end), strict=True):
        if base[old] != side[new]:
            yield old, old + 1, (side[new],)


def _meets(one: _Change, other: _Change, *, rows: bool) -> bool:
    """Whether lines are added where others change, or at one place with others."""
    if one[0] != one[1] or not other[0] <= one[0] <= other[1]:
        return False
    return not rows or other[0] < one[0] < other[1] or not set(one[2]).isdisjoint(other[2])
