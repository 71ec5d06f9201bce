"""The command `regen learn`: sources, what they told, and asking them now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show
from regen.cli.running import Work, opened
from regen.errors import ExitCode, UsageError
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from regen.model.learned import LearnRun, LearnStanding


def learn(
    action: str = "status",
    names: Sequence[str] = (),
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int | Work:
    """List sources, ask them, or show where they stand; exit with 1 where one that was asked could not be read."""
    if action != "run":
        found = _standing(directory, names)
        if json:
            document.write(found)
        else:
            (_list if action == "list" else _status)(found)
        return ExitCode.DONE

    async def work() -> int:
        async with opened(directory, "learn", wait_s=wait) as project:
            runs = await project.learn(*names)
        if json:
            document.write(runs)
        else:
            _runs(runs)
        return ExitCode.CHECK_FAILED if any(one.error for one in runs) else ExitCode.DONE

    return work


def _standing(directory: Path, names: Sequence[str]) -> tuple[LearnStanding, ...]:
    """Read beside whoever holds the project."""
    from regen.config import find_root, load_config
    from regen.holder import STATE_FOLDER
    from regen.sources.standing import standing
    from regen.state.opening import read_state

    config = load_config(find_root(directory))
    with read_state(config.root / STATE_FOLDER) as state:
        found = standing(config, state.db if state is not None else None, time.time())
    known = {one.name for one in found}
    for name in names:
        if name not in known:
            hint = f"choose one of: {', '.join(sorted(known))}" if known else "add a [[learn]] to the configuration"
            raise UsageError(f"there is no source {name!r} to learn from", where=config.file, hint=hint)
    return tuple(one for one in found if not names or one.name in names)


def _list(found: Sequence[LearnStanding]) -> None:
    console = show.out()
    if not found:
        console.print("there is no source to learn from; add a [[learn]] to regen.toml", markup=False)
    for one in found:
        state = "" if one.enabled else "  (not enabled)"
        console.print(f"{one.name:<20} {one.kind:<10} {one.url or ''}{state}", markup=False, highlight=False)
        console.print(f"{'':<20} {one.items:,} items in {one.path}", style="dim", markup=False, highlight=False)


def _status(found: Sequence[LearnStanding]) -> None:
    console, now = show.out(), time.time()
    if not found:
        console.print("there is no source to learn from; add a [[learn]] to regen.toml", markup=False)
    for one in found:
        style = "yellow" if not one.enabled else "bold red" if one.error else "green"
        word = "off" if not one.enabled else "failed" if one.error else "well" if one.asked_at else "never asked"
        console.print(f"{word:<12}", style=style, end="")
        console.print(one.name, style="bold", markup=False, end="")
        console.print(f"  {one.items:,} items, {_next(one, now)}", markup=False, highlight=False)
        for line in _figures(one):
            console.print(f"  {line}", style="dim", markup=False, highlight=False)
        if one.error is not None:
            console.print(f"  {one.error} ({one.failures} in a row)", style="red", markup=False, highlight=False)
        if one.note is not None:
            console.print(f"  {one.note}", style="yellow", markup=False, highlight=False)


def _figures(one: LearnStanding) -> list[str]:
    if not one.asked_at:
        return []
    counts = (
        f"fetched {one.fetched:,}, processed {one.processed:,}, integrated {one.integrated:,}, refused {one.refused:,}"
    )
    mean = f"{one.fetch_ms:.0f} ms a fetch" if one.fetch_ms is not None else "no answer yet"
    rate = f"{one.items_per_hour:.1f} items an hour" if one.items_per_hour is not None else ""
    delay = f"last delay {one.last_delay_s:.1f} s" if one.last_delay_s is not None else ""
    return [counts, ", ".join(filter(None, (f"asked {when(one.asked_at)}", mean, rate, delay)))]


def _next(one: LearnStanding, now: float) -> str:
    if one.next_at is None:
        return "asked by hand only"
    return "due now" if one.next_at <= now else f"asked next in {one.next_at - now:.0f} s by a watch"


def _runs(runs: Sequence[LearnRun]) -> None:
    console = show.out()
    for one in runs:
        console.print(one.source, style="bold", markup=False, end="")
        if one.skipped is not None:
            console.print(f"  not asked: {one.skipped}; name it to ask it", style="yellow", markup=False)
        elif one.error is not None:
            console.print(f"  {one.error}", style="bold red", markup=False, highlight=False)
        else:
            counts = f"{one.added:,} new, {one.updated:,} updated, {one.dropped:,} gone, {one.refused:,} refused"
            console.print(f"  {counts}, in {one.duration_s * 1000:.0f} ms", markup=False, highlight=False)
        for note in one.notes:
            console.print(f"  {note}", style="yellow", markup=False, highlight=False)
