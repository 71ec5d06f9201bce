"""Scalars: datatypes of RDF and of schema.org become types of Go; all others are text."""

from __future__ import annotations

from functools import lru_cache

from regen.model.term import XSD
from regen.templating.iris import local_name, namespace

_OF_XSD = {
    "boolean": "bool",
    "decimal": "float64",
    "double": "float64",
    "float": "float32",
    "dateTime": "time.Time",
    "dateTimeStamp": "time.Time",
    "integer": "int64",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "byte": "int8",
    "nonNegativeInteger": "uint64",
    "positiveInteger": "uint64",
    "nonPositiveInteger": "int64",
    "negativeInteger": "int64",
    "unsignedLong": "uint64",
    "unsignedInt": "uint32",
    "unsignedShort": "uint16",
    "unsignedByte": "uint8",
}
_OF_SCHEMA = {"Boolean": "bool", "Number": "float64", "Float": "float64", "Integer": "int64"}
_BY_NAMESPACE = {XSD: _OF_XSD, "https://schema.org/": _OF_SCHEMA, "http://schema.org/": _OF_SCHEMA}


@lru_cache(maxsize=4096)
def scalar(datatype: str) -> str:
    """The Go type of a datatype."""
    return _BY_NAMESPACE.get(namespace(datatype), {}).get(local_name(datatype), "string")
