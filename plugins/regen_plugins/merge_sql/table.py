"""Merge: a CREATE TABLE becomes its columns and constraints, each on lines of its own; the comma is of none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from regen_plugins.merge_sql.outline import CONSTRAINTS, Key, Lines, Statement
from regen_plugins.merge_sql.tokens import Token, tokens


@dataclass(frozen=True, slots=True)
class Item:
    """A column or a constraint.

    Attributes:
        key: "column" and its name, "constraint" and its name, or "other" and what it says.
        lead: blank lines and comments above.
        lines: without the comma.
        comma: where the comma goes: the line, from 0, and the character.
        first: number of the first of `lines` in the file, from 1.
        said: its tokens as they count, comments too.
    """

    key: Key
    lead: Lines
    lines: Lines
    comma: tuple[int, int]
    first: int
    said: tuple[str, ...]

    def written(self, *, last: bool) -> Lines:
        """Its text, with a comma unless it is the last one."""
        lines = list(self.lines)
        if not last:
            line, at = self.comma
            lines[line] = f"{lines[line][:at]},{lines[line][at:]}"
        return (*self.lead, *lines)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines up to the parenthesis, the items, and the lines from the last item on."""

    head: Lines
    items: tuple[Item, ...]
    end: Lines


def table(statement: Statement) -> Table | None:
    """Take a CREATE TABLE apart; None where it is none, or not laid out with lines for each item."""
    words = [token.said for token in statement.said if token.kind != "comment"]
    if statement.kind != "relation" or "table" not in words[:4]:
        return None
    lines = statement.lines
    found = _split(list(tokens("\n".join(lines))))
    if found is None:
        return None
    opening, runs, closing = found
    places = _Places(lines)
    at = places.line(opening.start) + 1
    head, items = lines[:at], list[Item]()
    if not places.ends(opening.end):
        return None
    for run, comma in runs:
        item = _item(run, comma, places, at, statement.first)
        if item is None:
            return None
        items.append(item)
        at += len(item.lead) + len(item.lines)
    keys = [item.key for item in items]
    if places.line(closing.start) < at or not places.begins(closing.start) or len(set(keys)) < len(keys):
        return None
    return Table(head, tuple(items), lines[at:])


def _split(said: Sequence[Token]) -> tuple[Token, list[tuple[list[Token], Token | None]], Token] | None:
    """The opening parenthesis, what stands between commas, each with the comma behind it, and the closing one."""
    depth = 0
    opening: Token | None = None
    runs: list[tuple[list[Token], Token | None]] = []
    run: list[Token] = []
    for token in said:
        sign = token.said if token.kind == "sign" else ""
        depth += (sign == "(") - (sign == ")")
        if opening is None:
            if depth:
                opening = token
            elif sign == ";" or token.said == "as":
                return None
        elif not depth:
            return (opening, [*runs, (run, None)], token) if run else None
        elif sign == "," and depth == 1:
            runs.append((run, token))
            run = []
        elif token.kind != "comment" or run:
            run.append(token)
    return None


class _Places:
    """Where tokens stand in lines."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def line(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def column(self, offset: int) -> int:
        return offset - self._starts[self.line(offset)]

    def begins(self, offset: int) -> bool:
        """Whether nothing stands before it on its line."""
        return not self.lines[self.line(offset)][: self.column(offset)].strip()

    def ends(self, offset: int) -> bool:
        """Whether at most a comment stands behind it on its line."""
        rest = self.lines[self.line(offset - 1)][self.column(offset - 1) + 1 :].strip()
        return not rest or rest.startswith("--")


def _item(run: Sequence[Token], comma: Token | None, places: _Places, at: int, first: int) -> Item | None:
    """One item; `at`: the line from which its comments may come."""
    if not run or run[0].kind == "comment":
        return None
    code = [token for token in run if token.kind != "comment"]
    last = code[-1]
    after = comma or last
    start, stop = places.line(run[0].start), places.line(after.start)
    if start < at or not places.begins(run[0].start) or not places.ends(after.end):
        return None
    if comma is not None and (comma.start != last.end or run[-1] is not last):
        return None
    if places.line(last.end - 1) != stop or any(places.line(token.start) > stop for token in run if comma):
        return None
    lines = list(places.lines[start : stop + 1])
    line, column = stop - start, places.column(last.end - 1) + 1
    if comma is not None:
        lines[line] = lines[line][:column] + lines[line][column + 1 :]
    said = tuple(token.said for token in tokens("\n".join(lines)))
    return Item(_key(code), places.lines[at:start], tuple(lines), (line, column), first + start, said)


def _key(code: Sequence[Token]) -> Key:
    name = code[0].said
    if code[0].kind == "quoted" or name not in CONSTRAINTS:
        return ("column", name)
    if name == "constraint" and len(code) > 1:
        return ("constraint", code[1].said)
    if name == "primary":
        return ("constraint", "", "primary key")
    return ("other", " ".join(token.said for token in code))
