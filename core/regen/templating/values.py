"""Values: a literal becomes the Python value that its datatype means."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from regen.model.term import XSD, Literal

Value = str | int | float | bool | bytes | Decimal | dt.date | dt.datetime | dt.time

_INTEGERS = (
    "integer int long short byte nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger"
    " unsignedInt unsignedLong unsignedShort unsignedByte"
)
_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)\Z")


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)", text):
        raise ValueError(text)
    return Decimal(text)


def _double(text: str) -> float:
    return float({"INF": "inf", "-INF": "-inf", "+INF": "inf", "NaN": "nan"}.get(text, text))


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(_ZONE.sub("", text))


_READERS: dict[str, Callable[[str], Value]] = {
    **{XSD + name: int for name in _INTEGERS.split()},
    XSD + "decimal": _decimal,
    XSD + "double": _double,
    XSD + "float": _double,
    XSD + "boolean": _boolean,
    XSD + "date": _date,
    XSD + "dateTime": dt.datetime.fromisoformat,
    XSD + "dateTimeStamp": dt.datetime.fromisoformat,
    XSD + "time": dt.time.fromisoformat,
    XSD + "hexBinary": bytes.fromhex,
    XSD + "base64Binary": lambda text: base64.b64decode(text, validate=True),
}


@lru_cache(maxsize=16_384)
def _read(text: str, datatype: str) -> Value:
    reader = _READERS.get(datatype)
    if reader is None:
        return text
    try:
        return reader(text)
    except (ValueError, KeyError, ArithmeticError, InvalidOperation, binascii.Error):
        return text


def python_value(literal: Literal) -> Value:
    """The Python value of a literal: int, Decimal, float, bool, date, datetime, time, bytes.

    A lexical form that its datatype does not allow, or a date that Python cannot hold, stays a string, and so does
    every other datatype.
    """
    return _read(str.__str__(literal), literal.datatype)
