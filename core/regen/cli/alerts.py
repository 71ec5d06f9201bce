"""The command that lists alerts: alerts."""

from __future__ import annotations

from pathlib import Path

from regen.cli import document, show
from regen.errors import ExitCode
from regen.orchestrator.alerts import Alerts, read_alerts
from regen.orchestrator.outcome import when

_STYLES = {"warning": "yellow", "critical": "bold red", "recovered": "green"}


def alerts(env: str | None = None, limit: int = 20, json: bool = False, directory: Path = Path()) -> int:
    """List alerts that are open, and what was told lately."""
    found = read_alerts(directory, env, limit=limit)
    document.write(found) if json else _print(found)
    return ExitCode.DONE


def _print(found: Alerts) -> None:
    console = show.out()
    if not found.open:
        console.print("no alert is open", style="green")
    for one in found.open:
        times = f", found {one.count} times" if one.count > 1 else ""
        console.print(f"{one.severity:<9}", style=_STYLES[one.severity], end=" ")
        console.print(f"{one.environment}: {one.message} (since {when(one.since)}{times})", markup=False)
    for told in found.told:
        console.print(f"{when(told.at)}  {told.what:<9}  {told.environment}: {told.message}", style="dim", markup=False)
