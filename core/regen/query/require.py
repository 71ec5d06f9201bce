"""Query: a pattern becomes the same pattern for the solutions in which a variable is bound.

Why: rows in which `?this` is unbound belong to no key. Without them an `OPTIONAL { … ?this … }` is a join, half of a
`UNION` says nothing, and `BIND(… AS ?this)` binds it: so a change leads to keys, and keys can be asked for.
"""

from __future__ import annotations

from regen.model.term import Term
from regen.query.algebra import (
    Call,
    Distinct,
    Extend,
    Filter,
    Group,
    Join,
    LeftJoin,
    Minus,
    OrderBy,
    Pattern,
    Project,
    Union,
    Values,
    Var,
)
from regen.query.scopes import certain, visible
from regen.query.traverse import join


def require(pattern: Pattern, variable: Var) -> Pattern:
    """The solutions that bind a variable; others may be left in where nothing is gained without them."""
    if variable in certain(pattern):
        return pattern
    if variable not in visible(pattern):
        return Values((variable,), ())
    match pattern:
        case Join(parts):
            having = [part for part in parts if variable in visible(part)]
            if len(having) > 1:
                return pattern
            return join(*(require(part, variable) if part in having else part for part in parts))
        case Union(branches):
            kept = tuple(require(branch, variable) for branch in branches if variable in visible(branch))
            return kept[0] if len(kept) == 1 else Union(kept)
        case LeftJoin(left, right, conditions) if variable not in visible(left):
            both = join(left, require(right, variable))
            return Filter(both, conditions) if conditions else both
        case LeftJoin(left, right, conditions) if variable not in visible(right):
            return LeftJoin(require(left, variable), right, conditions)
        case Minus(left, right):
            return Minus(require(left, variable), right)
        case _:
            return _in_modifier(pattern, variable)


def _in_modifier(pattern: Pattern, variable: Var) -> Pattern:
    match pattern:
        case Filter(inner, conditions):
            return Filter(require(inner, variable), conditions)
        case Extend(inner, made, value) if made != variable:
            return Extend(require(inner, variable), made, value)
        case Extend():
            return bound(pattern)
        case Project(inner, variables):
            return Project(require(inner, variable), variables)
        case Distinct(inner):
            return Distinct(require(inner, variable))
        case OrderBy(inner, order):
            return OrderBy(require(inner, variable), order)
        case Group(inner, keys, aggregates) if variable in keys:
            return Group(require(inner, variable), keys, aggregates)
        case _:
            return pattern


def bound(made: Extend) -> Filter:
    """A computed value, where computing it is no error."""
    return Filter(made, (Call("BOUND", (made.variable,)),))


def is_bound(pattern: Pattern) -> bool:
    """Whether a pattern was made by `bound`."""
    match pattern:
        case Filter(Extend(_, variable, value), (Call("BOUND", (Var() as asked,)),)):
            return variable == asked and not isinstance(value, Term)
        case _:
            return False
