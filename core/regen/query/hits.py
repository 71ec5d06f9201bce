"""Query: changed triples that match a pattern become the keys that they lead to, by the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from regen.dataset.disk import is_damage
from regen.dataset.terms import OxTerm, sparql, to_ox, to_term
from regen.errors import QueryError
from regen.model.delta import Quad
from regen.model.term import Iri, Term
from regen.query import sorting
from regen.query.algebra import Var
from regen.query.delta_index import Changed, Match
from regen.query.derive import THIS, Derived
from regen.query.focus import Focus
from regen.query.sorting import Row
from regen.query.template import CHUNK

_SHOWN = 120
"""Characters of a query that an error repeats."""

_KEPT = 10_000
"""Terms that stay known from one cycle to the next."""

_MOST = 1_000_000
"""Terms that are known at a time; some 0.3 GB."""


def any_hit(store: ox.Store, patterns: tuple[Derived, ...], changed: Changed) -> Quad | None:
    """A changed quad that one of the patterns confirms."""
    for derived in patterns:
        for _, quad in hits(store, derived, changed.matches(derived.focus)):
            return quad
    return None


def select(store: ox.Store, text: str, prefixes: dict[str, str]) -> Iterator[Row]:
    found = store.query(text, prefixes=prefixes)
    if not isinstance(found, ox.QuerySolutions):
        raise TypeError("a view selects")
    term = _TERMS.__getitem__
    try:
        for solution in found:
            yield tuple(map(term, solution))
    except RuntimeError as error:
        if is_damage(error):
            raise
        raise QueryError(
            f"a view cannot be evaluated: {error}",
            where=" ".join(text.split())[:_SHOWN],
            hint="a triple term has no literal as its subject: ask with FILTER(!isLiteral(…)) for what stands there",
        ) from error


class _Terms(dict[Any, Term | None]):
    """The values of the engine's terms, the same for all queries until they are let go of.

    Each is made once: what compares, sorts, hashes or pickles rows then meets the same object again and again, and is
    four times as fast; and the views of six packs hold one name and one comment of a property, not six.
    """

    def __missing__(self, term: OxTerm | None) -> Term | None:
        if len(self) >= _MOST:
            self.clear()
        made = self[term] = None if term is None else to_term(term)
        return made


_TERMS = _Terms()


def let_go() -> None:
    """Forget the values of terms where there are many, and where they come; who has one keeps it."""
    if len(_TERMS) > _KEPT:
        _TERMS.clear()
        sorting.let_go()


def hits(store: ox.Store, derived: Derived, matches: list[Match]) -> Iterator[tuple[Term | None, Quad]]:
    """Keys, each with a quad that leads to it; one hit without a key where all may be meant."""
    if derived.whole is not None or derived.apart is not None:
        quad = next((quad for _, quad in _found(store, derived, matches)), None)
        if quad is not None and derived.apart is not None:
            yield from ((row[0], quad) for row in select(store, derived.apart, {}))
        elif quad is not None:
            yield None, quad
        return
    least: dict[Term, Quad] = {}
    for key, quad in _found(store, derived, matches):
        if key is not None and (key not in least or quad.sort_key < least[key].sort_key):
            least[key] = quad
    yield from least.items()


def _found(store: ox.Store, derived: Derived, matches: list[Match]) -> Iterator[tuple[Term | None, Quad]]:
    """Each match that the query confirms, with ?this from the match or from the query, if either has it."""
    names = derived.focus.variables
    this = names.index(THIS) if THIS in names else None
    if derived.query is None:
        yield from ((None if this is None else values[this], quad) for quad, values in matches)
        return
    at = [names.index(variable) for variable in derived.linked]
    groups: dict[Row, list[Match]] = {}
    for match in matches:
        groups.setdefault(tuple([match[1][i] for i in at]), []).append(match)
    linked = list(groups)
    for start in range(0, len(linked), CHUNK):
        chunk = [tuple([sparql(term) for term in row if term is not None]) for row in linked[start : start + CHUNK]]
        for row in select(store, derived.query.fill(derived.linked, chunk), {}):
            if derived.gives_this:
                yield row[0], groups[row[1 : 1 + len(at)]][0][0]
            else:
                same = groups[row[: len(at)]]
                yield from ((None if this is None else values[this], quad) for quad, values in same)


def quads_of(store: ox.Store, focus: Focus | None) -> Iterator[Quad]:
    """The store's quads with the constants of a focus, of its merge for None; in any order."""
    asked = () if focus is None else (focus.subject, focus.predicate, focus.object, focus.graph)
    s, p, o, g = (None if term is None or isinstance(term, Var) else to_ox(term) for term in asked or (None,) * 4)
    merge = focus is None or focus.graph is None
    for quad in store.quads_for_pattern(s, p, o, ox.DefaultGraph() if merge else g):  # type: ignore[arg-type]
        graph = None if isinstance(quad.graph_name, ox.DefaultGraph) else to_term(quad.graph_name)
        if merge or graph is not None:
            yield Quad(to_term(quad.subject), Iri(quad.predicate.value), to_term(quad.object), graph)
