"""Printing of what gates said."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING

from regen.cli import show

if TYPE_CHECKING:
    from rich.console import Console

    from regen.model.evaluated import Evaluated, Figure
    from regen.model.finding import Finding

_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "skipped": "dim"}


def gates(
    console: Console, results: Iterable[Evaluated], *, said: Set[Finding] = frozenset(), everything: bool = False
) -> None:
    """Print a line for each gate, and its findings below it.

    Args:
        said: findings that were printed before.
        everything: also those that passed and measured nothing.
    """
    from rich.text import Text

    for result in results:
        findings = [finding for finding in result.findings if finding not in said]
        told = result.figures or findings or result.duration_s or result.reason or result.outcome != "pass"
        if told or everything:
            text = Text(f"{'gate':<8} ", style="dim")
            text.append(result.gate, style="bold")
            text.append(f" {result.outcome}", style=_STYLES[result.outcome])
            text.append(_rest(result), style="dim")
            console.print(text)
            show.findings(console, findings)


def figure(value: Figure) -> str:
    """A figure as people read it."""
    match value.unit:
        case "share":
            return f"{value.value:.1%}"
        case "s":
            return f"{value.value:.2f} s" if value.value < 100 else f"{value.value:.0f} s"
        case _:
            return f"{value.value:,.4g}{f' {value.unit}' if value.unit else ''}"


def _rest(result: Evaluated) -> str:
    parts = [f"{one.name} {figure(one)}" for one in result.figures if one.name != "duration_s"]
    if result.duration_s:
        parts.insert(0, f"{result.duration_s:.2f} s")
    reason = f": {result.reason}" if result.reason else ""
    informal = "" if result.required else " (not required)"
    return f"{informal}{reason}{', ' if parts else ''}{', '.join(parts)}"
