"""The command that looks at probes: health."""

from __future__ import annotations

from pathlib import Path

from regen.cli import document, show
from regen.cli.running import run
from regen.errors import ExitCode
from regen.orchestrator.checkup import Checked, Checkup, check_up
from regen.orchestrator.outcome import when

_STYLES = {"pass": "green", "fail": "bold red", "inconclusive": "yellow", "skipped": "dim"}
_SHOWN = 5


def health(env: str | None = None, once: bool = False, json: bool = False, directory: Path = Path()) -> int:
    """Show each probe with its last results; exit with 1 where one fails."""
    found = run(lambda: check_up(directory, env, now=once))
    if json:
        document.write(found)
    else:
        _print(found)
    return ExitCode.CHECK_FAILED if found.failed else ExitCode.DONE


def _print(found: Checkup) -> None:
    console = show.out()
    if not found.probes:
        console.print("no [[probe]] is asked here; one with `{target}` is asked by a canary's analyses", markup=False)
    for one in found.probes:
        _print_probe(one)
    for alert in found.alerts:
        console.print(f"{alert.severity} since {when(alert.since)}: {alert.message}", style="yellow", markup=False)
    for done in found.rescues:
        took = f", {done.rollback_s:.1f} s after the breach" if done.rollback_s is not None else ""
        text = f"{done.breach.environment} was rolled back by itself: release {done.breach.release} was left for "
        console.print(f"{text}release {done.release}{took} ({done.breach})", style="dim", markup=False)


def _print_probe(one: Checked) -> None:
    console, probe = show.out(), one.probe
    newest = one.readings[0] if one.readings else None
    outcome = newest.outcome if newest is not None else "never asked"
    console.print(f"{outcome:<13}", style=_STYLES.get(outcome, "dim"), end="")
    console.print(f"{probe.environment}/{probe.name}", style="bold", markup=False, end="")
    if newest is None:
        console.print("  `regen watch` asks it, and `regen health --once`", style="dim", markup=False)
        return
    console.print(f"  {newest.shown(probe.target)}", markup=False)
    for reading in one.readings[:_SHOWN]:
        text = f"  {when(reading.at)}  {reading.outcome:<13}{reading.duration_s * 1000:.0f} ms  {reading.message}"
        console.print(text, style="dim", markup=False)
