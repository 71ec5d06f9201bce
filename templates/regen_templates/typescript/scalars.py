"""Scalars: a datatype of RDF or of schema.org becomes the type and the schema that it is in JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from regen.model.term import XSD
from regen.templating.iris import local_name, namespace


class Scalar(NamedTuple):
    """What one value is to the compiler, and what checks it."""

    type: str
    schema: str


TEXT = Scalar("string", "z.string()")
NUMBER = "number"  # the type of the scalars that `.gte()` and its like are for
_BOOLEAN = Scalar("boolean", "z.boolean()")
_ANY_NUMBER = Scalar(NUMBER, "z.number()")
_INTEGER = Scalar(NUMBER, "z.int()")
_NATURAL = Scalar(NUMBER, "z.int().nonnegative()")
_DATE = Scalar("string", "z.iso.date()")
_TIME = Scalar("string", "z.iso.time()")
_MOMENT = Scalar("string", "z.iso.datetime({ local: true, offset: true })")
_DURATION = Scalar("string", "z.iso.duration()")

MOMENTS = frozenset({_DATE.schema, _TIME.schema, _MOMENT.schema, _DURATION.schema})  # texts that any text includes

_XSD = {
    "boolean": _BOOLEAN,
    **dict.fromkeys(("decimal", "double", "float"), _ANY_NUMBER),
    **dict.fromkeys(("integer", "int", "long", "short", "byte"), _INTEGER),
    **dict.fromkeys(
        ("nonNegativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
        _NATURAL,
    ),
    "positiveInteger": Scalar(NUMBER, "z.int().positive()"),
    "nonPositiveInteger": Scalar(NUMBER, "z.int().nonpositive()"),
    "negativeInteger": Scalar(NUMBER, "z.int().negative()"),
    "date": _DATE,
    "time": _TIME,
    "dateTime": _MOMENT,
    "dateTimeStamp": _MOMENT,
    "duration": _DURATION,
}
_SCHEMA_ORG = {
    "Boolean": _BOOLEAN,
    "Integer": _INTEGER,
    "Number": _ANY_NUMBER,
    "Float": _ANY_NUMBER,
    "Date": _DATE,
    "Time": _TIME,
    "DateTime": _MOMENT,
}
_SPACES = {XSD: _XSD, "https://schema.org/": _SCHEMA_ORG, "http://schema.org/": _SCHEMA_ORG}


@lru_cache(maxsize=1024)
def scalar(datatype: str) -> Scalar:
    """The scalar of a datatype's IRI; all that JSON has no type for are text."""
    return _SPACES.get(namespace(datatype), {}).get(local_name(datatype), TEXT)
