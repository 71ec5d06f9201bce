"""Query: what a pattern binds: which variables are in scope, which are bound in every solution, which are nodes."""

from __future__ import annotations

from typing import assert_never

from regen.model.term import Term
from regen.query.algebra import Alternative as Either
from regen.query.algebra import (
    Bound,
    Call,
    Distinct,
    Expression,
    Extend,
    Filter,
    Graph,
    Group,
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
from regen.query.algebra import Inverse as Back

Scope = frozenset[Var]
NONE: Scope = frozenset()


def _vars(*slots: Slot | None) -> Scope:
    return frozenset(slot for slot in slots if isinstance(slot, Var))


def visible(pattern: Pattern) -> Scope:
    """The variables that a pattern may bind (SPARQL 1.1, section 18.2.1)."""
    match pattern:
        case Triple(s, p, o, g):
            return _vars(s, p, o, g)
        case PathPattern(s, _, o, g):
            return _vars(s, o, g)
        case Join(parts) | Union(parts):
            return NONE.union(*map(visible, parts))
        case LeftJoin(left, right) | Lateral(left, right):
            return visible(left) | visible(right)
        case Minus(left):
            return visible(left)
        case Filter(inner) | Distinct(inner) | OrderBy(inner) | Slice(inner):
            return visible(inner)
        case Extend(inner, variable):
            return visible(inner) | {variable}
        case Values(variables) | Bound(variables) | Project(_, variables):
            return frozenset(variables)
        case Graph(name, inner):
            return visible(inner) | _vars(name)
        case Group(_, keys, aggregates):
            return frozenset(keys) | {variable for variable, _ in aggregates}
        case _:
            assert_never(pattern)


def certain(pattern: Pattern) -> Scope:
    """The variables that every solution of a pattern binds; those that are left out may be bound as well."""
    match pattern:
        case Triple() | PathPattern() | Bound():
            return visible(pattern)
        case Join(parts):
            return NONE.union(*map(certain, parts))
        case Union(branches):
            return certain(branches[0]).intersection(*map(certain, branches[1:]))
        case LeftJoin(left) | Minus(left):
            return certain(left)
        case Lateral(left, right):
            return certain(left) | certain(right)
        case Filter(inner, conditions):
            return certain(inner) | (NONE.union(*map(_if_true, conditions)) & visible(inner))
        case Distinct(inner) | OrderBy(inner) | Slice(inner):
            return certain(inner)
        case Extend(inner, variable, value):
            found = certain(inner)
            return found | {variable} if isinstance(value, Term) or value in found else found
        case Values(variables, rows):
            return frozenset(v for i, v in enumerate(variables) if all(row[i] is not None for row in rows))
        case Project(inner, variables):
            return certain(inner) & frozenset(variables)
        case Graph():
            return NONE
        case Group(inner, keys, aggregates):
            return (certain(inner) & frozenset(keys)) | {v for v, a in aggregates if a.name == "COUNT"}
        case _:
            assert_never(pattern)


def _if_true(condition: Expression) -> Scope:
    """Variables that are bound wherever a condition holds."""
    match condition:
        case Call("&&", args):
            return NONE.union(*map(_if_true, args))
        case Call("||", args):
            return _if_true(args[0]).intersection(*map(_if_true, args[1:]))
        case Call("BOUND", args):
            return _vars(*(arg for arg in args if isinstance(arg, Var)))
        case _:
            return _if_value(condition)


def _if_value(value: Expression) -> Scope:
    """Variables that are bound wherever an expression is no error."""
    match value:
        case Var():
            return frozenset({value})
        case Call("&&" | "||" | "COALESCE" | "IF" | "BOUND"):
            return NONE
        case Call("IN" | "NOT IN", args):
            return _if_value(args[0])
        case Call(_, args):
            return NONE.union(*map(_if_value, args))
        case _:
            return NONE


Place = tuple[Slot, Slot | None]
"""A variable or term, and a graph in which it is a node."""


def nodes(pattern: Pattern) -> frozenset[Place]:
    """Variables and terms that are subject or object of a triple in every solution."""
    match pattern:
        case Triple(s, _, o, g):
            return frozenset({(s, g), (o, g)})
        case PathPattern(s, path, o, g):
            return frozenset() if nullable(path) else frozenset({(s, g), (o, g)})
        case Join(parts):
            return frozenset().union(*map(nodes, parts))
        case Union(branches):
            return nodes(branches[0]).intersection(*map(nodes, branches[1:]))
        case LeftJoin(inner) | Minus(inner) | Filter(inner) | Extend(inner):
            return nodes(inner)
        case Lateral(left, right):
            return nodes(left) | nodes(right)
        case Distinct(inner) | OrderBy(inner) | Slice(inner):
            return nodes(inner)
        case Project(inner) | Group(inner, (_, *_)):
            scope = visible(pattern)
            return frozenset(place for place in nodes(inner) if place[0] in scope)
        case Values() | Bound() | Graph() | Group():
            return frozenset()
        case _:
            assert_never(pattern)


def nullable(path: Path) -> bool:
    """Whether a path may have length zero."""
    match path:
        case Back(inner):
            return nullable(inner)
        case Sequence(first, then):
            return nullable(first) and nullable(then)
        case Either(left, right):
            return nullable(left) or nullable(right)
        case Repeat(inner, at_least):
            return at_least == 0 or nullable(inner)
        case Negated():
            return False
        case _:
            return False
