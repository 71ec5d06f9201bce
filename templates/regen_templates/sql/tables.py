"""Tables: the properties of a class become columns, tables of many values, indexes and comments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from regen.model.term import Iri, Term
from regen.templating.iris import local_name
from regen.templating.literals import sql_literal

from ..vocabulary.facts import Property
from .checks import check
from .datatypes import column_type
from .names import Names, short


@dataclass(frozen=True, slots=True)
class Part:
    """A table of the values of a property that may have many.

    Attributes:
        name: with its schema, as it stands in a statement.
        lines: columns and the key.
    """

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index over the column of a key to another table; all names as they stand in a statement."""

    name: str
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What people should know.

    Attributes:
        on: what it is about: `COLUMN shop.book.title`.
        text: between quotes.
    """

    on: str
    text: str


@dataclass(slots=True)
class Table:
    """The table of a class, and what belongs to it.

    Attributes:
        name: with its schema, as it stands in a statement.
        columns: the lines behind the one of `id`.
    """

    name: str
    columns: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


def table_of(this: str, properties: Sequence[Property], referring: Collection[tuple[str, str]], names: Names) -> Table:
    """The table of a class.

    Args:
        this: the class.
        properties: those that its superclasses do not have.
        referring: properties that may refer to a table, each with the class whose table it is.
        names: of schemas, tables and columns.
    """
    schema, stem = names.schema(this), names.stem(this)
    table = Table(names.within(schema, stem))
    columns = names.columns(p.iri for p in properties)
    for p in properties:
        if p.most == 0:
            continue
        column, ranges = columns[str(p.iri)], ranges_of(p)
        refers = len(ranges) == 1 and (str(p.iri), ranges[0]) in referring
        type_ = column_type(ranges)
        spoken = names.quoted("value" if p.many else column)
        line = spoken, type_, check(p, ranges, type_, spoken)
        if p.many:
            on = names.within(schema, f"{stem}__{column}")
            owner = names.quoted(short(f"{stem}_id"))
            table.parts.append(Part(on, _part_lines(p, owner, table.name, line, refers)))
            index, said = f"{stem}__{column}__value__idx", f"TABLE {on}"
        else:
            table.columns.append(f"{spoken} {type_}{' NOT NULL' if p.required else ''}{line[2]}")
            on, index, said = table.name, f"{stem}__{column}__idx", f"COLUMN {table.name}.{spoken}"
        if refers:
            table.indexes.append(Index(names.quoted(short(index)), on, spoken))
        notes = _notes(p, ranges, refers)
        if notes:
            table.comments.append(Comment(said, sql_literal("\n\n".join(notes))))
    return table


def ranges_of(property_: Property) -> list[str]:
    """The IRIs of what a property's values are."""
    return list(dict.fromkeys(str(range_) for range_ in property_.ranges if isinstance(range_, Iri)))


def deprecation(successors: Iterable[Term]) -> str:
    """The sentence for what should not be used any more: `Deprecated: use title instead.`"""
    uses = dict.fromkeys(local_name(str(one)) for one in successors if isinstance(one, Iri))
    return f"Deprecated: use {', '.join(uses)} instead." if uses else "Deprecated."


def _part_lines(p: Property, owner: str, table: str, line: tuple[str, str, str], refers: bool) -> tuple[str, ...]:
    value, type_, condition = line
    first = f"{owner} text NOT NULL REFERENCES {table} (id) ON DELETE CASCADE"
    if refers:
        return first, f"{value} text NOT NULL{condition}", f"PRIMARY KEY ({owner}, {value})"
    places = ">= 1" if p.most is None else f"BETWEEN 1 AND {p.most}"
    return (
        first,
        f'"position" integer NOT NULL CHECK ("position" {places})',
        f"{value} {type_} NOT NULL{condition}",
        f'PRIMARY KEY ({owner}, "position")',
    )


def _notes(p: Property, ranges: Sequence[str], refers: bool) -> list[str]:
    """What people should know of a column, paragraph by paragraph."""
    notes = p.texts("about")
    if len(ranges) > 1:
        notes.append(f"One of: {', '.join(dict.fromkeys(map(local_name, ranges)))}.")
    if p.many and p.required:
        notes.append(f"At least {p.least}.")
    if refers and p.most is not None and p.most > 1:
        notes.append(f"At most {p.most}.")
    if p.deprecated:
        notes.append(deprecation(p.given.get("successor", ())))
    return notes
