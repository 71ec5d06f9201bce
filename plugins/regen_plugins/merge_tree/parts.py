"""Merge: values of a node that is taken apart: parts that have keys, each with its own text.

Why texts and not trees: what stands between two parts, space and comments, belongs to the second of them, so that a
part that moves takes along what is said above it, and nothing has to be printed anew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from regen.model.structure import Declaration, Listed
from regen_plugins.tree_source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

Key = tuple[str, ...]
Kind = OneOf["members", "slots"] | Listed
OPENING, CLOSING = frozenset("({[<"), frozenset(")}]>")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a node: a member of a block, an item of a list, a piece of a declaration.

    Attributes:
        key: kind and name; the same part has the same key on all sides.
        source: the side that it stands in.
        nodes: what it is made of, without comments: a declaration with the marks before it.
        at, start, end, separated, tailed: offsets in the source: of the space and the comments before it, of its
            text, of the end of its text, of its separator and of the comment after it on the same line.
        known: how its declaration is known; None for what has no name.
    """

    key: Key
    source: Source
    nodes: tuple[Node, ...]
    at: int
    start: int
    end: int
    separated: int
    tailed: int
    known: Declaration | None = None

    @property
    def lead(self) -> bytes:
        """Space and comments before it."""
        return self.source.text[self.at : self.start]

    @property
    def text(self) -> bytes:
        """The part itself."""
        return self.source.text[self.start : self.end]

    @property
    def separator(self) -> bytes:
        """The comma or semicolon after it."""
        return self.source.text[self.end : self.separated]

    @property
    def tail(self) -> bytes:
        """The comment after it on the same line."""
        return self.source.text[self.separated : self.tailed]

    @property
    def whole(self) -> bytes:
        """Everything, from the lead to the tail."""
        return self.source.text[self.at : self.tailed]

    def said(self) -> tuple[bytes, ...]:
        """What its text says, comments included, without how it is laid out."""
        gaps = (self.source.text[before.end_byte : after.start_byte].split() for before, after in pairwise(self.nodes))
        return (*self.source.said(self.nodes), *(word for gap in gaps for word in gap))


@dataclass(frozen=True, slots=True)
class Block:
    """A node, taken apart; put together the parts are its text.

    Attributes:
        kind: "members" of a block, "slots" of a declaration, or the kind of a list.
        first, last: offsets between which the parts stand; what is around them is the node's own.
        noted: whether what stands before the parts ends with a comment, and so with its line.
    """

    kind: Kind
    source: Source
    start: int
    first: int
    parts: tuple[Part, ...]
    last: int
    end: int
    noted: bool = False

    @property
    def opening(self) -> bytes:
        """What stands before the parts."""
        return self.source.text[self.start : self.first]

    @property
    def closing(self) -> bytes:
        """What stands after the parts."""
        return self.source.text[self.last : self.end]


def opens(source: Source, node: Node) -> bool:
    """Whether a node is taken apart into members or items."""
    structure = source.structure
    if node.type not in structure.blocks and node.type not in structure.lists:
        return False
    bracketed = any(child.type in OPENING for child in node.children)
    return bracketed or not (node.type in structure.records or node.type in structure.declarations)


def counted(parts: list[Part]) -> tuple[Part, ...]:
    """Tell pieces of one key apart by counting; members are told apart when the sides are compared."""
    seen: Counter[Key] = Counter()
    result: list[Part] = []
    for part in parts:
        if part.key[0] in {"mark", "word", "slot", "item"} and seen[part.key]:
            result.append(replace(part, key=(*part.key, f"#{seen[part.key]}")))
        else:
            result.append(part)
        seen[part.key] += 1
    return tuple(result)
