"""Evaluate: Markdown is parsed; every text is some, so the faults are fences, links and diagrams that fall apart.

Why two ways: the parser takes a millisecond and more for a page, the patterns here a tenth of one. They only ever
accept: a page with any fence or link that is not of the plainest kind is parsed.
"""

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

_PLAIN_LINK = re.compile(r"(?<!\\)\[[^\[\]`\\\n<]*\]\([^()\s<>`\\]+\)")
_PLAIN_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^`~]*)")


def read(text: str, path: str) -> Sequence[Fault]:
    """Faults of a Markdown file."""
    plain = _plain_fences(text)
    if plain is not None:
        return [fault for start, content in plain for fault in _mermaid(content, start)]
    lines = text.split("\n")
    faults: list[Fault] = []
    for token in _parser().parse(text):
        if token.type == "fence":
            faults.extend(_fence(token, lines))
        elif token.type == "inline":
            faults.extend(_links(token, text))
    return faults


def _plain_fences(text: str) -> list[tuple[int, str]] | None:
    """(line from 0, content) of each Mermaid diagram of a page without other faults; None where it has to be parsed."""
    rest: list[str] = []
    diagrams: list[tuple[int, str]] = []
    mark, start, is_diagram = "", 0, False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "```" not in line and "~~~" not in line:
            if not mark:
                rest.append(line)
            continue
        fence = _PLAIN_FENCE.fullmatch(line)
        if fence is None:
            return None
        if not mark:
            mark, start, is_diagram = fence[1], number, fence[2].split(maxsplit=1)[:1] == ["mermaid"]
        elif fence[1] != mark or fence[2].strip():
            return None
        else:
            if is_diagram:
                diagrams.append((start, "\n".join([*lines[start + 1 : number], ""])))
            mark = ""
    left = _PLAIN_LINK.sub("", "\n".join(rest))
    return None if mark or "](" in left or "][" in left else diagrams


def _fence(token: Token, lines: Sequence[str]) -> Iterator[Fault]:
    start, end = token.map or (0, 0)
    closing = lines[end - 1].strip().lstrip("> ") if end - start > 1 else ""
    if not (closing.startswith(token.markup) and not closing.strip(token.markup[0])):
        yield Fault(f"the code block that starts with {token.markup}{token.info} is never closed", start + 1)
    elif token.info.split(maxsplit=1)[:1] == ["mermaid"]:
        yield from _mermaid(token.content, start)


def _mermaid(content: str, start: int) -> Iterator[Fault]:
    for fault in read_mermaid(content):
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
