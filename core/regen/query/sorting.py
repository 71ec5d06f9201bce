"""Query: rows in any order become rows in one order.

Why not the engine's `ORDER BY`: it leaves open how ties and values of different kinds are ordered, and what it then
gives depends on the order of its indexes. Here SPARQL's order is extended to a total one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import isnan

from regen.model.rows import Rows
from regen.model.term import RDF_DIR_LANG_STRING, RDF_LANG_STRING, XSD, XSD_STRING, Blank, Iri, Literal, Term

Row = tuple[Term | None, ...]

_INTEGER_NAMES = (
    "integer",
    "long",
    "int",
    "short",
    "byte",
    "nonNegativeInteger",
    "positiveInteger",
    "nonPositiveInteger",
    "negativeInteger",
    "unsignedLong",
    "unsignedInt",
    "unsignedShort",
    "unsignedByte",
)
_INTEGERS = frozenset(XSD + name for name in _INTEGER_NAMES)
_TEXTS = frozenset({XSD_STRING, RDF_LANG_STRING, RDF_DIR_LANG_STRING})
_UNBOUND = (-1, "", "", "")
_MOST = 1_000_000  # terms whose places are known at a time; some 0.3 GB


def sort_rows(rows: list[Row], order: Sequence[tuple[int, bool]], width: int) -> list[Row]:
    """The rows in the order of the columns in `order` (index, downwards), ties by the first `width` columns."""
    terms = dict.fromkeys(term for row in rows for term in row[:width])
    ranked = sorted(terms, key=lambda term: _UNBOUND if term is None else term.sort_key)
    ranks = {term: rank for rank, term in enumerate(ranked)}
    found = sorted(rows, key=lambda row: [ranks[term] for term in row[:width]])
    return _by_value(found, order)


class ByKey(Mapping[Term, Rows]):
    """The rows of many keys; those of a key are put in order when it is first asked for.

    Why not all at once: of a view of all nodes a template may want a fiftieth, and rows of different keys need not be
    compared with each other.

    Args:
        columns: the projected variables, first in each row.
        groups: rows by key, in any order.
        order: as for `sort_rows`.
    """

    def __init__(
        self, columns: tuple[str, ...], groups: Mapping[Term, list[Row]], order: Sequence[tuple[int, bool]]
    ) -> None:
        self._columns, self._order = columns, order
        self._groups: dict[Term, list[Row] | Rows] = {**groups}

    def __getitem__(self, key: Term) -> Rows:
        found = self._groups[key]
        if not isinstance(found, Rows):
            width = len(self._columns)
            if len(found) > 1:
                found = _in_order(found, self._order, width)
            found = self._groups[key] = Rows(self._columns, tuple(row[:width] for row in found))
        return found

    def __iter__(self) -> Iterator[Term]:
        return iter(sorted(self._groups, key=lambda key: key.sort_key))

    def __len__(self) -> int:
        return len(self._groups)

    def __contains__(self, key: object) -> bool:
        return key in self._groups


class _Places(dict[Term | None, str]):
    """Where terms come in the order of terms, as texts, which compare faster than tuples.

    Worked out once for each, and kept for all views until they are let go of.
    """

    def __missing__(self, term: Term | None) -> str:
        if len(self) >= _MOST:
            self.clear()
        made = self[term] = "" if term is None else place_text(term)
        return made


_PLACES = _Places()


def let_go() -> None:
    """Forget where terms come."""
    _PLACES.clear()


def place_text(term: Term) -> str:
    """A text that comes where the term's `sort_key` does: between its parts stands the sign before all others."""
    kind, *parts = term.sort_key
    joined = "\0".join(parts)
    if "\1" not in joined and joined.count("\0") == len(parts) - 1:
        return f"{kind}{joined}"
    return str(kind) + "\0".join([part.replace("\1", "\1\2").replace("\0", "\1\1") for part in parts])


def _in_order(rows: list[Row], order: Sequence[tuple[int, bool]], width: int) -> list[Row]:
    """As `sort_rows`, for few rows."""
    place = _PLACES.__getitem__
    if width == len(rows[0]):
        return _by_value(sorted(rows, key=lambda row: [*map(place, row)]), order)
    return _by_value(sorted(rows, key=lambda row: [*map(place, row[:width])]), order)


def _by_value(found: list[Row], order: Sequence[tuple[int, bool]]) -> list[Row]:
    for column, down in reversed(order):
        found.sort(key=lambda row: value_key(row[column]), reverse=down)
    return found


def value_key(term: Term | None) -> tuple[object, ...]:
    """SPARQL's order (section 15.1), total: unbound, blank, IRI, then literals by value within kinds that compare."""
    match term:
        case None:
            return (0,)
        case Blank():
            return (1, str(term))
        case Iri():
            return (2, str(term))
        case Literal():
            return _literal_key(term)
        case _:
            return (9, str(term))


def _literal_key(term: Literal) -> tuple[object, ...]:
    text, datatype = str.__str__(term), term.datatype
    if datatype in _TEXTS:
        return (5, text, term.language or "")
    number = _number(text, datatype)
    if number is not None:
        return (3, 1, number) if not isnan(number) else (3, 0, 0)
    if datatype == XSD + "boolean" and text in ("true", "false", "1", "0"):
        return (4, text in ("true", "1"))
    if datatype in (XSD + "dateTime", XSD + "date"):
        moment = _moment(text, datatype)
        if moment is not None:
            return (6, datatype, moment)
    return (7, datatype, text)


def _number(text: str, datatype: str) -> int | Decimal | float | None:
    try:
        if datatype in _INTEGERS:
            return int(text)
        if datatype == XSD + "decimal":
            return Decimal(text)
        if datatype in (XSD + "double", XSD + "float"):
            return float(text)
    except (ValueError, InvalidOperation):
        return None
    return None


def _moment(text: str, datatype: str) -> float | None:
    """Seconds since 1970; a time without a zone counts as UTC."""
    if datatype == XSD + "date":
        text = f"{text[:10]}T00:00:00{text[10:]}"
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
