"""Query: a pattern becomes its supersets: what it may match, and where a changed triple may change its solutions.

Why this is right. Let U be the triples before and after a change together. For a pattern A:

- `_sup(A)` is a monotone pattern. Each solution m of A, before or after, has a solution n of `_sup(A)` in U that
  agrees with m: what n binds of A's variables, m binds to the same. (The pattern with one empty solution always
  serves; it is what is left of anything that this module does not look into.)
- `_stable(A)` are patterns that do the same for the solutions that A has as often before as after and that no pattern
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

from dataclasses import dataclass
from itertools import islice, product
from typing import assert_never

from regen.model.term import Iri, Term
from regen.query.algebra import (
    UNIT,
    Alternative,
    Bound,
    Call,
    Distinct,
    Exists,
    Expression,
    Extend,
    Filter,
    Fresh,
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
    exists_in,
    join,
    mentioned,
    substitute,
)
from regen.query.scopes import Place, certain, nodes, nullable, visible

Anchors = frozenset[Place]
"""What is a node in a graph before and after the change, wherever it matters to the pattern at hand."""


_ALTERNATIVES = 4
"""How many queries one triple pattern of a view may become, to bind what `OPTIONAL` binds."""


@dataclass(frozen=True, slots=True)
class Focus:
    """A triple pattern for changed triples. `graph` None is the default graph; `equal` gives a second variable the
    value of the first; `excluded` are predicates that it does not match."""

    subject: Slot
    predicate: Slot
    object: Slot
    graph: Slot | None
    excluded: tuple[Iri, ...] = ()
    equal: tuple[Var, Var] | None = None

    @property
    def variables(self) -> tuple[Var, ...]:
        """Each once, in the order of the places."""
        places = (self.subject, self.predicate, self.object, self.graph, self.equal[1] if self.equal else None)
        return tuple(dict.fromkeys(place for place in places if isinstance(place, Var)))


@dataclass(frozen=True, slots=True)
class Change:
    """Solutions of `rest` together with a changed triple that matches `focus`."""

    focus: Focus
    rest: Pattern

    def renamed(self, fresh: Fresh, keep: frozenset[Var]) -> tuple[Change, dict[Var, Var]]:
        """The same with new names for all variables but these."""
        mapping = fresh.renaming((_parts(self.focus), self.rest), keep)
        return Change(_focus(substitute(_parts(self.focus), mapping)), substitute(self.rest, mapping)), mapping

    @property
    def certain(self) -> frozenset[Var]:
        return certain(self.rest) | frozenset(self.focus.variables)


def _parts(focus: Focus) -> tuple[object, ...]:
    return (focus.subject, focus.predicate, focus.object, focus.graph, focus.excluded, focus.equal)


def _focus(parts: tuple[object, ...]) -> Focus:
    return Focus(*parts)  # type: ignore[arg-type]


def _conjuncts(conditions: tuple[Expression, ...]) -> list[Expression]:
    found: list[Expression] = []
    for condition in conditions:
        match condition:
            case Call("&&", args):
                found.extend(_conjuncts(args))
            case _:
                found.append(condition)
    return found


def _keep(inner: Pattern, bound: frozenset[Var], conditions: tuple[Expression, ...]) -> Pattern:
    """`inner` with those conditions that it decides alone."""
    kept = tuple(c for c in _conjuncts(conditions) if not exists_in(c) and mentioned(c) <= bound)
    return Filter(inner, kept) if kept else inner


class Relaxer:
    """Relaxes the patterns of one query."""

    def __init__(self, fresh: Fresh) -> None:
        self._fresh = fresh

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
            case Filter(inner, conditions):
                found = self.sup(inner)
                return _keep(found, certain(found), conditions)
            case Extend(inner, variable, value):
                found = self.sup(inner)
                return join(found, Values((variable,), ((value,),))) if isinstance(value, Term) else found
            case Project(inner) | Distinct(inner) | OrderBy(inner) | Slice(inner):
                return self.sup(inner)
            case Group(inner, keys):
                return self.sup(inner) if keys else UNIT
            case Graph():
                return UNIT
            case _:
                assert_never(pattern)

    def changes(self, pattern: Pattern, anchors: Anchors = frozenset()) -> list[Change]:
        """Where a changed triple may change the solutions of a pattern."""
        match pattern:
            case Triple(s, p, o, g):
                return [Change(Focus(s, p, o, g), UNIT)]
            case PathPattern(s, path, o, g):
                found = self._edges(s, path, o, g)
                return found + (self._ends(s, o, g) if nullable(path) and not anchors & {(s, g), (o, g)} else [])
            case Values() | Bound():
                return []
            case Join(parts):
                return self._in_join(parts, anchors)
            case Lateral(left, right):
                return self._in_join((left, right), anchors)
            case Union(branches):
                return [change for branch in branches for change in self.changes(branch, anchors)]
            case LeftJoin(left, right, conditions):
                return self.changes(left, anchors) + self._in_right(left, right, conditions, anchors)
            case Minus(left, right):
                return self.changes(left, anchors) + self._in_right(left, right, (), anchors)
            case Filter(inner, conditions):
                found = [Change(c.focus, _keep(c.rest, c.certain, conditions)) for c in self.changes(inner, anchors)]
                return found + self._in_exists(inner, conditions, anchors)
            case Extend(inner, variable, value):
                found = self.changes(inner, anchors)
                if isinstance(value, Term):
                    found = [Change(c.focus, join(c.rest, Values((variable,), ((value,),)))) for c in found]
                return found + self._in_exists(inner, (value,), anchors)
            case Project(inner) | Distinct(inner):
                return self.changes(inner, anchors)
            case OrderBy(inner, order):
                return self.changes(inner, anchors) + self._in_exists(inner, tuple(e for e, _ in order), anchors)
            case Slice(inner):
                # One more solution pushes out another, so any change may change any solution.
                return [change.renamed(self._fresh, frozenset())[0] for change in self.changes(inner)]
            case Group(inner, _, aggregates):
                return self.changes(inner, anchors) + self._in_exists(inner, tuple(a for _, a in aggregates), anchors)
            case Graph():
                return [self.any_change(self._fresh.var())]
            case _:
                assert_never(pattern)

    def any_change(self, graph: Slot | None) -> Change:
        """Any changed triple of a graph, bound to nothing."""
        return Change(Focus(self._fresh.var(), self._fresh.var(), self._fresh.var(), graph), UNIT)

    def _stable(self, pattern: Pattern, wanted: frozenset[Var]) -> list[Pattern]:
        """Alternatives that bind `wanted` where the superset leaves them open, as far as that is worth it."""
        match pattern:
            case LeftJoin(left, right, conditions) if (visible(right) - certain(left)) & wanted:
                found = self._told_apart(left, right, conditions, wanted)
            case LeftJoin(left) | Minus(left):
                found = self._stable(left, wanted)
            case Filter(inner, conditions):
                found = [
                    _keep(alternative, certain(alternative), conditions) for alternative in self._stable(inner, wanted)
                ]
            case Extend(inner) | Project(inner) | Distinct(inner) | OrderBy(inner):
                found = self._stable(inner, wanted)
            case Join(parts):
                choices = product(*(self._stable(part, wanted) for part in parts))
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
        for alternative in self._stable(left, wanted | shared):
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

    def _in_join(self, parts: tuple[Pattern, ...], anchors: Anchors) -> list[Change]:
        """The first part that changed, with those before it stable."""
        found: list[Change] = []
        for i, part in enumerate(parts):
            scope = visible(part)
            before = [self._stable(other, scope & visible(other)) for other in parts[:i]]
            after = [[self.sup(other)] for other in parts[i + 1 :]]
            for change in self.changes(part, anchors | _others(parts, i)):
                found.extend(Change(change.focus, join(change.rest, *rest)) for rest in product(*before, *after))
        return found

    def _in_right(
        self, left: Pattern, right: Pattern, conditions: tuple[Expression, ...], anchors: Anchors
    ) -> list[Change]:
        """Changes of what is carried to each solution of `left`."""
        around = anchors | nodes(left)
        inner = self.changes(right, around)
        for exists in exists_in(conditions):
            for change in self.changes(exists.pattern, around | nodes(right)):
                carried, _ = change.renamed(self._fresh, certain(left) | certain(right))
                inner.append(Change(carried.focus, join(self.sup(right), carried.rest)))
        return [found for change in inner for found in self._carry(left, change, conditions)]

    def _in_exists(self, inner: Pattern, values: tuple[Expression, ...], anchors: Anchors) -> list[Change]:
        found: list[Change] = []
        for exists in exists_in(values):
            for change in self.changes(exists.pattern, anchors | nodes(inner)):
                found += self._carry(inner, change, ())
        return found

    def _carry(self, left: Pattern, change: Change, conditions: tuple[Expression, ...]) -> list[Change]:
        """A change that matters to solutions of `left`, together with them."""
        scope = visible(left)
        wanted = (mentioned((_parts(change.focus), change.rest)) & scope) - certain(left)
        found: list[Change] = []
        for alternative in self._stable(left, wanted):
            keep = certain(left) | (certain(alternative) & scope)
            carried, mapping = change.renamed(self._fresh, keep)
            merged = Change(carried.focus, join(alternative, carried.rest))
            found.append(Change(merged.focus, _keep(merged.rest, merged.certain, substitute(conditions, mapping))))
        return found

    # Paths -------------------------------------------------------------------------------------------------------

    def _ends(self, s: Slot, o: Slot, g: Slot | None) -> list[Change]:
        """A path of length zero comes and goes with the node that it joins to itself."""
        one, other = self._fresh.var, self._fresh.var
        end: Slot = s if isinstance(s, Var) or not isinstance(o, Var) else o
        equal = (s, o) if isinstance(s, Var) and isinstance(o, Var) and s != o else None
        rest: Pattern = UNIT
        if isinstance(s, Term) and isinstance(o, Var):
            rest = Values((o,), ((s,),))
            end = s
        elif isinstance(o, Term) and isinstance(s, Var):
            rest = Values((s,), ((o,),))
            end = o
        return [
            Change(Focus(end, one(), other(), g, equal=equal), rest),
            Change(Focus(one(), other(), end, g, equal=equal), rest),
        ]

    def _edges(self, s: Slot, path: Path, o: Slot, g: Slot | None) -> list[Change]:
        """Changed edges of a path; those of length zero are no edges."""
        match path:
            case Iri():
                return [Change(Focus(s, path, o, g), UNIT)]
            case Negated(predicates):
                return [Change(Focus(s, self._fresh.var(), o, g, excluded=predicates), UNIT)]
            case Inverse(inner):
                return self._edges(o, inner, s, g)
            case Alternative(left, right):
                return self._edges(s, left, o, g) + self._edges(s, right, o, g)
            case Sequence(first, then):
                m, n = self._fresh.var(), self._fresh.var()
                before = [self._along(c, PathPattern(m, then, o, g)) for c in self._edges(s, first, m, g)]
                return before + [self._along(c, PathPattern(s, first, n, g)) for c in self._edges(n, then, o, g)]
            case Repeat(inner, _, False):
                return self._edges(s, inner, o, g)
            case Repeat(inner):
                m, n = self._fresh.var(), self._fresh.var()
                more = Repeat(inner, 0, many=True)
                around = (PathPattern(s, more, m, g), PathPattern(n, more, o, g))
                return [self._along(change, *around) for change in self._edges(m, inner, n, g)]
            case _:
                assert_never(path)

    def _along(self, change: Change, *paths: PathPattern) -> Change:
        """A changed edge with the paths around it."""
        return Change(change.focus, join(change.rest, *paths))


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


def _others(parts: tuple[Pattern, ...], but: int) -> Anchors:
    return frozenset[Place]().union(*(nodes(part) for i, part in enumerate(parts) if i != but))
