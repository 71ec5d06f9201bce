"""The command `regen rollout`: how far a release came on its way to the targets of a canary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show
from regen.cli.running import Work, opened
from regen.errors import ExitCode, UsageError
from regen.model.rollout import Analysis, Pause, RolloutState, SetWeight, Step
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from rich.console import Console

    from regen.model.rollout import Rollout
    from regen.orchestrator.rollouts import RolloutStatus
    from regen.project import Project

_STYLES = {
    RolloutState.PROGRESSING: "cyan",
    RolloutState.PAUSED: "yellow",
    RolloutState.INCONCLUSIVE: "yellow",
    RolloutState.ABORTED: "bold red",
    RolloutState.COMPLETED: "green",
    RolloutState.SUPERSEDED: "dim",
}
_LONGEST_S = 5.0  # between two looks while waiting


def rollout(
    action: str = "status",
    whole: bool = False,
    why: str = "",
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> Work:
    """Show a rollout, go on with it, take it back, or wait for its end."""
    if whole and action != "promote":
        raise UsageError("--whole says how far `promote` goes", hint="`regen rollout promote --whole`")
    if why and action != "abort":
        raise UsageError("--why is kept of an `abort`", hint='`regen rollout abort --why "…"`')

    async def work() -> int:
        async with opened(directory, "rollout", wait_s=wait) as project:
            found = await _act(project, action, env, whole, why)
            if found is None:
                raise UsageError(
                    f"the environment {env or project.environments[0]!r} rolls nothing out step by step",
                    hint='give it `deployer = "canary"`, or name another with --env',
                )
            if json:
                document.write(found)
            else:
                _print(found)
            return rollout_code(found, asked=action == "abort")

    return work


async def _act(project: Project, action: str, env: str | None, whole: bool, why: str) -> RolloutStatus | None:
    match action:
        case "promote":
            return await project.promote(env, whole=whole)
        case "abort":
            return await project.abort(env, why=why)
        case "wait":
            return await _waited(project, env)
        case _:
            return await project.rollout(env)


async def _waited(project: Project, env: str | None) -> RolloutStatus | None:
    import anyio

    while True:
        found = await project.rollout(env)
        if found is None or found.rollout is None or not found.rollout.open:
            return found
        if found.waits_until is None and found.rollout.state is not RolloutState.PROGRESSING:
            return found
        due = _LONGEST_S if found.waits_until is None else found.waits_until - time.time()
        await anyio.sleep(min(max(due, 0.05), _LONGEST_S))


def rollout_code(found: RolloutStatus, *, asked: bool = False) -> ExitCode:
    """What a command ends with; `asked`: that the rollout was aborted is what was asked for."""
    state = found.rollout.state if found.rollout is not None else None
    aborted = state is RolloutState.ABORTED or (found.left is not None and not asked)
    if aborted or any(row.error is not None for row in found.targets):
        return ExitCode.ROLLED_BACK
    return ExitCode.CONFLICTS if found.incomplete is not None else ExitCode.DONE


def under_way(found: RolloutStatus) -> bool:
    """Whether there is more to say than that the newest release is everywhere."""
    missed = any(row.error is not None for row in found.targets)
    return missed or (found.rollout is not None and found.rollout.open)


def rolled_out(console: Console, found: RolloutStatus) -> None:
    """Say how far a release came, in a line, and why it stands where it stands."""
    now = found.rollout
    _left(console, found)
    if now is None or (now.state is RolloutState.COMPLETED and not now.steps):
        return
    having = sum(row.release == now.release for row in found.targets)
    next_at = f", next step at {when(found.waits_until)}" if found.waits_until is not None else ""
    text = f"rollout of release {now.release} {now.state}: {having} of {len(found.targets)} targets have it{next_at}"
    console.print(text, style=_STYLES[now.state], markup=False)
    if now.why and now.state is not RolloutState.COMPLETED:
        console.print(f"  {now.why}", style="dim", markup=False)
    for row in found.targets:
        if row.error is not None:
            console.print(f"  {row.target}: {row.error}", style="red", markup=False)


def _left(console: Console, found: RolloutStatus) -> None:
    """Say which rollout was aborted, where what stands is the way back from it."""
    if found.left is not None and found.rollout is not None:
        text = f"rollout of release {found.left.release} aborted: {found.left.why}"
        back = f"; release {found.left.stable} stands again as {found.rollout.release}"
        console.print(text + back, style=_STYLES[RolloutState.ABORTED], markup=False)


def _print(found: RolloutStatus) -> None:
    console, now = show.out(), found.rollout
    if now is None:
        console.print("nothing was rolled out yet: `regen apply` makes a release")
        return
    _left(console, found)
    stable = f", release {now.stable} is stable" if now.stable is not None else ""
    console.print(f"release {now.release} {now.state}: {now.weight} % of the targets{stable}", style=_STYLES[now.state])
    if now.why:
        console.print(f"  {now.why}", style="dim", markup=False)
    if found.incomplete is not None:
        console.print(
            f"release {found.incomplete} goes to no target: conflicts are open in it, `regen conflicts` lists them",
            style="yellow",
            markup=False,
        )
    _steps(console, now, found.waits_until)
    rows = (
        (row.target, str(row.release or "none"), when(row.at) if row.at else "", row.error or "")
        for row in found.targets
    )
    show.table(console, ("target", "release", "since", "error"), rows)


def _steps(console: Console, now: Rollout, until: float | None) -> None:
    for number, step in enumerate(now.steps):
        here = now.open and number == now.step
        done = number < now.step or now.state is RolloutState.COMPLETED
        mark = "▶" if here else "✓" if done else "·"
        rest = _rest(now, step, until) if here else ""
        console.print(f"  {mark} {_step(step)}{rest}", style="" if here else "dim", markup=False)


def _step(step: Step) -> str:
    match step:
        case SetWeight(weight):
            return f"{weight} % of the targets"
        case Pause(None):
            return "pause, until `regen rollout promote`"
        case Pause(duration_s):
            return f"pause of {duration_s:g} s"
        case Analysis():
            return f"analysis of {', '.join(step.probes)}, {step.count} times every {step.interval_s:g} s"


def _rest(now: Rollout, step: Step, until: float | None) -> str:
    asked = f", {len(now.rounds)} of {step.count} rounds" if isinstance(step, Analysis) and now.rounds else ""
    return f"{asked}, next at {when(until)}" if until is not None else asked
