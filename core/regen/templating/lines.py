"""Lines: a body, rendered once more and slowly, says which template line made which output line.

Why a second rendering: a map kept at every rendering would cost each artifact what only `regen why` reads. A body's
code is a generator; where it stands when it gives a piece of text is the line that made the piece. For that, each
piece gets a statement of its own. What a macro gives is one piece, made by the line that calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, GeneratorType
from typing import Any

from jinja2 import Environment, nodes
from jinja2 import Template as Compiled
from jinja2.compiler import CodeGenerator, Frame


class _PieceByPiece(CodeGenerator):
    """Writes one statement, with its line, for each value and for each line of plain text."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - Jinja's own name
        """Write an output as one statement a piece."""
        for child in node.nodes:
            for piece in _pieces(child):
                self.newline(piece)
                super().visit_Output(nodes.Output([piece], lineno=piece.lineno), frame)


def _pieces(node: nodes.Expr) -> Iterator[nodes.Expr]:
    if not isinstance(node, nodes.TemplateData):
        yield node
        return
    for number, line in enumerate(node.data.split("\n")):
        text = line if number == node.data.count("\n") else f"{line}\n"
        if text:
            yield nodes.TemplateData(text, lineno=node.lineno + number)


def trace_by(environment: Environment) -> None:
    """Make an environment compile bodies for `places`; its compiled code is of no use to others."""
    environment.code_generator_class = _PieceByPiece
    environment.bytecode_cache = None


def places(pieces: Iterator[str]) -> tuple[tuple[int, str], ...]:
    """Run a body and map its output's lines: (first line of the output, file:line of the template), ascending."""
    found: dict[int, str] = {}
    firm: set[int] = set()
    at = 1
    for piece in pieces:
        place = _place(pieces)
        for number, line in enumerate(piece.split("\n")):
            at += number > 0
            if (line or number < piece.count("\n")) and at not in firm:
                if line.strip():
                    firm.add(at)
                    found[at] = place
                else:
                    found.setdefault(at, place)
    steps = sorted(found.items())
    return tuple(step for before, step in zip([(0, ""), *steps], steps, strict=False) if before[1] != step[1])


def _place(pieces: Any) -> str:
    """Where the innermost body stands that just gave a piece."""
    inner = pieces
    while True:
        frame: FrameType = inner.gi_frame
        below = inner.gi_yieldfrom
        if not isinstance(below, GeneratorType):
            below = frame.f_locals.get("gen")  # an include runs its body in a loop
        if not isinstance(below, GeneratorType) or below.gi_frame is None:
            break
        inner = below
    compiled: Compiled = frame.f_globals["__jinja_template__"]
    return f"{compiled.filename}:{compiled.get_corresponding_lineno(frame.f_lineno)}"
