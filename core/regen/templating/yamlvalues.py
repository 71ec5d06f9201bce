"""YAML values: front matter becomes values that know their line, or an error that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import yaml

from regen.errors import TemplateError

_NEEDS_QUOTES = re.compile(r"^\s*[\w-]+:\s+[{%@`*&!]")


@dataclass(frozen=True, slots=True)
class Value:
    """A YAML value: what it holds, the line of the file on which its text starts, and that of its key."""

    data: object
    line: int
    key_line: int


def compose(header: str, where: str) -> yaml.Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(header, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}:{mark.line + 2}:{mark.column + 1}" if mark else f"{where}:1"
        raise TemplateError(
            f"the front matter is no YAML: {error.problem or error.context}",
            where=place,
            hint=_yaml_hint(header, mark.line if mark else 0),
        ) from error
    except yaml.YAMLError as error:
        raise TemplateError(
            f"the front matter is no YAML: {' '.join(str(error).split())}",
            where=f"{where}:1",
            hint="remove characters that are no text",
        ) from error
    return node


def _yaml_hint(header: str, line: int) -> str:
    around = header.splitlines()[max(line - 1, 0) : line + 1]
    if any(_NEEDS_QUOTES.match(text) for text in around):
        return 'put quotes around a value that starts with a bracket: `to: "{{ … }}"`'
    if any("\t" in text for text in around):
        return "indent with spaces, not with tabs"
    return "queries of more than one line stand indented under `name: |`"


def mapping(node: yaml.Node | None, where: str, what: str) -> dict[str, Value]:
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise TemplateError(
            f"{what} has to be `key: value` lines", where=_at(node, where), hint="see docs/templates.md for the keys"
        )
    found: dict[str, Value] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise TemplateError(
                f"{what} has a key that is no word",
                where=_at(key, where),
                hint='put quotes around a value that starts with a bracket: `to: "{{ … }}"`',
            )
        if key.value in found:
            raise TemplateError(
                f"`{key.value}` stands twice in {what}", where=_at(key, where), hint="keep one of the two"
            )
        found[key.value] = Value(_data(value, where, key.value), _line(value), key.start_mark.line + 2)
    return found


def _line(node: yaml.Node) -> int:
    """Line of the file on which a node's text starts: a block (`|`) starts below its sign."""
    is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return int(node.start_mark.line) + 2 + is_block


def _at(node: yaml.Node, where: str) -> str:
    return f"{where}:{node.start_mark.line + 2}"


def _data(node: yaml.Node, where: str, name: str) -> object:
    match node:
        case yaml.MappingNode():
            return mapping(node, where, f"`{name}`")
        case yaml.SequenceNode():
            return [_data(item, where, name) for item in node.value]
        case yaml.ScalarNode(tag="tag:yaml.org,2002:bool"):
            return node.value.lower() in ("true", "yes", "on")
        case yaml.ScalarNode(tag="tag:yaml.org,2002:int"):
            return int(node.value) if re.fullmatch(r"[+-]?\d+", node.value) else node.value
        case yaml.ScalarNode(tag="tag:yaml.org,2002:null"):
            return None
        case _:
            return node.value


def wrong(name: str, wanted: str, value: Value, where: str) -> NoReturn:
    hint = f"write `{name}: {wanted}`"
    if isinstance(value.data, dict):
        hint = f'put quotes around the value: `{name}: "…"`'
    raise TemplateError(f"`{name}` has to be {wanted}", where=f"{where}:{value.line}", hint=hint)


def text_of(values: Mapping[str, Value], name: str, where: str) -> str:
    value = values[name]
    if isinstance(value.data, bool) and name in ("when", "skip_if"):
        return str(value.data).lower()
    if not isinstance(value.data, str) or not value.data.strip():
        wrong(name, "text", value, where)
    return value.data


def flag_of(values: Mapping[str, Value], name: str, where: str) -> bool:
    value = values[name]
    if not isinstance(value.data, bool):
        wrong(name, "true or false", value, where)
    return value.data


def names_of(values: Mapping[str, Value], name: str, where: str) -> tuple[str, ...]:
    value = values.get(name)
    if value is None:
        return ()
    names = [value.data] if isinstance(value.data, str) else value.data
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        wrong(name, "[name, name]", value, where)
    return tuple(sorted(set(names)))
