"""Evaluate: the frame of a Mermaid diagram: a kind that exists, and blocks that open and close in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regen_plugins.evaluate_syntax.fault import Fault, near

# fmt: off
_KINDS = frozenset((
    "graph", "flowchart", "flowchart-elk", "sequenceDiagram", "classDiagram", "classDiagram-v2", "stateDiagram",
    "stateDiagram-v2", "erDiagram", "gantt", "pie", "journey", "gitGraph", "mindmap", "timeline", "quadrantChart",
    "requirementDiagram", "C4Context", "C4Container", "C4Component", "C4Dynamic", "C4Deployment", "sankey-beta",
    "xychart-beta", "block-beta", "packet-beta", "packet", "architecture-beta", "kanban", "zenuml", "radar-beta",
    "treemap-beta", "block", "sankey", "xychart",
))
# fmt: on
_DIRECTIONS = frozenset(("", "TB", "TD", "BT", "RL", "LR"))
_QUOTED = re.compile(r'"[^"\n]*"')
_WORD_BLOCKS = {
    "flowchart": re.compile(r"subgraph\b"),
    "sequenceDiagram": re.compile(r"(?:alt|opt|loop|par|critical|break|rect|box)\b"),
}
_BRACED = frozenset(("classDiagram", "erDiagram", "stateDiagram", "requirementDiagram"))
_CLOSING = {")": "(", "]": "[", "}": "{"}


def read(diagram: str) -> Sequence[Fault]:
    """Faults of one diagram; lines are counted in it, from 1."""
    body = list(_body(diagram))
    if not body:
        return [Fault("the diagram is empty", 1)]
    first, head = body[0]
    kind, _, rest = head.partition(" ")
    if kind.rstrip(";:") not in _KINDS:
        return [Fault(f"`{kind}` is no kind of diagram{near(diagram, first)}", first)]
    kind = kind.rstrip(";:").removesuffix("-v2").replace("flowchart-elk", "flowchart").replace("graph", "flowchart")
    if kind == "flowchart" and rest.strip(" ;") not in _DIRECTIONS:
        return [Fault(f"`{rest.strip()}` is no direction{near(diagram, first)}", first)]
    if kind in _BRACED:
        return list(_braces(body[1:], diagram))
    if kind in _WORD_BLOCKS:
        return [*_ends(body[1:], _WORD_BLOCKS[kind]), *(_brackets(body[1:], diagram) if kind == "flowchart" else ())]
    return ()


def _body(diagram: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers; front matter, comments and directives left out."""
    lines = diagram.split("\n")
    start = 0
    if lines[0].strip() == "---" and "---" in [line.strip() for line in lines[1:]]:
        start = [line.strip() for line in lines].index("---", 1) + 1
    for number, line in enumerate(lines[start:], start + 1):
        text = line.strip()
        if text and not text.startswith("%%"):
            yield number, text


def _braces(body: Sequence[tuple[int, str]], diagram: str) -> Iterator[Fault]:
    """Blocks in braces: `class A {` to `}`; relations such as `||--o{` are none."""
    opened: list[int] = []
    for number, line in body:
        if line == "}":
            if not opened:
                yield Fault("`}` closes no block", number)
                return
            opened.pop()
        elif line.endswith("{") and not line.endswith("|{"):
            opened.append(number)
        elif _QUOTED.sub("", line).count('"') % 2:
            yield Fault(f"a quote is never closed{near(diagram, number)}", number)
    if opened:
        yield Fault(f"`{{` is never closed{near(diagram, opened[-1])}", opened[-1])


def _ends(body: Sequence[tuple[int, str]], opens: re.Pattern[str]) -> Iterator[Fault]:
    """Blocks in words: `subgraph` or `loop` to `end`."""
    opened: list[tuple[int, str]] = []
    for number, line in body:
        word = opens.match(line)
        if word:
            opened.append((number, word[0]))
        elif line == "end":
            if not opened:
                yield Fault("`end` closes no block", number)
                return
            opened.pop()
    if opened:
        yield Fault(f"`{opened[-1][1]}` has no `end`", opened[-1][0])


def _brackets(body: Sequence[tuple[int, str]], diagram: str) -> Iterator[Fault]:
    """Shapes of nodes open and close on one line, outside of quotes."""
    for number, line in body:
        opened: list[str] = []
        for sign in _QUOTED.sub("", line):
            if sign in "([{":
                opened.append(sign)
            elif sign in _CLOSING and (not opened or opened.pop() != _CLOSING[sign]):
                yield Fault(f"`{sign}` closes nothing{near(diagram, number)}", number)
                return
        if opened:
            yield Fault(f"`{opened[-1]}` is never closed{near(diagram, number)}", number)
            return
