"""Evaluate: TypeScript, JavaScript, Rust and Go are parsed by tree-sitter; error and missing nodes are faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, assert_never
from typing import Literal as OneOf

from regen_plugins.evaluate_syntax.fault import Fault, near

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

TreeLanguage = OneOf["typescript", "tsx", "javascript", "rust", "go"]
# The grammar of TypeScript takes these for modifiers where the language takes them for names of members.
_MODIFIER_AS_NAME = re.compile(
    rb"(?m)^(\s*(?:readonly\s+)?(?:abstrac|declar|overrid|stati|asyn|accesso))[a-z](\??\s*[:(])"
)
_MOST = 5  # faults that are told of one file; one slip often makes many error nodes


def reader(language: TreeLanguage) -> Callable[[str, str], Sequence[Fault]]:
    """The reader of one language."""
    return partial(_read, language)


def _read(language: TreeLanguage, text: str, path: str) -> Sequence[Fault]:
    if language == "javascript" or path.endswith((".tsx", ".jsx")):
        language = "tsx"  # its grammar holds all of JavaScript, with JSX
    source = text.encode()
    tree = _parser(language).parse(source)
    if tree.root_node.has_error and language in {"typescript", "tsx"}:
        tree = _parser(language).parse(_MODIFIER_AS_NAME.sub(rb"\1_\2", source))
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


@cache
def _parser(language: TreeLanguage) -> Parser:
    """One parser a language in each process: the grammar takes a few milliseconds to load."""
    from tree_sitter import Language, Parser

    match language:
        case "typescript":
            from tree_sitter_typescript import language_typescript as grammar
        case "tsx" | "javascript":
            from tree_sitter_typescript import language_tsx as grammar
        case "rust":
            from tree_sitter_rust import language as grammar
        case "go":
            from tree_sitter_go import language as grammar
        case _:
            assert_never(language)
    return Parser(Language(grammar()))
