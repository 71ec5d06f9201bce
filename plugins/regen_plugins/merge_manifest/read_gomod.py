"""Merge: a go.mod file becomes a tree: an entry for each directive, and one for each line of a block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from regen_plugins.keyed.node import Data, Entry, Group, Node, Scalar, Unstructured
from regen_plugins.keyed.rules import Dotted, Table

_LINE = re.compile(r"(?P<blank>[ \t]*)(?P<said>[^\n]*?)(?P<tail>[ \t]*(?://[^\n]*)?\n)")
_OPENING = re.compile(r"(\w+)[ \t]*\($")
# What a line names, and what it says of that: a module its version, one that is replaced by what, a setting its value.
_NAMED = {
    "require": re.compile(r"(\S+)([ \t]+)(\S+)"),
    "replace": re.compile(r"(\S+(?:[ \t]+\S+)?)([ \t]*=>[ \t]*)(.+)"),
    "godebug": re.compile(r"([^\s=]+)([ \t]*=[ \t]*)(.+)"),
}
_ALONE = frozenset(("module", "go", "toolchain"))  # directives that stand once
_Said = dict[str, Any]  # by directive, then by name: ("str", what follows)


def tree(text: str) -> tuple[str, Node, str]:
    """The comments at the start of a go.mod file, its directives, and the comments at its end.

    Raises:
        Unstructured: a line is not known, or a module stands twice.
    """
    reader = _Reader(text)
    entries = tuple(reader.entries(""))
    if len({entry.key for entry in entries}) < len(entries):
        raise Unstructured("a directive stands twice")
    return "", Group("mapping", True, "", "", "", entries, "", ""), reader.lead


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = list(_LINE.finditer(text))
        if "".join(line[0] for line in self._lines) != text:
            raise Unstructured("this is not understood")
        self._at = 0
        self._blocks = 0
        self.lead = ""

    def entries(self, directive: str) -> Iterator[Entry]:
        """Entries up to the end of the block, or of the file."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line["said"]:
                self.lead += line[0]
                self._at += 1
                continue
            if directive and line["said"] == ")":
                return
            lead, self.lead = self.lead, ""
            opening = _OPENING.match(line["said"])
            self._at += 1
            yield self._block(line, lead, opening[1]) if opening and not directive else self._one(line, lead, directive)
        if directive:
            raise Unstructured("a block does not end")

    def _block(self, line: re.Match[str], lead: str, directive: str) -> Entry:
        first, self._blocks = self._at, self._blocks + 1
        key = Table((directive, f"block {self._blocks}"))
        entries = tuple(self.entries(directive))
        footer, self.lead = self.lead, ""
        closing = self._lines[self._at][0]
        self._at += 1
        node = Group("mapping", True, line["tail"], "", "", entries, footer, closing)
        return Entry(key, lead, line["blank"] + line["said"], node, "", "", first, self._at + 1)

    def _one(self, line: re.Match[str], lead: str, directive: str) -> Entry:
        blank, said = line["blank"], line["said"]
        head = blank
        if not directive:
            found = re.match(r"(\w+)[ \t]+", said)
            if found is None:
                raise Unstructured("this is not understood")
            directive, head, said = found[1], blank + found[0].rstrip(), said[found.end() :]
            before = found[0][len(found[0].rstrip()) :]
            key: Dotted | str = Dotted((directive, said)) if directive not in _ALONE else directive
        else:
            before, key = "", said
        if directive in _NAMED:
            name, gap, said = _parts(directive, said)
            key = Dotted((directive, name)) if before else name
            head, before = head + before + name, gap
        value = Scalar(before, said, ("str", said))
        return Entry(key, lead, head, value, "", line["tail"], self._at, self._at + 1)


def _parts(directive: str, said: str) -> tuple[str, str, str]:
    """(name, what stands between, value) of a line."""
    found = _NAMED[directive].fullmatch(said)
    if found is None:
        raise Unstructured("this is not understood")
    return found[1], found[2], found[3]


def says(node: Node) -> Data:
    """What a tree says: values by directive and name, whichever block they stand in."""
    found: _Said = {}
    for entry in node.entries if isinstance(node, Group) else ():
        parts = entry.key if isinstance(entry.key, Dotted) else (str(entry.key),)
        if isinstance(entry.node, Scalar):
            _put(found, parts, entry.node.value)
            continue
        for line in entry.node.entries:
            _put(found, (parts[0], str(line.key)), line.node.value if isinstance(line.node, Scalar) else None)
    return _frozen(found)


def parsed(text: str) -> Data:
    """What a go.mod file says, line by line.

    Raises:
        Unstructured: a module stands twice.
    """
    found: _Said = {}
    directive = ""
    for line in text.split("\n"):
        words = line.partition("//")[0].split()
        if not words or words == [")"]:
            directive = "" if words else directive
        elif not directive and words[-1] == "(":
            directive = words[0]
        else:
            name = directive or words[0]
            said = line.partition("//")[0].strip().removeprefix("" if directive else name).strip()
            if name in _ALONE:
                _put(found, (name,), ("str", said))
            elif name in _NAMED:
                module, _, value = _parts(name, said)
                _put(found, (name, module), ("str", value))
            else:
                _put(found, (name, said), ("str", said))
    return _frozen(found)


def _put(found: _Said, parts: tuple[str, ...], value: Data) -> None:
    place: _Said = found
    for part in parts[:-1]:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            raise Unstructured(f"`{part}` stands twice")
        place = inner
    if parts[-1] in place:
        raise Unstructured(f"`{parts[-1]}` stands twice")
    place[parts[-1]] = value


def _frozen(found: _Said) -> Data:
    pairs = ((key, _frozen(value) if isinstance(value, dict) else value) for key, value in found.items())
    return ("{}", frozenset(pairs))
