"""Members: a property becomes the lines of its member of the interface, as prettier lays them out."""

from __future__ import annotations

from collections.abc import Sequence

from ..vocabulary.facts import Property
from .comments import deprecation, member_comment
from .names import member

_WIDTH = 80


def member_lines(property_: Property, types: Sequence[str]) -> list[str]:
    """The comment of a member, and its type: one line, or one for each alternative."""
    note = deprecation(property_.texts("successor")) if property_.deprecated else ""
    about = member_comment("\n\n".join(map(str, property_.given.get("about", ()))), note)
    start = f"  {member(property_.key)}{'' if property_.required else '?'}:"
    return [about, *_typed(start, types, property_.many)] if about else _typed(start, types, property_.many)


def _typed(start: str, types: Sequence[str], many: bool) -> list[str]:
    union = " | ".join(types)
    if len(types) == 1:
        return [f"{start} {union}{'[]' if many else ''};"]
    line = f"{start} ({union})[];" if many else f"{start} {union};"
    if len(line) <= _WIDTH:
        return [line]
    if many:
        inner = [f"    {union}"]
        return [f"{start} (", *(inner if len(inner[0]) <= _WIDTH else [f"    | {type_}" for type_ in types]), "  )[];"]
    inner = [f"    {union};"]
    if len(inner[0]) <= _WIDTH:
        return [start, *inner]
    return [start, *[f"    | {type_}" for type_ in types[:-1]], f"    | {types[-1]};"]
