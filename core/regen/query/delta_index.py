"""Query: a delta becomes an index that triple patterns are matched against."""

from __future__ import annotations

from collections.abc import Iterable

from regen.model.delta import Delta, Quad
from regen.model.term import Iri, Term
from regen.query.algebra import Var
from regen.query.focus import Focus

Match = tuple[Quad, tuple[Term, ...]]
"""A changed quad, and what it gives to the variables of a focus."""


class Changed:
    """The quads of a delta, added and removed, by predicate; made once and shared by all views."""

    def __init__(self, delta: Delta) -> None:
        self.merged = _Index(delta.merged_added | delta.merged_removed)
        self.named = _Index(delta.added | delta.removed)

    def __bool__(self) -> bool:
        return bool(self.merged.all or self.named.all)

    def first(self) -> Quad:
        """The least changed quad; a quad of the merge where there is one."""
        return (self.merged.all or self.named.all)[0]

    def matches(self, focus: Focus) -> list[Match]:
        """The changed quads that match a focus, in their own order."""
        index = self.merged if focus.graph is None else self.named
        predicate = focus.predicate
        quads = index.by_predicate.get(predicate, ()) if isinstance(predicate, Iri) else index.all
        found = []
        for quad in quads:
            values = _match(focus, quad)
            if values is not None:
                found.append((quad, values))
        return found


class _Index:
    def __init__(self, quads: Iterable[Quad]) -> None:
        self.all = sorted(quads, key=lambda quad: quad.sort_key)
        self.by_predicate: dict[Term, list[Quad]] = {}
        for quad in self.all:
            self.by_predicate.setdefault(quad.predicate, []).append(quad)


def matches(focus: Focus, quad: Quad) -> bool:
    """Whether a quad matches a focus."""
    return _match(focus, quad) is not None


def _match(focus: Focus, quad: Quad) -> tuple[Term, ...] | None:
    bound: dict[Var, Term] = {}
    places = (focus.subject, focus.predicate, focus.object, focus.graph)
    for place, term in zip(places, quad, strict=True):
        if isinstance(place, Var):
            if bound.setdefault(place, term) != term:  # type: ignore[arg-type]
                return None
        elif place is not None and place != term:
            return None
    if quad.predicate in focus.excluded:
        return None
    if focus.equal is not None:
        bound[focus.equal[1]] = bound[focus.equal[0]]
    return tuple(bound.values())
