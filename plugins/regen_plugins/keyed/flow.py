"""Keyed: what stands between brackets, with commas, becomes a group; JSON, TOML and YAML write it alike."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Hashable

from regen_plugins.keyed.node import Entry, Group, Kind, Node, Unstructured, relative

_CLOSING = {"{": "}", "[": "]"}
DEEPEST = 64  # groups in groups; a merge takes some calls for each, and Python allows a thousand in all
_STEP = re.compile(r"\n([ \t]*)\Z")


class FlowReader:
    """Reads groups between brackets; a language says what keys, values and comments are.

    Attributes:
        text: the file, with `\\n` at line ends.
        at: where reading goes on.
    """

    blanks: re.Pattern[str]  # blanks and comments
    comment: re.Pattern[str]  # blanks and a comment that ends its line

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def line(self, at: int) -> int:
        """The line of a place, from 1."""
        return bisect_right(self._ends, at - 1) + 1 if at else 1

    def fail(self, what: str) -> Unstructured:
        """An error at this place."""
        return Unstructured(f"line {self.line(self.at)}: {what}")

    def take(self, pattern: re.Pattern[str]) -> str:
        """What matches here, which may be nothing; reading goes on after it."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def key(self) -> tuple[Hashable, str]:
        """A key, and its text with the separator.

        Raises:
            Unstructured: there is none.
        """
        raise NotImplementedError

    def value(self, before: str, indent: str, depth: int) -> Node:
        """A value; `before` is what stood before it, `indent` the indentation of the group around it.

        Raises:
            Unstructured: there is none.
        """
        raise NotImplementedError

    def group(self, before: str, indent: str, depth: int, mark: Hashable = None, opening: str = "") -> Group:
        """The group that starts at this bracket; `opening` is a tag or an anchor before it."""
        if depth > DEEPEST:
            raise self.fail("this is nested too deeply")
        kind: Kind = "mapping" if self.text[self.at] == "{" else "sequence"
        closing = _CLOSING[self.text[self.at]]
        opening += self.text[self.at]
        self.at += 1
        opening += self.take(self.comment)
        entries: list[Entry] = []
        raw = self.take(self.blanks)
        step = _step(raw, indent) if self.text[self.at : self.at + 1] != closing else ""
        comma = True
        while self.text[self.at : self.at + 1] != closing:
            if not comma:
                raise self.fail(f"a comma or `{closing}` is missing")
            entry, comma, raw = self._entry(raw, kind, indent + step, depth)
            entries.append(entry)
        self.at += 1
        footer = relative(raw, indent, partial=True)
        has_comma = comma and bool(entries)
        return Group(kind, False, before, opening, step, tuple(entries), footer, closing, has_comma, mark)

    def _entry(self, lead: str, kind: Kind, inner: str, depth: int) -> tuple[Entry, bool, str]:
        """One entry, whether a comma follows, and the blanks after all that."""
        start = self.at
        key, head, before = None, "", ""
        if kind == "mapping":
            key, head = self.key()
            before = relative(self.take(self.blanks), inner, partial=True)
        node = self.value(before, inner, depth + 1)
        end = self.at
        raw = self.take(self.blanks)
        comma = self.text[self.at : self.at + 1] == ","
        gap = ""
        if comma:
            gap = relative(raw, inner, partial=True)
            self.at += 1
            end = self.at
            tail = self.take(self.comment)
            raw = self.take(self.blanks)
        else:
            found = self.comment.match(raw)
            tail = found[0] if found else ""
            raw = raw[len(tail) :]
        lead = relative(lead, inner, partial=True)
        entry = Entry(key, lead, head, node, gap, tail, self.line(start), self.line(end) + 1)
        return entry, comma, raw


def _step(lead: str, indent: str) -> str:
    """The indentation of the first entry beyond that of the group around it."""
    found = _STEP.search(lead)
    return found[1][len(indent) :] if found and found[1].startswith(indent) else ""
