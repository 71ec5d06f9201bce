"""Merge: changes that touch, but of which each line is one side's alone, become one text.

Why: a merge of lines takes changes without a line between them for one place where both clash, which is right for text
that nobody reads again. Here the outcome is parsed and checked, so that neighbours in a table, arguments or sentences
need no person.
"""

from __future__ import annotations

from collections.abc import Iterator

from regen.lines.diff import Hunk, hunks
from regen_plugins.merge_python.outline import Lines

_Change = tuple[int, int, Lines]  # base lines from, to, and what stands there instead


def together(base: Lines, ours: Lines, theirs: Lines) -> Lines | None:
    """The text with the changes of both; None where both changed one line, or one added where the other changed."""
    changes = sorted({*_changes(base, ours), *_changes(base, theirs)})
    if any(_meets(one, other) for one in changes for other in changes if one is not other):
        return None
    result: list[str] = []
    at = 0
    for start, end, lines in changes:
        if start < at:
            return None
        result.extend((*base[at:start], *lines))
        at = end
    return (*result, *base[at:])


def _changes(base: Lines, side: Lines) -> Iterator[_Change]:
    """What a side changed; of lines that were replaced by as many, each by itself."""
    for hunk in hunks(base, side):
        if hunk.a_end - hunk.a_start == hunk.b_end - hunk.b_start:
            yield from _single(hunk, base, side)
        else:
            yield hunk.a_start, hunk.a_end, side[hunk.b_start : hunk.b_end]


def _single(hunk: Hunk, base: Lines, side: Lines) -> Iterator[_Change]:
    for old, new in zip(range(hunk.a_start, hunk.a_end), range(hunk.b_start, hunk.b_end), strict=True):
        if base[old] != side[new]:
            yield old, old + 1, (side[new],)


def _meets(one: _Change, other: _Change) -> bool:
    """Whether lines are added where others change, or at one place with others."""
    return one[0] == one[1] and other[0] <= one[0] <= other[1]
