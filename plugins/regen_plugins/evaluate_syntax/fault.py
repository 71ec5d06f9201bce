"""Fault: what a reader of one language found, before it is known of which file."""

from __future__ import annotations

from dataclasses import dataclass

from regen.model.finding import Severity

_SHOWN = 60  # characters of the text nearby that a message shows


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        message: what is wrong, without the place.
        line, column: counted from 1; None where the parser does not say.
        severity: as of a finding.
        hint: the way out; None: the general one.
    """

    message: str
    line: int | None = None
    column: int | None = None
    severity: Severity = "error"
    hint: str | None = None


def near(text: str, line: int | None) -> str:
    """The line that a message speaks of, shortened, as an ending of a sentence; empty where there is none."""
    lines = text.split("\n")
    if line is None or not 1 <= line <= len(lines) or not lines[line - 1].strip():
        return ""
    shown = lines[line - 1].strip()
    return f", near `{shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}`"
