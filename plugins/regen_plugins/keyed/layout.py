"""Keyed: how a group between brackets is laid out; entries from another side are laid out alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from regen_plugins.keyed.comments import comments
from regen_plugins.keyed.node import Entry, Group, Node, Path, Unstructured
from regen_plugins.keyed.words import called


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, the group that it comes from, and whether it was the first there."""

    entry: Entry
    group: Group
    first: bool


class _Layout(NamedTuple):
    """Blanks before the first entry, before the others, and after the last."""

    first: str
    next: str
    last: str
    step: str


def _layout(group: Group) -> _Layout | None:
    """None for a group without entries, which shows nothing."""
    if not group.entries:
        return None
    if group.block:
        return _Layout("", "", "", group.step)
    leads = [_blank(entry.lead) for entry in group.entries[:2]]
    following = leads[1] if len(leads) > 1 else "\n" if "\n" in leads[0] else " "
    return _Layout(leads[0], following, _blank(group.footer), group.step)


def _blank(text: str) -> str:
    return "\n" if "\n" in text else "" if comments([text]) else text


def chosen(base: Group | None, ours: Group, theirs: Group) -> Group | None:
    """The side whose layout the merge has: yours if you changed it, else the template's; None if all are empty."""
    before, mine, other = _layout(base) if base else None, _layout(ours), _layout(theirs)
    if mine is None or other is None:
        return ours if mine else theirs if other else None
    return theirs if before is not None and before == mine else ours


def alike(base: Group | None, ours: Group, theirs: Group, path: Path) -> tuple[Group | None, Group, Group]:
    """The three groups; an empty one, which YAML can write between brackets alone, as if it were written as the others.

    Raises:
        Unstructured: two that are not empty are written in two ways.
    """
    filled = [group for group in (ours, theirs, base) if group is not None and group.entries]
    if len({group.block for group in filled}) > 1:
        raise Unstructured(f"{called(path)} is written in another way on one side")
    if not filled or all(group is None or group.block == filled[0].block for group in (base, ours, theirs)):
        return base, ours, theirs
    return (
        (None if base is None else _written_as(base, filled[0])),
        _written_as(ours, filled[0]),
        _written_as(theirs, filled[0]),
    )


def _written_as(group: Group, like: Group) -> Group:
    if group.block == like.block:
        return group
    if comments([group.before, group.footer]):
        raise Unstructured("a comment stands in an empty group")
    return replace(like, entries=(), footer="", comma=False)


def emptied(group: Group, *, whole_file: bool) -> Group:
    """A block that lost its last entry, between brackets."""
    if comments([group.before, group.footer]):
        raise Unstructured("a comment stands in an empty group")
    opening, closing = group.empty[:1], group.empty[1:]
    before, closing = ("", closing + "\n") if whole_file else (" ", closing)
    return Group(group.kind, False, before, opening, "", (), "", closing, mark=group.mark)


def lifted(base: Node | None, ours: Node, theirs: Node, key: str | None) -> tuple[Node | None, Node, Node]:
    """The sides, a text that stands for a mapping with one key as that mapping where another side has one."""
    groups = [side for side in (base, ours, theirs) if isinstance(side, Group)]
    if key is None or not groups or any(group.block for group in groups):
        return base, ours, theirs
    return None if base is None else _lifted(base, key), _lifted(ours, key), _lifted(theirs, key)


def _lifted(node: Node, key: str) -> Node:
    if isinstance(node, Group):
        return node
    entry = Entry(key, " ", f"{key} =", replace(node, before=" "), "", "", 1, 1)
    return Group("mapping", False, node.before, "{", "", (entry,), " ", "}")


def told_once(found: Sequence[Placed], base: Group | None) -> list[Placed]:
    """Entries, a comment that both sides added an entry under only above the first of the two.

    It stood above the entry that follows them; on each side it stands above the one that was added there.
    """
    known = {entry.key: entry for entry in base.entries} if base is not None else {}
    result: list[Placed] = []
    above: dict[str, int] = {}
    for at, place in enumerate(found):
        entry = place.entry
        if entry.key in known:
            above = {}
        elif comments([entry.lead]):
            following = next((known[later.entry.key].lead for later in found[at:] if later.entry.key in known), "")
            if entry.lead in above and not comments([entry.lead]) - comments([following]):
                entry = replace(entry, lead="" if place.group.block else "\n")
            above.setdefault(entry.lead, at)
        result.append(replace(place, entry=entry))
    return result


def dressed(found: Sequence[Placed], like: Group, footer: str) -> tuple[tuple[Entry, ...], str]:
    """Entries and footer of a group between brackets, laid out as `like` is."""
    wanted = _layout(like)
    if wanted is None or not found:
        return tuple(place.entry for place in found), footer
    entries: list[Entry] = []
    for at, place in enumerate(found):
        entry = place.entry
        shifted = place.first != (at == 0) and "\n" not in entry.lead
        if not comments([entry.lead]) and (shifted or _layout(place.group) != wanted):
            entry = replace(entry, lead=wanted.next if at else wanted.first)
        if entries and _ends_in_comment(entries[-1]) and not entry.lead.startswith("\n"):
            entry = replace(entry, lead="\n" + entry.lead.lstrip(" \t"))
        entries.append(entry)
    if not comments([footer]):
        footer = like.footer if not comments([like.footer]) else wanted.last
    if _ends_in_comment(entries[-1]) and "\n" not in footer:
        footer = "\n" + footer
    return tuple(entries), footer


def _ends_in_comment(entry: Entry) -> bool:
    return bool(comments([entry.tail]))
