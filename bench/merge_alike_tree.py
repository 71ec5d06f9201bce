"""Two texts of a described language become what they say, so that an answer ordered or laid out otherwise is told.

What counts as order: that of what stands in a file, a type or another block that holds declarations, and of items of a
list whose place means nothing (imported names, fields); both as the description of the language says. What counts as
layout: blanks, line ends, and commas and semicolons at ends. Statements in a function keep their order.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from regen.model.structure import Structure
from regen_plugins.grammars import parser
from regen_plugins.merge_tree import regen_structure

if TYPE_CHECKING:
    from tree_sitter import Node

_SAYS_NOTHING = frozenset((",", ";"))


def parses(content: bytes, language: str) -> bool:
    """Whether the language's grammar reads it without an error."""
    return _root(content, language) is not None


def alike(one: bytes, other: bytes, language: str) -> bool:
    """Whether both say the same; of texts that do not parse, whether they differ in blanks alone."""
    if one == other:
        return True
    roots = [_root(side, language) for side in (one, other)]
    if roots[0] is None or roots[1] is None:
        return b"".join(one.split()) == b"".join(other.split())
    structure = _structure(language)
    return _said(roots[0], structure) == _said(roots[1], structure)


@cache
def _structure(language: str) -> Structure:
    found = regen_structure(language)
    if found is None:
        raise SystemExit(f"merge_replay: regen describes no language {language!r}")
    return found


def _root(content: bytes, language: str) -> Node | None:
    structure = _structure(language)
    source = content.replace(b"\r\n", b"\n")
    reader = parser(structure.grammar)
    root = reader.parse(source).root_node
    if root.has_error and structure.readable is not None:
        root = reader.parse(structure.readable(source)).root_node
    return None if root.has_error else root


def _said(node: Node, structure: Structure) -> tuple[object, ...]:
    """What a node says: its type, and its text or what its children say."""
    if node.type in structure.comments or not node.child_count:
        return (node.type, b" ".join((node.text or b"").split()))
    said = [_said(child, structure) for child in node.children if child.type not in _SAYS_NOTHING]
    said = [one for one in said if one[1:] != (b"",)]
    if node.parent is None or node.type in structure.blocks or structure.lists.get(node.type) == "named":
        said.sort(key=repr)
    return (node.type, *said)
