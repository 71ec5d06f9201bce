"""Merge: one statement that both sides changed becomes one by its parts: names, arguments, parameters, values."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import TypeVar

import libcst as cst

from regen.lines.order import Rank, ordered
from regen_plugins.merge_python.outline import Lines

_WIDTH = 88  # columns that formatters of Python allow; a list of names or arguments beyond gets a line each
_PLACE: cst.Module = cst.Module([])
V = TypeVar("V")
Compound = TypeVar("Compound", cst.ClassDef, cst.FunctionDef)


class Clash(Exception):  # noqa: N818 - not an error: the caller tries lines
    """Both sides changed the same part."""


def settle(base: V, ours: V, theirs: V) -> V:
    """The value of the side that changed it.

    Raises:
        Clash: both did, and not alike.
    """
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    raise Clash


def settle_keyed(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Settle values by key, in an order that both sides agree to; a missing key is a value like others.

    Raises:
        Clash: one key has three values, both sides moved keys, or both replaced the same key by another.
    """
    settled: dict[str, str] = {}
    replaced = any(key not in ours and key not in theirs for key in base)
    if replaced and all(
        any(key not in base and key not in other for key in side) for side, other in _both(ours, theirs)
    ):
        raise Clash
    for key in (*ours, *(key for key in theirs if key not in ours)):
        value = settle(base.get(key), ours.get(key), theirs.get(key))
        if value is not None:
            settled[key] = value
    order = ordered(list(base), list(ours), list(theirs), settled, _rank)
    if order is None:
        raise Clash
    return {key: settled[key] for key in order}


def _both(ours: V, theirs: V) -> tuple[tuple[V, V], tuple[V, V]]:
    return (ours, theirs), (theirs, ours)


def _rank(key: str) -> Rank:
    """What is given by position comes before what is given by name, as the language asks."""
    return (2 if key.startswith("**") else 1 if key.startswith("=") else 0, "")


def _no_rank(_key: str) -> Rank:
    return (0, "")


def imported(node: ast.stmt | None) -> tuple[str, ...]:
    """What an import statement imports, such as ("date", "time as clock"), as it is written."""
    names = node.names if isinstance(node, ast.Import | ast.ImportFrom) else ()
    return tuple(f"{name.name} as {name.asname}" if name.asname else name.name for name in names)


def settle_names(
    base: Collection[str], ours: Collection[str], theirs: Collection[str], needed: Collection[str]
) -> list[str]:
    """Names that an import has after both sides' changes; what one side removed stays where it is `needed`."""
    everything = {*ours, *theirs}
    kept = {
        name
        for name in everything
        if (name in ours and name in theirs) or name not in base or name.rpartition(" ")[2] in needed
    }
    order = ordered(list(base), list(ours), list(theirs), kept, _no_rank) or sorted(kept)
    for by in (str, str.casefold):
        if all(list(side) == sorted(side, key=by) for side in (ours, theirs)):
            return sorted(order, key=by)
    return order


def import_lines(lines: Lines, node: ast.ImportFrom, names: Sequence[str]) -> Lines:
    """An import of these names, in the manner of the given one."""
    head = f"from {'.' * node.level}{node.module or ''} import "
    one = head + ", ".join(names)
    if names == ["*"] or (len(lines) == 1 and len(one) <= _WIDTH):
        return _indented([one], lines)
    return _indented([f"{head}(", *(f"    {name}," for name in names), ")"], lines)


def listed(head: str, items: Sequence[str], tail: str, like: Sequence[Lines]) -> Lines:
    """Items in parentheses: on one line, or each on its own where they are too long or one of the sides has it so."""
    one = f"{head}({', '.join(items)}){tail}"
    spread = any(len(side) > 1 for side in like) and len(items) > 0
    if "\n" not in one and len(one) <= _WIDTH and not spread:
        return _indented([one], like[0])
    inside = [f"    {line}" for item in items for line in f"{item},".split("\n")]
    return _indented([f"{head}(", *inside, f"){tail}"], like[0])


def _indented(lines: Sequence[str], like: Lines) -> Lines:
    indent = like[0][: len(like[0]) - len(like[0].lstrip())]
    return tuple(f"{indent}{line}" if line else line for line in lines)


def class_head(base: Lines, ours: Lines, theirs: Lines) -> Lines:
    """Settle name, bases, keywords and the comment of a `class` line.

    Raises:
        Clash: both changed one of them.
    """
    nodes = [head_of(side, cst.ClassDef) for side in (base, ours, theirs)]
    if any(node.type_parameters is not None for node in nodes):
        raise Clash
    name = settle(*(node.name.value for node in nodes))
    tail = settle(*(after_colon(node.body) for node in nodes))
    before, mine, other = (_by_name((*node.bases, *node.keywords)) for node in nodes)
    arguments = settle_keyed(
        before, other, mine
    )  # yours first where both added: mixins stand left of what they mix into
    if not arguments:
        return _indented([f"class {name}:{tail}"], ours)
    return listed(f"class {name}", list(arguments.values()), f":{tail}", (ours, theirs))


def field(base: Lines, ours: Lines, theirs: Lines) -> Lines:
    """Settle annotation, value and comment of an assignment to one name; of a call's value, its arguments.

    Raises:
        Clash: both changed one of them.
    """
    parts = [_field_parts(side) for side in (base, ours, theirs)]
    annotation = settle(*(part.annotation for part in parts))
    tail = settle(*(part.comment for part in parts))
    head = parts[1].name if annotation is None else f"{parts[1].name}: {annotation}"
    try:
        value = settle(*(None if part.value is None else code_of(part.value) for part in parts))
    except Clash:
        return _value(head, [part.value for part in parts], tail, (ours, theirs))
    return _indented((f"{head}{tail}" if value is None else f"{head} = {value}{tail}").split("\n"), ours)


def _value(head: str, values: Sequence[cst.BaseExpression | None], tail: str, like: Sequence[Lines]) -> Lines:
    """Arguments of one call, or elements of `__all__`."""
    calls = [value for value in values if isinstance(value, cst.Call)]
    lists = [value for value in values if isinstance(value, cst.List)]
    if len(calls) == len(values):
        called = settle(*(code_of(call.func) for call in calls))
        arguments = settle_keyed(*(_in_place(call.args) for call in calls))
        return listed(f"{head} = {called}", [code for code in arguments.values() if code], tail, like)
    if len(lists) != len(values) or head != "__all__":
        raise Clash
    before, mine, other = ([code_of(element.value) for element in side.elements] for side in lists)
    names = settle_names(before, mine, other, ())
    one = f"{head} = [{', '.join(names)}]{tail}"
    if len(one) <= _WIDTH and all(len(side) == 1 for side in like):
        return _indented([one], like[0])
    return _indented([f"{head} = [", *(f"    {name}," for name in names), f"]{tail}"], like[0])


@dataclass(frozen=True, slots=True)
class _Field:
    annotation: str | None
    value: cst.BaseExpression | None
    comment: str
    name: str


def _field_parts(lines: Lines) -> _Field:
    statement = _statement(lines)
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        raise Clash
    comment = _comment(statement.trailing_whitespace)
    match statement.body[0]:
        case cst.AnnAssign(target=cst.Name(value=name), annotation=annotation, value=value):
            return _Field(code_of(annotation.annotation), value, comment, name)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            return _Field(None, value, comment, name)
    raise Clash


def _by_name(arguments: Sequence[cst.Arg]) -> dict[str, str]:
    """Bases by what they say, keywords by name, with an equals sign before it."""
    return {
        f"={argument.keyword.value}" if argument.keyword else code: code
        for argument in arguments
        for code in [_argument(argument)]
    }


def _in_place(arguments: Sequence[cst.Arg]) -> dict[str, str]:
    """Arguments given by position as one, for their order says what they are; keywords by name."""
    placed = ", ".join(_argument(argument) for argument in arguments if argument.keyword is None)
    named = [argument for argument in arguments if argument.keyword is not None]
    return {"": placed, **_by_name(named)}


def _argument(argument: cst.Arg) -> str:
    code = argument.star + code_of(argument.value)
    return f"{argument.keyword.value}={code}" if argument.keyword is not None else code


def head_of(lines: Lines, kind: type[Compound]) -> Compound:
    """The head of a compound statement, given a body so that it parses."""
    statement = _statement(lines, "\n    pass")
    if not isinstance(statement, kind):
        raise Clash
    return statement


def _statement(lines: Lines, body: str = "") -> cst.BaseStatement:
    """Parse one statement. Comments between its parts, and strings over several lines, are left to lines."""
    if any("#" in line for line in lines[:-1]) or '"""' in "".join(lines) or "'''" in "".join(lines):
        raise Clash
    try:
        statement = cst.parse_statement(dedent("\n".join(lines)) + body)
    except cst.ParserSyntaxError as error:
        raise Clash from error
    if not isinstance(statement, cst.BaseStatement):
        raise Clash
    return statement


def code_of(node: cst.CSTNode) -> str:
    return _PLACE.code_for_node(node)


def after_colon(body: cst.BaseSuite) -> str:
    return _comment(body.header) if isinstance(body, cst.IndentedBlock) else ""


def _comment(end: cst.TrailingWhitespace) -> str:
    return f"  {end.comment.value}" if end.comment is not None else ""
