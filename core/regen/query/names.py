"""Query: algebra in which no name is used in two scopes.

Why: what is local to a sub-select, a `MINUS` or an `EXISTS` may carry the name of something outside. After `separate`
it does not, so patterns can be carried outwards, and no optimiser can mix the two up.
"""

from __future__ import annotations

from typing import cast

from regen.model.term import Term
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
    Join,
    LeftJoin,
    Minus,
    Node,
    OrderBy,
    Pattern,
    Project,
    Slice,
    Union,
    Var,
)
from regen.query.scopes import NONE, Scope, certain, visible
from regen.query.traverse import Fresh, bottom_up, substitute, walk


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
