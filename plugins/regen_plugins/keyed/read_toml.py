"""Keyed: TOML becomes a tree: a table under each header, and a list of tables where headers are doubled."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from regen_plugins.keyed.flow import FlowReader
from regen_plugins.keyed.node import Data, Entry, Group, Node, Scalar, Unstructured, fixed
from regen_plugins.keyed.rules import Dotted, Table

_LINES = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_HEADER = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*\n")  # comments at the start, up to the last blank line
_END = re.compile(r"[ \t]*(?:#[^\n]*)?\n")
_BLANKS = re.compile(r"[ \t]*")
_PART = re.compile(r"[ \t]*([A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')[ \t]*")
_TEXT = re.compile(r"\"{3}(?s:(?:[^\\]|\\.)*?)\"{3,5}|\"(?:[^\"\\\n]|\\.)*\"|'{3}(?s:.*?)'{3,5}|'[^'\n]*'")
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d [\d:.]+[^,\]}\s#]*|[^,\]}\s#\[{\"'=]+")


@dataclass(frozen=True, slots=True)
class _Section:
    """One header with the keys under it."""

    path: tuple[str, ...]
    doubled: bool
    lead: str
    head: str
    before: str
    entries: tuple[Entry, ...]
    first: int
    last: int


def tree(text: str) -> tuple[str, Node, str]:
    """The comments at the start of a TOML file, its tables, and the comments at its end.

    Raises:
        Unstructured: it is no TOML, or the tables of one list stand apart.
    """
    reader = _Toml(text)
    head = reader.take(_HEADER)
    entries = list(reader.entries())
    sections = []
    while (section := reader.section()) is not None:
        sections.append(section)
    foot = reader.take(_LINES)
    if reader.at != len(text):
        raise reader.fail("this is not understood")
    entries += _tables(sections, 0)
    if len({entry.key for entry in entries}) < len(entries):
        raise Unstructured("a table stands twice")
    return head, _table(tuple(entries), ""), foot


def _table(entries: tuple[Entry, ...], before: str) -> Group:
    return Group("mapping", True, before, "", "", entries, "", "")


def _tables(sections: Sequence[_Section], depth: int) -> list[Entry]:
    """Entries of sections; `depth` is how many parts of their paths are those of the table around them."""
    entries: list[Entry] = []
    at = 0
    while at < len(sections):
        section, path = sections[at], sections[at].path
        key = Table(path[depth:])
        if not section.doubled:
            node: Node = _table(section.entries, section.before)
            entries.append(Entry(key, section.lead, section.head, node, "", "", section.first, section.last))
            at += 1
            continue
        items: list[Entry] = []
        while at < len(sections) and sections[at].path == path and sections[at].doubled:
            start = at
            at += 1
            while at < len(sections) and sections[at].path[: len(path)] == path and len(sections[at].path) > len(path):
                at += 1
            items.append(_item(sections[start:at], len(path)))
        node = Group("sequence", True, "", "", "", tuple(items), "", "")
        entries.append(Entry(key, "", "", node, "", "", items[0].first, items[-1].last))
    return entries


def _item(sections: Sequence[_Section], depth: int) -> Entry:
    section = sections[0]
    inside = (*section.entries, *_tables(sections[1:], depth))
    if len({entry.key for entry in inside}) < len(inside):
        raise Unstructured("a table stands twice")
    node = _table(inside, section.before)
    return Entry(None, section.lead, section.head, node, "", "", section.first, sections[-1].last)


class _Toml(FlowReader):
    blanks = re.compile(r"(?:[ \t\n]++|#[^\n]*)*")
    comment = re.compile(r"[ \t]*#[^\n]*(?=\n)")

    def entries(self) -> list[Entry]:
        """Keys with their values up to the next header."""
        found: list[Entry] = []
        while True:
            start = self.at
            lead, blanks = self.take(_LINES), self.take(_BLANKS)
            if self.text[self.at : self.at + 1] in {"", "["}:
                self.at = start
                return found
            first = self.line(self.at)
            key, head = self.key()
            node = self.value(self.take(_BLANKS), "", 0)
            tail = self.take(_END)
            if not tail:
                raise self.fail("something follows the value")
            found.append(Entry(key, lead, blanks + head, node, "", tail, first, self.line(self.at)))

    def section(self) -> _Section | None:
        """A header and its keys; None where there is none left."""
        start = self.at
        lead, blanks = self.take(_LINES), self.take(_BLANKS)
        if self.text[self.at : self.at + 1] != "[":
            self.at = start
            return None
        first, begin = self.line(self.at), self.at
        doubled = self.text.startswith("[[", self.at)
        closing = "]]" if doubled else "]"
        self.at += len(closing)
        path = self._path()
        if not self.text.startswith(closing, self.at):
            raise self.fail("a header does not end")
        self.at += len(closing)
        head = blanks + self.text[begin : self.at]
        before = self.take(_END)
        if not before:
            raise self.fail("something follows a header")
        entries = tuple(self.entries())
        return _Section(path, doubled, lead, head, before, entries, first, self.line(self.at))

    def _path(self) -> tuple[str, ...]:
        parts: list[str] = []
        while found := _PART.match(self.text, self.at):
            self.at = found.end()
            word = found[1]
            parts.append(str(_read(word)[1]) if word[0] in "\"'" else word)
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        else:
            raise self.fail("a key is missing")
        return tuple(parts)

    def key(self) -> tuple[Hashable, str]:
        start = self.at
        path = self._path()
        if self.text[self.at : self.at + 1] != "=":
            raise self.fail("a key has no value")
        self.at += 1
        return path[0] if len(path) == 1 else Dotted(path), self.text[start : self.at]

    def value(self, before: str, indent: str, depth: int) -> Node:
        if self.text[self.at : self.at + 1] in {"{", "["}:
            return self.group(before, indent, depth)
        text = self.take(_TEXT) or self.take(_PLAIN)
        if not text:
            raise self.fail("a value is missing")
        return Scalar(before, fixed(text), _read(text))


def _read(text: str) -> tuple[str, str]:
    """A scalar: (type, value)."""
    if text[0] in "\"'" and "\\" not in text and text[1:2] != text[0]:
        return ("str", text[1:-1])
    try:
        return _scalar(tomllib.loads(f"x = {text}\n")["x"])
    except tomllib.TOMLDecodeError as error:
        raise Unstructured(f"{text} is no value: {error}") from error


def _scalar(value: object) -> tuple[str, str]:
    return ("str", value) if isinstance(value, str) else ("plain", f"{type(value).__name__} {value!r}")


def says(node: Node) -> Data:
    """What a tree says: tables inside of tables, however their headers and keys are written."""
    return _frozen(_nested(node))


def _nested(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.value
    if node.kind == "sequence":
        return [_nested(entry.node) for entry in node.entries]
    made: dict[str, object] = {}
    for entry in node.entries:
        *above, last = entry.key if isinstance(entry.key, Dotted) else (str(entry.key),)
        place = made
        for part in above:
            inner = place.setdefault(part, {})
            inner = inner[-1] if isinstance(inner, list) else inner
            if not isinstance(inner, dict):
                raise Unstructured(f"`{part}` is no table")
            place = inner
        value, there = _nested(entry.node), place.get(last)
        if isinstance(value, dict) and isinstance(there, dict):
            there.update(value)
        else:
            place[last] = value
    return made


def _frozen(value: object) -> Data:
    match value:
        case dict():
            return ("{}", frozenset((key, _frozen(part)) for key, part in value.items()))
        case list():
            return ("[]", tuple(_frozen(part) for part in value))
        case tuple():
            return value
    return _scalar(value)


def parsed(text: str) -> Data:
    """What a TOML file says, by Python's own parser.

    Raises:
        Unstructured: it is no TOML.
    """
    try:
        return _frozen(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unstructured(f"it is no TOML: {error}") from error
