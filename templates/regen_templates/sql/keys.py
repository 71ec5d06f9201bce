"""Keys: superclasses, and properties that refer to one other table, become foreign keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..vocabulary.facts import Property
from .names import Names
from .tables import ranges_of


@dataclass(frozen=True, slots=True)
class Key:
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
    this: str, superclasses: Iterable[str], properties: Sequence[Property], tables: Collection[str], names: Names
) -> list[Key]:
    """The keys of a class's tables: superclasses first.

    Args:
        this: the class.
        superclasses: its direct ones that have a table.
        properties: those that its superclasses do not have.
        tables: IRIs of classes that have a table.
        names: of schemas, tables and columns.
    """
    schema, stem = names.schema(this), names.stem(this)
    own = names.within(schema, stem)
    keys = [Key(own, "id", names.table(superclass)) for superclass in superclasses]
    columns = names.columns(p.iri for p in properties)
    for p in properties:
        ranges = ranges_of(p)
        if p.most == 0 or len(ranges) != 1 or ranges[0] not in tables:
            continue
        column, target = columns[str(p.iri)], names.table(ranges[0])
        if p.many:
            keys.append(Key(names.within(schema, f"{stem}__{column}"), "value", target))
        else:
            keys.append(Key(own, names.quoted(column), target))
    return keys
