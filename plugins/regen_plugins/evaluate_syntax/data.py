"""Evaluate: JSON, YAML and TOML are parsed; a key that stands twice in one mapping is a warning."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from regen_plugins.evaluate_syntax.fault import Fault, near

if TYPE_CHECKING:
    from yaml import Node

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def read_json(text: str, path: str) -> Sequence[Fault]:
    """Faults of a JSON file; the dialects with comments are left alone."""
    if path.endswith((".jsonc", ".json5")):
        return ()
    twice: list[str] = []

    def keys(pairs: list[tuple[str, object]]) -> None:
        twice.extend(_repeated(key for key, _ in pairs))

    try:
        json.loads(text, object_pairs_hook=keys)
    except json.JSONDecodeError as error:
        return [Fault(f"{error.msg}{near(text, error.lineno)}", error.lineno, error.colno)]
    except RecursionError:
        return [Fault("this is nested too deeply")]
    return [_twice(key) for key in twice]


def read_yaml(text: str, path: str) -> Sequence[Fault]:
    """Faults of a YAML stream of any number of documents; tags are not looked up."""
    import yaml

    loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [fault for document in yaml.compose_all(text, Loader=loader) for fault in _mappings(document)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        if mark is None:
            return [Fault(what)]
        return [Fault(f"{what}{near(text, mark.line + 1)}", mark.line + 1, mark.column + 1)]
    except yaml.YAMLError as error:
        return [Fault(" ".join(str(error).split()))]


def read_toml(text: str, path: str) -> Sequence[Fault]:
    """Faults of a TOML file."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _PLACE.search(message)
        if place is None:
            return [Fault(message)]
        line, column = int(place[1]), int(place[2])
        return [Fault(f"{message[: place.start()]}{near(text, line)}", line, column)]
    return ()


def _mappings(document: Node | None) -> Iterator[Fault]:
    import yaml

    todo: list[Node] = [] if document is None else [document]
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            lines = {key.value: key.start_mark.line + 1 for key in keys}
            yield from (_twice(key, lines[key]) for key in _repeated(key.value for key in keys))
            todo.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)


def _repeated(keys: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    repeated: set[str] = set()
    for key in keys:
        (repeated if key in seen else seen).add(key)
    return sorted(repeated)


def _twice(key: str, line: int | None = None) -> Fault:
    return Fault(f"the key {key!r} stands twice in one mapping; the last one wins", line, severity="warning")
