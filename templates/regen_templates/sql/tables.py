"""Tables: the properties of a class become columns, tables of many values, indexes and comments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from regen.model.term import Iri, Term
from regen.templating.iris import local_name
from regen.templating.literals import sql_literal

from ..vocabulary.facts import Property
from .checks import check
from .datatypes import column_type
from .names import Home, Names, short


class Table(NamedTuple):
    """A table.

    Attributes:
        name: with its schema.
        lines: its columns and its key.
    """

    name: str
    lines: list[str]


class Index(NamedTuple):
    """An index over the column of a key to another table; all names as they stand in a statement."""

    name: str
    table: str
    column: str


class Comment(NamedTuple):
    """What people should know of something: `COLUMN shop.book.title`; the text is between quotes."""

    on: str
    text: str


class Tables(NamedTuple):
    """The table of a class, those of its properties that may have many values, and what belongs to them."""

    tables: list[Table]
    indexes: list[Index]
    comments: list[Comment]


def tables_of(
    this: str, about: str, properties: Sequence[Property], referring: Collection[tuple[str, str]], names: Names
) -> Tables:
    """The tables of a class.

    Args:
        this: the class.
        about: what people should know of it, between quotes.
        properties: those that its superclasses do not have.
        referring: properties that may refer to a table, each with the class whose table it is.
        names: of schemas, tables and columns.
    """
    home = names.home(this)
    own = Table(home.table, ["id text PRIMARY KEY"])
    made = Tables([own], [], [Comment(f"TABLE {own.name}", about)] if about else [])
    columns = names.columns(p.iri for p in properties) if properties else {}
    for p in properties:
        if p.most == 0:
            continue
        iri, ranges = str(p.iri), ranges_of(p)
        refers = len(ranges) == 1 and (iri, ranges[0]) in referring
        add = _add_many if p.many else _add_one
        said = add(made, home, p, columns[iri], ranges, refers)
        notes = _notes(p, ranges, refers)
        if notes:
            made.comments.append(Comment(said, sql_literal("\n\n".join(notes))))
    return made


def ranges_of(property_: Property) -> list[str]:
    """The IRIs of what a property's values are."""
    return list(dict.fromkeys(str(range_) for range_ in property_.ranges if isinstance(range_, Iri)))


def deprecation(successors: Iterable[Term]) -> str:
    """The sentence for what should not be used any more: `Deprecated: use title instead.`"""
    uses = dict.fromkeys(local_name(str(one)) for one in successors if isinstance(one, Iri))
    return f"Deprecated: use {', '.join(uses)} instead." if uses else "Deprecated."


def _add_one(made: Tables, home: Home, p: Property, column: str, ranges: Sequence[str], refers: bool) -> str:
    """Add the column of a property that has one value; what a comment on it is about."""
    value, type_ = home.quoted(column), column_type(ranges)
    made.tables[0].lines.append(f"{value} {type_}{' NOT NULL' if p.required else ''}{check(p, ranges, type_, value)}")
    if refers:
        made.indexes.append(Index(home.quoted(short(f"{home.stem}__{column}__idx")), home.table, value))
    return f"COLUMN {home.table}.{value}"


def _add_many(made: Tables, home: Home, p: Property, column: str, ranges: Sequence[str], refers: bool) -> str:
    """Add the table of a property that may have many values; what a comment on it is about."""
    table, owner, value = home.part(column), home.quoted(short(f"{home.stem}_id")), home.quoted("value")
    type_ = column_type(ranges)
    lines = [f"{owner} text NOT NULL REFERENCES {home.table} (id) ON DELETE CASCADE"]
    if not refers:
        places = ">= 1" if p.most is None else f"BETWEEN 1 AND {p.most}"
        lines.append(f'"position" integer NOT NULL CHECK ("position" {places})')
    lines.append(f"{value} {type_} NOT NULL{check(p, ranges, type_, value)}")
    lines.append(f"PRIMARY KEY ({owner}, {value})" if refers else f'PRIMARY KEY ({owner}, "position")')
    made.tables.append(Table(table, lines))
    if refers:
        made.indexes.append(Index(home.quoted(short(f"{home.stem}__{column}__value__idx")), table, value))
    return f"TABLE {table}"


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
