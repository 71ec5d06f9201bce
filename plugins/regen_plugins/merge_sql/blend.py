"""Merge: three outlines of a script become pieces: lines that are settled, or a place where both sides clash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from regen.lines.clash import Clashing, Piece
from regen.lines.diff import hunks
from regen.lines.merge import regions
from regen.lines.order import Rank, ordered
from regen.model.merge import Conflict, ConflictKind
from regen_plugins.merge_sql.outline import Key, Lines, Statement, declares
from regen_plugins.merge_sql.table import Item, Table, table
from regen_plugins.merge_sql.tokens import Unstructured

P = TypeVar("P", Statement, Item)
Statements = Sequence[Statement]
_RANKS = {"header": 0, "footer": 9}
_UNNAMED = frozenset(("statement", "other"))  # known by what they say alone


def script(base: Statements, ours: Statements, theirs: Statements) -> list[Piece]:
    """Merge statements.

    Raises:
        Unstructured: their order cannot be told, or which of them became which.
    """
    ours, theirs = _paired(base, ours), _paired(base, theirs)
    before, mine, other = ({one.key: one for one in side} for side in (base, ours, theirs))
    same_repetitions(base, ours, theirs)
    if _replaced(before, mine, other):
        raise Unstructured("both sides put statements in the place of one")
    kept = {key for key in {*mine, *other} if _stays(before.get(key), mine.get(key), other.get(key))}
    order = ordered(list(before), list(mine), list(other), kept, _rank)
    if order is None:
        raise Unstructured("both sides moved statements")
    _told_apart(order, before, mine, other)
    pieces: list[Piece] = []
    for key in order:
        pieces.extend(_statement(before.get(key), mine.get(key), other.get(key)))
    return pieces


def _rank(key: Key) -> Rank:
    return (_RANKS.get(key[0], 5), "")


def _paired(base: Statements, side: Statements) -> Statements:
    """Give a changed statement without a name the key of the base's statement in its place."""
    left, right = [one.key for one in base], [one.key for one in side]
    result = list(side)
    for hunk in hunks(left, right):
        old = [one.key for one in base[hunk.a_start : hunk.a_end] if one.kind in _UNNAMED and one.key not in right]
        new = [at for at in range(hunk.b_start, hunk.b_end) if side[at].kind in _UNNAMED and right[at] not in left]
        if len(old) == len(new):
            for key, at in zip(old, new, strict=True):
                result[at] = replace(side[at], key=key)
    return result


def same_repetitions(base: Statements, ours: Statements, theirs: Statements) -> None:
    """What stands more than once is told apart by counting, which holds only while its number does.

    Raises:
        Unstructured: it changed.
    """
    repeated = {one.key[:-1] for side in (base, ours, theirs) for one in side if one.key[-1].startswith("#")}
    counted = [sorted(one.key for one in side if _bare(one.key) in repeated) for side in (base, ours, theirs)]
    if not counted[0] == counted[1] == counted[2]:
        raise Unstructured("a statement that stands more than once was added again or removed")


def _bare(key: Key) -> Key:
    return key[:-1] if key[-1].startswith("#") else key


def _replaced(base: Mapping[Key, P], ours: Mapping[Key, P], theirs: Mapping[Key, P]) -> bool:
    """Whether both sides put something without a name in the place of one thing, and not alike."""
    gone = any(key[0] in _UNNAMED and key not in ours and key not in theirs for key in base)
    return gone and all(
        any(key[0] in _UNNAMED and key not in base and key not in side for key in one)
        for one, side in ((ours, theirs), (theirs, ours))
    )


def _told_apart(
    order: Sequence[Key],
    base: Mapping[Key, Statement],
    ours: Mapping[Key, Statement],
    theirs: Mapping[Key, Statement],
) -> None:
    """Statements that do something, and that both sides added side by side, run in an order that nobody knows.

    Raises:
        Unstructured: there are such.
    """
    for first, second in pairwise(order):
        if first in base or second in base or (first in ours) == (second in ours):
            continue
        if not all(declares(ours.get(key) or theirs[key]) for key in (first, second)):
            raise Unstructured("both sides added statements in one place")


def _stays(base: Statement | None, ours: Statement | None, theirs: Statement | None) -> bool:
    """Whether there is something to write: what one side removed stays out if the other left it alone."""
    left = ours or theirs
    if base is None or left is None or (ours is not None and theirs is not None):
        return True
    return not left.same(base) or _said(left.lead) != _said(base.lead)


def _said(lead: Lines) -> list[str]:
    return [line.strip() for line in lead if line.strip()]


def _statement(base: Statement | None, ours: Statement | None, theirs: Statement | None) -> list[Piece]:
    left = ours or theirs
    if left is None:
        return []
    if ours is None or theirs is None:
        if base is None:
            return [left.text]
        gone, changed = ("you", "the template") if ours is None else ("the template", "you")
        message = f"{gone} removed {name_of(left.key)}, which {changed} changed"
        return [_clash("deletion", message, base, ours, theirs)]
    lead = settled_lead(base.lead if base else None, ours.lead, theirs.lead)
    if lead is None:
        message = f"your edit and the template both changed the comments above {name_of(ours.key)}"
        return [_clash("content", message, base, ours, theirs)]
    if ours.lines == theirs.lines or (base is not None and theirs.same(base)):
        return [lead, ours.lines]
    if base is not None and ours.same(base):
        return [lead, theirs.lines]
    if base is None:
        message = f"you and the template both added {name_of(ours.key)}, and they differ"
        return [lead, _clash("content", message, None, _bared(ours), _bared(theirs))]
    sides = [table(side) for side in (base, ours, theirs)]
    before, mine, other = sides
    if before is not None and mine is not None and other is not None:
        inside = _table(before, mine, other, ours.key)
        if inside is not None:
            return [lead, *inside]
    return [lead, *_by_lines(base, ours, theirs)]


def _by_lines(base: Statement, ours: Statement, theirs: Statement) -> Iterable[Piece]:
    message = f"your edit and the template both changed {name_of(ours.key)}"
    for region in regions(base.lines, ours.lines, theirs.lines):
        spans = (region.base, region.ours, region.theirs)
        old, mine, other = (side.lines[slice(*span)] for side, span in zip((base, ours, theirs), spans, strict=True))
        if region.who != "conflict":
            yield other if region.who == "theirs" else mine
            continue
        places = [
            (side.first + start, side.first + stop)
            for side, (start, stop) in ((ours, region.ours), (base, region.base), (theirs, region.theirs))
        ]
        yield Clashing(Conflict("content", message, *places), old, mine, other)


def _table(base: Table, ours: Table, theirs: Table, owner: Key) -> list[Piece] | None:
    """Merge a table by its columns and constraints; None where that cannot be done."""
    head, end = _settled(base.head, ours.head, theirs.head), _settled(base.end, ours.end, theirs.end)
    before, mine, other = ({item.key: item for item in side.items} for side in (base, ours, theirs))
    if head is None or end is None or _replaced(before, mine, other):
        return None
    found: dict[Key, Item | Clashing] = {}
    for key in {**mine, **other}:
        item = _item(before.get(key), mine.get(key), other.get(key), owner)
        if item is not None:
            found[key] = item
    order = ordered(list(before), list(mine), list(other), found, lambda key: (key[0] != "column", ""))
    if not order:
        return None
    pieces: list[Piece] = [head]
    for at, key in enumerate(order):
        item = found[key]
        pieces.append(item if isinstance(item, Clashing) else item.written(last=at == len(order) - 1))
    return [*pieces, end]


def _item(base: Item | None, ours: Item | None, theirs: Item | None, owner: Key) -> Item | Clashing | None:
    """What becomes of an item; None where it is gone."""
    name = _called((base or ours or theirs), owner)
    if ours is None or theirs is None:
        left = ours or theirs
        if left is None or base is None:
            return left
        if left.said == base.said and _said(left.lead) == _said(base.lead):
            return None
        gone, changed = ("you", "the template") if ours is None else ("the template", "you")
        return _item_clash("deletion", f"{gone} removed {name}, which {changed} changed", base, ours, theirs)
    lead = settled_lead(base.lead if base else None, ours.lead, theirs.lead)
    if lead is not None:
        if ours.said == theirs.said or (base is not None and theirs.said == base.said):
            return replace(ours, lead=lead)
        if base is not None and ours.said == base.said:
            return replace(theirs, lead=lead)
    what = "your edit and the template both changed" if base is not None else "you and the template both added"
    return _item_clash("content", f"{what} {name}", base, ours, theirs)


def _item_clash(
    kind: ConflictKind, message: str, base: Item | None, ours: Item | None, theirs: Item | None
) -> Clashing:
    spans = [(side.first, side.first + len(side.lines)) if side is not None else None for side in (ours, base, theirs)]
    texts = [side.written(last=False) if side is not None else () for side in (base, ours, theirs)]
    return Clashing(Conflict(kind, message, *spans), *texts)


def settled_lead(base: Lines | None, ours: Lines, theirs: Lines) -> Lines | None:
    """What stands above a thing; comments that both added are kept from both; None where both changed one."""
    settled = _settled(base or (), ours, theirs)
    if settled is not None:
        return settled
    lines: list[str] = []
    for region in regions(base or (), ours, theirs):
        mine, other = ours[slice(*region.ours)], theirs[slice(*region.theirs)]
        if region.who != "conflict":
            lines.extend(other if region.who == "theirs" else mine)
            continue
        if _said((base or ())[slice(*region.base)]):
            return None
        blank = max(sum(not line.strip() for line in side) for side in (mine, other))
        comments = [line for line in other if line.strip()]
        comments += [line for line in mine if line.strip() and line not in comments]
        lines.extend((*[""] * blank, *comments))
    return tuple(lines)


def _settled(base: Lines, ours: Lines, theirs: Lines) -> Lines | None:
    if theirs in (ours, base):
        return ours
    return theirs if ours == base else None


def _clash(
    kind: ConflictKind, message: str, base: Statement | None, ours: Statement | None, theirs: Statement | None
) -> Clashing:
    spans = [
        (side.first - len(side.lead), side.first + len(side.lines)) if side is not None else None
        for side in (ours, base, theirs)
    ]
    texts = [side.text if side is not None else () for side in (base, ours, theirs)]
    return Clashing(Conflict(kind, message, *spans), *texts)


def _bared(one: Statement) -> Statement:
    return replace(one, lead=())


def name_of(key: Key) -> str:
    """A statement as a person calls it."""
    match key:
        case ("relation", name, *_):
            return f"`{name}`"
        case ("header", *_):
            return "the comments at the start"
        case ("footer", *_):
            return "the comments at the end"
        case ("comment", name, *_):
            return f"the comment on {name}"
        case ("column" | "constraint", table_name, name, *_):
            return f"{key[0]} `{name}` of `{table_name}`"
        case ("statement", said, *_):
            return f"the statement `{said if len(said) <= 60 else said[:59] + '…'}`"
    return f"{key[0]} `{key[1]}`"


def _called(item: Item | None, owner: Key) -> str:
    key = item.key if item is not None else ("other", "")
    return f"{'constraint' if key[0] == 'other' else key[0]} `{key[-1]}` of {name_of(owner)}"
