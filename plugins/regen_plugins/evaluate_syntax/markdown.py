"""Evaluate: Markdown is parsed; every text is some, so the faults are fences, links and diagrams that fall apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from regen_plugins.evaluate_syntax.fault import Fault, near
from regen_plugins.evaluate_syntax.mermaid import read as read_mermaid

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_HALF_A_LINK = re.compile(r"\[[^\]\n]*\]\([^)\n]*\)|\[[^\]\n]+\]\[[^\]\n]*\]")


def read(text: str, path: str) -> Sequence[Fault]:
    """Faults of a Markdown file."""
    lines = text.split("\n")
    faults: list[Fault] = []
    for token in _parser().parse(text):
        if token.type == "fence":
            faults.extend(_fence(token, lines))
        elif token.type == "inline":
            faults.extend(_links(token, text))
    return faults


def _fence(token: Token, lines: Sequence[str]) -> Iterator[Fault]:
    start, end = token.map or (0, 0)
    closing = lines[end - 1].strip().lstrip("> ") if end - start > 1 else ""
    if not (closing.startswith(token.markup) and not closing.strip(token.markup[0])):
        yield Fault(f"the code block that starts with {token.markup}{token.info} is never closed", start + 1)
    elif token.info.split(maxsplit=1)[:1] == ["mermaid"]:
        for fault in read_mermaid(token.content):
            line = None if fault.line is None else start + 1 + fault.line
            yield Fault(f"Mermaid: {fault.message}", line, severity=fault.severity)


def _links(token: Token, text: str) -> Iterator[Fault]:
    """Links without a target, and what was written as a link but stays text."""
    line = token.map[0] + 1 if token.map else None
    for part in token.children or ():
        if part.type == "link_open" and not part.attrGet("href"):
            yield Fault(f"a link leads nowhere{near(text, line)}", line, severity="warning")
        if part.type == "text":
            half = _HALF_A_LINK.search(part.content)
            if half is not None:
                yield Fault(f"`{half[0]}` is written as a link but is none", line, severity="warning")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")
