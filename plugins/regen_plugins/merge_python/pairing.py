"""Merge: members of three sides are paired by key, and where they stand side by side their order is told or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from regen.lines.diff import hunks
from regen.lines.order import Rank
from regen_plugins.merge_python.outline import Key, Member, Unstructured

Members = tuple[Member, ...]
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
