"""Merge: three texts become one, or regions where both sides changed the same lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NamedTuple

from regen.lines.diff import Hunk, hunks
from regen.lines.text import Text, is_binary, manner, mixed, take_apart
from regen.model.merge import Conflict, Merged, ThreeWay

CONFIDENCE = 0.9  # a clean merge of lines: nobody looked at what the lines mean
Who = OneOf["nobody", "ours", "theirs", "both", "conflict"]
Span = tuple[int, int]


class Region(NamedTuple):
    """A stretch of the file that one party changed; spans are half-open and counted from 0."""

    who: Who
    base: Span
    ours: Span
    theirs: Span


@dataclass(frozen=True, slots=True)
class Marks:
    """How a conflict is shown to a person: zdiff3 style, git's own words; longer where a side has lines like them."""

    size: int = 7

    @property
    def ours(self) -> bytes:
        return b"<" * self.size + b" ours"

    @property
    def base(self) -> bytes:
        return b"|" * self.size + b" base"

    @property
    def middle(self) -> bytes:
        return b"=" * self.size

    @property
    def theirs(self) -> bytes:
        return b">" * self.size + b" theirs"


# A definition that starts a line, and so is of no class or function: two of them are one too many in any language.
_DEFINES = re.compile(
    rb"(?:(?:export|default|pub|public|async|abstract|final)\s+)*"
    rb"(?:def|class|func(?:\s*\([^()]*\))?|function|fn|struct|interface|enum|trait)\s+\w"
)
_LIKE_A_MARK = re.compile(rb"<{7,}|\|{7,}|={7,}|>{7,}")


def _marks_for(*sides: Sequence[bytes]) -> Marks:
    """Marks that no line of these begins with."""
    found = (_LIKE_A_MARK.match(line) for side in sides for line in side)
    return Marks(max((len(one[0]) + 1 for one in found if one is not None), default=7))


def regions(base: Sequence[Hashable], ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[Region]:
    """Cut three sequences into regions, in order and without gaps.

    Changes that overlap or touch are one region, as with git: a conflict unless both sides say the same.
    """
    left, right = hunks(base, ours), hunks(base, theirs)
    at = at_ours = at_theirs = 0
    while left or right:
        mine, other = _group(left, right)
        start = min(h.a_start for h in (*mine, *other))
        end = max(h.a_end for h in (*mine, *other))
        gap = start - at
        if gap:
            yield Region("nobody", (at, start), (at_ours, at_ours + gap), (at_theirs, at_theirs + gap))
        at_ours, at_theirs = at_ours + gap, at_theirs + gap
        end_ours, end_theirs = at_ours + end - start + _growth(mine), at_theirs + end - start + _growth(other)
        who: Who = "conflict"
        if not other:
            who = "ours"
        elif not mine:
            who = "theirs"
        elif list(ours[at_ours:end_ours]) == list(theirs[at_theirs:end_theirs]):
            who = "both"
        yield Region(who, (start, end), (at_ours, end_ours), (at_theirs, end_theirs))
        at, at_ours, at_theirs = end, end_ours, end_theirs
    if at < len(base):
        yield Region("nobody", (at, len(base)), (at_ours, len(ours)), (at_theirs, len(theirs)))


def _group(left: list[Hunk], right: list[Hunk]) -> tuple[list[Hunk], list[Hunk]]:
    """Take the first hunk and all that overlap or touch it, from the front of both lists."""
    mine: list[Hunk] = []
    other: list[Hunk] = []
    end = min(side[0].a_start for side in (left, right) if side)
    while True:
        if left and left[0].a_start <= end:
            mine.append(left.pop(0))
            end = max(end, mine[-1].a_end)
        elif right and right[0].a_start <= end:
            other.append(right.pop(0))
            end = max(end, other[-1].a_end)
        else:
            return mine, other


def _growth(side: list[Hunk]) -> int:
    return sum(h.b_end - h.b_start - (h.a_end - h.a_start) for h in side)


def merge(three: ThreeWay) -> Merged:
    """Merge by lines; bytes that are no UTF-8 are lines like others, bytes that are no text are a conflict."""
    if three.ours == three.theirs:
        return Merged(three.ours, (), "identical", 1.0)
    if three.base in (three.ours, three.theirs):
        return Merged(three.theirs if three.base == three.ours else three.ours, (), "one side", 1.0)
    if any(is_binary(side) for side in (three.base or b"", three.ours, three.theirs)):
        message = f"{three.path} is no text, and your file and the template differ"
        return Merged(None, (Conflict("content", message),), "lines", 0.0)
    ours, theirs = take_apart(three.ours), take_apart(three.theirs)
    if three.base is None:
        return _two_way(ours, theirs)
    base = take_apart(three.base)
    if any(map(mixed, (base, ours, theirs))):  # lines are told apart by their ends, too
        base, ours, theirs = (take_apart(side, ends_count=True) for side in (three.base, three.ours, three.theirs))
    return _three_way(base, ours, theirs)


def _three_way(base: Text, ours: Text, theirs: Text) -> Merged:
    clean: list[bytes] = []
    marked: list[bytes] = []
    conflicts: list[Conflict] = []
    for found in regions(base.lines, ours.lines, theirs.lines):
        mine, other = ours.lines[slice(*found.ours)], theirs.lines[slice(*found.theirs)]
        if found.who == "conflict":
            conflicts.append(_conflict(found))
            marked.extend(mark(base.lines[slice(*found.base)], mine, other))
        else:
            taken = other if found.who == "theirs" else mine
            clean.extend(taken)
            marked.extend(taken)
    if conflicts:
        shown = manner(base, ours, theirs, tuple(marked))
        shown = Text(shown.lines, shown.bom, shown.crlf, newline=True)
        return Merged(None, tuple(conflicts), "lines", 0.0, bytes(shown))
    content = bytes(manner(base, ours, theirs, tuple(clean)))
    doubled = _doubled(ours.lines, theirs.lines, clean)
    if doubled is None:
        return Merged(content, (), "lines", CONFIDENCE)
    message = f"you and the template both added `{doubled.decode(errors='replace')}`, in two places"
    return Merged(None, (Conflict("structure", message),), "lines", 0.0, content)


def _doubled(ours: Sequence[bytes], theirs: Sequence[bytes], merged: Sequence[bytes]) -> bytes | None:
    """A line that defines something for the whole file, and that no side has as often; None where there is none."""
    counts = [Counter(line for line in side if _DEFINES.match(line)) for side in (ours, theirs, merged)]
    return next((line for line, count in counts[2].items() if count > max(1, counts[0][line], counts[1][line])), None)


def _two_way(ours: Text, theirs: Text) -> Merged:
    """Without a base nobody can say who changed what: each difference is a conflict."""
    marked: list[bytes] = []
    conflicts: list[Conflict] = []
    at = 0
    for hunk in hunks(ours.lines, theirs.lines):
        marked.extend(ours.lines[at : hunk.a_start])
        mine, other = ours.lines[hunk.a_start : hunk.a_end], theirs.lines[hunk.b_start : hunk.b_end]
        marked.extend(mark(None, mine, other))
        at = hunk.a_end
        message = "your file and the template differ here, and there is no earlier render to compare them with"
        conflicts.append(
            Conflict("content", message, _lines(hunk.a_start, hunk.a_end), None, _lines(hunk.b_start, hunk.b_end))
        )
    if not conflicts:  # they differ in line ends, mark or last newline alone: the person's manner stays
        return Merged(bytes(ours), (), "lines", CONFIDENCE)
    marked.extend(ours.lines[at:])
    return Merged(None, tuple(conflicts), "lines", 0.0, bytes(Text(tuple(marked), ours.bom, ours.crlf)))


def mark(base: Sequence[bytes] | None, ours: Sequence[bytes], theirs: Sequence[bytes]) -> list[bytes]:
    """One conflict with markers; what both sides have first and last alike stands outside of them."""
    head = 0
    while head < min(len(ours), len(theirs)) and ours[head] == theirs[head]:
        head += 1
    tail = 0
    while tail < min(len(ours), len(theirs)) - head and ours[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    marks = _marks_for(ours, theirs, base or ())
    shown_base = [] if base is None else [marks.base, *base]
    return [
        *ours[:head],
        marks.ours,
        *ours[head : len(ours) - tail],
        *shown_base,
        marks.middle,
        *theirs[head : len(theirs) - tail],
        marks.theirs,
        *ours[len(ours) - tail :],
    ]


def _lines(start: int, end: int) -> Span:
    return (start + 1, end + 1)


def _conflict(found: Region) -> Conflict:
    gone = [who for who, (start, end) in (("you", found.ours), ("the template", found.theirs)) if start == end]
    if found.base[0] == found.base[1]:
        message = "you and the template both added lines here, and they differ"
    elif gone:
        other = "the template" if gone[0] == "you" else "you"
        message = f"{gone[0]} removed lines that {other} changed"
    else:
        message = "your edit and the template both changed these lines"
    kind: OneOf["content", "deletion"] = "deletion" if gone and found.base[0] != found.base[1] else "content"
    return Conflict(kind, message, _lines(*found.ours), _lines(*found.base), _lines(*found.theirs))
