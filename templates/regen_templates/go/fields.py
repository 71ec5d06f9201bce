"""Fields: facts of properties become fields of a struct, each with its documentation and its line."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache

from regen.model.term import Iri
from regen.templating.iris import local_name
from regen.templating.names import sentence

from ..vocabulary.facts import Property
from .comments import deprecation, documentation
from .names import Types, field_name, unlike_names
from .scalars import scalar

_NOT_IN_TAGS = str.maketrans("", "", '`"\\,')


Field = tuple[str, str]
"""The lines of a field's comment, and its own line: a name, a type and a JSON tag."""


def fields(properties: Sequence[Property], types: Types, ranges: Set[str], base: str) -> list[Field]:
    """The fields of a struct, in the order of the properties; one that may have no value has none.

    Args:
        properties: of the class.
        types: names of types.
        ranges: those ranges that are types of the package.
        base: the embedded type; empty where there is none.
    """
    names = unlike_names([property_.iri for property_ in properties], types.identifier)
    return [
        _field(property_, field_name(name, str(property_.iri), base), types, ranges)
        for property_, name in zip(properties, names, strict=True)
        if property_.most != 0
    ]


def _field(property_: Property, name: str, types: Types, ranges: Set[str]) -> Field:
    stated = [str(range_) for range_ in property_.ranges if isinstance(range_, Iri)]
    kinds = tuple(dict.fromkeys([f"*{types.name(iri)}" if iri in ranges else scalar(iri) for iri in stated]))
    line = _line(name, kinds, property_.key, property_.many, property_.required)
    return documentation(name, _about(property_, kinds), "\t"), line


def _about(property_: Property, kinds: tuple[str, ...]) -> str:
    """What a field's comment says behind its name."""
    parts = property_.texts("about")
    if len(kinds) > 1:
        parts.append(f"One of {', '.join([kind.lstrip('*') for kind in kinds])}.")
    if property_.choices:
        choices = [local_name(str(choice)) if isinstance(choice, Iri) else str(choice) for choice in property_.choices]
        parts.append(f"Allowed: {', '.join(dict.fromkeys(choices))}.")
    text = "\n\n".join(parts) or f"the {sentence(property_.local)}."
    return f"{text}\n\n{deprecation(property_.given.get('successor', ()))}" if property_.deprecated else text


@lru_cache(maxsize=16_384)
def _line(name: str, kinds: tuple[str, ...], key: str, many: bool, required: bool) -> str:
    """A field's line: many values are a slice, a single one that may be missing is a pointer."""
    kind = "any" if len(kinds) > 1 else kinds[0] if kinds else "string"
    if many:
        kind = f"[]{kind.lstrip('*')}"
    elif not required and kind != "any" and kind[0] != "*":
        kind = f"*{kind}"
    return f'{name} {kind} `json:"{key.translate(_NOT_IN_TAGS)}{"" if required else ",omitempty"}"`'
