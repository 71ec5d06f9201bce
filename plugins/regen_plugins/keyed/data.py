"""Keyed: three values become one, by what they say alone; a merge of texts has to say the same.

Why beside `blend`: this knows no text, and reads what Python's own parsers gave. Where the two differ, neither is
believed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from regen.lines.merge import regions
from regen_plugins.keyed import texts
from regen_plugins.keyed.node import Data, Path
from regen_plugins.keyed.rules import ABSENT, Clash, Items, Rules, Settled, in_places, order


class Clashing(Exception):  # noqa: N818 - an outcome, not a fault
    """Both sides changed one value; carries where, and what."""

    def __init__(self, path: Path, clash: Clash) -> None:
        super().__init__(clash.message)
        self.path = path
        self.clash = clash


def three_way(base: Data, ours: Data, theirs: Data, rules: Rules, path: Path = ()) -> Data:
    """Merge three values; ABSENT is one that a side does not have.

    Raises:
        Clashing: no merge of them is right.
    """
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    if ABSENT in (ours, theirs):
        raise Clashing(path, Clash("deletion", "one side removed what the other changed"))
    base, ours, theirs = _lifted(base, ours, theirs, rules.lifted(path))
    kind = _kind(base, ours, theirs)
    if kind is not None:
        before, mine, other = (_parts(side) for side in (base, ours, theirs))
        merge = _mapping if kind[0] == "{}" else _sequence
        return (kind[0], merge(before, mine, other, rules, path), *kind[1:])
    settled = rules.settle(path, base, ours, theirs)
    if isinstance(settled, Settled):
        return settled.value
    merged = texts.value(base, ours, theirs)
    if merged is not None and settled is None:
        return merged
    raise Clashing(path, settled or Clash("content", "both sides changed it"))


def _lifted(base: Data, ours: Data, theirs: Data, key: str | None) -> tuple[Data, Data, Data]:
    """The sides, a text that stands for a mapping with one key as that mapping where another side has one."""
    sides = (base, ours, theirs)
    if key is None or not any(isinstance(side, tuple) and side[0] == "{}" for side in sides):
        return sides
    first, second, third = (
        ("{}", frozenset(((key, side),))) if isinstance(side, tuple) and side[0] == "str" else side for side in sides
    )
    return first, second, third


def _kind(base: Data, ours: Data, theirs: Data) -> tuple[Data, ...] | None:
    """("{}" or "[]", and a mark if there is one) where all are groups of one kind; else None."""
    kinds = {
        (side[0], *side[2:]) if isinstance(side, tuple) and side[0] in {"{}", "[]"} else None
        for side in (base, ours, theirs)
        if side is not ABSENT
    }
    return kinds.pop() if len(kinds) == 1 else None


def _parts(side: Data) -> Iterable[Any]:
    return side[1] if isinstance(side, tuple) else ()


def _mapping(
    base_pairs: Iterable[Any], our_pairs: Iterable[Any], their_pairs: Iterable[Any], rules: Rules, path: Path
) -> Data:
    base, ours, theirs = (dict(pairs) for pairs in (base_pairs, our_pairs, their_pairs))
    merged = {}
    for key in {*base, *ours, *theirs}:
        value = three_way(base.get(key), ours.get(key), theirs.get(key), rules, (*path, key))
        if value is not ABSENT:
            merged[key] = value
    return frozenset(merged.items())


def _sequence(
    base_items: Iterable[Any], our_items: Iterable[Any], their_items: Iterable[Any], rules: Rules, path: Path
) -> Items:
    base, ours, theirs = (tuple(items) for items in (base_items, our_items, their_items))
    names = rules.names(path, (base, ours, theirs))
    if names is not None:
        sides = [dict(zip(*pair, strict=True)) for pair in zip(names, (base, ours, theirs), strict=True)]
        merged = {
            name: three_way(sides[0].get(name), sides[1].get(name), sides[2].get(name), rules, (*path, name))
            for name in {*names[1], *names[2]}
        }
        kept = {name for name, value in merged.items() if value is not ABSENT}
        found = order(names[0], names[1], names[2], kept)
        if found is None:
            raise Clashing(path, Clash("content", "both sides moved its items"))
        return tuple(merged[name] for name in found)
    result: list[Data] = []
    for region in regions(base, ours, theirs):
        before, mine, other = base[slice(*region.base)], ours[slice(*region.ours)], theirs[slice(*region.theirs)]
        if region.who != "conflict":
            result.extend(other if region.who == "theirs" else mine)
        elif in_places(before, mine, other):
            for at, three in enumerate(zip(before, mine, other, strict=True), start=region.ours[0]):
                result.append(three_way(*three, rules, (*path, at)))
        else:
            raise Clashing(path, Clash("content", "both sides changed these items"))
    return tuple(result)
