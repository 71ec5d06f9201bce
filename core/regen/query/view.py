"""Query: a compiled view: which keys a delta may affect, and the rows of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

import pyoxigraph as ox

from regen.dataset.terms import sparql
from regen.model.delta import Delta, Quad
from regen.model.rows import Rows
from regen.model.term import Term
from regen.query.algebra import Pattern
from regen.query.changes import Changes
from regen.query.delta_index import Changed, matches
from regen.query.derive import THIS, Derived, derive
from regen.query.hits import any_hit, hits, quads_of, select
from regen.query.rank import grows, shifted
from regen.query.sorting import ByKey, Row, sort_rows
from regen.query.template import CHUNK, Template
from regen.query.traverse import Fresh

WHOLE_SHARE = 0.05
"""Past this share of a view's keys one evaluation of all is cheaper than evaluating each."""

_LOOKED_AT = 1000
"""Triples that are looked at for an example."""

_FEW = 200
"""Keys that are always evaluated on their own: 0.1 ms each at the most."""

_SOME = 5_000
"""Keys that may still be asked for instead of all: ten queries."""

_READ = 10_000
"""Rows of all keys after which it is seen how many are wanted; reading them takes some 0.1 s."""

_RARE = 10
"""From one wanted row in so many on, all are read."""


@dataclass(frozen=True, slots=True)
class Whole:
    """All keys of a view may be affected: why, and by which changed quad."""

    reason: str
    because: Quad


@dataclass(frozen=True, slots=True)
class Affected:
    """`keys` are those that may have changed, each with a changed quad that is the reason.

    `also` has further changed quads of a key, one for each other pattern that leads to it.
    Where `whole` is given, keys are not named one by one: evaluate the view whole, and compare by key. `loose` is a
    changed quad that may change rows in which `?this` is unbound, where neither of the two says so.
    """

    keys: Mapping[Term, Quad]
    whole: Whole | None
    loose: Quad | None = None
    also: Mapping[Term, Sequence[Quad]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.keys or self.loose) or self.whole is not None


@dataclass(frozen=True, slots=True)
class Explained:
    """One triple pattern of a view; `whole` says why a change of it needs the whole view, None where it does not."""

    pattern: str
    whole: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a view is evaluated.

    `columns` are projected, first in each row; `order` names columns, those for ordering only included. `keyed` has a
    place for keys; None where ?this is not bound in every row. `prefixes` are for a text that was not analysed.
    """

    columns: tuple[str, ...]
    order: tuple[tuple[int, bool], ...]
    whole: str
    keyed: Template | None
    offset: int
    limit: int | None
    prefixes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What delta queries are derived from: the normalised pattern, names for new variables, the base of its IRIs."""

    pattern: Pattern
    fresh: Fresh = field(compare=False)
    base: str


@dataclass(frozen=True, slots=True)
class View:
    """One SPARQL query of a template. Made by `regen.query.compile_view`; can be pickled.

    `variables` are the projected columns, `digest` is that of the algebra after prefixes are expanded, `keyed` says
    whether `?this` is among the variables. `source` is None where `whole` says why nothing is derived. `loose` is for
    rows in which `?this` is unbound, None where there are none.

    Why delta queries are derived at the first delta: a first run asks for none of them, and they cost more than all
    else that compiling a view does.
    """

    variables: tuple[str, ...]
    digest: str
    plan: Plan
    whole: str | None
    source: Source | None
    loose: Source | None = None
    _derived: list[tuple[Derived, ...]] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def keyed(self) -> bool:
        return THIS.name in self.variables

    @property
    def ready(self) -> bool:
        """Whether its delta queries are derived."""
        return self.source is None or bool(self._derived)

    def prepare(self) -> None:
        """Derive the delta queries now, so that the first delta need not wait for them."""
        _ = self.patterns

    @property
    def patterns(self) -> tuple[Derived, ...]:
        """The delta queries."""
        return self._both[0]

    @property
    def _both(self) -> tuple[tuple[Derived, ...], tuple[Derived, ...]]:
        """The delta queries for keys, and those for rows without one."""
        if not self._derived:
            self._derived.extend((_derive(self.source, keyed=self.keyed), _derive(self.loose, keyed=False)))
        return self._derived[0], self._derived[1]

    @property
    def by_delta(self) -> bool:
        """Whether every change leads to keys, and none to the whole view."""
        return self.whole is None and all(derived.whole is None for derived in self.patterns)

    def explain(self) -> tuple[Explained, ...]:
        """Each triple pattern, and whether a change of it leads to keys or to the whole view."""
        if self.whole is not None:
            return (Explained("?any ?changed ?triple .", self.whole),)
        return tuple(Explained(derived.shows, derived.whole) for derived in self.patterns)

    def examples(self, store: ox.Store) -> Iterator[Quad | None]:
        """For each pattern of `explain` a triple of the store that matches it, None where there is none."""
        if self.whole is not None:
            yield next(quads_of(store, None), None)
            return
        for derived in self.patterns:
            found = islice(quads_of(store, derived.focus), _LOOKED_AT)
            yield next((quad for quad in found if matches(derived.focus, quad)), None)

    def affected(self, store: ox.Store, delta: Delta | Changed) -> Affected:
        """The keys whose rows may differ before and after a delta.

        Call it while the store holds the triples of both: after the added ones are in, before the removed ones are
        out. For a view without `?this`, `whole` says whether its rows may differ.

        Why the store holds both, not a graph of its own for what is added: so `GRAPH ?g` sees them like any other.
        """
        changed = delta if isinstance(delta, Changed) else Changed(delta)
        if not changed:
            return Affected({}, None)
        if self.whole is not None:
            return Affected({}, Whole(self.whole, changed.first()))
        found = self._found(store, changed)
        if found.keys and self._is_cut:
            return self._shifted(store, found.keys)
        return found

    def _found(self, store: ox.Store, changed: Changed) -> Affected:
        keys: dict[Term, Quad] = {}
        also: dict[Term, list[Quad]] = {}
        patterns, loose = self._both
        for derived in patterns:
            matches = changed.matches(derived.focus)
            if not matches:
                continue
            for key, quad in hits(store, derived, matches):
                if derived.whole is not None:
                    return Affected({}, Whole(f"{derived.shows} changed: {derived.whole}", quad))
                if key is not None and keys.setdefault(key, quad) != quad:
                    also.setdefault(key, []).append(quad)
        return Affected(keys, None, None if keys else any_hit(store, loose, changed), also)

    @property
    def _is_cut(self) -> bool:
        return bool(self.plan.offset) or self.plan.limit is not None

    def _shifted(self, store: ox.Store, changed: Mapping[Term, Quad]) -> Affected:
        if self.source is None:
            raise TypeError("keys were found without a source")
        at, plan = self.variables.index(THIS.name), self.plan
        ranked = (row[at] for row in self._in_order(list(self._run(store, plan.whole))))
        may_grow = grows(self.source.pattern)
        return Affected(shifted(ranked, changed, offset=plan.offset, limit=plan.limit, grows=may_grow), None)

    def rows(self, store: ox.Store, keys: Iterable[Term], *, population: int | None = None) -> Mapping[Term, Rows]:
        """The rows of these keys, each in a total order; keys without rows are absent.

        `population` is the number of keys that the view has, where it is known: past 5 % of it all are evaluated.
        """
        wanted = list(dict.fromkeys(keys))
        many = population is not None and len(wanted) > max(_FEW, WHOLE_SHARE * population)
        if self.plan.keyed is None or many:
            found = self.all_rows(store)
            return {key: found[key] for key in wanted if key in found}
        raw: list[Row] = []
        for start in range(0, len(wanted), CHUNK):
            chunk = [(sparql(key),) for key in wanted[start : start + CHUNK]]
            raw.extend(self._run(store, self.plan.keyed.fill((THIS,), chunk)))
        found = self._by_key(raw)
        return {key: found[key] for key in wanted if key in found}

    def all_rows(self, store: ox.Store) -> Mapping[Term, Rows]:
        """The rows of every key; rows in which `?this` is unbound belong to no key."""
        return self._by_key(list(self._run(store, self.plan.whole)))

    def rows_if_most(self, store: ox.Store, keys: Set[Term]) -> Mapping[Term, Rows] | None:
        """The rows of every key; None where a first part of them says that few are of these keys.

        Why `keys` may not be many: what the engine cannot push into a scope it works out anew for each 500 of them.
        """
        if self.plan.keyed is None or self._is_cut or len(keys) > _SOME:
            return self.all_rows(store)
        at, wanted = self.variables.index(THIS.name), 0
        raw: list[Row] = []
        for row in self._run(store, self.plan.whole):
            raw.append(row)
            wanted += row[at] in keys
            if len(raw) == _READ and wanted * _RARE < _READ:
                return None
        return self._by_key(raw)

    def global_rows(self, store: ox.Store) -> Rows:
        """All rows together, in a total order."""
        width = len(self.variables)
        found = self._sorted(list(self._run(store, self.plan.whole)))
        return Rows(self.variables, tuple(row[:width] for row in found))

    def _run(self, store: ox.Store, text: str) -> Iterator[Row]:
        return select(store, text, dict(self.plan.prefixes))

    def _sorted(self, raw: list[Row]) -> list[Row]:
        found = self._in_order(raw)
        if self._is_cut:
            end = None if self.plan.limit is None else self.plan.offset + self.plan.limit
            found = found[self.plan.offset : end]
        return found

    def _in_order(self, raw: list[Row]) -> list[Row]:
        return sort_rows(raw, self.plan.order, len(self.variables))

    def _by_key(self, raw: list[Row]) -> Mapping[Term, Rows]:
        at = self.variables.index(THIS.name)
        groups: dict[Term, list[Row]] = {}
        for row in self._sorted(raw) if self._is_cut else raw:
            key = row[at]
            if key is not None:
                groups.setdefault(key, []).append(row)
        return ByKey(self.variables, groups, self.plan.order)


def _derive(source: Source | None, *, keyed: bool) -> tuple[Derived, ...]:
    if source is None:
        return ()
    return derive(Changes(source.fresh).of(source.pattern), source.fresh, base=source.base, keyed=keyed)
