"""Keys: superclasses, and properties that refer to one other table, become foreign keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from regen.model.term import XSD, Iri, Literal, Term

from ..vocabulary.facts import properties
from .names import Names
from .tables import ranges_of

_MOST = Literal("max")
_ONE = Literal("1", f"{XSD}integer")


@dataclass(frozen=True, slots=True)
class References:
    """What references.rq found for a class.

    Attributes:
        facts: rows (property, fact, value).
        referring: properties that may refer to a table, each with the class whose table it is.
    """

    facts: list[tuple[Term | None, ...]]
    referring: set[tuple[str, str]]

    @classmethod
    def of(cls, rows: Iterable[tuple[Term, ...]]) -> References:
        """From rows (class, property, whether it is functional, fact, value, whether the value has a table)."""
        found = cls([], set())
        for _, property_, functional, fact, value, refers in rows:
            found.facts.append((property_, fact, value))
            if str(functional) == "true":
                found.facts.append((property_, _MOST, _ONE))
            if str(refers) == "true":
                found.referring.add((str(property_), str(value)))
        return found


class Key(NamedTuple):
    """A foreign key; all names as they stand in a statement.

    Attributes:
        table: that refers.
        column: in it.
        target: the table that is referred to, by its `id`.
    """

    table: str
    column: str
    target: str


def keys_of(
    this: str, superclasses: Iterable[str], references: References, rivals: Iterable[Iri], names: Names, *, one: bool
) -> list[Key]:
    """The keys of a class's tables: superclasses first.

    Args:
        this: the class.
        superclasses: its direct ones that have a table.
        references: of its properties.
        rivals: properties that could want the column of another one.
        names: of schemas, tables and columns.
        one: whether a property without an upper bound has one value.
    """
    home = names.home(this)
    keys = [Key(home.table, "id", names.table(superclass)) for superclass in superclasses]
    found = properties(references.facts, one=one)
    columns = names.columns([*(p.iri for p in found), *rivals]) if found else {}
    for p in found:
        ranges = ranges_of(p)
        if p.most == 0 or len(ranges) != 1 or (str(p.iri), ranges[0]) not in references.referring:
            continue
        column, target = columns[str(p.iri)], names.table(ranges[0])
        if p.many:
            keys.append(Key(home.part(column), "value", target))
        else:
            keys.append(Key(home.table, home.quoted(column), target))
    return keys
