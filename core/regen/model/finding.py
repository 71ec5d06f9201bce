"""Findings: what an evaluator says of a file or of a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

Severity = OneOf["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a gate found.

    Attributes:
        gate: who says it, such as "syntax" or "shacl".
        severity: an "error" stops the cycle before anything is written.
        message: what is wrong, in one sentence.
        path: the file, relative to the output root, or a graph file; None for the candidate as a whole.
        line, column: counted from 1; None where the gate does not know.
        hint: the way out; None where the message says it.
    """

    gate: str
    severity: Severity
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        return f"{place}: {self.severity}: {self.message} [{self.gate}]" if place else f"{self.message} [{self.gate}]"
