"""Format: blanks at line ends go, blank lines are at most two in a row, and a file ends with one newline.

Why only so much: inside of strings over several lines, of Markdown and of YAML a blank means something. A language
stands in a table below with what protects its strings; where that is unsure, or the language unknown, lines stay as
they are.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from regen.hooks import hookimpl

if TYPE_CHECKING:
    from tree_sitter import Parser, Query

_MOST_BLANK = 2  # blank lines in a row, as PEP 8 has them
_TO_CLEAN = re.compile(r"[ \t]\r?\n|\n\r?\n\r?\n\r?\n|\n\r?\n\Z|[^\n]\Z|\A[ \t\r\n]+\Z")  # most renders are clean
_FENCE = re.compile(r"^\s{0,3}(?:[-*+>]\s|\d+[.)]\s|\s|>)*(```+|~~~+)")
_SQL_TEXT = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$", re.DOTALL
)
_BLOCK_SCALAR = re.compile(r"(?m)[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$")
_SPREAD_QUOTE = re.compile(r"(?m)^[^#\n]*(?:: |- |\[|\{|, )[\"'][^\"'\n]*$")


@hookimpl
def regen_format(path: str, language: str | None, content: bytes) -> bytes | None:
    """Clean a text of a known language; decline others, and what is no UTF-8."""
    protect = _PROTECTED.get(language or "")
    if protect is None:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not _TO_CLEAN.search(text):
        return content
    ends = text.count("\r\n")
    if text.count("\r") != ends or ends not in (0, text.count("\n")):
        return content  # it mixes line ends: nobody knows which are meant
    end = "\r\n" if ends else "\n"
    lines = text.split(end)
    kept = protect(lines)
    if kept is None:
        return content
    cleaned = _cleaned(lines, kept, markdown=language == "markdown")
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    return (end.join(cleaned) + end).encode() if cleaned else b""


def _cleaned(lines: list[str], kept: frozenset[int], *, markdown: bool) -> list[str]:
    """Lines without blanks at their ends; those in `kept`, counted from 0, as they are."""
    cleaned: list[str] = []
    blank = 0
    for at, line in enumerate(lines):
        if at in kept:
            cleaned.append(line)
            blank = 0
            continue
        bare = line.rstrip(" \t")
        if markdown and bare and line.endswith("  "):
            bare += "  "  # a line break
        blank = 0 if bare else blank + 1
        if blank <= _MOST_BLANK:
            cleaned.append(bare)
    return cleaned


def _nothing(lines: list[str]) -> frozenset[int]:
    return frozenset()


def _spans(spans: Iterable[tuple[int, int]]) -> frozenset[int]:
    """Lines whose end stands inside of a span; a span names its first and its last line, from 0."""
    return frozenset(at for first, last in spans for at in range(first, last))


def _python(lines: list[str]) -> frozenset[int] | None:
    """Lines inside of strings; None where the file does not parse, for the syntax gate to speak of."""
    text = "\n".join(lines)
    if "'''" not in text and '"""' not in text and "\\\n" not in text:
        return frozenset()
    if text.rstrip().endswith("\\"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.Constant))
    return _spans((node.lineno - 1, (node.end_lineno or node.lineno) - 1) for node in strings)


def _tree(grammar: str, quote: str) -> Callable[[list[str]], frozenset[int] | None]:
    """Strings that tree-sitter finds; only where the sign is in the text that such strings start with."""

    def strings(lines: list[str]) -> frozenset[int] | None:
        if not any(quote in line for line in lines):
            return frozenset()
        from tree_sitter import QueryCursor

        parser, query = _grammar(grammar)
        root = parser.parse("\n".join(lines).encode()).root_node
        if root.has_error:
            return None
        found = QueryCursor(query).captures(root)
        return _spans((node.start_point.row, node.end_point.row) for nodes in found.values() for node in nodes)

    return strings


@cache
def _grammar(name: str) -> tuple[Parser, Query]:
    from tree_sitter import Language, Parser, Query

    match name:
        case "rust":
            from tree_sitter_rust import language as grammar

            strings = "[(string_literal) (raw_string_literal)] @text"
        case "go":
            from tree_sitter_go import language as grammar

            strings = "(raw_string_literal) @text"
        case "typescript":
            from tree_sitter_typescript import language_typescript as grammar

            strings = "(template_string) @text"
        case _:
            from tree_sitter_typescript import language_tsx as grammar

            strings = "(template_string) @text"
    language = Language(grammar())
    return Parser(language), Query(language, strings)


def _sql(lines: list[str]) -> frozenset[int]:
    text = "\n".join(lines)
    return _spans(
        (text.count("\n", 0, found.start()), text.count("\n", 0, found.end()))
        for found in _SQL_TEXT.finditer(text)
        if "\n" in found[0] and not found[0].startswith("/*")
    )


def _yaml(lines: list[str]) -> frozenset[int] | None:
    text = "\n".join(lines)
    return None if _BLOCK_SCALAR.search(text) or _SPREAD_QUOTE.search(text) else frozenset()


def _toml(lines: list[str]) -> frozenset[int] | None:
    text = "\n".join(lines)
    return None if '"""' in text or "'''" in text else frozenset()


def _markdown(lines: list[str]) -> frozenset[int]:
    return frozenset(_code(lines))


def _code(lines: list[str]) -> Iterator[int]:
    """Lines of fences and of indented code, with the blank lines before the latter."""
    fence: str | None = None
    blank: list[int] = []
    for at, line in enumerate(lines):
        opening = _FENCE.match(line)
        if fence is not None:
            yield at
            stripped = line.strip().lstrip("> ")
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                fence = None
        elif opening:
            yield at
            fence = opening[1]
        elif not line.strip():
            blank.append(at)
            continue
        elif line.startswith(("    ", "\t")):
            yield from (*blank, at)
        blank = []


_PROTECTED: dict[str, Callable[[list[str]], frozenset[int] | None]] = {
    "python": _python,
    "typescript": _tree("typescript", "`"),
    "javascript": _tree("tsx", "`"),
    "rust": _tree("rust", '"'),
    "go": _tree("go", "`"),
    "sql": _sql,
    "json": _nothing,
    "yaml": _yaml,
    "toml": _toml,
    "markdown": _markdown,
}
