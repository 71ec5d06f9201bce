"""Reference: the settings classes become `docs/configuration.md`; running this module prints the page."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from dataclasses import MISSING, Field, is_dataclass
from typing import Any, Union, cast, get_args, get_origin
from typing import Literal as OneOf

from regen.config.check import keys_of
from regen.config.keys import Key, Pairs
from regen.config.settings import Config

_HEAD = """# Configuration

A project is configured by `regen.toml`, or by the same tables below `[tool.regen]` in `pyproject.toml`, not by both.
A folder with `graphs/` and `templates/` needs neither. An unknown key, a wrong type or a value out of bounds is an
error that names the file, the line and the key meant; nothing runs then (exit code 2).

This page is generated from the settings classes: `python -m regen.config.reference > docs/configuration.md`.
"""

_EXAMPLE = """
```toml
[project]
graphs = ["graphs"]
templates = ["templates", "pack:python"]
output = "out"
prefixes = { schema = "https://schema.org/" }

[engine]
workers = 4

[[environment]]
name = "dev"

[format]
python = "ruff format -"

[vars]
package = "people"
```
"""

_TYPES = {bool: "true or false", int: "whole number", float: "number", str: "string"}


def reference() -> str:
    """The page, as Markdown."""
    return "".join((_HEAD, _EXAMPLE, *_tables()))


def _tables() -> Iterator[str]:
    for name, (_, kind, key) in keys_of(Config).items():
        if kind == Pairs:
            values = "any value" if key.any_value else "string"
            yield f"\n## `[{name}]`\n\n{key.doc} A table: name = {values}.\n"
            continue
        inner = kind if isinstance(kind, type) else get_args(kind)[0]
        yield from _table(f"[{name}]" if inner is kind else f"[[{name}]]", name, inner, key)


def _table(title: str, name: str, kind: type, about: Key) -> Iterator[str]:
    """One table with its keys, and after it the tables that it lists."""
    yield f"\n## `{title}`\n\n{' '.join(filter(None, (kind.__doc__, about.doc)))}\n"
    yield "\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n"
    inner = []
    for key, known in keys_of(kind).items():
        if known[2].rest:
            continue
        listed = get_args(known[1])[:1] if get_origin(known[1]) is tuple else ()
        if listed and is_dataclass(listed[0]):
            inner.append((f"{name}.{key}", listed[0], known[2]))
        else:
            yield _row(key, known)
    for path, listed_kind, key_of_list in inner:
        yield from _table(f"[[{path}]]", path, cast("type", listed_kind), key_of_list)


def _row(name: str, known: tuple[Field[Any], Any, Key]) -> str:
    item, kind, key = known
    return f"| `{name}` | {_type(kind, key)} | {_default(item, key)} | {key.doc} |\n"


def _type(kind: Any, key: Key) -> str:
    origin = get_origin(kind)
    if kind == Pairs:
        return "table of strings"
    if origin is tuple:
        each = _type(get_args(kind)[0], key)
        return f"{each} or list" if key.one_or_many else f"list of {each}"
    if origin is OneOf:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if origin in (Union, types.UnionType):
        return " or ".join(_type(part, key) for part in get_args(kind) if part is not type(None))
    bounds = [f"{word} {bound:g}" for word, bound in (("from", key.minimum), ("to", key.maximum)) if bound is not None]
    return " ".join((_TYPES[kind], *bounds))


def _default(item: Field[Any], key: Key) -> str:
    if key.shown:
        return key.shown
    if item.default is MISSING:
        return "required"
    if item.default is None or item.default == ():
        return "none"
    return f"`{json.dumps(item.default)}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
