"""Texts: text of the graph says in Markdown what it says in the graph, for no sign of it marks anything up.

Why the caches: the comment of a property stands on the page of each of its classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from regen.model.term import Term

_MARKS = (*((sign, f"\\{sign}") for sign in "\\`*[]|~$"), ("<", "&lt;"))
_BACKTICKS = re.compile("`+")


def escaped(text: object) -> str:
    """The text, with no sign that marks anything up."""
    return _escaped(str(text))


def paragraphs(rows: Iterable[tuple[Term | None, ...]]) -> tuple[str, ...]:
    """The paragraphs of comments, each on one line.

    Args:
        rows: of a view whose last column is the comment.
    """
    return paragraphs_of("\n\n".join([str(row[-1]) for row in rows]))


@lru_cache(maxsize=16_384)
def paragraphs_of(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, each on one line; what would start a heading, a list or a quotation does not."""
    parts = text.replace("\r\n", "\n").replace("\\n", "\n").split("\n\n")
    lines = [_escaped(" ".join(part.split())) for part in parts]
    return tuple([_unmarked(line) for line in lines if line])


def code(text: object) -> str:
    """Code in a cell of a table: between runs of backticks that are longer than any inside."""
    return _code(str(text))


@lru_cache(maxsize=65_536)
def _code(text: str) -> str:
    text = text.replace("\n", " ").replace("|", "\\|")
    fence = "`" * (max(map(len, _BACKTICKS.findall(text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


@lru_cache(maxsize=65_536)
def _escaped(text: str) -> str:
    for sign, written in _MARKS:  # `translate` looks at each sign and takes five times as long
        text = text.replace(sign, written)
    return text


def _unmarked(line: str) -> str:
    """The line with a backslash before what would mark its start: `\\# one`, `1\\. one`."""
    first, space, rest = line.partition(" ")
    if first[-1] in ".)" and first[:-1].isdigit():
        return f"{first[:-1]}\\{first[-1]}{space}{rest}"
    return f"\\{line}" if first[0] in "#>+-=_" else line
