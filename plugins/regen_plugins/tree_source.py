"""Tree source: the bytes of a file become a tree whose nodes can be read: their texts, their names, what they say."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from regen.model.structure import Structure
from regen_plugins.grammars import parser

if TYPE_CHECKING:
    from tree_sitter import Node

_SAYS_NOTHING = frozenset((",", ";"))  # what formatters add and remove
WORD = re.compile(rb"[^\W\d]\w*")


class Unstructured(Exception):  # noqa: N818 - not an error: lines are merged then
    """The file has a shape that is not merged by structure; the message says which."""


class Source:
    """One side of a file, read.

    Args:
        text: UTF-8 without byte order mark, lines end with a newline.
        structure: of its language.

    Raises:
        Unstructured: it does not parse.
    """

    def __init__(self, text: bytes, structure: Structure) -> None:
        self.text = text
        self.structure = structure
        reader = parser(structure.grammar)
        self.root = reader.parse(text).root_node
        if self.root.has_error and structure.readable is not None:
            self.root = reader.parse(structure.readable(text)).root_node
        if self.root.has_error:
            raise Unstructured("it does not parse")
        self._lines: list[int] | None = None

    def line(self, offset: int) -> int:
        """The number of the line, from 1, on which the byte at the offset stands."""
        if self._lines is None:
            self._lines = [0, *accumulate(len(line) + 1 for line in self.text.split(b"\n"))]
        return bisect_right(self._lines, offset)

    def of(self, node: Node) -> bytes:
        """The text of a node."""
        return self.text[node.start_byte : node.end_byte]

    def end(self, node: Node) -> int:
        """Where a node ends; grammars differ in whether the newline after a comment belongs to it."""
        end = node.end_byte
        if node.type in self.structure.comments:
            while end > node.start_byte and self.text[end - 1] in b"\r\n":
                end -= 1
        return end

    def children(self, node: Node) -> Iterator[tuple[str | None, Node]]:
        """Children with the names of their fields; newlines that a grammar takes for tokens are left out."""
        for at, child in enumerate(node.children):
            if child.is_named or self.of(child).strip():
                yield node.field_name_for_child(at), child

    def found(self, node: Node, path: str) -> tuple[Node, ...]:
        """The nodes to which a path of a description leads."""
        if path == ".":
            return (node,)
        for way in path.split("|"):
            nodes: tuple[Node, ...] = (node,)
            for step in way.split("/"):
                nodes = tuple(c for n in nodes for name, c in self.children(n) if step in (name, c.type))
            if nodes:
                return nodes
        return ()

    def name(self, node: Node, paths: Sequence[str]) -> tuple[str, ...]:
        """What the paths lead to, as texts without space."""
        texts = (b",".join(self.of(found) for found in self.found(node, path)) for path in paths)
        return tuple("".join(text.decode(errors="replace").split()) for text in texts)

    def said(self, nodes: Sequence[Node]) -> tuple[bytes, ...]:
        """What nodes say, comments included, without how it is laid out: equal for what a formatter rewrote."""
        parts: list[bytes] = []
        waiting: list[Node | bytes] = list(reversed(nodes))
        while waiting:
            node = waiting.pop()
            if isinstance(node, bytes):
                parts.append(node)
            elif node.type in self.structure.comments:
                parts.append(b" ".join(self.of(node).split()))
            elif node.child_count == 0:
                if node.type not in _SAYS_NOTHING:
                    parts.append(self.of(node))
            else:
                children = [child for _, child in self.children(node) if child.type not in _SAYS_NOTHING]
                parts.append(f"<{node.type}>".encode())
                waiting.append(b"<>")
                waiting.extend(reversed(self._with_gaps(node, children)))
        return tuple(parts)

    def _with_gaps(self, node: Node, children: Sequence[Node]) -> list[Node | bytes]:
        """Children, and what stands between them where it is more than space: in some grammars the text of a string."""
        if len(children) == node.child_count and all(child.is_named for child in children):
            return list(children)
        parts: list[Node | bytes] = []
        at = node.start_byte
        for child in children:
            gap = self.text[at : child.start_byte]
            if gap.strip(b" \t\r\n,;"):
                parts.append(gap)
            parts.append(child)
            at = child.end_byte
        gap = self.text[at : node.end_byte]
        return [*parts, gap] if gap.strip(b" \t\r\n,;") else parts

    @cached_property
    def words(self) -> frozenset[bytes]:
        """Names that stand in its code, outside of comments and strings."""
        found: set[bytes] = set()
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.child_count == 0:
                if node.is_named and node.type not in self.structure.comments and WORD.fullmatch(self.of(node)):
                    found.add(self.of(node))
            elif not self.imports(node):
                waiting.extend(node.children)
        return frozenset(found)

    def imports(self, node: Node) -> bool:
        """Whether a node is an import."""
        known = self.structure.declarations.get(node.type)
        return known is not None and known.word == "import"
