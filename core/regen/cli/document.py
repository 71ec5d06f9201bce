"""One JSON document on standard output: how values of the model are spelt for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

from regen.cli import show
from regen.model.term import Term

_CONTENT = frozenset({"content", "render", "marked", "ours", "theirs", "base_bytes"})


def spell(value: object) -> Any:
    """A value as JSON: terms and quads in N-Triples, dataclasses as objects, contents of files left out."""
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
            return {_name(key): spell(item) for key, item in value.items()}
        case tuple() if hasattr(value, "n3"):
            return value.n3()
        case tuple() if hasattr(value, "_asdict"):
            return {name: spell(item) for name, item in value._asdict().items()}
        case list() | tuple():
            return [spell(item) for item in value]
        case set() | frozenset():
            return sorted((spell(item) for item in value), key=str)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                field.name: spell(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if not (field.name in _CONTENT and isinstance(getattr(value, field.name), bytes | None))
            }
        case _:
            return value


def _name(key: object) -> str:
    return key.n3() if isinstance(key, Term) else str(key)


def write(value: object) -> None:
    """Print one JSON document to standard output."""
    show.plain(json.dumps(spell(value), ensure_ascii=False, indent=2) + "\n")


def line(value: object) -> None:
    """Print one JSON document on one line, for streams."""
    show.plain(json.dumps(spell(value), ensure_ascii=False, separators=(",", ":")) + "\n", flush=True)
