"""Merge: members of three sides are paired by key, and where they stand side by side their order is told or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from regen.lines.diff import hunks
from regen.lines.order import Rank
from regen_plugins.merge_python.outline import Key, Member, Unstructured

Members = tuple[Member, ...]
_DEFINED = frozenset(("function", "class"))
_RANKS = {
    "header": 0,
    "docstring": 1,
    "field": 3,
    "note": 3,
    "statement": 4,
    "if": 4,
    "class": 5,
    "function": 5,
    "decorator": 5,
    "body": 8,
    "footer": 9,
}
_STRINGED = frozenset(("statement", "if"))  # members that run one after another: their order means something


def rank(key: Key) -> Rank:
    """Where a member goes that meets another one in the same place; imports are sorted as formatters do."""
    if key[0] in {"import", "from"}:
        return (2, f"{key[0] == 'from':d} {key[1]}")
    return (_RANKS[key[0]], "")


def first(key: Key) -> int:
    """What the language asks to stand first stands first; the rest stays as it is."""
    return _RANKS[key[0]] if key[0] in {"header", "docstring"} else 2 if key == ("from", "__future__") else 3


def paired(base: Members, side: Members) -> Members:
    """Give a changed statement, which has no name, the key of the base's statement in its place."""
    left, right = [member.key for member in base], [member.key for member in side]
    if left == right:
        return side
    result = list(side)
    for hunk in hunks(left, right):
        old = [member for member in base[hunk.a_start : hunk.a_end] if member.kind in _STRINGED]
        new = [at for at in range(hunk.b_start, hunk.b_end) if side[at].kind in _STRINGED]
        old = [member for member in old if member.key not in right]
        new = [at for at in new if side[at].key not in left]
        if len(old) == len(new) and all(
            type(member.node) is type(side[at].node) for member, at in zip(old, new, strict=True)
        ):
            for member, at in zip(old, new, strict=True):
                result[at] = replace(side[at], key=member.key)
    return tuple(result)


def renamed(base: Members, side: Members, other: Members) -> Members:
    """Give a function or class that a side renamed, and did not change otherwise, the base's key.

    Where the other side changed it, too: its edit, its other name, or that it is gone, is about the same thing.
    """
    there, before = {member.key for member in side}, {member.key for member in base}
    after = {member.key: member.lines for member in other}
    gone = [m for m in base if m.kind in _DEFINED and m.key not in there and after.get(m.key) != m.lines]
    new = [at for at, m in enumerate(side) if m.kind in _DEFINED and m.key not in before] if gone else []
    if not new:
        return side
    old = [m for m in base if m.kind in _DEFINED and m.key not in there]
    result = list(side)
    for member in gone:
        found = [at for at in new if _is_renamed(member, side[at])]
        if len(found) == 1 and sum(_is_renamed(one, side[found[0]]) for one in old) == 1:
            result[found[0]] = replace(side[found[0]], key=member.key)
    return tuple(result)


def _is_renamed(member: Member, other: Member) -> bool:
    """Whether both differ in their names alone; what uses the name inside may have the new one or not."""
    if member.kind != other.kind or len(member.lines) != len(other.lines) or len(member.lines) == 1:
        return False
    name = re.compile(rf"\b{re.escape(member.key[1])}\b")
    text, wanted = "\n".join(member.lines), "\n".join(other.lines)
    heads = re.compile(rf"\b(def|class)(\s+){re.escape(member.key[1])}\b")
    return wanted in (name.sub(other.key[1], text), heads.sub(rf"\1\2{other.key[1]}", text, count=1))


def same_repetitions(base: Members, ours: Members, theirs: Members) -> None:
    """Assignments that repeat a name are told apart by counting, which holds only while their number does.

    Raises:
        Unstructured: it changed.
    """
    counted = [sorted(member.key for member in side if _repeats(member)) for side in (base, ours, theirs)]
    if not counted[0] == counted[1] == counted[2]:
        raise Unstructured("a name that is assigned more than once was assigned again or removed")


def _repeats(member: Member) -> bool:
    return member.kind in {"field", "note", "if"} and member.key[-1].startswith("#")


def told_apart(
    order: Sequence[Key], base: dict[Key, Member], ours: dict[Key, Member], theirs: dict[Key, Member]
) -> None:
    """Statements that both sides added side by side run in an order that nobody knows.

    Raises:
        Unstructured: there are such.
    """
    for first, second in pairwise(order):
        if first[0] in _STRINGED and second[0] in _STRINGED and first not in base and second not in base:
            in_ours, in_theirs = first in ours, first in theirs
            if (second in ours) != in_ours and (second in theirs) != in_theirs:
                raise Unstructured("both sides added statements in one place")
