"""Evaluated: what one gate said of a candidate, with what it measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from regen.model.finding import Finding

Outcome = OneOf["pass", "fail", "inconclusive", "skipped"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured.

    Attributes:
        name: such as "coverage" or "duration_s".
        value: shares are between 0 and 1, times are in seconds.
        unit: "s", "share", or what else people read; "" for a count.
    """

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one gate said.

    Attributes:
        gate: its name, such as "syntax", "types" or the name of a `[[gate]]`.
        outcome: "inconclusive" where it could not tell; "skipped" where it had nothing to look at, or no tool.
        findings: what it found.
        figures: what it measured.
        duration_s: how long it took, in seconds; 0 where that was not measured.
        output: the end of what a command printed.
        reason: why it is as it is, in one line; "" where the findings say it.
        required: False: what it says is told, and stops nothing.
    """

    gate: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()
    duration_s: float = 0.0
    output: str = ""
    reason: str = ""
    required: bool = True

    @property
    def stops(self) -> bool:
        """Whether the cycle ends before anything is written."""
        return self.required and self.outcome in ("fail", "inconclusive")
