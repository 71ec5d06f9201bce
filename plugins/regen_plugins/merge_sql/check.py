"""Merge: a merged script is read again; every edit of both sides has to be in it, and nothing that neither side had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from regen_plugins.merge_sql.outline import Key, Statement
from regen_plugins.merge_sql.table import Item, Table, table

Statements = Sequence[Statement]
K = TypeVar("K")
V = TypeVar("V")
# Each function takes base, ours, theirs and the result, in this order.


def lost(sides: Sequence[Statements]) -> str | None:
    """What a merge lost, doubled or made up, in one phrase; None where it is right."""
    by_key = [{one.key: one for one in side} for side in sides]
    for key in sorted({key for side in by_key for key in side}):
        four = [side.get(key) for side in by_key]
        wrong = _wrong([None if one is None else _code(one) for one in four])
        if wrong == "both" and key[0] not in {"header", "footer"}:
            tables = [None if one is None else table(one) for one in four]
            wrong = _wrong_items([found for found in tables if found is not None])
        if wrong not in {None, "both"}:
            return f"`{key[min(1, len(key) - 1)]}` {wrong}"
    return _wrong_comments(sides)


def _code(one: Statement) -> tuple[str, ...]:
    return tuple(token.said for token in one.said if token.kind != "comment")


def _wrong(four: Sequence[V | None]) -> str | None:
    """Compare one thing with what the sides did to it; "both" where both changed it, and it is there."""
    base, ours, theirs, result = four
    if theirs in (ours, base):
        wanted = ours
    elif ours == base:
        wanted = theirs
    elif result is None or None in (ours, theirs):
        return "is lost, or was removed by one side and changed by the other"
    else:
        return "both"
    if result == wanted:
        return None
    return "is lost" if result is None else "is in neither side" if wanted is None else "lost an edit"


def _wrong_items(four: Sequence[Table]) -> str | None:
    if len(four) < 4:
        return None
    by_key: list[Mapping[Key, Item]] = [{item.key: item for item in side.items} for side in four]
    for key in sorted({key for side in by_key for key in side}):
        found = [side.get(key) for side in by_key]
        wrong = _wrong([None if item is None else item.said for item in found])
        if wrong is not None:
            return f"lost an edit of `{key[-1]}`"
    return None


def _wrong_comments(sides: Sequence[Statements]) -> str | None:
    before, mine, other, got = (Counter(_comments(side)) for side in sides)
    for line in sorted({*before, *mine, *other, *got}):
        least, most = sorted((mine[line], other[line]))
        most = max(most, mine[line] + other[line] - before[line])  # both added it, in two places
        if mine[line] == before[line]:
            least = most = other[line]
        elif other[line] == before[line]:
            least = most = mine[line]
        if not least <= got[line] <= most:
            return f"the comment `{line}` is {'lost' if got[line] < least else 'doubled'}"
    return None


def _comments(side: Statements) -> Iterator[str]:
    """Lines of comments, wherever they stand."""
    for one in side:
        around = (*one.lead, *(one.lines if one.kind in {"header", "footer"} else ()))
        yield from (line.strip() for line in around if line.strip())
        yield from (token.said for token in one.said if token.kind == "comment")


def dangling(sides: Sequence[Statements]) -> str | None:
    """A table or column that one side removed while the other began to use it, in one sentence; None: there is none."""
    base, ours, theirs, result = _apart(sides)
    for who, whose, side in (("you", "the template", ours), ("the template", "your edit", theirs)):
        known = Counter(_code(one) for one in side)
        new = [one for one in result if not known[_code(one)]]
        for name in sorted(_relations(base) - _relations(side) - _relations(result)):
            if any(name in one.names() for one in new):
                return f"{who} removed `{name}`, which {whose} uses"
        for owner, column in sorted(_columns(base) - _columns(side) - _columns(result)):
            if any({owner, column} <= one.names() for one in new if _uses(one, side, owner, column)):
                return f"{who} removed column `{column}` of `{owner}`, which {whose} uses"
    return None


def _apart(sides: Sequence[Statements]) -> list[Statements]:
    """The statements of each side that are not the same in all of them."""
    written = [{(one.key, one.lines) for one in side} for side in sides]
    same = written[0].intersection(*written[1:])
    return [[one for one in side if (one.key, one.lines) not in same] for side in sides]


def _relations(side: Statements) -> set[str]:
    return {one.key[1] for one in side if one.kind == "relation"}


def _columns(side: Statements) -> set[tuple[str, str]]:
    return {(one.key[1], item.key[1]) for one in side for item in _items(one) if item.key[0] == "column"}


def _items(one: Statement) -> Iterable[Item]:
    found = table(one) if one.kind == "relation" else None
    return found.items if found is not None else ()


def _uses(one: Statement, side: Statements, owner: str, column: str) -> bool:
    """Whether a statement that a side does not have so uses a column otherwise than the side does."""
    if one.key != ("relation", owner):
        return True
    known = {item.said for other in side if other.key == one.key for item in _items(other)}
    return any(column in item.said for item in _items(one) if item.said not in known)
