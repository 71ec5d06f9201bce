"""Rows: what the views of a template say of its keys, each view asked once a cycle."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from regen.hooks.abilities import Spares
from regen.hooks.protocols import Selector
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.needs import Lower
from regen.orchestrator.pending import Unit
from regen.orchestrator.session import Place, Session
from regen.orchestrator.shared import Shared
from regen.orchestrator.stale import each_rows, filled
from regen.telemetry import running_cycle

if TYPE_CHECKING:
    from pyoxigraph import Store

_FEW = 64  # keys; so many are asked for one by one without counting how many there are
_WHOLE_SHARE = 4  # past a quarter of a template's keys one query for all rows is cheaper than one for the keys

Evaluated: TypeAlias = dict[Term | None, tuple[tuple[str, Rows], ...]]
"""For each key its rows: (view, rows), sorted by view."""


def evaluate(
    session: Session,
    place: Place,
    unit: Unit,
    keys: Sequence[Term | None],
    shared: Shared,
) -> Evaluated:
    """Rows of every view for the keys that exist; a key that does not is absent.

    Args:
        session, place, unit: whose views.
        keys: the keys.
        shared: what views of this cycle gave already.
    """
    store = filled(session).store

    def together(selector: Selector) -> Rows:
        known = shared.once if selector.keyed else shared.together
        if selector.digest not in known:
            known[selector.digest] = selector.global_rows(store)
        return known[selector.digest]

    if not unit.views.each:
        return {None: tuple(sorted((view, together(selector)) for view, selector in unit.views.selectors))}
    wanted = [key for key in keys if key is not None]
    whole = len(wanted) > _FEW and len(wanted) * _WHOLE_SHARE > place.records.count(unit.template.name)
    by_view: dict[str, Mapping[Term, Rows] | Rows] = {}
    for view, selector in unit.views.selectors:
        with _shared_out(unit, view, len(wanted)):
            if not selector.keyed:
                by_view[view] = together(selector)
                continue
            rows = _keyed(session, unit, view, selector, wanted, shared, whole=whole)
        by_view[view] = rows
        if view == "each":
            wanted = [key for key in wanted if key in rows]
    columns = {view: selector.variables for view, selector in unit.views.selectors}
    return {key: tuple(_rows_of(by_view, columns, key)) for key in wanted}


@contextmanager
def _shared_out(unit: Unit, view: str, keys: int) -> Iterator[None]:
    """Put the time of this block down to a view, where a cycle runs."""
    running, started = running_cycle(), time.perf_counter()
    yield
    if running is not None:
        running.add("view", f"{unit.template.name} {view}", time.perf_counter() - started, keys)


def _keyed(
    session: Session, unit: Unit, view: str, selector: Selector, keys: Sequence[Term], shared: Shared, *, whole: bool
) -> Mapping[Term, Rows]:
    """Rows of a view with `?this`: of these keys at least. `whole` says that they are most of the template's."""
    store = filled(session).store
    if whole and view == "each":
        return each_rows(session, unit)
    known = shared.whole.get(selector.digest)
    found = shared.keyed.setdefault(selector.digest, {})
    missing = [key for key in keys if key not in found]
    if known is None and whole and missing:
        known = _all_rows(selector, store, keys)
        if known is not None:
            shared.whole[selector.digest] = known
    if known is not None:
        return known
    if missing:
        asked = selector.rows(store, missing)
        found.update((key, asked.get(key)) for key in missing)
    return {key: rows for key in keys if (rows := found[key]) is not None}


def _all_rows(selector: Selector, store: Store, keys: Sequence[Term]) -> Mapping[Term, Rows] | None:
    """Rows of all keys; None where most are of other keys: a template may want few nodes of many."""
    return selector.rows_if_most(store, set(keys)) if isinstance(selector, Spares) else selector.all_rows(store)


def _rows_of(
    by_view: Mapping[str, Mapping[Term, Rows] | Rows], columns: Mapping[str, tuple[str, ...]], key: Term
) -> Iterator[tuple[str, Rows]]:
    for view in sorted(by_view):
        rows = by_view[view]
        yield view, rows if isinstance(rows, Rows) else (rows.get(key) or _none(columns[view]))


@lru_cache(maxsize=1024)
def _none(columns: tuple[str, ...]) -> Rows:
    """No rows; one object for all keys that have none, so that its digest is worked out once."""
    return Rows(columns, ())


def evaluated(session: Session, place: Place, unit: Unit, key: Term | None) -> tuple[tuple[str, Rows], ...]:
    """What one artifact is rendered from as things are now: rows of every view, keys and paths of what it needs.

    Empty where its key is gone.
    """
    found = evaluate(session, place, unit, [key], Shared()).get(key)
    return found + Lower(place).rows(unit) if found is not None else ()
