"""Spelling: how values of the model are spelt as JSON, for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any, Final

from regen.model.term import Term

_CONTENT: Final = frozenset({"content", "render", "marked", "ours", "theirs", "base_bytes"})
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def spell(value: object, *, contents: bool = False) -> Any:
    """A value as JSON: terms and quads in N-Triples, dataclasses as objects.

    Args:
        contents: whether contents of files are spelt, too, as text; they are left out unless it is said.
    """
    if type(value) in _PLAIN:  # most are; what follows costs ten times as much
        return value
    match value:
        case Term():
            return value.n3()
        case Enum():
            return value.value
        case bytes():
            return value.decode("utf-8", "replace")
        case PurePath():
            return value.as_posix()
        case Mapping():
            return {_name(key): spell(item, contents=contents) for key, item in value.items()}
        case tuple() if hasattr(value, "n3"):
            return value.n3()
        case tuple() if hasattr(value, "_asdict"):
            return {name: spell(item, contents=contents) for name, item in value._asdict().items()}
        case list() | tuple():
            return [spell(item, contents=contents) for item in value]
        case set() | frozenset():
            return sorted((spell(item, contents=contents) for item in value), key=str)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            found = ((name, getattr(value, name)) for name in _fields(type(value)))
            left_out = frozenset[str]() if contents else _CONTENT
            return {
                name: spell(item, contents=contents)
                for name, item in found
                if not (name in left_out and isinstance(item, bytes | None))
            }
        case _:
            return value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _name(key: object) -> str:
    return key.n3() if isinstance(key, Term) else str(key)
