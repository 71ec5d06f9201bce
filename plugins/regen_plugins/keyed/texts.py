"""Keyed: texts of several lines inside of data: a script in YAML, say; two edits of one merge by lines."""

from __future__ import annotations

from regen.lines.merge import regions
from regen_plugins.keyed.node import Data, Node, Scalar


def by_lines(base: str, ours: str, theirs: str) -> str | None:
    """Three texts as one; None where one has a single line, or both sides changed the same lines."""
    sides = [text.split("\n") for text in (base, ours, theirs)]
    if any(len(side) == 1 for side in sides):
        return None
    merged: list[str] = []
    for region in regions(*sides):
        if region.who == "conflict":
            return None
        merged += sides[2][slice(*region.theirs)] if region.who == "theirs" else sides[1][slice(*region.ours)]
    return "\n".join(merged)


def value(base: Data, ours: Data, theirs: Data) -> Data | None:
    """Three values as one where all are texts of several lines; else None."""
    if not (isinstance(base, tuple) and isinstance(ours, tuple) and isinstance(theirs, tuple)):
        return None
    if not (base[0] == "str" and base[:-1] == ours[:-1] == theirs[:-1]):
        return None
    merged = by_lines(str(base[-1]), str(ours[-1]), str(theirs[-1]))
    return None if merged is None else (*ours[:-1], merged)


def scalar(base: Node | None, ours: Node, theirs: Node) -> Scalar | None:
    """Three values as they are written as one; None where that is not done by lines. What it says is to be checked."""
    if not (isinstance(base, Scalar) and isinstance(ours, Scalar) and isinstance(theirs, Scalar)):
        return None
    said, text = value(base.value, ours.value, theirs.value), by_lines(base.text, ours.text, theirs.text)
    return None if said is None or text is None else Scalar(ours.before, text, said)


def is_long(item: Data) -> bool:
    """Whether an item of a list takes several lines, or could: a group, or a text of several lines."""
    if not isinstance(item, tuple):
        return False
    return item[0] in {"{}", "[]"} or (item[0] == "str" and "\n" in str(item[-1]))
