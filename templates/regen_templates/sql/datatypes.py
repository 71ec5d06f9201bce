"""Datatypes of RDF and of schema.org become types of PostgreSQL; all others are text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from regen.model.term import XSD
from regen.templating.iris import local_name

NUMERIC = frozenset({"bigint", "integer", "smallint", "numeric", "double precision", "real"})

_MOMENT = "timestamp with time zone"
_XSD_TYPES = {
    "boolean": "boolean",
    "decimal": "numeric",
    "double": "double precision",
    "float": "real",
    "date": "date",
    "dateTime": _MOMENT,
    "dateTimeStamp": _MOMENT,
    "time": "time",
    "duration": "interval",
    "dayTimeDuration": "interval",
    "yearMonthDuration": "interval",
    "integer": "bigint",
    "long": "bigint",
    "int": "integer",
    "short": "smallint",
    "byte": "smallint",
    "nonNegativeInteger": "bigint",
    "positiveInteger": "bigint",
    "nonPositiveInteger": "bigint",
    "negativeInteger": "bigint",
    "unsignedLong": "numeric",
    "unsignedInt": "bigint",
    "unsignedShort": "integer",
    "unsignedByte": "smallint",
}
_SCHEMA_TYPES = {
    "Boolean": "boolean",
    "Number": "numeric",
    "Float": "double precision",
    "Integer": "bigint",
    "Date": "date",
    "DateTime": _MOMENT,
    "Time": "time",
}
_TYPES = {
    **{XSD + name: type_ for name, type_ in _XSD_TYPES.items()},
    **{f"{scheme}://schema.org/{name}": type_ for name, type_ in _SCHEMA_TYPES.items() for scheme in ("http", "https")},
}
_LEAST = dict.fromkeys(("nonNegativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"), 0)
_LEAST["positiveInteger"] = 1
_MOST = {"nonPositiveInteger": 0, "negativeInteger": -1}


def column_type(ranges: Sequence[str]) -> str:
    """The type that holds values of all these ranges."""
    types = {_TYPES.get(range_, "text") for range_ in ranges}
    if len(types) == 1:
        return types.pop()
    return "numeric" if types and types <= NUMERIC else "text"


@lru_cache(maxsize=1024)
def bounds(range_: str) -> tuple[int | None, int | None]:
    """The least and the greatest value of a datatype of RDF whose column would take others too."""
    if not range_.startswith(XSD):
        return None, None
    name = local_name(range_)
    return _LEAST.get(name), _MOST.get(name)
