"""Filters: what the bodies of this pack can use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, pass_environment

from regen.model.term import Iri
from regen.templating.iris import local_name
from regen.templating.literals import sql_literal

from ..vocabulary.facts import properties
from ..vocabulary.names import twins_of
from .keys import Key, References, keys_of
from .names import Names
from .tables import Tables, deprecation, tables_of

Row = tuple[Any, ...]


@pass_environment
def names(environment: Environment, twins: Iterable[Row], modules: Mapping[str, str]) -> Names:
    """Names schemas, tables and columns, by rows of twins.rq."""
    return Names(environment.filters["identifier"], modules, twins_of(twins))


def path(iri: Iri, names: Names) -> str:
    """Where a class's files are: `schema_org/audiobook`."""
    return f"{names.schema(iri)}/{names.stem(iri)}"


def schema(iri: Iri, names: Names) -> str:
    """The schema of a class's namespace, as it stands in a statement."""
    return names.quoted(names.schema(iri))


def table_name(iri: Iri, names: Names) -> str:
    """The table of a class with its schema, as it stands in a statement."""
    return names.table(iri)


def tables(
    iri: Iri, about: str, fields: Iterable[Row], references: Iterable[Row], names: Names, unbounded: str
) -> Tables:
    """The tables of a class, from a comment on it, and the rows of fields.rq and references.rq."""
    facts = [(property_, fact, value) for _, property_, fact, value in fields]
    found = properties(facts, one=unbounded == "one")
    return tables_of(iri, about, found, References.of(references).referring, names)


def foreign_keys(
    iri: Iri,
    superclasses: Iterable[Row],
    references: Iterable[Row],
    rivals: Iterable[Row],
    names: Names,
    unbounded: str,
) -> list[Key]:
    """The keys of a class's tables, from rows (class, superclass), and those of references.rq and rivals.rq."""
    above = [superclass for _, superclass in superclasses]
    others = [rival for _, _, rival in rivals]
    return keys_of(iri, above, References.of(references), others, names, one=unbounded == "one")


def remarks(about: Iterable[Row], deprecated: Iterable[Row] = ()) -> str:
    """The comment on a class between quotes, from rows (class, comment) and (class, whether, successor); or nothing."""
    texts = [str(comment) for _, comment in about]
    told = list(deprecated)
    if told:
        texts.append(deprecation(successor for _, _, successor in told if successor is not None))
    return sql_literal("\n\n".join(texts)) if texts else ""


def member_rows(members: Iterable[Row], notes: Iterable[Row]) -> Iterator[str]:
    """The values of each member, from rows (class, member) and (class, member, comment)."""
    comments: dict[str, list[str]] = {}
    for _, member, comment in notes:
        comments.setdefault(str(member), []).append(str(comment))
    for _, member in members:
        iri = str(member)
        description = "\n\n".join(comments[iri]) if iri in comments else None
        yield f"({', '.join(map(sql_literal, (iri, local_name(iri), description)))})"


FILTERS: dict[str, Callable[..., Any]] = {
    "foreign_keys": foreign_keys,
    "member_rows": member_rows,
    "names": names,
    "path": path,
    "remarks": remarks,
    "schema": schema,
    "table_name": table_name,
    "tables": tables,
}
