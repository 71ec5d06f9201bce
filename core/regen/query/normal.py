"""Query: algebra becomes algebra that says the same with fewer forms."""

from __future__ import annotations

from typing import cast

from regen.model.term import Iri, Literal
from regen.query.algebra import (
    Alternative,
    Call,
    Expression,
    Extend,
    Filter,
    Graph,
    Inverse,
    Join,
    Negated,
    Node,
    OrderBy,
    PathPattern,
    Pattern,
    Project,
    Repeat,
    Sequence,
    Triple,
    Var,
)
from regen.query.scopes import visible
from regen.query.traverse import Fresh, bottom_up, join, mentioned, substitute


def flatten_paths(pattern: Pattern, fresh: Fresh) -> Pattern:
    """Sequences become joins, inverses turn round, one predicate is a triple, `!p` a triple with a filter.

    What remains as a path has the same number of solutions whichever end the engine starts from.
    """

    def change(node: Node) -> Node:
        if isinstance(node, Graph) and isinstance(node.name, Var):
            return bottom_up(node, _once)
        return _flat(node, fresh) if isinstance(node, PathPattern) else node

    return flat_joins(bottom_up(pattern, change))


def _once(node: Node) -> Node:
    """Between two bound ends in `GRAPH ?g`, the engine may find `p+` more than once; an alternative it finds once."""
    match node:
        case PathPattern(s, Repeat(_, 1, True) as path, o, g):
            return PathPattern(s, Alternative(path, path), o, g)
        case _:
            return node


def _flat(pattern: PathPattern, fresh: Fresh) -> Pattern:
    s, path, o, g = pattern.subject, pattern.path, pattern.object, pattern.graph
    match path:
        case Iri():
            return Triple(s, path, o, g)
        case Inverse(Inverse(inner)):
            return _flat(PathPattern(s, inner, o, g), fresh)
        case Inverse(Sequence(first, then)):
            return _flat(PathPattern(s, Sequence(Inverse(then), Inverse(first)), o, g), fresh)
        case Inverse(inner) if not isinstance(o, Literal):
            return _flat(PathPattern(o, inner, s, g), fresh)
        case Sequence(first, then):
            middle = fresh.var()
            return join(_flat(PathPattern(s, first, middle, g), fresh), _flat(PathPattern(middle, then, o, g), fresh))
        case Negated(predicates):
            predicate = fresh.var()
            triple = Triple(s, predicate, o, g)
            return Filter(triple, (Call("NOT IN", (predicate, *predicates)),)) if predicates else triple
        case _:
            return pattern


def flat_joins(pattern: Pattern) -> Pattern:
    """Joins in joins as one."""

    def change(node: Node) -> Node:
        return cast(Node, join(*node.parts)) if isinstance(node, Join) else node

    return bottom_up(pattern, change)


def drop_aliases(pattern: Pattern) -> Pattern:
    """`SELECT (?x AS ?y)` becomes `SELECT ?y` over a pattern that calls it `?y`."""

    def change(node: Node) -> Node:
        return _unalias(node) if isinstance(node, Project) else node

    return bottom_up(pattern, change)


def _unalias(project: Project) -> Pattern:
    order = project.inner.conditions if isinstance(project.inner, OrderBy) else ()
    core = project.inner.inner if isinstance(project.inner, OrderBy) else project.inner
    extends: tuple[tuple[Var, Expression], ...] = ()
    while isinstance(core, Extend):
        extends = ((core.variable, core.value), *extends)
        core = core.inner
    kept: tuple[tuple[Var, Expression], ...] = ()
    while extends:
        (variable, value), *rest = extends
        extends = tuple(rest)
        free = variable not in mentioned((core, kept))
        if isinstance(value, Var) and value in visible(core) and free:
            swap = {value: variable}
            core, order = substitute(core, swap), substitute(order, swap)
            kept, extends = substitute(kept, swap), substitute(extends, swap)
            if value in project.variables:
                kept = (*kept, (value, variable))
        else:
            kept = (*kept, (variable, value))
    for variable, value in kept:
        core = Extend(core, variable, value)
    return Project(OrderBy(core, order) if order else core, project.variables)
