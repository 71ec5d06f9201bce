"""Interface: what other files may use in each language, and what they have to name for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from regen.model.structure import Declaration
from regen_plugins.tree_source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

Visible = Callable[["Node", Declaration, str | None], bool]
"""Whether a declaration is public: the node, how it is known, the word of what it stands in; None at the top."""

_ALL_MEMBERS = frozenset(("interface", "trait", "enum", "annotation", "type", "variant"))
_OPEN = re.compile(rb"\b(?:public|protected)\b")
_JAVA_PACKAGE = re.compile(rb"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_CSHARP_NAMESPACE = re.compile(rb"^\s*namespace\s+([\w.]+)\s*;", re.MULTILINE)


def scope_of(source: Source, path: str) -> tuple[str, ...]:
    """What a user names beside the symbol: its package or namespace, or the file where a file is a module."""
    place = PurePosixPath(path)
    match source.structure.language:
        case "go":
            return (str(place.parent),)
        case "java":
            return _stated(_JAVA_PACKAGE, source)
        case "csharp":
            return _stated(_CSHARP_NAMESPACE, source)
        case _:
            return (str(place),)


def _stated(pattern: re.Pattern[bytes], source: Source) -> tuple[str, ...]:
    found = pattern.search(source.text)
    return (found[1].decode(),) if found is not None else ()


def visible(source: Source) -> Visible:
    """The rule of a file's language; of one that regen does not know everything with a name is public."""
    match source.structure.language:
        case "go":
            return lambda node, known, inside: _go(source, node, known)
        case "java" | "csharp":
            return lambda node, known, inside: inside in _ALL_MEMBERS or _stated_open(source, node)
        case "rust":
            return lambda node, known, inside: inside in _ALL_MEMBERS or _pub(source, node)
        case "javascript" | "typescript" | "tsx":
            given = _exported(source)
            return lambda node, known, inside: _ecmascript(source, node, known, inside, given)
        case _:
            return lambda node, known, inside: True


def _go(source: Source, node: Node, known: Declaration) -> bool:
    names = [name for name in source.name(node, known.name) if name]
    return bool(names) and all(name.lstrip("*").rpartition(".")[2][:1].isupper() for name in names)


def _stated_open(source: Source, node: Node) -> bool:
    """Java and C#: `public` or `protected` among the modifiers, which stand before the name."""
    name = node.child_by_field_name("name") or node.child_by_field_name("body")
    end = name.start_byte if name is not None else node.end_byte
    return _OPEN.search(source.text[node.start_byte : end].partition(b"=")[0]) is not None


def _pub(source: Source, node: Node) -> bool:
    return any(child.type == "visibility_modifier" and source.of(child) == b"pub" for child in node.children) or (
        node.type in {"enum_variant", "impl_item"}
    )


def _exported(source: Source) -> frozenset[str] | None:
    """Names in `export { ... }`; None where the file exports nothing, and so is a script, or of CommonJS."""
    names: set[str] = set()
    exports = [child for child in source.root.named_children if child.type == "export_statement"]
    if not exports:
        return None
    for statement in exports:
        for clause in statement.named_children:
            if clause.type == "export_clause" and statement.child_by_field_name("source") is None:
                names.update(source.of(one).decode().split()[0] for one in clause.named_children)
    return frozenset(names)


def _ecmascript(
    source: Source, node: Node, known: Declaration, inside: str | None, given: frozenset[str] | None
) -> bool:
    if inside is not None:
        hidden = any(
            child.type == "accessibility_modifier" and source.of(child) == b"private" for child in node.children
        )
        return not hidden and not any(name.startswith("#") for name in source.name(node, known.name))
    parent = node.parent
    while parent is not None and parent.type in {"ambient_declaration", "expression_statement"}:
        parent = parent.parent
    if given is None or (parent is not None and parent.type in {"export_statement", "export_clause"}):
        return True
    return any(name in given for name in source.name(node, known.name))
