"""Keyed: the comments and blanks that stand between data: three of them become one, and none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from regen.lines.merge import regions
from regen_plugins.keyed.node import FIXED


def settle(base: str | None, ours: str, theirs: str) -> str | None:
    """What one side changed; ours where both say the same and only blanks differ; None where both changed it."""
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    return ours if comments([ours]) == comments([theirs]) else None


def comments(texts: Iterable[str]) -> Counter[str]:
    """How often each line with anything but blanks stands in these texts."""
    lines = (line.strip(FIXED + " \t,{[") for text in texts if text for line in text.split("\n"))
    return Counter(line for line in lines if line)


def blend(base: str | None, ours: str, theirs: str) -> str | None:
    """Merge what stands between two entries by lines; what both added is kept from both; None for a conflict."""
    settled = settle(base, ours, theirs)
    if settled is not None:
        return settled
    texts = (base or "", ours, theirs)
    end = "\n" if all(not text or text.endswith("\n") for text in texts) else ""
    sides = [text.split("\n")[: -1 if end else None] for text in texts]
    lines: list[str] = []
    for region in regions(*sides):
        before, mine, other = (
            side[slice(*span)] for side, span in zip(sides, (region.base, region.ours, region.theirs), strict=True)
        )
        if region.who != "conflict":
            lines.extend(other if region.who == "theirs" else mine)
        elif comments(before):
            return None
        else:
            said = [line for line in other if line.strip()]
            said += [line for line in mine if line.strip() and line not in said]
            gap = max(sum(not line.strip() for line in side) for side in (mine, other))
            lines.extend((*[""] * gap, *said))
    return "\n".join(lines) + (end if lines else "")


def lost(base: Iterable[str], ours: Iterable[str], theirs: Iterable[str], result: Iterable[str]) -> str | None:
    """A comment that a merge lost, doubled or brought back, as written; None where all are right."""
    before, mine, other, got = (comments(texts) for texts in (base, ours, theirs, result))
    for line in sorted({*before, *mine, *other, *got}):
        least, most = sorted((mine[line], other[line]))
        most = max(most, mine[line] + other[line] - before[line])  # both added it, in two places
        if mine[line] == before[line]:
            least = most = other[line]
        elif other[line] == before[line]:
            least = most = mine[line]
        if not least <= got[line] <= most:
            return line
    return None
