"""Fields: the facts of each property of a class become the fields of its model."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil, floor, isfinite

from regen.model.term import Literal
from regen.templating.literals import py_literal
from regen.templating.values import python_value

from ..vocabulary.facts import Number, Property
from .datatypes import NUMBERS, bounds, python_type
from .layout import Field

# What `sh:pattern` may hold of XPath's expressions, or look ahead with, and pydantic's engine cannot read.
_NO_PATTERN = ("(?", "\\i", "\\c", "\\p{Is")


def field_of(name: str, of: Property, class_type: Callable[[str], str | None]) -> Field:
    """The field of a property.

    Args:
        class_type: the annotation of a range that is a class; None for one that is a datatype.
    """
    choices = _choices(of)
    types = (f"Literal[{', '.join(choices)}]",) if choices else _types(of, class_type)
    checks = _checks(of, types[0]) if len(types) == 1 else ()
    optional = not of.many and not of.required
    return Field(
        name=name,
        types=(*types, "None") if optional else types,
        many=of.many,
        choices=choices,
        checks=checks,
        arguments=tuple(_arguments(name, of, checks)),
        inherited="inherited" in of.given,
    )


def _choices(of: Property) -> tuple[str, ...]:
    """What `Literal[…]` lists; empty unless all choices are texts, integers or booleans."""
    if not of.choices:
        return ()
    values = [python_value(choice) for choice in of.choices if isinstance(choice, Literal)]
    plain = [py_literal(value) for value in values if isinstance(value, str | int)]
    return tuple(dict.fromkeys(plain)) if len(plain) == len(of.choices) else ()


def _types(of: Property, class_type: Callable[[str], str | None]) -> tuple[str, ...]:
    found = [class_type(text) or python_type(text) for text in map(str, of.ranges)]
    return tuple(dict.fromkeys(found)) or ("str",)


def _arguments(name: str, of: Property, checks: tuple[str, ...]) -> list[str]:
    """The arguments of `Field(…)`, in the order in which pydantic's own documentation has them."""
    found = []
    if of.many:
        found.append(f"min_length={of.least}" if of.required else "default_factory=list")
        if of.most:
            found.append(f"max_length={of.most}")
    elif not of.required:
        found.append("default=None")
    if of.key != name:
        found.append(_alias(of.key))
    if not of.many:
        found += checks
    if of.deprecated:
        found.append("deprecated=True")
    return found


@lru_cache(maxsize=16_384)
def _alias(key: str) -> str:
    return f"alias={py_literal(key)}"


def _checks(of: Property, type_: str) -> tuple[str, ...]:
    """Arguments that limit one value."""
    if type_ in NUMBERS:
        return tuple(_limits(of, type_))
    return tuple(_text_checks(of)) if type_ == "str" else ()


def _limits(of: Property, type_: str) -> list[str]:
    own = bounds(map(str, of.ranges))
    found = []
    for kind, strict, pick in (("ge", "gt", max), ("gt", "", max), ("le", "lt", min), ("lt", "", min)):
        values = [value for value in of.numbers(kind) if isfinite(value)]
        if kind in own and (values or strict not in of.given):
            values.append(own[kind])
        if values:
            found.append(f"{kind}={_bound(kind, pick(values), type_)}")
    return found


def _bound(kind: str, value: Number, type_: str) -> str:
    """A bound as pydantic takes it: of an integer, it is the next integer that says the same."""
    if type_ == "int" or value == int(value):
        return str(ceil(value) if kind in {"ge", "lt"} else floor(value))
    return py_literal(float(value) if type_ == "float" else value)


def _text_checks(of: Property) -> list[str]:
    found = []
    if least := of.numbers("min_length"):
        found.append(f"min_length={max(least)}")
    if most := of.numbers("max_length"):
        found.append(f"max_length={min(most)}")
    patterns = of.given.get("pattern", ())
    if len(patterns) == 1 and "flags" not in of.given and _is_readable(pattern := str(patterns[0])):
        raw = "\\" in pattern and len(pattern.splitlines()) == 1
        found.append(f'pattern=r"{pattern}"' if raw else f"pattern={py_literal(pattern)}")
    return found


def _is_readable(pattern: str) -> bool:
    """Whether pydantic's engine can read a pattern, and a raw string can hold it."""
    subtracts = "-[" in pattern and "]]" in pattern
    return not subtracts and '"' not in pattern and not any(sign in pattern for sign in _NO_PATTERN)
