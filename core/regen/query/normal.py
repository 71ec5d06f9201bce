"""Query: algebra becomes algebra that says the same with fewer forms.

Why names are made unique: what is local to a sub-select, a `MINUS` or an `EXISTS` may carry the name of something
outside. After `separate` it does not, so patterns can be carried outwards, and no optimiser can mix the two up.
"""

from __future__ import annotations

from typing import cast

from regen.model.term import Iri, Literal, Term
from regen.query.algebra import (
    UNIT,
    Aggregate,
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
    LeftJoin,
    Minus,
    Negated,
    Node,
    OrderBy,
    PathPattern,
    Pattern,
    Project,
    Sequence,
    Slice,
    Slot,
    Triple,
    Union,
    Var,
)
from regen.query.scopes import NONE, Scope, certain, nodes, visible
from regen.query.traverse import Fresh, bottom_up, join, mentioned, substitute, walk


def flatten_paths(pattern: Pattern, fresh: Fresh) -> Pattern:
    """Sequences become joins, inverses turn round, one predicate is a triple, `!p` a triple with a filter.

    What remains as a path has the same number of solutions whichever end the engine starts from.
    """

    def change(node: Node) -> Node:
        return _flat(node, fresh) if isinstance(node, PathPattern) else node

    return _joined(bottom_up(pattern, change))


def _flat(pattern: PathPattern, fresh: Fresh) -> Pattern:
    s, path, o, g = pattern.subject, pattern.path, pattern.object, pattern.graph
    match path:
        case Iri():
            return Triple(s, path, o, g)
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


def _joined(pattern: Pattern) -> Pattern:
    def change(node: Node) -> Node:
        return cast(Node, join(*node.parts)) if isinstance(node, Join) else node

    return bottom_up(pattern, change)


# Names -----------------------------------------------------------------------------------------------------------


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


def separate(pattern: Pattern, fresh: Fresh) -> Pattern:
    """The same query in which no name is used in two scopes."""
    return _Separator(fresh, set(visible(pattern))).pattern(pattern, NONE)


class _Separator:
    """`taken` are the names met so far; `outer` is what an enclosing `EXISTS` hands in."""

    def __init__(self, fresh: Fresh, taken: set[Var]) -> None:
        self._fresh = fresh
        self._taken = taken

    def _own(self, inner: Pattern, scope: Scope, keep: Scope) -> dict[Var, Var]:
        """New names for what is local to `inner` and taken elsewhere."""
        local = sorted(scope - keep, key=lambda v: v.name)
        renamed = {var: self._fresh.var() for var in local if var in self._taken}
        self._taken.update(local, renamed.values())
        return renamed

    def pattern(self, pattern: Pattern, outer: Scope) -> Pattern:
        match pattern:
            case Join(parts):
                return Join(tuple(self.pattern(part, outer) for part in parts))
            case Union(branches):
                return Union(tuple(self.pattern(branch, outer) for branch in branches))
            case LeftJoin(left, right, conditions):
                changed = self._expressions(conditions, visible(left) | visible(right) | outer)
                return LeftJoin(self.pattern(left, outer), self.pattern(right, outer), changed)
            case Minus(left, right):
                keep = visible(left) | outer
                right = substitute(right, self._own(right, visible(right), keep))
                return Minus(self.pattern(left, outer), self.pattern(right, outer))
            case Filter(inner, conditions):
                return Filter(self.pattern(inner, outer), self._expressions(conditions, visible(inner) | outer))
            case Extend(inner, variable, value):
                (changed_value,) = self._expressions((value,), visible(inner) | outer)
                return Extend(self.pattern(inner, outer), variable, changed_value)
            case Graph(name, inner):
                # SPARQL hides ?g from filters inside `GRAPH ?g`; the engine, like most, does not.
                return Graph(name, self.pattern(inner, outer | visible(Graph(name, UNIT))))
            case Distinct(inner):
                return Distinct(self.pattern(inner, outer))
            case Slice(inner, offset, limit):
                return Slice(self.pattern(inner, outer), offset, limit)
            case OrderBy(inner, order):
                changed = self._expressions(tuple(e for e, _ in order), visible(inner) | outer)
                conditions_ = tuple((e, down) for e, (_, down) in zip(changed, order, strict=True))
                return OrderBy(self.pattern(inner, outer), conditions_)
            case Project(inner, variables):
                inner = substitute(inner, self._own(inner, visible(inner), frozenset(variables)))
                return Project(self.pattern(inner, outer & frozenset(variables)), variables)
            case Group(inner, keys, aggregates):
                own = self._own(inner, visible(inner), frozenset(keys) | outer)
                inner, aggregates = substitute(inner, own), substitute(aggregates, own)
                scope = visible(inner) | outer
                named = tuple((v, cast(Aggregate, self._expression(a, scope))) for v, a in aggregates)
                return Group(self.pattern(inner, outer), keys, named)
            case _:
                return pattern

    def _expressions(self, values: tuple[Expression, ...], scope: Scope) -> tuple[Expression, ...]:
        return tuple(self._expression(value, scope) for value in values)

    def _expression(self, value: Expression, scope: Scope) -> Expression:
        match value:
            case Var():
                # Out of scope, so unbound; under this name it might not be for an optimiser that moves filters.
                return value if value in scope else self._fresh.var()
            case Exists(inner, negated):
                inner = substitute(inner, self._own(inner, visible(inner), scope))
                return Exists(self.pattern(inner, scope), negated)
            case Node():
                return cast(Expression, value.rebuilt(lambda _, part: self._part(part, scope)))
            case _:
                return value

    def _part(self, value: object, scope: Scope) -> object:
        if isinstance(value, tuple):
            return tuple(self._part(item, scope) for item in value)
        if isinstance(value, Var | Term | Node):
            return self._expression(cast(Expression, value), scope)
        return value


def shield(pattern: Pattern, fresh: Fresh) -> Pattern:
    """Renames, on the right of an `OPTIONAL`, what only a further `OPTIONAL` in there shares with the left.

    Asked for each solution of the left, the engine would hand such a variable down, and the inner `OPTIONAL` would
    look for its value alone; by SPARQL the inner one is joined first. So the right gets a name of its own, and a
    condition compares the two.
    """

    def change(node: Node) -> Node:
        if not isinstance(node, LeftJoin):
            return node
        names = {var: fresh.var() for var in sorted(_hidden(node) & certain(node.left), key=lambda v: v.name)}
        same = tuple(
            Call("||", (Call("!1", (Call("BOUND", (own,)),)), Call("SAMETERM", (var, own))))
            for var, own in names.items()
        )
        return LeftJoin(node.left, substitute(node.right, names), (*node.conditions, *same))

    return bottom_up(pattern, change)


def _hidden(join_: LeftJoin) -> Scope:
    outer = visible(join_.left)
    inner = (node for node in walk(join_.right) if isinstance(node, LeftJoin))
    return NONE.union(*((visible(node.right) - certain(node.left)) & outer for node in inner))


# Graphs ----------------------------------------------------------------------------------------------------------


def lower_graphs(pattern: Pattern) -> Pattern:
    """`GRAPH g { … }` becomes its triple patterns, each in `g`, where that says the same.

    It does not where a graph can matter without a triple of its own (an empty group, `OPTIONAL` alone), where the
    variable is used inside as well, or is hidden by a sub-select: then the `GRAPH` stays.
    """

    def change(node: Node) -> Node:
        if isinstance(node, Graph) and _can_lower(node):
            return _place(node.inner, node.name)
        return node

    return _joined(bottom_up(pattern, change))


def _place(pattern: Pattern, graph: Slot) -> Pattern:
    def change(node: Node) -> Node:
        match node:
            case Triple(s, p, o, None):
                return Triple(s, p, o, graph)
            case PathPattern(s, path, o, None):
                return PathPattern(s, path, o, graph)
            case _:
                return node

    return bottom_up(pattern, change)


def _can_lower(graph: Graph) -> bool:
    inside = tuple(walk(graph.inner))
    if any(isinstance(node, Graph) for node in inside) or any(_place_of(node) is not None for node in inside):
        return False
    if isinstance(graph.name, Var):
        if graph.name in inside or any(isinstance(node, Project | Group | Slice) for node in inside):
            return False
        minus = (node for node in inside if isinstance(node, Minus))
        if not all(certain(node.left) & certain(node.right) for node in minus):
            return False
    return _grounded(graph.inner)


def _place_of(node: object) -> Slot | None:
    return node.graph if isinstance(node, Triple | PathPattern) else None


def _grounded(pattern: Pattern) -> bool:
    """Whether every branch needs a triple of its own."""
    match pattern:
        case Join(parts):
            return bool(nodes(pattern)) and all(not _branches(part) or _grounded(part) for part in parts)
        case Union(branches):
            return all(map(_grounded, branches))
        case LeftJoin(left, right) | Minus(left, right):
            return _grounded(left) and _grounded(right)
        case Filter(inner) | Extend(inner) | Distinct(inner) | OrderBy(inner) | Slice(inner) | Project(inner):
            return _grounded(inner)
        case Group(inner, keys):
            return bool(keys) and _grounded(inner)
        case _:
            return bool(nodes(pattern))


def _branches(pattern: Pattern) -> bool:
    return isinstance(
        pattern, Union | LeftJoin | Minus | Filter | Extend | Distinct | OrderBy | Slice | Project | Group
    )
