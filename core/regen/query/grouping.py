"""Query: aggregates of a `SELECT` become a group below it (SPARQL 1.1, section 18.2.4.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from regen.query.algebra import Aggregate, Exists, Expression, Extend, Filter, Group, Node, Pattern, Project, Var
from regen.query.traverse import Fresh


@dataclass(frozen=True, slots=True)
class Item:
    """One thing after `SELECT` or `GROUP BY`; `value` is None for a plain variable."""

    variable: Var
    value: Expression | None


def grouped(
    fresh: Fresh,
    pattern: Pattern,
    items: tuple[Item, ...],
    keys: tuple[Item, ...] | None,
    having: list[Expression],
    order: tuple[tuple[Expression, bool], ...],
    everything: tuple[Var, ...],
) -> tuple[Pattern, tuple[Item, ...], tuple[tuple[Expression, bool], ...]]:
    """The pattern, items and order of a `SELECT` in which each aggregate is a variable of a group.

    `keys` is None without `GROUP BY`; `everything` is what `*` stands for in `COUNT(DISTINCT *)`.
    """
    table: dict[Aggregate, Var] = {}
    items = tuple(
        item if item.value is None else replace(item, value=_lift(item.value, table, fresh)) for item in items
    )
    conditions = tuple(_lift(condition, table, fresh) for condition in having)
    order = tuple((_lift(value, table, fresh), down) for value, down in order)
    if keys is not None or table:
        for key in keys or ():
            if key.value is not None:
                pattern = Extend(pattern, key.variable, key.value)
        if any(aggregate.distinct and aggregate.argument is None for aggregate in table):
            pattern = Project(pattern, everything)
        columns = tuple(dict.fromkeys(key.variable for key in keys or ()))
        pattern = Group(pattern, columns, tuple((var, aggregate) for aggregate, var in table.items()))
    if conditions:
        pattern = Filter(pattern, conditions)
    return pattern, items, order


def _lift(value: Expression, table: dict[Aggregate, Var], fresh: Fresh) -> Expression:
    """The expression with each aggregate replaced by a variable of the group."""
    if isinstance(value, Aggregate):
        if value not in table:
            table[value] = fresh.var()
        return table[value]
    if isinstance(value, Node) and not isinstance(value, Exists):
        return replace(value, args=tuple(_lift(arg, table, fresh) for arg in value.args))
    return value
