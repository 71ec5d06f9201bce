"""Commands that run cycles: plan, apply, watch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show
from regen.cli.running import opened, run
from regen.errors import ExitCode

if TYPE_CHECKING:
    from regen.orchestrator.outcome import Applied, Turn
    from regen.project import Project


def plan(
    diff: bool = False,
    check: str | None = None,
    everything: bool = False,
    full: bool = False,
    language: list[str] | None = None,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int:
    """Show what a cycle would do, and why."""

    async def work() -> int:
        async with opened(directory, "plan", wait_s=wait) as project:
            if check is not None:
                return await _check(project, env, check == "exact", json)
            value = await project.plan(env, full=full, languages=language or ())
            if json:
                document.write(value)
            else:
                before = project.on_disk(value) if diff else {}
                show.plan(show.out(), value, diff=diff, before=before, everything=everything)
            return ExitCode.CONFLICTS if await project.conflicts(env) else ExitCode.DONE

    return run(work)


async def _check(project: Project, env: str | None, exact: bool, json: bool) -> int:
    report = await project.check(env, exact=exact)
    if json:
        document.write(report)
    else:
        console = show.out()
        for path, what in report.problems:
            console.print(f"{what:<8} {path}", markup=False)
        console.print(report.summary, markup=False)
    return ExitCode.CHECK_FAILED if report.problems else ExitCode.DONE


def apply(
    full: bool = False,
    language: list[str] | None = None,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int:
    """Run one cycle: bring every affected file up to date."""

    async def work() -> int:
        started = time.perf_counter()
        async with opened(directory, "apply", wait_s=wait) as project:
            applied = await project.apply(environment=env, full=full, languages=language or ())
            if json:
                document.write(applied)
            else:
                _print_applied(applied, time.perf_counter() - started)
            return ExitCode.CONFLICTS if await project.conflicts(env) else ExitCode.DONE

    return run(work)


def _print_applied(applied: Applied, duration_s: float) -> None:
    console = show.out()
    if applied.held:
        show.err().print(
            f"{applied.plan.environment} is held since a rollback from these inputs; nothing was done. "
            "Change the graph or a template, or run `regen resume`.",
            style="yellow",
            markup=False,
        )
        return
    show.plan(console, applied.plan, diff=False, before={})
    for path in applied.again:
        console.print(f"{path} was edited while this cycle ran, and was merged again", style="yellow", markup=False)
    if applied.release is not None:
        console.print(f"release {applied.release.number} in {duration_s:.2f} s", style="bold")
    if applied.open_conflicts:
        console.print(
            f"{applied.open_conflicts} conflicts are open: `regen conflicts` lists them", style="bold red", markup=False
        )


def watch(
    where: Path | None = None,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int:
    """Run a cycle on every change of graphs, templates and configuration, until Ctrl-C or SIGTERM."""

    async def work() -> int:
        async with opened(where or directory, "watch", wait_s=wait) as project:
            if not json:
                show.out().print(f"watching {project.root}", style="dim", markup=False)
            async for turn in project.watch(env):
                if json:
                    document.line(turn)
                else:
                    _print_turn(turn)
        return ExitCode.DONE

    return run(work)


def _print_turn(turn: Turn) -> None:
    console = show.out()
    stamp = time.strftime("%H:%M:%S", time.localtime(turn.at))
    if turn.error is not None:
        show.error(turn.error)
        return
    if turn.applied is None or not (turn.applied.plan.items or turn.trigger.startswith("start")):
        return
    console.print(f"{stamp} {turn.trigger} ({turn.duration_s * 1000:.0f} ms)", style="dim", markup=False)
    show.plan(console, turn.applied.plan, diff=False, before={})
