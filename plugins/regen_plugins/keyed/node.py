"""Keyed: a data file as a tree of mappings, sequences and scalars that writes the very bytes it was read from.

Texts in a tree are relative: a line inside of a group does not have the indentation of that group, so that an entry
means the same in a file that a person indented in another way. A line that has less than its group's indentation, or
must not move, starts with `FIXED` and stands as it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf

FIXED = "\0"  # no text file has one
Kind = OneOf["mapping", "sequence"]
Path = tuple[Hashable, ...]
# Data: a scalar is (type, value), a sequence ("[]", items), a mapping ("{}", a frozen set of (key, data)).
Data = Hashable


class Unstructured(Exception):  # noqa: N818 - a reason to take another way, not a fault
    """This text has no tree here, or trees do not fit together; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts.

    Attributes:
        before: what stands between the head of the entry and the value.
        text: as written.
        value: (type, value); two of one value may be written differently.
    """

    before: str
    text: str
    value: Data


@dataclass(frozen=True, slots=True)
class Group:
    """A mapping or a sequence.

    Attributes:
        block: its entries stand on lines of their own; otherwise between brackets, with commas.
        before: what stands between the head of the entry and the group; of a block also the end of that line.
        opening, closing: brackets, the first with a tag or an anchor before it and a comment after it; of a block
            its last line, if it needs one.
        step: the indentation of its entries beyond that of the group around it.
        entries: in the order of the file.
        footer: comments and blank lines after the last entry.
        comma: whether a comma follows the last entry.
        mark: a tag or an anchor; None without one.
        empty: brackets that a block is written as when it loses its last entry; empty where it needs none.
    """

    kind: Kind
    block: bool
    before: str
    opening: str
    step: str
    entries: tuple[Entry, ...]
    footer: str
    closing: str
    comma: bool = False
    mark: Hashable = None
    empty: str = ""


Node = Scalar | Group


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a group.

    Attributes:
        key: of a mapping; None in a sequence.
        lead: comments and blanks before it; of a block whole lines.
        head: the key with its separator, or the dash of an item.
        node: the value.
        gap: what stands between the value and the comma.
        tail: what follows on the line; of a block with the line's end.
        first, last: lines of the file from 1, half open, without those of `lead`.
    """

    key: Hashable
    lead: str
    head: str
    node: Node
    gap: str
    tail: str
    first: int = field(compare=False)
    last: int = field(compare=False)


def relative(text: str, indent: str, *, partial: bool) -> str:
    """Take the indentation off every line of `text` but the first; `partial`: its last line goes on after it."""
    if "\n" not in text:
        return text
    if partial and text == "\n" + indent:  # what stands before most entries
        return "\n"
    first, *rest = text.split("\n")
    last = len(rest) - 1
    lines = [first]
    for at, line in enumerate(rest):
        whole = at < last or not partial
        if whole and not line:
            lines.append(line)
        elif line.startswith(indent) and not (whole and line.isspace()):
            lines.append(line[len(indent) :])
        else:
            lines.append(FIXED + line)
    return "\n".join(lines)


def absolute(text: str, indent: str, *, partial: bool) -> str:
    """Put the indentation on again."""
    if "\n" not in text:
        return text
    if partial and text == "\n":
        return text + indent
    first, *rest = text.split("\n")
    last = len(rest) - 1
    lines = [first]
    for at, line in enumerate(rest):
        if line.startswith(FIXED):
            lines.append(line[1:])
        elif line or (partial and at == last):
            lines.append(indent + line)
        else:
            lines.append(line)
    return "\n".join(lines)


def whole(lines: str, indent: str) -> str:
    """Whole lines, each with its indentation."""
    return absolute("\n" + lines, indent, partial=False)[1:]


def bare(lines: str, indent: str) -> str:
    """Whole lines without the indentation."""
    return relative("\n" + lines, indent, partial=False)[1:]


def fixed(text: str) -> str:
    """A text whose lines must not move."""
    return text.replace("\n", "\n" + FIXED)


def write(node: Node, indent: str = "") -> str:
    """The text of a node; `indent` is that of the group around it."""
    return "".join(_pieces(node, indent))


def _pieces(node: Node, indent: str) -> Iterator[str]:
    on_its_lines = isinstance(node, Group) and node.block
    yield node.before if on_its_lines else absolute(node.before, indent, partial=True)
    if isinstance(node, Scalar):
        yield absolute(node.text, indent, partial=True)
        return
    inner = indent + node.step
    yield node.opening
    for at, entry in enumerate(node.entries):
        if not node.block:
            yield from _between_commas(node, at, inner)
            continue
        on_line = at == 0 and node.before and not node.before.endswith("\n")
        if on_line and entry.lead:
            raise Unstructured("a comment would stand before the first entry on a line")
        yield whole(entry.lead, inner)
        yield ("" if on_line else inner) + entry.head
        yield from _pieces(entry.node, inner)
        yield entry.tail
    yield whole(node.footer, inner) if node.block else absolute(node.footer, indent, partial=True)
    yield node.closing


def _between_commas(group: Group, at: int, inner: str) -> Iterator[str]:
    entry = group.entries[at]
    yield absolute(entry.lead, inner, partial=True)
    yield entry.head
    yield from _pieces(entry.node, inner)
    if at < len(group.entries) - 1 or group.comma:
        yield absolute(entry.gap, inner, partial=True)
        yield ","
    elif not entry.gap.isspace():
        yield absolute(entry.gap, inner, partial=True)
    yield entry.tail


def data(node: Node) -> Data:
    """What a tree says, without how it is written."""
    if isinstance(node, Scalar):
        return node.value
    if node.kind == "sequence":
        items = tuple(data(entry.node) for entry in node.entries)
        return ("[]", items) if node.mark is None else ("[]", items, node.mark)
    pairs = frozenset((entry.key, data(entry.node)) for entry in node.entries)
    return ("{}", pairs) if node.mark is None else ("{}", pairs, node.mark)


def trivia(node: Node) -> Iterator[str]:
    """Every text between the data: where comments are."""
    yield node.before
    if isinstance(node, Group):
        yield node.opening
        for entry in node.entries:
            yield entry.lead
            yield from trivia(entry.node)
            yield entry.gap
            yield entry.tail
        yield node.footer
