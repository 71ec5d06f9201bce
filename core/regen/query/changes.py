"""Query: a pattern becomes the places where a changed triple may change its solutions (see `relax`)."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import assert_never

from regen.model.term import Iri, Term
from regen.query.algebra import (
    UNIT,
    Alternative,
    Bound,
    Distinct,
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
    Modifier,
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
from regen.query.computed import known, value_part
from regen.query.focus import Change, Focus
from regen.query.graphs import as_asked, grounded
from regen.query.relax import Relaxer, filtered
from regen.query.require import is_bound
from regen.query.scopes import Place, certain, nodes, nullable, visible
from regen.query.traverse import Fresh, exists_in, join, mentioned, substitute

Anchors = frozenset[Place]
"""What is a node in a graph before and after the change, wherever it matters to the pattern at hand."""

CUT = "under a LIMIT or OFFSET of a sub-select, one row more pushes another out"
ONE_GROUP = "an aggregate over one group of all changes for every row that it is joined with"


class Changes:
    """Finds what may change the solutions of the patterns of one query."""

    def __init__(self, fresh: Fresh) -> None:
        self._fresh = fresh
        self._relaxer = Relaxer(fresh, computed=True)

    def of(self, pattern: Pattern, anchors: Anchors = frozenset()) -> list[Change]:
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
                return [change for branch in branches for change in self.of(branch, anchors)]
            case LeftJoin(left, right, conditions):
                return self.of(left, anchors) + self._in_right(left, right, conditions, anchors)
            case Minus(left, right):
                return self.of(left, anchors) + self._in_right(left, right, (), anchors)
            case Filter() | Extend() | Project() | Distinct() | Group() | OrderBy() | Slice():
                return self._of_modifier(pattern, anchors)
            case Graph():
                return self._in_graph(pattern)
            case _:
                assert_never(pattern)

    def _of_modifier(self, pattern: Modifier, anchors: Anchors) -> list[Change]:
        match pattern:
            case Filter(Extend(inner) as made) if is_bound(pattern):
                found = [_with_value(c, made, strict=True) for c in self.of(inner, anchors)]
                return found + self._in_exists(inner, (made.value,), anchors)
            case Filter(inner, conditions):
                found = [c.having(filtered(c.rest, c.certain, conditions)) for c in self.of(inner, anchors)]
                return found + self._in_exists(inner, conditions, anchors)
            case Extend(inner, variable, value):
                found = self.of(inner, anchors)
                if isinstance(value, Term):
                    found = [c.having(join(c.rest, Values((variable,), ((value,),)))) for c in found]
                else:
                    found = [_with_value(c, pattern, strict=False) for c in found]
                return found + self._in_exists(inner, (value,), anchors)
            case Project(inner) | Distinct(inner):
                return self.of(inner, anchors)
            case OrderBy(inner, order):
                return self.of(inner, anchors) + self._in_exists(inner, tuple(e for e, _ in order), anchors)
            case Slice(inner):
                return [self._apart(change, CUT) for change in self.of(inner)]
            case Group(inner, keys, aggregates):
                found = self.of(inner, anchors) + self._in_exists(inner, tuple(a for _, a in aggregates), anchors)
                return found if keys else [self._apart(change, ONE_GROUP) for change in found]
            case _:
                assert_never(pattern)

    def _apart(self, change: Change, note: str) -> Change:
        """A change that may matter to any solution."""
        return replace(change.renamed(self._fresh, frozenset())[0], note=note)

    def any_change(self, graph: Slot | None) -> Change:
        """Any changed triple of a graph, bound to nothing."""
        return Change(Focus(self._fresh.var(), self._fresh.var(), self._fresh.var(), graph), UNIT)

    def _in_graph(self, pattern: Graph) -> list[Change]:
        """Changes of what is asked; where a graph matters without a triple of its own, any change in any graph too."""
        asked = as_asked(pattern, self._fresh)
        if asked is None:
            return [self.any_change(self._fresh.var())]
        found = self.of(asked)
        if not grounded(pattern.inner):
            graph = pattern.name if isinstance(pattern.name, Term) else self._fresh.var()
            found.append(Change(self.any_change(graph).focus, self._relaxer.sup(asked)))
        return found

    def _in_join(self, parts: tuple[Pattern, ...], anchors: Anchors) -> list[Change]:
        """The first part that changed, with those before it stable."""
        found: list[Change] = []
        for i, part in enumerate(parts):
            scope = visible(part)
            before = [self._relaxer.stable(other, scope & visible(other)) for other in parts[:i]]
            after = [[self._relaxer.sup(other)] for other in parts[i + 1 :]]
            for change in self.of(part, anchors | _others(parts, i)):
                found.extend(change.having(join(change.rest, *rest)) for rest in product(*before, *after))
        return found

    def _in_right(
        self, left: Pattern, right: Pattern, conditions: tuple[Expression, ...], anchors: Anchors
    ) -> list[Change]:
        """Changes of what is carried to each solution of `left`."""
        around = anchors | nodes(left)
        inner = self.of(right, around)
        for exists in exists_in(conditions):
            for change in self.of(exists.pattern, around | nodes(right)):
                carried, _ = change.renamed(self._fresh, certain(left) | certain(right))
                inner.append(carried.having(join(self._relaxer.sup(right), carried.rest)))
        return [found for change in inner for found in self._carry(left, change, conditions)]

    def _in_exists(self, inner: Pattern, values: tuple[Expression, ...], anchors: Anchors) -> list[Change]:
        found: list[Change] = []
        for exists in exists_in(values):
            for change in self.of(exists.pattern, anchors | nodes(inner)):
                found += self._carry(inner, change, ())
        return found

    def _carry(self, left: Pattern, change: Change, conditions: tuple[Expression, ...]) -> list[Change]:
        """A change that matters to solutions of `left`, together with them."""
        scope = visible(left)
        wanted = (mentioned(change) & scope) - certain(left)
        found: list[Change] = []
        for alternative in self._relaxer.stable(left, wanted):
            keep = certain(left) | (certain(alternative) & scope)
            carried, mapping = change.renamed(self._fresh, keep)
            merged = carried.having(join(alternative, carried.rest))
            found.append(merged.having(filtered(merged.rest, merged.certain, substitute(conditions, mapping))))
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
        return change.having(join(change.rest, *paths))


def _with_value(change: Change, made: Extend, *, strict: bool) -> Change:
    if not known(made, change.certain):
        return change
    return change.having(join(change.rest, value_part(made, strict=strict)))


def _others(parts: tuple[Pattern, ...], but: int) -> Anchors:
    return frozenset[Place]().union(*(nodes(part) for i, part in enumerate(parts) if i != but))
