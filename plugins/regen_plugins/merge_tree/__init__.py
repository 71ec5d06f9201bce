"""Merge: three sides of a file become one by the structure of its language, read with a tree-sitter grammar.

One engine for all languages: `languages` describes those that regen brings, other plugins describe theirs by
`regen_structure`. tree-sitter is imported with the first file that needs merging.
"""

from __future__ import annotations

from importlib import import_module

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay
from regen.model.structure import Structure

_DESCRIBED = {
    "csharp": "csharp",
    "go": "go",
    "java": "java",
    "javascript": "ecmascript",
    "rust": "rust",
    "tsx": "ecmascript",
    "typescript": "ecmascript",
}


@hookimpl
def regen_structure(language: str) -> Structure | None:
    """Describe the languages that regen brings grammars for."""
    if language not in _DESCRIBED:
        return None
    module = import_module(f"regen_plugins.merge_tree.languages.{_DESCRIBED[language]}")
    structures: dict[str, Structure] = module.STRUCTURES
    return structures[language]


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge; decline where a side does not parse or is no UTF-8, or there is no base or no description."""
    if three.structure is None or three.base is None:
        return None
    from regen_plugins.merge_tree.structure import merge

    return merge(three)
