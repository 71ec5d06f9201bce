"""Query: a pattern becomes its supersets: what it may match, and where a changed triple may change its solutions.

Why this is right. Let U be the triples before and after a change together. For a pattern A:

- `sup(A)` is a monotone pattern. Each solution m of A, before or after, has a solution n of `sup(A)` in U that
  agrees with m: what n binds of A's variables, m binds to the same. (The pattern with one empty solution always
  serves; it is what is left of anything that this module does not look into.)
- `stable(A)` are patterns that do the same for the solutions that A has as often before as after and that no pattern
  of `changes(A)` agrees with; the others are looked after by `changes(A)`. So it may tell apart whether an `OPTIONAL`
  matches in U: where it matches with a changed triple only, `changes(A)` has found the solution.
- `changes(A)` are monotone patterns, each with a *focus*: a triple pattern that must be a changed triple. Each
  solution that A has more often before than after, or the other way round, agrees in that sense with a solution of
  one of them.

A variable of a part that is carried outwards (the right of an `OPTIONAL`, a `MINUS`, an `EXISTS`) keeps its name only
where every solution of what it is carried to binds it; otherwise the two need not agree, and it gets a new name. A
filter stays where all its variables are bound by the superset: there it decides as it would in the query.
"""

from __future__ import annotations

from itertools import islice, product
from typing import assert_never

from regen.model.term import Term
from regen.query.algebra import (
    UNIT,
    Bound,
    Call,
    Distinct,
    Exists,
    Expression,
    Extend,
    Filter,
    Graph,
    Group,
    Join,
    Lateral,
    LeftJoin,
    Minus,
    OrderBy,
    PathPattern,
    Pattern,
    Project,
    Slice,
    Triple,
    Union,
    Values,
    Var,
)
from regen.query.computed import with_value
from regen.query.graphs import as_asked
from regen.query.require import is_bound
from regen.query.scopes import certain, visible
from regen.query.traverse import Fresh, exists_in, join, mentioned, substitute

_ALTERNATIVES = 4
"""How many queries one triple pattern of a view may become, to bind what `OPTIONAL` binds."""


def _conjuncts(conditions: tuple[Expression, ...]) -> list[Expression]:
    found: list[Expression] = []
    for condition in conditions:
        match condition:
            case Call("&&", args):
                found.extend(_conjuncts(args))
            case _:
                found.append(condition)
    return found


def filtered(inner: Pattern, bound: frozenset[Var], conditions: tuple[Expression, ...]) -> Pattern:
    """`inner` with those conditions that it decides alone."""
    kept = tuple(c for c in _conjuncts(conditions) if not exists_in(c) and mentioned(c) <= bound)
    return Filter(inner, kept) if kept else inner


class Relaxer:
    """Supersets of the patterns of one query.

    `computed` keeps values that a pattern computes: as parts of a join of their own (`regen.query.computed`), which
    `derive` puts behind what binds their variables.
    """

    def __init__(self, fresh: Fresh, *, computed: bool = False) -> None:
        self._fresh = fresh
        self._computed = computed

    def sup(self, pattern: Pattern) -> Pattern:
        """The superset of a pattern."""
        match pattern:
            case Triple() | PathPattern() | Values() | Bound():
                return pattern
            case Join(parts):
                return join(*map(self.sup, parts))
            case Lateral(left, right):
                return join(self.sup(left), self.sup(right))
            case Union(branches):
                return Union(tuple(map(self.sup, branches)))
            case LeftJoin(left) | Minus(left):
                return self.sup(left)
            case Filter(Extend(inner) as made) if self._computed and is_bound(pattern):
                return with_value(self.sup(inner), made, strict=True)
            case Filter(inner, conditions):
                found = self.sup(inner)
                return filtered(found, certain(found), conditions)
            case Extend(inner, variable, value):
                found = self.sup(inner)
                if isinstance(value, Term):
                    return join(found, Values((variable,), ((value,),)))
                return with_value(found, pattern) if self._computed else found
            case Project(inner) | Distinct(inner) | OrderBy(inner) | Slice(inner):
                return self.sup(inner)
            case Group(inner, keys):
                return self.sup(inner) if keys else UNIT
            case Graph():
                asked = as_asked(pattern, self._fresh)
                return UNIT if asked is None else self.sup(asked)
            case _:
                assert_never(pattern)

    def stable(self, pattern: Pattern, wanted: frozenset[Var]) -> list[Pattern]:
        """Alternatives that bind `wanted` where the superset leaves them open, as far as that is worth it."""
        match pattern:
            case LeftJoin(left, right, conditions) if (visible(right) - certain(left)) & wanted:
                found = self._told_apart(left, right, conditions, wanted)
            case LeftJoin(left) | Minus(left):
                found = self.stable(left, wanted)
            case Filter(Extend(inner) as made) if self._computed and is_bound(pattern):
                found = [with_value(alternative, made, strict=True) for alternative in self.stable(inner, wanted)]
            case Extend(inner, _, value) if self._computed and not isinstance(value, Term):
                found = [with_value(alternative, pattern) for alternative in self.stable(inner, wanted)]
            case Filter(inner, conditions):
                found = [
                    filtered(alternative, certain(alternative), conditions)
                    for alternative in self.stable(inner, wanted)
                ]
            case Extend(inner) | Project(inner) | Distinct(inner) | OrderBy(inner):
                found = self.stable(inner, wanted)
            case Join(parts):
                choices = product(*(self.stable(part, wanted) for part in parts))
                found = [join(*choice) for choice in islice(choices, _ALTERNATIVES + 1)]
            case _:
                found = [self.sup(pattern)]
        return found if len(found) <= _ALTERNATIVES else [self.sup(pattern)]

    def _told_apart(
        self, left: Pattern, right: Pattern, conditions: tuple[Expression, ...], wanted: frozenset[Var]
    ) -> list[Pattern]:
        """`left OPTIONAL { right }` where the right side matches, and where it does not."""
        shared = visible(left) & visible(right)
        found: list[Pattern] = []
        for alternative in self.stable(left, wanted | shared):
            bound = certain(alternative)
            exact = _is_positive(right) and not exists_in(conditions)
            if exact and shared <= bound and mentioned(conditions) <= bound | certain(right):
                inner = Filter(right, conditions) if conditions else right
                own = self._fresh.renaming(inner, bound)
                lacks = Exists(substitute(inner, own), negated=True)
                found += [join(alternative, inner), Filter(alternative, (lacks,))]
            else:
                found.append(alternative)
        return found


def _is_positive(pattern: Pattern) -> bool:
    """Whether a pattern is its own superset, and each solution in U that is none before stands on an added triple."""
    match pattern:
        case Triple() | PathPattern() | Values():
            return True
        case Join(parts) | Union(parts):
            return all(map(_is_positive, parts))
        case Filter(inner, conditions):
            return _is_positive(inner) and not exists_in(conditions) and mentioned(conditions) <= certain(inner)
        case _:
            return False
