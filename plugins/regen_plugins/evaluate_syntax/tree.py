"""Evaluate: languages with a tree-sitter grammar are parsed by it; error and missing nodes are faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from regen_plugins.evaluate_syntax.fault import Fault, near
from regen_plugins.grammars import GRAMMARS, modifiers_as_names, parser

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST = 5  # faults that are told of one file; one slip often makes many error nodes


def reader(language: str) -> Callable[[str, str], Sequence[Fault]]:
    """The reader of one language."""
    return partial(_read, language)


def _read(language: str, text: str, path: str) -> Sequence[Fault]:
    if language == "typescript" and path.endswith(".tsx"):
        language = "tsx"
    source = text.encode()
    read = parser(GRAMMARS[language]).parse
    tree = read(source)
    if tree.root_node.has_error and language in {"typescript", "tsx"}:
        tree = read(modifiers_as_names(source))
    if not tree.root_node.has_error:
        return ()
    faults = []
    for node in _wrong(tree.root_node):
        line = node.start_point.row + 1
        column = node.start_point.column + 1
        what = f"`{node.type}` is missing" if node.is_missing else "this cannot be read"
        faults.append(Fault(f"{what}{near(text, line)}", line, column))
        if len(faults) == _MOST:
            break
    return faults


def _wrong(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
        return
    for child in node.children:
        if child.has_error or child.is_missing:
            yield from _wrong(child)
