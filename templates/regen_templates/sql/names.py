"""Names of schemas, tables and columns: each from one IRI, cut to what PostgreSQL keeps, quoted where it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from regen.model.term import Iri
from regen.templating.identifiers import unique_names
from regen.templating.iris import local_name, namespace
from regen.templating.names import snake

from ..vocabulary.names import Twins, checksum, letter_first, module_name, stem, stem_among_schemes

Identifier = Callable[[str], str]

_LONGEST = 63  # bytes of a name that PostgreSQL keeps (NAMEDATALEN - 1, "Identifiers and Key Words")
_KEPT = 54  # of a longer one, so that a checksum has its place; a letter may take four bytes
_KEPT_LETTERS = 13
# Words that are reserved in PostgreSQL, or in other dialects, beside those that the language's own list has.
# fmt: off
_WORDS = frozenset({
    "array", "bigint", "binary", "bit", "boolean", "char", "character", "coalesce", "collation", "concurrently",
    "dec", "decimal", "exists", "extract", "fetch", "float", "greatest", "groups", "int", "integer", "intersect",
    "interval", "json_array", "json_object", "least", "map", "match", "minus", "national", "nchar", "none",
    "normalize", "nullif", "numeric", "offset", "overlay", "position", "precision", "real", "rowid", "setof",
    "smallint", "struct", "substring", "system_user", "tablesample", "time", "timestamp", "treat", "trim",
    "values", "varchar", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot",
    "xmlserialize", "xmltable",
})
# fmt: on
# The key's own name, and PostgreSQL's columns of every table.
_COLUMNS = frozenset({"id", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"})


def short(name: str) -> str:
    """A name of 63 bytes at most; a longer one ends in a checksum of the whole."""
    if len(name.encode()) <= _LONGEST:
        return name
    kept = name[: _KEPT if name.isascii() else _KEPT_LETTERS]
    return f"{kept.rstrip('_')}_{checksum(name)}"


class Names:
    """Names as the language and the project want them.

    Args:
        identifier: makes a name that the language takes; a keyword gets a suffix.
        modules: `[vars] modules`: names of namespaces.
        twins: classes that are told apart from others by their scheme.
    """

    __slots__ = ("_identifier", "_modules", "_twins")

    def __init__(self, identifier: Identifier, modules: Mapping[str, str], twins: Twins) -> None:
        self._identifier = identifier
        self._modules = modules
        self._twins = twins

    def schema(self, iri: str) -> str:
        """The schema of a namespace's tables; PostgreSQL keeps names with `pg_` for itself."""
        space = namespace(str(iri))
        return _schema(space, self._modules.get(space), self._identifier)

    def stem(self, iri: str) -> str:
        """The name of a class; the schemes of a namespace are told apart, unless the project names namespaces."""
        text = str(iri)
        return letter_first(stem(text) if self._modules else stem_among_schemes(text, self._twins))

    def quoted(self, name: str) -> str:
        """A name as it stands in a statement: between quotes where it is a word of SQL, or not in plain letters."""
        return _quoted(name, self._identifier)

    def within(self, schema: str, name: str) -> str:
        """A name in its schema: `schema_org.audiobook`."""
        return f"{self.quoted(schema)}.{self.quoted(short(name))}"

    def home(self, iri: str) -> Home:
        """Where the rows of a class are."""
        return Home(self, self.schema(iri), self.stem(iri))

    def table(self, iri: str) -> str:
        """The table of a class."""
        return self.within(self.schema(iri), self.stem(iri))

    def columns(self, properties: Iterable[Iri]) -> dict[str, str]:
        """The columns of a class's properties, by their IRIs.

        Why the names are looked at first: telling names apart takes longer than all else, and few want to be one.
        """
        given = {str(property_): property_ for property_ in properties}
        spoken = {iri: _spoken(local_name(iri), self._identifier) for iri in given}
        if len({name.casefold() for name in spoken.values()}) < len(spoken):
            told_apart = unique_names(given.values(), lambda local: _spoken(local, self._identifier), ignore_case=True)
            spoken = {iri: told_apart[property_] for iri, property_ in given.items()}
        return {iri: _column(name, iri, self._identifier) for iri, name in spoken.items()}


class Home:
    """The tables of one class: its own, and one for each property that may have many values.

    Attributes:
        stem: the name of the class.
        table: its table, as it stands in a statement.
    """

    __slots__ = ("_names", "_schema", "stem", "table")

    def __init__(self, names: Names, schema: str, stem: str) -> None:
        self._names = names
        self._schema = schema
        self.stem = stem
        self.table = names.within(schema, stem)

    def part(self, column: str) -> str:
        """The table of a property, as it stands in a statement."""
        return self._names.within(self._schema, f"{self.stem}__{column}")

    def quoted(self, name: str) -> str:
        """See `Names.quoted`."""
        return self._names.quoted(name)


@lru_cache(maxsize=4096)
def _schema(space: str, named: str | None, identifier: Identifier) -> str:
    name = module_name(space, {space: named} if named else {}, identifier)
    return short(f"n_{name}" if name.startswith("pg_") else name)


@lru_cache(maxsize=65_536)
def _quoted(name: str, identifier: Identifier) -> str:
    known = name in _WORDS or not name.isascii() or identifier(name) != name
    return f'"{name}"' if known else name


@lru_cache(maxsize=65_536)
def _spoken(local: str, identifier: Identifier) -> str:
    return identifier(snake(local))


@lru_cache(maxsize=65_536)
def _column(name: str, iri: str, identifier: Identifier) -> str:
    """A keyword stays as it is, for names are quoted where they must be."""
    bare = name.rstrip("_")
    if bare != name and identifier(bare) != bare:
        name = bare
    if not name.strip("_"):
        name = f"x_{checksum(iri)}"
    return short(f"{name}_" if name in _COLUMNS else name)
