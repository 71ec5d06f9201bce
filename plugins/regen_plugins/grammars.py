"""Grammars: the tree-sitter grammars that regen brings, each imported when the first file of its language is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser

# The grammar of TypeScript takes these for modifiers where the language takes them for names of members.
_MODIFIER_AS_NAME = re.compile(
    rb"(?m)^(\s*(?:readonly\s+)?(?:abstrac|declar|overrid|stati|asyn|accesso))[a-z](\??\s*[:(])"
)


def _csharp() -> object:
    from tree_sitter_c_sharp import language

    return language()


def _go() -> object:
    from tree_sitter_go import language

    return language()


def _java() -> object:
    from tree_sitter_java import language

    return language()


def _javascript() -> object:
    from tree_sitter_javascript import language

    return language()


def _rust() -> object:
    from tree_sitter_rust import language

    return language()


def _tsx() -> object:
    from tree_sitter_typescript import language_tsx

    return language_tsx()


def _typescript() -> object:
    from tree_sitter_typescript import language_typescript

    return language_typescript()


GRAMMARS: Mapping[str, Callable[[], object]] = {
    "csharp": _csharp,
    "go": _go,
    "java": _java,
    "javascript": _javascript,
    "rust": _rust,
    "tsx": _tsx,
    "typescript": _typescript,
}


@cache
def parser(grammar: Callable[[], object]) -> Parser:
    """One parser a grammar in each process: it takes a few milliseconds to load."""
    from tree_sitter import Language, Parser

    return Parser(Language(grammar()))


def modifiers_as_names(source: bytes) -> bytes:
    """TypeScript, with members whose names the grammar takes for modifiers called otherwise, at the same length."""
    return _MODIFIER_AS_NAME.sub(rb"\1_\2", source)
