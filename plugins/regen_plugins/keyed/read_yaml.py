"""Keyed: YAML becomes a tree; PyYAML's events say what it means, the text between them how it is written.

An alias is a value by its name, and an anchor a part of the value that has it: what they stand for follows from that,
as long as no anchor is set twice. What no tree keeps (directives, explicit keys, `...`) has none.
"""

from __future__ import annotations

import re
from collections.abc import Hashable

import yaml
from yaml.events import AliasEvent, CollectionStartEvent, Event, ScalarEvent

from regen_plugins.keyed.events_yaml import DOCUMENTS, end_of, events_of, mark_of, start_of, value_of
from regen_plugins.keyed.flow import DEEPEST, FlowReader
from regen_plugins.keyed.node import Entry, Group, Kind, Node, Scalar, bare, relative

_LINES = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_HEADER = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*\n")  # comments at the start, up to the last blank line
_SPACES = re.compile(r" *")
_BLANKS = re.compile(r"[ \t]+")
_COLON = re.compile(r"[ \t]*:(?=\s|\Z)")
_FLOW_COLON = re.compile(r"\s*:")
_END = re.compile(r"[ \t]*(?:[ \t]#[^\n]*)?\n")
_OPENING = re.compile(r"(?:[ \t]+[&!][^\s,\[\]{}]*)*[ \t]*(?:[ \t]#[^\n]*)?\n")
_MARKS = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")
_START = re.compile(r"---(?=\s)")


def tree(text: str) -> tuple[str, Node, str]:
    """What stands before the first document of a YAML file, its document or documents, and what follows.

    Raises:
        Unstructured: it is no YAML, or holds what no tree keeps.
    """
    return _Yaml(text).file()


class _Yaml(FlowReader):
    blanks = re.compile(r"(?:[ \t\n]++|#[^\n]*)*")
    comment = re.compile(r"[ \t]+#[^\n]*(?=\n)")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        events = events_of(text)
        self._events = list(reversed(events))
        self._documents = sum(isinstance(event, yaml.DocumentStartEvent) for event in events)

    def file(self) -> tuple[str, Node, str]:
        """See `tree`."""
        head = self.take(_HEADER)
        if not self._documents:
            head += self.take(_LINES)
            return head, Group("mapping", True, "", "", "", (), "", ""), self._foot()
        if self._documents == 1:
            head, node = self._alone(head)
            return head, node, self._foot()
        entries = []
        while self._events:
            lead = self.take(_LINES)
            first, mark = self.line(self.at), self.take(_START)
            self._pop(yaml.DocumentStartEvent)
            node = self._document(self.take(_OPENING) if mark else "")
            self._pop(yaml.DocumentEndEvent)
            tail = "" if isinstance(node, Group) and node.block else self.take(_END)
            entries.append(Entry(None, lead, mark, node, "", tail, first, self.line(self.at)))
        return head, Group("sequence", True, "", "", "", tuple(entries), "", "", mark=DOCUMENTS), self._foot()

    def _alone(self, head: str) -> tuple[str, Node]:
        self._pop(yaml.DocumentStartEvent)
        if _START.match(self.text, _LINES.match(self.text, self.at).end()):  # type: ignore[union-attr]
            head += self.take(_LINES) + self.take(_START) + self.take(_END) + self.take(_HEADER)
        if isinstance(self._events[-1], ScalarEvent) and self._events[-1].value == "":
            self._events.pop()
            self._pop(yaml.DocumentEndEvent)
            return head, Group("mapping", True, "", "", "", (), "", "")
        node = self._document("")
        self._pop(yaml.DocumentEndEvent)
        return head, node

    def _document(self, before: str) -> Node:
        event = self._events[-1]
        if not isinstance(event, CollectionStartEvent) or event.anchor or event.tag:
            raise self.fail("a document is no mapping and no sequence")
        if not event.flow_style:
            return self._block(before, "", 0)
        return self.value(before + self.take(_LINES), "", 0)

    def _foot(self) -> str:
        foot = self.take(_LINES)
        if self.at != len(self.text):
            raise self.fail("this is not understood")
        return foot

    def _pop(self, kind: type[Event]) -> Event:
        event = self._events.pop()
        directives = isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags)
        ends = isinstance(event, yaml.DocumentEndEvent) and event.explicit
        if not isinstance(event, kind) or directives or ends:
            raise self.fail("this is not understood")
        return event

    def key(self) -> tuple[Hashable, str]:
        key, text = self._key()
        colon = self.take(_FLOW_COLON)
        if not colon:
            raise self.fail("a key has no value")
        return key, text + colon

    def _key(self) -> tuple[Hashable, str]:
        event = self._events.pop()
        if not isinstance(event, ScalarEvent) or event.anchor or event.tag or start_of(event) != self.at:
            raise self.fail("a key is no plain text")
        start, self.at = self.at, end_of(event)
        if "\n" in self.text[start : self.at]:
            raise self.fail("a key is longer than its line")
        return value_of(event), self.text[start : self.at]

    def value(self, before: str, indent: str, depth: int) -> Node:
        event = self._events.pop()
        start, end = start_of(event), end_of(event)
        if isinstance(event, ScalarEvent) and start == end:
            return Scalar(before, "", value_of(event))
        if start != self.at:
            raise self.fail("this is not understood")
        if isinstance(event, ScalarEvent | AliasEvent):
            if isinstance(event, ScalarEvent) and event.style in {"|", ">"}:
                end = self._end_of_text(start, len(indent))
            self.at = end
            return Scalar(before, relative(self.text[start:end], indent, partial=True), value_of(event))
        if not isinstance(event, CollectionStartEvent):
            raise self.fail("this is not understood")
        opening = self.take(_MARKS)
        if self.text[self.at : self.at + 1] not in {"{", "["}:
            raise self.fail("this is not understood")
        group = self.group(before, indent, depth, mark_of(event), opening)
        self._events.pop()
        return group

    def _end_of_text(self, start: int, least: int) -> int:
        """Where a block scalar ends, without its last line end: before a line with no more than `least` spaces."""
        first = self.text.index("\n", start)
        end = last = first
        while end + 1 < len(self.text):
            stop = self.text.index("\n", end + 1)
            line = self.text[end + 1 : stop]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= least:
                break
            end = stop
            if line.strip():
                last = stop
        return end if "+" in self.text[start:first].partition("#")[0] else last

    def _block(self, before: str, indent: str, depth: int) -> Group:
        if depth > DEEPEST:
            raise self.fail("this is nested too deeply")
        event = self._events.pop()
        if not isinstance(event, CollectionStartEvent):
            raise self.fail("this is not understood")
        kind: Kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        on_line = bool(before) and not before.endswith("\n")
        entries: list[Entry] = []
        inner = step = ""
        while not isinstance(self._events[-1], yaml.MappingEndEvent | yaml.SequenceEndEvent):
            lead = "" if on_line and not entries else self.take(_LINES)
            spaces = self.take(_SPACES) if not on_line or entries else " " * self._column()
            if not entries:
                inner, step = spaces, spaces[len(indent) :]
            if spaces != inner or not spaces.startswith(indent):
                raise self.fail("this is indented in an unusual way")
            entries.append(self._line(kind, bare(lead, inner), inner, depth))
        self._events.pop()
        footer = self._footer(inner) if step else ""
        empty = "{}" if kind == "mapping" else "[]"
        return Group(
            kind, True, before, "", step, tuple(entries), bare(footer, inner), "", False, mark_of(event), empty
        )

    def _column(self) -> int:
        return self.at - (self.text.rfind("\n", 0, self.at) + 1)

    def _footer(self, inner: str) -> str:
        """Comments below the last entry that are indented as it is."""
        deep = rf" {{{len(inner)},}}#[^\n]*\n"
        return self.take(re.compile(rf"(?:{deep}|[ \t]*\n(?=(?:[ \t]*\n)*{deep}))*"))

    def _line(self, kind: Kind, lead: str, inner: str, depth: int) -> Entry:
        """One entry of a block, from its key or dash on."""
        start = self.at
        if kind == "mapping":
            key, head = self._key()
            colon = self.take(_COLON)
            if not colon:
                raise self.fail("a key has no value")
            head += colon
        else:
            key, head = None, "-"
            if self.text[self.at : self.at + 1] != "-":
                raise self.fail("an item has no dash")
            self.at += 1
        event = self._events[-1]
        if isinstance(event, CollectionStartEvent) and not event.flow_style:
            before = self.take(_OPENING) or self.take(_BLANKS)
            if not before or (not before.endswith("\n") and mark_of(event)):
                raise self.fail("this is not understood")
            node: Node = self._block(before, inner, depth + 1)
            return Entry(key, lead, head, node, "", "", self.line(start), self.line(self.at))
        empty = isinstance(event, ScalarEvent) and start_of(event) == end_of(event)
        before = "" if empty else relative(self.take(self.blanks), inner, partial=True)
        node = self.value(before, inner, depth + 1)
        tail = self.take(_END)
        if not tail:
            raise self.fail("this is not understood")
        return Entry(key, lead, head, node, "", tail, self.line(start), self.line(self.at))
