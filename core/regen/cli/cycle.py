"""Commands that run cycles: plan, apply, watch."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regen.cli import document, show
from regen.cli.options import Directory, EnvironmentName, Full, Json, Languages, Wait
from regen.cli.running import opened, run
from regen.errors import ExitCode

if TYPE_CHECKING:
    from regen.orchestrator.outcome import Applied, Turn
    from regen.project import Project


class Check(StrEnum):
    """How strictly `plan --check` compares."""

    RENDER = "render"
    EXACT = "exact"


def plan(
    diff: Annotated[bool, typer.Option("--diff", help="Print a unified diff of every file.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 where an output is stale, missing or extra; change nothing.")
    ] = False,
    exact: Annotated[bool, typer.Option("--exact", help="With --check: hand-edited files fail too.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Print every line of a long plan.")] = False,
    full: Full = False,
    language: Languages = None,
    env: EnvironmentName = None,
    json: Json = False,
    wait: Wait = 0.0,
    directory: Directory = Path(),
) -> int:
    """Show what a cycle would do, and why."""

    async def work() -> int:
        async with opened(directory, "plan", wait_s=wait) as project:
            if check or exact:
                return await _check(project, env, exact, json)
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
    full: Full = False,
    language: Languages = None,
    env: EnvironmentName = None,
    json: Json = False,
    wait: Wait = 0.0,
    directory: Directory = Path(),
) -> int:
    """Run one cycle: bring every affected file up to date."""

    async def work() -> int:
        started = time.perf_counter()
        async with opened(directory, "apply", wait_s=wait) as project:
            value = await project.plan(env, full=full, languages=language or ())
            applied = await project.apply(value)
            if json:
                document.write(applied)
            else:
                _print_applied(applied, time.perf_counter() - started)
            return ExitCode.CONFLICTS if await project.conflicts(env) else ExitCode.DONE

    return run(work)


def _print_applied(applied: Applied, duration_s: float) -> None:
    console = show.out()
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
    where: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The project; the current folder.")] = None,
    env: EnvironmentName = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document a line and cycle.")] = False,
    wait: Wait = 0.0,
    directory: Directory = Path(),
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
