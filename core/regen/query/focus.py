"""Query: what has to have changed: a triple pattern for a delta, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from regen.model.term import Iri
from regen.query.algebra import Node, Pattern, Slot, Var
from regen.query.scopes import certain
from regen.query.traverse import Fresh, substitute


@dataclass(frozen=True, slots=True)
class Focus(Node):
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
class Change(Node):
    """Solutions of `rest` together with a changed triple that matches `focus`.

    `note` says why it may matter to solutions that have nothing to do with the triple; "" where it does not.
    """

    focus: Focus
    rest: Pattern
    note: str = ""

    def having(self, rest: Pattern) -> Change:
        """The same with another rest."""
        return Change(self.focus, rest, self.note)

    def renamed(self, fresh: Fresh, keep: frozenset[Var]) -> tuple[Change, dict[Var, Var]]:
        """The same with new names for all variables but these."""
        mapping = fresh.renaming(self, keep)
        return substitute(self, mapping), mapping

    @property
    def certain(self) -> frozenset[Var]:
        return certain(self.rest) | frozenset(self.focus.variables)
