"""Query: algebra becomes the text of a query again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from regen.model.term import Iri, Literal, Term
from regen.query.algebra import (
    UNIT,
    Aggregate,
    Alternative,
    Bound,
    Call,
    Distinct,
    Exists,
    Expression,
    Extend,
    Filter,
    Graph,
    Group,
    Inverse,
    Join,
    Lateral,
    LeftJoin,
    Minus,
    Negated,
    OrderBy,
    Path,
    PathPattern,
    Pattern,
    Project,
    Repeat,
    Sequence,
    Slice,
    Slot,
    Triple,
    Union,
    Values,
    Var,
)
from regen.query.scopes import visible

MARK = "\x00"
"""Stands around the variables of rows that are filled in when a query is run."""

_INFIX = frozenset(("||", "&&", "=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/"))


def slot(value: Slot) -> str:
    return f"?{value.name}" if isinstance(value, Var) else value.n3()


def path_text(path: Path) -> str:
    match path:
        case Inverse(inner):
            return f"^({path_text(inner)})"
        case Sequence(first, then):
            return f"({path_text(first)}/{path_text(then)})"
        case Alternative(left, right):
            return f"({path_text(left)}|{path_text(right)})"
        case Repeat(inner, at_least, many):
            return f"({path_text(inner)})" + ("+" if at_least else "*" if many else "?")
        case Negated(predicates):
            return "!(" + "|".join(p.n3() for p in predicates) + ")"
        case Iri():
            return path.n3()
        case _:
            assert_never(path)


def expression_text(value: Expression) -> str:
    match value:
        case Var() | Term():
            return slot(value)
        case Exists(pattern, negated):
            return f"{'NOT ' if negated else ''}EXISTS {{ {group_text(pattern)} }}"
        case Aggregate(name, distinct, argument, separator):
            inner = "*" if argument is None else expression_text(argument)
            ending = f" ; SEPARATOR = {Literal(separator).n3()}" if separator is not None else ""
            return f"{name}({'DISTINCT ' if distinct else ''}{inner}{ending})"
        case Call("!1" | "+1" | "-1" as name, (argument,)):
            return f"({name[0]} {expression_text(argument)})"
        case Call("IN" | "NOT IN" as name, (first, *rest)):
            return f"({expression_text(first)} {name} ({_list(rest)}))"
        case Call(name, (left, right)) if name in _INFIX:
            return f"({expression_text(left)} {name} {expression_text(right)})"
        case Call(name, args):
            return f"{name}({_list(args)})"
        case _:
            assert_never(value)


def _list(values: Iterable[Expression]) -> str:
    return ", ".join(expression_text(value) for value in values)


def _in_graph(text: str, graph: Slot | None) -> str:
    return f"{text} ." if graph is None else f"GRAPH {slot(graph)} {{ {text} }}"


def _names(variables: Iterable[Var]) -> str:
    return " ".join(slot(variable) for variable in variables)


def _values_text(pattern: Values) -> str:
    rows = (" ".join("UNDEF" if term is None else term.n3() for term in row) for row in pattern.rows)
    return f"VALUES ({_names(pattern.variables)}) {{ {' '.join(f'( {row} )' for row in rows)} }}"


def group_text(pattern: Pattern) -> str:
    """What stands between the braces of a group."""
    match pattern:
        case Join(parts):
            return " ".join(_part(part) for part in parts)
        case LeftJoin(left, right, conditions):
            return f"{_left(left)} OPTIONAL {{ {_left(right)} {_filters(conditions)}}}"
        case Lateral(left, right):
            return f"{{ {group_text(left)} }} LATERAL {{ {group_text(right)} }}"
        case Minus(left, right):
            return f"{_left(left)} MINUS {{ {group_text(right)} }}"
        case Filter(inner, conditions):
            return f"{_left(inner)} {_filters(conditions)}"
        case Extend(inner, variable, value):
            return f"{_left(inner)} BIND({expression_text(value)} AS {slot(variable)})"
        case Project() | Distinct() | Group() | OrderBy() | Slice():
            return select_text(pattern)
        case _:
            return _part(pattern)


def _filters(conditions: Iterable[Expression]) -> str:
    return "".join(f"FILTER({expression_text(condition)}) " for condition in conditions)


def _left(pattern: Pattern) -> str:
    """A group that others follow: its own filters must not become theirs."""
    match pattern:
        case Filter() | Project() | Distinct() | Group() | OrderBy() | Slice():
            return f"{{ {group_text(pattern)} }}"
        case _:
            return group_text(pattern)


def _part(pattern: Pattern) -> str:
    match pattern:
        case Triple(s, p, o, g):
            return _in_graph(f"{slot(s)} {slot(p)} {slot(o)}", g)
        case PathPattern(s, path, o, g):
            return _in_graph(f"{slot(s)} {path_text(path)} {slot(o)}", g)
        case Union(branches):
            return " UNION ".join(f"{{ {group_text(branch)} }}" for branch in branches)
        case Values():
            return _values_text(pattern)
        case Bound(variables, columns):
            return f"VALUES ({_names(variables)}) {{ {MARK}{' '.join(columns)}{MARK} }}"
        case Graph(name, inner):
            return f"GRAPH {slot(name)} {{ {group_text(inner)} }}"
        case _:
            return f"{{ {group_text(pattern)} }}"


def query_text(pattern: Pattern, dataset: str, base: str) -> str:
    """A query: `dataset` are its `FROM` clauses; `base` is what the function IRI() resolves against, "" for nothing."""
    return (f"BASE <{base}> " if base else "") + select_text(pattern, dataset)


def select_text(pattern: Pattern, dataset: str = "") -> str:
    """A whole `SELECT`: one level of modifiers, and what is below them as its group.

    `dataset` stands before `WHERE`: `FROM` clauses, for a query of its own.
    """
    ending, distinct = "", ""
    if isinstance(pattern, Slice):
        ending = f" OFFSET {pattern.offset}" if pattern.offset else ""
        ending += f" LIMIT {pattern.limit}" if pattern.limit is not None else ""
        pattern = pattern.inner
    if isinstance(pattern, Distinct):
        distinct = "DISTINCT "
        pattern = pattern.inner
    if isinstance(pattern, Group):
        aggregates = " ".join(f"({expression_text(a)} AS {slot(v)})" for v, a in pattern.aggregates)
        by = f" GROUP BY {_names(pattern.keys)}" if pattern.keys else ""
        head = f"{_names(pattern.keys)} {aggregates}".strip()
        return f"SELECT {distinct}{head} {dataset}WHERE {{ {group_text(pattern.inner)} }}{by}{ending}"
    columns: Iterable[Var] = sorted(visible(pattern), key=lambda v: v.name)
    if isinstance(pattern, Project):
        columns = pattern.variables
        pattern = pattern.inner
    if isinstance(pattern, OrderBy):
        keys = " ".join(f"{'DESC' if down else 'ASC'}({expression_text(e)})" for e, down in pattern.conditions)
        ending = f" ORDER BY {keys}{ending}"
        pattern = pattern.inner
    inner = group_text(pattern) if pattern != UNIT else ""
    return f"SELECT {distinct}{_names(columns) or '(1 AS ?nothing)'} {dataset}WHERE {{ {inner} }}{ending}"
