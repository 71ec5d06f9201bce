"""Query: a pattern of a view becomes a query for the keys that a change of it may affect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from regen.dataset.terms import as_stored, named
from regen.model.term import Iri, Literal
from regen.query.algebra import (
    Bound,
    Distinct,
    Expression,
    Filter,
    Join,
    Lateral,
    Node,
    PathPattern,
    Pattern,
    Project,
    Slot,
    Triple,
    Var,
)
from regen.query.computed import in_place, put, value_of
from regen.query.focus import Change, Focus
from regen.query.nesting import nest
from regen.query.restrict import Binder, Restrictor, can_be_asked
from regen.query.scopes import certain, nullable, visible
from regen.query.template import Template
from regen.query.text import group_text, query_text
from regen.query.traverse import Fresh, exists_in, join, mentioned, substitute, walk

THIS = Var("this")

Expressions = tuple[Expression, ...]

NO_KEY = "the view has no ?this"
ANYWHERE = "nothing leads from it to ?this"


@dataclass(frozen=True, slots=True)
class Derived:
    """How changed triples that match `focus` lead to keys.

    `shows` is the pattern as text. `linked` are the variables of the focus that `query` needs; `query` is None where
    the changed triples say everything; `gives_this` says that ?this is its first column. `apart` gives keys that have
    nothing in common with the changed triples, and are affected by any of them. `whole` says why all keys may be
    affected, not some; None where `apart`, `query` or the focus gives ?this.
    """

    focus: Focus
    shows: str
    linked: tuple[Var, ...]
    query: Template | None
    gives_this: bool
    apart: str | None
    whole: str | None


@dataclass(frozen=True, slots=True)
class _Lead(Node):
    """What is left of a change: the focus, the parts connected with it, and the conditions that they decide."""

    focus: Focus
    near: tuple[Pattern, ...]
    decisive: Expressions
    apart: str | None
    whole: str | None

    def covers(self, other: _Lead) -> bool:
        """Whether it finds all that the other finds: the same, under fewer conditions."""
        if (self.focus, self.whole is None) != (other.focus, other.whole is None) or self.apart or other.apart:
            return False
        return set(self.near) <= set(other.near) and set(self.decisive) <= set(other.decisive)


def derive(changes: Iterable[Change], fresh: Fresh, *, base: str, keyed: bool) -> tuple[Derived, ...]:
    """The queries of a view's changes, each once: those that need none first, and the whole view last."""
    shown: dict[_Lead, str] = {}
    for change in changes:
        lead = _lead(change, fresh, base, keyed=keyed)
        shown.setdefault(substitute(lead, _plain_names(lead)), _shows(change.focus))
    by_focus: dict[Focus, list[_Lead]] = {}
    for lead in sorted(shown, key=lambda lead: len(lead.near) + len(lead.decisive)):
        known = by_focus.setdefault(lead.focus, [])
        if not any(one.covers(lead) for one in known):
            known.append(lead)
    unique = [lead for leads in by_focus.values() for lead in leads]
    found = (_derived(lead, shown[lead], fresh, base) for lead in unique)
    return tuple(sorted(found, key=lambda derived: (derived.whole is not None, derived.query is not None)))


def _plain_names(lead: _Lead) -> dict[Var, Var]:
    """Names by the order of places, so that what was renamed in two ways is equal again."""
    seen = dict.fromkeys(item for item in walk(lead) if isinstance(item, Var) and item != THIS)
    return {var: Var(f"v{at}") for at, var in enumerate(seen)}


def _lead(change: Change, fresh: Fresh, base: str, *, keyed: bool) -> _Lead:
    parts, conditions = _flatten(change.rest)
    given = frozenset(change.focus.variables)
    near = _connected(parts, given, conditions)
    bound = given | certain(join(*near))
    decisive = _decided(conditions, parts, bound)
    apart, whole = None, None
    if not keyed:
        whole = NO_KEY
    elif THIS not in bound:
        apart = _apart(parts, conditions, fresh, base)
        whole = None if apart else change.note or ANYWHERE
    return _Lead(change.focus, tuple(near), decisive, apart, whole)


def _derived(lead: _Lead, shows: str, fresh: Fresh, base: str) -> Derived:
    focus, near, decisive = lead.focus, lead.near, lead.decisive
    linked = tuple(v for v in focus.variables if v in mentioned((near, decisive)))
    query = None
    gives_this = bool(near) and not (lead.whole or lead.apart or THIS in focus.variables)
    if near or decisive:
        columns = (THIS, *linked) if gives_this else linked
        pattern = _bound(near, decisive, linked, fresh)
        query = Template.of(query_text(nest(Distinct(Project(pattern, columns))), "", base))
    return Derived(_as_in_deltas(focus), shows, linked, query, gives_this, lead.apart, lead.whole)


def _bound(near: tuple[Pattern, ...], decisive: Expressions, linked: tuple[Var, ...], fresh: Fresh) -> Pattern:
    first = next((at for at, part in enumerate(near) if value_of(part) is not None), len(near))
    before = tuple(in_place(part, fresh) for part in near[:first])
    pattern: Pattern = Join(before)
    if linked:
        rows = Bound(linked, tuple(variable.name for variable in linked))
        pattern = Restrictor(fresh).restrict(Join((rows, *before)), (Binder(frozenset(linked)),))
    for part in near[first:]:
        if value_of(part) is not None:
            pattern = put(pattern, part, fresh)
        else:
            # A value may be unbound, and the engine would make a table of all that can be joined with it.
            more = in_place(part, fresh)
            pattern = Lateral(pattern, more) if can_be_asked(more, visible(pattern)) else join(pattern, more)
    return Filter(pattern, decisive) if decisive else pattern


def _decided(conditions: Expressions, parts: list[Pattern], bound: frozenset[Var]) -> Expressions:
    """The conditions whose variables are bound; those that an `EXISTS` has to itself need not be."""
    elsewhere = mentioned(tuple(parts)) | bound
    found = []
    for condition in conditions:
        local = mentioned(exists_in(condition)) - elsewhere
        if mentioned(condition) - local <= bound:
            found.append(condition)
    return tuple(found)


def _apart(parts: list[Pattern], conditions: Expressions, fresh: Fresh, base: str) -> str | None:
    """The query for keys that lack something (else all keys may be meant, and evaluating them is as cheap)."""
    mine = _connected(parts, frozenset({THIS}), conditions)
    bound = certain(join(*mine))
    decisive = _decided(conditions, parts, bound)
    if THIS not in bound or not any(exists_in(condition) for condition in decisive):
        return None
    pattern = Filter(in_place(Join(tuple(mine)), fresh), decisive)
    return query_text(nest(Distinct(Project(pattern, (THIS,)))), "", base)


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


def _flatten(pattern: Pattern) -> tuple[list[Pattern], Expressions]:
    """Joined parts and the filters over them; a filter says the same further out, for its variables are bound."""
    match pattern:
        case Join(parts):
            flat = [_flatten(part) for part in parts]
            return [p for found, _ in flat for p in found], tuple(c for _, found in flat for c in found)
        case Filter(inner, conditions) if value_of(pattern) is None:
            found, more = _flatten(inner)
            return found, (*more, *conditions)
        case _:
            return [pattern], ()


def _connected(parts: list[Pattern], given: frozenset[Var], conditions: Expressions) -> list[Pattern]:
    """The parts that share variables with the focus, directly or through others; the rest only has to exist.

    Those that share most come first: the optimiser takes the first of those that it thinks equal.
    """
    reached = bound = given
    rest = [(part, mentioned(part)) for part in parts]
    used = mentioned(conditions)
    near: list[tuple[Pattern, frozenset[Var]]] = []
    while True:
        shared = [_rank(part, names, reached, bound) for part, names in rest]
        if not any(shared):
            return [part for part, _ in near]
        part, names = rest.pop(shared.index(max(shared)))
        bound |= certain(part)
        if not _says_nothing(part, used.union(given, *(n for _, n in near), *(n for _, n in rest))):
            near.append((part, names))
            reached |= names


def _rank(part: Pattern, names: frozenset[Var], reached: frozenset[Var], bound: frozenset[Var]) -> float:
    """How many variables a part shares; values come last, and not before their variables are bound."""
    value = value_of(part)
    if value is None:
        return len(names & reached)
    made, strict = value
    return (0.6 if strict else 0.5) if mentioned(made.value) <= bound else 0


def _says_nothing(pattern: Pattern, used: frozenset[Var]) -> bool:
    """Whether a part holds for whatever the others bind: a path that may have length zero, to nowhere else."""
    if not isinstance(pattern, PathPattern) or not nullable(pattern.path):
        return False
    return any(isinstance(end, Var) and end not in used | {THIS} for end in (pattern.subject, pattern.object))
