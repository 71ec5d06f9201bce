"""Keyed: JSON, with comments and trailing commas where a file has them, becomes a tree."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable

from regen_plugins.keyed.flow import FlowReader
from regen_plugins.keyed.node import Data, Node, Scalar, Unstructured

_COMMENT = r"//[^\n]*|/\*(?s:.*?)\*/"
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")
_COLON = re.compile(rf"(?:[ \t\n]++|{_COMMENT})*:")


class _Json(FlowReader):
    blanks = re.compile(rf"(?:[ \t\n]++|{_COMMENT})*")
    comment = re.compile(r"[ \t]*(?://[^\n]*|/\*[^\n]*?\*/[ \t]*)(?=\n)")

    def key(self) -> tuple[Hashable, str]:
        start = self.at
        text = self.take(_STRING)
        if not text or not self.take(_COLON):
            raise self.fail("a key is missing")
        return _string(text), self.text[start : self.at]

    def value(self, before: str, indent: str, depth: int) -> Node:
        if self.text[self.at : self.at + 1] in {"{", "["}:
            return self.group(before, indent, depth)
        text = self.take(_STRING)
        if text:
            return Scalar(before, text, ("str", _string(text)))
        text = self.take(_PLAIN)
        if not text:
            raise self.fail("a value is missing")
        return Scalar(before, text, ("plain", text))


def _string(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.loads(text))
    except json.JSONDecodeError as error:
        raise Unstructured(f"{text} is no string") from error


def tree(text: str) -> tuple[str, Node, str]:
    """What stands before the value of a JSON file, the value, and what follows.

    Raises:
        Unstructured: it is no JSON.
    """
    reader = _Json(text)
    head = reader.take(reader.blanks)
    node = reader.value("", "", 0)
    end = reader.at
    reader.take(reader.blanks)
    if reader.at != len(text):
        raise reader.fail("something follows the value")
    return head, node, text[end:]


def parsed(text: str) -> Data:
    """What a JSON file says, by Python's own parser; comments and trailing commas are taken out first.

    Raises:
        Unstructured: it is no JSON, or a key stands twice in one object.
    """
    bare = re.sub(rf"{_STRING.pattern}|{_COMMENT}", lambda found: found[0] if found[0][0] == '"' else " ", text)
    bare = re.sub(rf"{_STRING.pattern}|,(?=\s*[}}\]])", lambda found: found[0] if found[0][0] == '"' else "", bare)
    try:
        value = json.loads(bare, object_pairs_hook=_pairs, parse_float=_number, parse_int=_number)
        return _data(value)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unstructured(f"it is no JSON: {error}") from error


class _Number(str):
    __slots__ = ()


def _number(text: str) -> _Number:
    return _Number(text)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise Unstructured("a key stands twice in one object")
    return made


def _data(value: object) -> Data:
    match value:
        case dict():
            return ("{}", frozenset((key, _data(part)) for key, part in value.items()))
        case list():
            return ("[]", tuple(_data(part) for part in value))
        case _Number():
            return ("plain", str(value))
        case str():
            return ("str", value)
    return ("plain", json.dumps(value))
