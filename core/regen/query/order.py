"""Query: what depends on the order of solutions gets a total one, or is refused."""

from __future__ import annotations

from typing import cast

from regen.errors import QueryError
from regen.model.term import Literal
from regen.query.algebra import (
    Aggregate,
    Call,
    Distinct,
    Expression,
    Group,
    Node,
    OrderBy,
    Pattern,
    Project,
    Slice,
    Var,
)
from regen.query.scopes import visible
from regen.query.traverse import bottom_up, mentioned, walk

_REFUSED = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
_SENSITIVE = frozenset({"GROUP_CONCAT", "SAMPLE", "SUM", "AVG", "MIN", "MAX"})

Order = tuple[tuple[Expression, bool], ...]


def refuse_chance(pattern: Pattern) -> None:
    """Raises QueryError for functions that give something else every time."""
    for node in walk(pattern):
        if isinstance(node, Call) and node.name in _REFUSED:
            raise QueryError(
                f"{node.name}() gives something else every time, so no two renders would be equal",
                hint="take the value from the graph, or make it from ?this",
            )


def check_distinct(distinct: Project, order: Order) -> None:
    """Raises QueryError where rows that DISTINCT makes one could stand at several places of the order."""
    hidden = sorted(v.name for v in mentioned(tuple(e for e, _ in order)) - frozenset(distinct.variables))
    if hidden:
        raise QueryError(
            f"SELECT DISTINCT cannot be ordered by ?{hidden[0]}, which it does not project",
            hint=f"project ?{hidden[0]}, or order by what is projected",
        )


def _kind(value: Expression) -> Expression:
    """A text that is equal for values that compare with each other: all numbers, else the datatype."""
    datatype = Call("STR", (Call("DATATYPE", (value,)),))
    return Call("COALESCE", (Call("IF", (Call("ISNUMERIC", (value,)), Literal("1"), datatype)), Literal("")))


def _by_spelling(variables: tuple[Var, ...]) -> Order:
    """Equal only where the terms are."""
    functions = ("STR", "DATATYPE", "LANG")
    found: list[tuple[Expression, bool]] = []
    for variable in variables:
        found += [(Call(function, (variable,)), False) for function in functions]
        found.append((variable, False))
    return tuple(found)


def _by_value(order: Order) -> Order:
    return tuple(key for value, down in order for key in ((_kind(value), down), (value, down)))


def make_total(pattern: Pattern) -> Pattern:
    """The same algebra, in which `LIMIT` in sub-selects and aggregates no longer depend on the engine's order.

    `pattern` is a whole query below its own top-level `ORDER BY` and `LIMIT`. An order that nothing reads is dropped.
    """

    def change(node: Node) -> Node:
        match node:
            case Slice(inner, offset, limit):
                return Slice(_ordered(inner, (), always=True), offset, limit)
            case Group(inner, keys, aggregates):
                read = tuple(a for _, a in aggregates if a.name in _SENSITIVE)
                return Group(_ordered(inner, read, always=bool(read)), keys, aggregates) if read else node
            case _:
                return node

    return _drop_idle(bottom_up(pattern, change))


def _ordered(pattern: Pattern, readers: tuple[Aggregate, ...], *, always: bool) -> Pattern:
    """Below a `LIMIT`, all projected variables break ties; below a `GROUP BY`, those that its aggregates read."""
    if isinstance(pattern, Distinct) and isinstance(pattern.inner, Project):
        project = pattern.inner
        if isinstance(project.inner, OrderBy):
            check_distinct(project, project.inner.conditions)
        return Distinct(_in_project(project, readers))
    if isinstance(pattern, Project):
        return _in_project(pattern, readers)
    variables = tuple(sorted(visible(pattern), key=lambda v: v.name))
    return _in_project(Project(pattern, variables), readers) if variables and always else pattern


def _in_project(project: Project, readers: tuple[Aggregate, ...]) -> Pattern:
    inner: Pattern = project.inner
    given: Order = ()
    if isinstance(inner, OrderBy):
        given, inner = inner.conditions, inner.inner
    scope = mentioned(readers) & frozenset(project.variables) if readers else frozenset(project.variables)
    ties = tuple(sorted(scope, key=lambda v: v.name))
    if any(aggregate.name == "GROUP_CONCAT" for aggregate in readers):
        given = (*given, *((tie, False) for tie in ties))
    order = _by_value(given) + _by_spelling(ties)
    return Project(OrderBy(inner, order) if order else inner, project.variables)


def _drop_idle(pattern: Pattern) -> Pattern:
    """Orders stay below `LIMIT` and `GROUP BY` only."""
    return cast(Pattern, _without_idle(pattern, read=False))


def _without_idle(value: object, *, read: bool) -> object:
    if isinstance(value, tuple):
        return tuple(_without_idle(item, read=False) for item in value)
    if isinstance(value, OrderBy) and not read:
        return _without_idle(value.inner, read=False)
    if isinstance(value, Node):
        passes = isinstance(value, Slice | Group) or (read and isinstance(value, Distinct | Project))
        return value.rebuilt(lambda name, part: _without_idle(part, read=passes and name == "inner"))
    return value
