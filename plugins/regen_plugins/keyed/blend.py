"""Keyed: three trees become one; what both sides changed is a conflict, for which one side is taken."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Literal as OneOf

from regen.lines.merge import regions
from regen.model.merge import Conflict
from regen_plugins.keyed import comments
from regen_plugins.keyed.layout import Placed, alike, chosen, dressed, emptied, lifted, told_once
from regen_plugins.keyed.node import Data, Entry, Group, Node, Path, Scalar, Unstructured, data, trivia
from regen_plugins.keyed.rules import ABSENT, Clash, Names, Rules, Settled, in_places, inside, order
from regen_plugins.keyed.texts import scalar
from regen_plugins.keyed.words import both_changed, called

Side = OneOf["base", "ours", "theirs"]


class Blend:
    """One merge of three trees.

    Args:
        rules: what is known of the file.
        favour: the side that is taken where there is a conflict.
    """

    def __init__(self, rules: Rules, favour: Side = "ours") -> None:
        self._rules = rules
        self._favour = favour
        self.conflicts: list[Conflict] = []

    def root(self, base: Node, ours: Node, theirs: Node) -> Node:
        """Merge what three files hold; conflicts are added to `conflicts`.

        Raises:
            Unstructured: the trees do not fit together.
        """
        found = self._node(base, ours, theirs, ())
        if isinstance(found, Clash):
            raise Unstructured("both sides changed the whole file")
        return found

    def _node(self, base: Node | None, ours: Node, theirs: Node, path: Path) -> Node | Clash:
        """Merge values."""
        if theirs in (ours, base):
            return ours
        if ours == base:
            return theirs
        base, ours, theirs = lifted(base, ours, theirs, self._rules.lifted(path))
        if isinstance(ours, Group) and isinstance(theirs, Group) and (base is None or isinstance(base, Group)):
            kinds = {(node.kind, node.mark) for node in (base, ours, theirs) if node is not None}
            if len(kinds) == 1:
                return self._group(base, ours, theirs, path)
        before, mine, other = (ABSENT if node is None else data(node) for node in (base, ours, theirs))
        if other in (mine, before):
            return ours
        if mine == before:
            return theirs
        settled = self._rules.settle(path, before, mine, other)
        if isinstance(settled, Settled):
            return _written(settled.value, ours, theirs)
        merged = scalar(base, ours, theirs)
        return settled or merged or both_changed(path, added=base is None)

    def _group(self, base: Group | None, ours: Group, theirs: Group, path: Path) -> Group:
        base, ours, theirs = alike(base, ours, theirs, path)
        like = chosen(base, ours, theirs)
        merge = self._mapping if ours.kind == "mapping" else self._sequence
        found = list(merge(base, ours, theirs, path))
        before = comments.settle(base.before if base else None, ours.before, theirs.before)
        footer = comments.blend(base.footer if base else None, ours.footer, theirs.footer)
        opening = comments.settle(base.opening if base else None, ours.opening, theirs.opening)
        if before is None or footer is None or opening is None:
            spans = [_span(group.entries) if group else None for group in (ours, base, theirs)]
            self.conflicts.append(Conflict("content", f"both sides changed the comments in {called(path)}", *spans))
            side = {"base": base or ours, "ours": ours, "theirs": theirs}[self._favour]
            before, footer, opening = side.before, side.footer, side.opening
        comma = theirs.comma if base is not None and ours.comma == base.comma else ours.comma
        if like is not None and not like.block:
            entries, footer = dressed(found, like, footer)
        else:
            entries = tuple(place.entry for place in found)
        made = replace(
            ours, before=before, opening=opening, entries=entries, footer=footer, comma=comma and bool(entries)
        )
        if made.empty and not entries:
            return emptied(made, whole_file=not path)
        return made if like is None else replace(made, step=like.step)

    def _mapping(self, base: Group | None, ours: Group, theirs: Group, path: Path) -> list[Placed]:
        keys = [[entry.key for entry in group.entries] if group else [] for group in (base, ours, theirs)]
        return told_once(self._by_name(keys, (base, ours, theirs), path), base)

    def _by_name(self, names: Sequence[Names], groups: tuple[Group | None, Group, Group], path: Path) -> list[Placed]:
        """What stays of each entry; one that is gone is left out. Conflicts are told in the order of the result."""
        places = [
            {
                name: Placed(entry, group, not at)
                for at, (name, entry) in enumerate(zip(side, group.entries, strict=True))
            }
            if group
            else {}
            for side, group in zip(names, groups, strict=True)
        ]
        found: dict[Hashable, Placed] = {}
        told: dict[Hashable, list[Conflict]] = {}
        before = self.conflicts
        for name in {**places[1], **places[2]}:
            self.conflicts = told[name] = []
            base_place, mine, other = (side.get(name) for side in places)
            place = self._entry(base_place, mine, other, inside(path, name))
            if place is not None:
                found[name] = place
        self.conflicts = before
        for name in (one := self._order(names, {name for name in told if told[name] or name in found}, groups, path)):
            self.conflicts += told[name]
        return [found[name] for name in one if name in found]

    def _order(
        self, names: Sequence[Names], kept: set[Hashable], groups: tuple[Group | None, Group, Group], path: Path
    ) -> Names:
        one = order(names[0], names[1], names[2], kept)
        if one is None and groups[1].kind == "sequence":
            message = f"you and the template both moved items of {called(path)}"
            spans = [_span(group.entries) if group else None for group in (groups[1], groups[0], groups[2])]
            self.conflicts.append(Conflict("content", message, *spans))
            side = names[2] if self._favour == "theirs" else names[1]
            one = order(side, names[1], names[2], kept)
        return one or order(names[2], names[1], names[2], kept) or []  # the order of keys says nothing: yours

    def _entry(self, base: Placed | None, ours: Placed | None, theirs: Placed | None, path: Path) -> Placed | None:
        """Merge one entry; None where it is gone."""
        if ours is None or theirs is None:
            return self._one_sided(base, ours, theirs, path)
        if theirs.entry == ours.entry:
            return ours
        before = base.entry if base else None
        node = self._node(before.node if before else None, ours.entry.node, theirs.entry.node, path)
        merged = node if isinstance(node, Clash) else _around(before, ours.entry, theirs.entry, node, path)
        if isinstance(merged, Entry):
            return replace(ours, entry=merged)
        self._clash(merged, base, ours, theirs)
        return {"base": base, "ours": ours, "theirs": theirs}[self._favour]

    def _one_sided(self, base: Placed | None, ours: Placed | None, theirs: Placed | None, path: Path) -> Placed | None:
        left = ours or theirs
        if left is None or base is None:
            return left
        if data(left.entry.node) == data(base.entry.node) and not (_said(left.entry) - _said(base.entry)):
            return None
        gone, changed = ("you", "the template") if ours is None else ("the template", "you")
        clash = Clash("deletion", f"{gone} removed {called(path)}, which {changed} changed")
        self._clash(clash, base, ours, theirs)
        return {"base": base, "ours": ours, "theirs": theirs}[self._favour]

    def _sequence(self, base: Group | None, ours: Group, theirs: Group, path: Path) -> Iterator[Placed]:
        sides = [tuple(data(entry.node) for entry in group.entries) if group else () for group in (base, ours, theirs)]
        names = self._rules.names(path, sides)
        if names is None:
            yield from self._by_place(sides, (base, ours, theirs), path)
            return
        yield from self._by_name(names, (base, ours, theirs), path)

    def _by_place(
        self, sides: Sequence[Sequence[Data]], groups: tuple[Group | None, Group, Group], path: Path
    ) -> Iterator[Placed]:
        """Merge items that have no names as lines are."""
        places = [
            [Placed(entry, group, at == 0) for at, entry in enumerate(group.entries)] if group else []
            for group in groups
        ]
        for region in regions(*sides):
            base, ours, theirs = (
                side[slice(*span)] for side, span in zip(places, (region.base, region.ours, region.theirs), strict=True)
            )
            alike = len(base) == len(ours) == len(theirs)
            if region.who in {"ours", "theirs"} and not alike:
                yield from ours if region.who == "ours" else theirs
            elif region.who != "conflict" or in_places(
                *(tuple(data(place.entry.node) for place in side) for side in (base, ours, theirs))
            ):
                before: Sequence[Placed | None] = base if alike else [None] * len(ours)
                for at, three in enumerate(zip(before, ours, theirs, strict=True)):
                    place = self._entry(*three, (*path, region.ours[0] + at))
                    if place is not None:
                        yield place
            else:
                message = f"your edit and the template both changed items of {called(path)}"
                spans = [_span([place.entry for place in side]) for side in (ours, base, theirs)]
                self.conflicts.append(Conflict("content", message, *spans))
                yield from {"base": base, "ours": ours, "theirs": theirs}[self._favour]

    def _clash(self, clash: Clash, base: Placed | None, ours: Placed | None, theirs: Placed | None) -> None:
        spans = [(side.entry.first, side.entry.last) if side else None for side in (ours, base, theirs)]
        self.conflicts.append(Conflict(clash.kind, clash.message, *spans))


def _around(base: Entry | None, ours: Entry, theirs: Entry, node: Node, path: Path) -> Entry | Clash:
    """An entry with a merged value, and with what stands around it."""
    lead = comments.blend(base.lead if base else None, ours.lead, theirs.lead)
    tail = comments.settle(base.tail if base else None, ours.tail, theirs.tail)
    if tail is None and comments.comments([ours.tail]) == comments.comments([theirs.tail]):
        tail = ours.tail
    if lead is None or tail is None:
        return Clash("content", f"your edit and the template both changed the comments of {called(path)}")
    if isinstance(node, Group) and node.block:
        tail = ""
    elif any(isinstance(side.node, Group) and side.node.block for side in (ours, theirs)):
        tail = tail or "\n"
    head = comments.settle(base.head if base else None, ours.head, theirs.head) or ours.head
    gap = comments.settle(base.gap if base else None, ours.gap, theirs.gap)
    return replace(ours, lead=lead, head=head, node=node, gap=ours.gap if gap is None else gap, tail=tail)


def _said(entry: Entry) -> Counter[str]:
    return comments.comments([entry.lead, entry.gap, entry.tail, *trivia(entry.node)])


def _span(entries: Sequence[Entry]) -> tuple[int, int] | None:
    return (entries[0].first, max(entry.last for entry in entries)) if entries else None


def _written(value: Data, ours: Node, theirs: Node) -> Scalar:
    """A text that no side has, in the quotes of one."""
    like = next((node for node in (ours, theirs) if isinstance(node, Scalar)), None)
    if like is None or not isinstance(value, tuple) or value[0] != "str":
        raise Unstructured("a settled value is no text")
    for side in (ours, theirs):
        if isinstance(side, Scalar) and side.value == value:
            return side
    text = str(value[1])
    if like.text.startswith("'") and "'" not in text:
        text = f"'{text}'"
    elif like.text[:1] in {"'", '"'}:
        text = json.dumps(text, ensure_ascii=False)
    return replace(like, text=text, value=value)
