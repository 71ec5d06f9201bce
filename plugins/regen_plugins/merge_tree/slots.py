"""Merge: a declaration becomes its pieces: annotations, modifiers, name, parameters, body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from regen_plugins.merge_tree.parts import Block, Key, Part, counted, opens
from regen_plugins.tree_source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


def slots(part: Part) -> Block:
    """The pieces of a declaration, with those of what stands around it and the marks before it."""
    source = part.source
    pieces: list[Part] = []
    at = part.start
    mark = len(part.nodes) == 1 and part.nodes[0].type in source.structure.marks
    leaves = list(_leaves(source, None, part.nodes[0].children if mark else part.nodes))
    for number, (field, node, glued) in enumerate(leaves):
        if (glued or not (node.is_named or node.type[:1].isalpha())) and number + 1 < len(leaves):
            continue  # belongs to what follows it, such as `=` to a value
        start, end = node.start_byte, source.end(node)
        pieces.append(Part(_slot(source, field, node), source, (node,), at, start, end, end, end))
        at = end
    return Block("slots", source, part.start, part.start, counted(pieces), at, part.end)


def _leaves(source: Source, field: str | None, nodes: Sequence[Node]) -> Iterator[tuple[str | None, Node, bool]]:
    """Field and node of each piece, and whether it is the word before a list (`implements`)."""
    structure = source.structure
    nodes = [node for node in nodes if node.type not in structure.comments]
    for node in nodes:
        inner = node.type in structure.declarations or node.type in structure.records
        if inner and node.type not in structure.marks and not opens(source, node) and node.child_count:
            children = list(source.children(node))
            glued = len(children) == 2 and not children[0][1].is_named and opens(source, children[1][1])
            for name, child in children:
                if glued and not child.is_named:
                    yield None, child, True
                else:
                    yield from _leaves(source, name or (field if child.is_named else None), (child,))
        else:
            yield field, node, False


def _slot(source: Source, field: str | None, node: Node) -> Key:
    mark = source.structure.marks.get(node.type)
    if mark is not None:
        return ("mark", *source.name(node, (mark,)))
    if not node.is_named:
        return ("word", node.type)
    return ("slot", field or node.type)
