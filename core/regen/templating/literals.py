"""Literals: a value becomes source text of a target language, quoted so that nothing breaks out."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jinja2.runtime import Undefined

from regen.errors import TemplateError
from regen.model.term import Literal, Term
from regen.templating.values import python_value

_SAFE_INTEGER = 2**53  # past it JavaScript's numbers are not exact (ECMA-262, Number.MAX_SAFE_INTEGER)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


@dataclass(frozen=True, slots=True)
class _Style:
    """How one language writes values; a `sequence` or `mapping` of None means that it has no literal for them."""

    name: str
    text: Callable[[str], str]
    none: str | None
    booleans: tuple[str, str]
    number: Callable[[int | float | Decimal], str]
    moment: Callable[[dt.date | dt.time], str]
    sequence: tuple[str, str] | None
    mapping: tuple[str, str] | None


def _write(value: object, style: _Style) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises: says what is undefined
    if isinstance(value, Literal):
        value = python_value(value)
    match value:
        case None:
            if style.none is None:
                raise TemplateError(f"{style.name} has no literal for an unbound value", hint="use `| default(…)`")
            return style.none
        case bool():
            return style.booleans[value]
        case int() | float() | Decimal():
            return style.number(value)
        case dt.date() | dt.time():
            return style.moment(value)
        case bytes():
            return style.text(value.hex())
        case Term() | str():
            return style.text(str.__str__(value))
        case Mapping() if style.mapping is not None:
            start, end = style.mapping
            items = (f"{style.text(str(name))}: {_write(item, style)}" for name, item in value.items())
            return start + ", ".join(items) + end
        case Sequence() if style.sequence is not None:
            start, end = style.sequence
            return start + ", ".join(_write(item, style) for item in value) + end
        case _:
            raise TemplateError(f"{style.name} has no literal for a {type(value).__name__}")


def _quoted(text: str, escape: Callable[[int], str]) -> str:
    """Text between double quotes; what cannot be seen (controls, line breaks, marks of direction) by number."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_SHORT.get(c) or (c if c.isprintable() else escape(ord(c))) for c in text) + '"'


def _py_text(text: str) -> str:
    def escape(code: int) -> str:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _quoted(text, escape)


def _utf16(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _utf16_text(text: str) -> str:
    return _quoted(text, _utf16)


def _rs_text(text: str) -> str:
    return _quoted(_no_surrogates(text, "Rust"), lambda code: f"\\u{{{code:x}}}")


def _go_text(text: str) -> str:
    def escape(code: int) -> str:
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _quoted(_no_surrogates(text, "Go"), escape)


def _no_surrogates(text: str, language: str) -> str:
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise TemplateError(f"{language} has no literal for half a surrogate pair")
    return text


def _sql_text(text: str) -> str:
    if "\0" in text:
        raise TemplateError("SQL has no literal for a text with a NUL character")
    return "'" + text.replace("'", "''") + "'"


def _digits(value: int | float | Decimal) -> str:
    if isinstance(value, float):
        return repr(value)
    return str(value) if isinstance(value, int) else format(value, "f")


def _py_number(value: int | float | Decimal) -> str:
    if isinstance(value, Decimal):
        return f'Decimal("{value:f}")'
    return _digits(value) if math.isfinite(value) else f'float("{value}")'


def _ts_number(value: int | float | Decimal) -> str:
    if isinstance(value, int) and abs(value) >= _SAFE_INTEGER:
        return f"{value}n"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return _digits(value)


def _rs_number(value: int | float | Decimal) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "f64::NAN" if math.isnan(value) else "f64::INFINITY" if value > 0 else "f64::NEG_INFINITY"
    digits = _digits(value)
    return digits if isinstance(value, int) or not digits.lstrip("-").isdigit() else f"{digits}.0"


def _go_number(value: int | float | Decimal) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "math.NaN()" if math.isnan(value) else f"math.Inf({'1' if value > 0 else '-1'})"
    return _digits(value)


def _plain_number(value: int | float | Decimal) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise TemplateError(f"there is no literal for the number {value}")
    return _digits(value)


def _py_moment(value: dt.date | dt.time) -> str:
    return repr(value).removeprefix("datetime.")


def _sql_moment(value: dt.date | dt.time) -> str:
    if isinstance(value, dt.datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    return f"{'TIME' if isinstance(value, dt.time) else 'DATE'} '{value.isoformat()}'"


_TRUE = ("false", "true")
_PYTHON = _Style("Python", _py_text, "None", ("False", "True"), _py_number, _py_moment, ("[", "]"), ("{", "}"))
_TYPESCRIPT = _Style(
    "TypeScript", _utf16_text, "null", _TRUE, _ts_number, lambda m: _utf16_text(m.isoformat()), ("[", "]"), ("{ ", " }")
)
_RUST = _Style("Rust", _rs_text, "None", _TRUE, _rs_number, lambda m: _rs_text(m.isoformat()), ("[", "]"), None)
_GO = _Style("Go", _go_text, "nil", _TRUE, _go_number, lambda m: _go_text(m.isoformat()), None, None)
_SQL = _Style("SQL", _sql_text, "NULL", ("FALSE", "TRUE"), _plain_number, _sql_moment, ("(", ")"), None)
_JSON = _Style(
    "JSON", _utf16_text, "null", _TRUE, _plain_number, lambda m: _utf16_text(m.isoformat()), ("[", "]"), ("{", "}")
)


def py_literal(value: object) -> str:
    """A Python literal: `"text"`, `3`, `Decimal("1.5")`, `date(2020, 1, 2)`, `None`."""
    return _write(value, _PYTHON)


def ts_literal(value: object) -> str:
    """A TypeScript or JavaScript literal; integers past 2^53 as `…n`, dates as text."""
    return _write(value, _TYPESCRIPT)


def rs_literal(value: object) -> str:
    """A Rust literal; decimals as floats, dates as text, an unbound value as `None`."""
    return _write(value, _RUST)


def go_literal(value: object) -> str:
    """A Go literal; an unbound value as `nil`."""
    return _write(value, _GO)


def sql_literal(value: object) -> str:
    """A standard SQL literal: `'it''s'`, `DATE '2020-01-02'`, `NULL`."""
    return _write(value, _SQL)


def json_literal(value: object, indent: int | None = None) -> str:
    """JSON; decimals keep their digits. With `indent` over several lines, by that many spaces a level."""
    return _write(value, _JSON) if indent is None else _indented(value, " " * indent, "")


def _indented(value: object, step: str, at: str) -> str:
    inner = at + step
    match value:
        case Mapping() if value:
            lines = [f"{inner}{_utf16_text(str(name))}: {_indented(item, step, inner)}" for name, item in value.items()]
            return "{\n" + ",\n".join(lines) + f"\n{at}}}"
        case Sequence() if value and not isinstance(value, str | bytes):
            lines = [inner + _indented(item, step, inner) for item in value]
            return "[\n" + ",\n".join(lines) + f"\n{at}]"
        case _:
            return json_literal(value)
