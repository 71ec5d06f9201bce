"""Datatypes of RDF and of schema.org become Python's types, and bounds that a datatype itself sets."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regen.model.term import XSD
from regen.templating.iris import local_name, namespace

NUMBERS = frozenset({"int", "float", "Decimal"})

_INTEGERS = (
    "integer int long short byte nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger"
    " unsignedLong unsignedInt unsignedShort unsignedByte"
)
_XSD = {
    **dict.fromkeys(_INTEGERS.split(), "int"),
    "boolean": "bool",
    "decimal": "Decimal",
    "double": "float",
    "float": "float",
    "date": "_dt.date",
    "dateTime": "_dt.datetime",
    "dateTimeStamp": "_dt.datetime",
    "time": "_dt.time",
    "duration": "_dt.timedelta",
    "dayTimeDuration": "_dt.timedelta",
}
_SCHEMA = {
    "Boolean": "bool",
    "Number": "float",
    "Float": "float",
    "Integer": "int",
    "Date": "_dt.date",
    "DateTime": "_dt.datetime",
    "Time": "_dt.time",
}
_BY_NAMESPACE = {XSD: _XSD, "https://schema.org/": _SCHEMA, "http://schema.org/": _SCHEMA}
_LEAST = {
    "nonNegativeInteger": 0,
    "positiveInteger": 1,
    "unsignedLong": 0,
    "unsignedInt": 0,
    "unsignedShort": 0,
    "unsignedByte": 0,
}
_MOST = {"nonPositiveInteger": 0, "negativeInteger": -1}


@lru_cache(maxsize=1024)
def python_type(datatype: str) -> str:
    """The Python type of a datatype; whatever is not known is text."""
    return _BY_NAMESPACE.get(namespace(datatype), {}).get(local_name(datatype), "str")


def bounds(datatypes: Iterable[str]) -> dict[str, int]:
    """The least and the most ("ge", "le") that datatypes of integers allow; the last one that says it counts."""
    found: dict[str, int] = {}
    for local in map(local_name, datatypes):
        if local in _LEAST:
            found["ge"] = _LEAST[local]
        if local in _MOST:
            found["le"] = _MOST[local]
    return found
