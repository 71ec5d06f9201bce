"""Fields: a property becomes the lines of its field of the schema, as prettier lays them out.

Why the widths are 79 here and there, and 80 elsewhere: a comma follows a field's last call, and none that of an array
within a chain.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..vocabulary.facts import Property
from .names import key
from .values import Value

_WIDTH = 80


def field_lines(property_: Property, value: Value) -> list[str]:
    """`title: z.array(z.string()).min(1),` on one line where there is room, else on several."""
    start, calls, text = f"    {key(property_.key)}: ", _calls(property_), value.text
    whole = (f"z.array({text})" if property_.many else text) + "".join(calls)
    if len(start) + len(whole) < _WIDTH:
        return [f"{start}{whole},"]
    if property_.many:
        return _broken_array(start, value, calls) if calls else _plain_array(start, value)
    if not value.items:
        return _broken_chain(start, value.schema, [*value.checks, *calls], whole)
    if not calls:
        return _listed(f"{start}{value.opening}", value, 4, ",")
    if len(text) <= _WIDTH - 5:
        return [f"{start}z", f"      {text[1:]}", *_ended(calls)]
    return [f"{start}z", *_listed(f"      {value.opening[1:]}", value, 6), *_ended(calls)]


def _calls(property_: Property) -> list[str]:
    """How many values there are, as calls."""
    calls: list[str] = []
    if property_.many and property_.required:
        calls.append(f".min({property_.least})")
    if property_.many and property_.most:
        calls.append(f".max({property_.most})")
    if not property_.required:
        calls.append(".optional()")
    return calls


def _listed(opening: str, value: Value, indent: int, after: str = "") -> list[str]:
    """Items, each on a line of its own, within a call that starts as `opening` says."""
    space = " " * indent
    return [opening, *[f"{space}  {item}," for item in value.items], f"{space}]){after}"]


def _ended(calls: Sequence[str]) -> list[str]:
    """The last calls of a field, each on a line of its own."""
    return [*[f"      {call}" for call in calls[:-1]], f"      {calls[-1]},"]


def _broken_chain(start: str, schema: str, calls: list[str], whole: str) -> list[str]:
    root, links = _chain(schema)
    links += calls
    if len(links) <= 2 and root != "z":
        return [start.rstrip(), f"      {whole},"]
    return [f"{start}{root}", *_ended(links)] if links else [f"{start}{root}"]


def _chain(schema: str) -> tuple[str, list[str]]:
    """What stays on a chain's first line, and its first links."""
    if schema.startswith("z.iso."):
        return "z.iso", [schema[5:]]
    if schema.startswith("z.int()."):
        return "z", [".int()", schema[7:]]
    return ("z", [schema[1:]]) if schema.startswith("z.") else (schema, [])


def _plain_array(start: str, value: Value) -> list[str]:
    text = value.text
    if not value.items or len(text) < _WIDTH - 6:
        inner = [f"      {text},"]
    else:
        inner = _listed(f"      {value.opening}", value, 6, ",")
    return [f"{start}z.array(", *inner, "    ),"]


def _broken_array(start: str, value: Value, calls: list[str]) -> list[str]:
    text = value.text
    if not value.items or len(text) <= _WIDTH - 14:
        array = [f"      .array({text})"]
    elif len(text) < _WIDTH - 8:
        array = ["      .array(", f"        {text},", "      )"]
    else:
        array = ["      .array(", *_listed(f"        {value.opening}", value, 8, ","), "      )"]
    return [f"{start}z", *array, *_ended(calls)]
