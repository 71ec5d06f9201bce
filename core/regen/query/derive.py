"""Query: a pattern of a view becomes a query for the keys that a change of it may affect."""

from __future__ import annotations

from dataclasses import dataclass, replace

from regen.dataset.terms import as_stored, named
from regen.model.term import Iri, Literal
from regen.query.algebra import (
    Bound,
    Distinct,
    Expression,
    Filter,
    Fresh,
    Join,
    Pattern,
    Project,
    Slot,
    Triple,
    Var,
    join,
    mentioned,
)
from regen.query.relax import Change, Focus
from regen.query.restrict import Binder, Restrictor
from regen.query.scopes import certain
from regen.query.template import Template
from regen.query.text import group_text, query_text

THIS = Var("this")


@dataclass(frozen=True, slots=True)
class Derived:
    """How changed triples that match `focus` lead to keys.

    `shows` is the pattern as text. `linked` are the variables of the focus that `query` needs; None where the changed
    triples say everything. `whole` says why all keys may be affected, not some; None where `query` or the focus
    gives ?this.
    """

    focus: Focus
    shows: str
    linked: tuple[Var, ...]
    query: Template | None
    whole: str | None


def derive(change: Change, fresh: Fresh, *, base: str, keyed: bool) -> Derived:
    """The query of one change: what is connected with the focus, bound to the changed triples."""
    parts, conditions = _flatten(change.rest)
    given = frozenset(change.focus.variables)
    near = _connected(parts, given)
    bound = given | certain(join(*near))
    decisive = tuple(c for c in conditions if mentioned(c) <= bound)
    whole = None
    if keyed and THIS not in bound:
        apart = THIS in given.union(*map(mentioned, parts))
        whole = "no variable joins it with ?this" if apart else "?this may be unbound where it matches"
    elif not keyed:
        whole = "the view has no ?this"
    linked = tuple(v for v in change.focus.variables if v in mentioned((tuple(near), decisive)))
    query = None
    if near or decisive:
        start: tuple[Pattern, ...] = (Bound(linked, tuple(variable.name for variable in linked)),) if linked else ()
        pattern = Join((*start, *near))
        if linked:
            pattern_ = Restrictor(fresh).restrict(pattern, (Binder(frozenset(linked)),))
        else:
            pattern_ = pattern
        if decisive:
            pattern_ = Filter(pattern_, decisive)
        columns = tuple(dict.fromkeys((*(() if whole or THIS in given else (THIS,)), *linked)))
        query = Template.of(query_text(Distinct(Project(pattern_, columns)), "", base))
    return Derived(_as_in_deltas(change.focus), _shows(change.focus), linked, query, whole)


def _as_in_deltas(focus: Focus) -> Focus:
    """Constants as deltas have them: blank nodes for the IRIs that stand for them, literals in the store's spelling."""

    def term(slot: Slot) -> Slot:
        if isinstance(slot, Iri):
            return named(slot)
        return as_stored(slot) if isinstance(slot, Literal) else slot

    graph = None if focus.graph is None else term(focus.graph)
    return replace(focus, subject=term(focus.subject), object=term(focus.object), graph=graph)


def _shows(focus: Focus) -> str:
    return group_text(Triple(focus.subject, focus.predicate, focus.object, focus.graph))


def _flatten(pattern: Pattern) -> tuple[list[Pattern], list[Expression]]:
    """Joined parts and the filters over them; a filter says the same further out, for its variables are bound."""
    match pattern:
        case Join(parts):
            flat = [_flatten(part) for part in parts]
            return [p for found, _ in flat for p in found], [c for _, found in flat for c in found]
        case Filter(inner, conditions):
            found, more = _flatten(inner)
            return found, [*more, *conditions]
        case _:
            return [pattern], []


def _connected(parts: list[Pattern], given: frozenset[Var]) -> list[Pattern]:
    """The parts that share variables with the focus, directly or through others; the rest only has to exist."""
    reached, near, rest = given, [], list(parts)
    while True:
        found = next((part for part in rest if mentioned(part) & reached), None)
        if found is None:
            return near
        rest.remove(found)
        near.append(found)
        reached |= mentioned(found)
