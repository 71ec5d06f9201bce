"""Commands that run cycles: plan, apply, watch."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show, terminal
from regen.cli.gates import gates
from regen.cli.running import Work, opened, run
from regen.errors import ExitCode, GateError, UsageError
from regen.model.plan import Action
from regen.model.spelling import spell

if TYPE_CHECKING:
    from regen.dataset.patch import Patch
    from regen.model.finding import Finding
    from regen.model.plan import Plan
    from regen.orchestrator.outcome import Applied, Turn
    from regen.orchestrator.rollouts import RolloutStatus
    from regen.project import Project

_HELD = "{} is held since a rollback from these inputs; {}. Change the graph or a template, or run `regen resume{}`."
_FROZEN = (
    "{0} is frozen with the bad release {2}; nothing was done. "
    "Mend the inputs and run `regen apply{1}`, then `regen resume{1}`."
)


def plan(
    diff: bool = False,
    check: str | None = None,
    everything: bool = False,
    graph_at: str | None = None,
    full: bool = False,
    language: list[str] | None = None,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> Work:
    """Show what a cycle would do, and why."""
    if check is not None and graph_at is not None:
        raise UsageError("--check looks at the graph files on disk, and --graph-at does not", hint="give one of them")

    async def work() -> int:
        async with opened(directory, "plan", wait_s=wait) as project:
            if check is not None:
                return await _check(project, env, check == "exact", json)
            value = await project.plan(env, full=full, languages=language or (), graph_at=graph_at)
            if json:
                document.write(value)
            else:
                if value.graph_at is not None:
                    text = f"as if the graph files were those of git {value.graph_at[:12]}; this cannot be applied"
                    show.out().print(text, style="dim", markup=False)
                before = project.on_disk(value) if diff else {}
                show.plan(show.out(), value, diff=diff, before=before, everything=everything)
                if value.held:
                    named = show.named(project, env)
                    said = _HELD.format(value.environment, f"`regen apply{named}` does nothing of this", named)
                    show.err().print(said, style="yellow", markup=False)
            still_open = len(await project.conflicts(env))
            if not json:
                show.open_conflicts(show.out(), still_open)
            return _exit_code(value, still_open)

    return work


async def _check(project: Project, env: str | None, exact: bool, json: bool) -> int:
    report = await project.check(env, exact=exact)
    if json:
        document.write(report)
    else:
        console = show.out()
        for path, what in report.problems:
            console.print(f"{what:<8} {path}", markup=False)
        show.findings(show.err(), report.findings)
        console.print(report.summary, markup=False)
    if report.problems:
        return ExitCode.CHECK_FAILED
    return ExitCode.USAGE if any(finding.severity == "error" for finding in report.findings) else ExitCode.DONE


def _exit_code(value: Plan, still_open: int) -> ExitCode:
    """A gate that says no wins over graph files that cannot be read, and those over conflicts."""
    if any(finding.severity == "error" for item in value.items for finding in item.findings):
        return ExitCode.GATE_FAILED
    if any(finding.severity == "error" for finding in value.findings):
        return ExitCode.USAGE
    if still_open or any(item.action is Action.CONFLICT for item in value.items):
        return ExitCode.CONFLICTS
    return ExitCode.DONE


def apply(
    patch: str | None = None,
    full: bool = False,
    language: list[str] | None = None,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> Work:
    """Run one cycle: bring every affected file up to date; with a patch, take it in first."""
    given = _given_patch(patch, directory) if patch is not None else None

    async def work() -> int:
        started = time.perf_counter()
        async with opened(directory, "apply", wait_s=wait) as project:
            patched = await project.patch(given) if given is not None else None
            if patched is not None and not json:
                show.plain(f"{patched}\n")
            try:
                applied = await project.apply(environment=env, full=full, languages=language or ())
            except GateError as error:
                if json:
                    _write_refusal(error)
                raise
            if json:
                said = {} if patched is None else {"patched": spell(patched)}
                document.write({**spell(applied), **said})
            else:
                _print_applied(applied, time.perf_counter() - started, show.named(project, env))
            wrong = show.not_as_it_should(applied.release, applied.verified)
            return (
                ExitCode.ROLLED_BACK if wrong or _aborted(applied) else _exit_code(applied.plan, applied.open_conflicts)
            )

    return work


def _aborted(applied: Applied) -> bool:
    """Whether a rollout was taken back, or could not reach a target; what an earlier cycle came to is told already."""
    if applied.rollout is None:
        return False
    from regen.cli.rollout import rollout_code

    return rollout_code(applied.rollout, asked=applied.release is None) is ExitCode.ROLLED_BACK


def _under_way(status: RolloutStatus | None) -> bool:
    if status is None:
        return False
    from regen.cli.rollout import under_way

    return under_way(status)


def _rolled_out(status: RolloutStatus | None) -> None:
    if status is not None:
        from regen.cli.rollout import rolled_out

        rolled_out(show.out(), status)


def _write_refusal(error: GateError) -> None:
    """Print what gates said that stopped a cycle, for programs."""
    from regen.orchestrator.refusal import RefusedError

    evaluated = error.evaluated if isinstance(error, RefusedError) else ()
    document.write({"refused": error.message, "evaluated": evaluated})


def _given_patch(patch: str, directory: Path) -> Patch:
    """A patch from a file, or for "-" from standard input; read before anything is held, for both may wait.

    Raises:
        UsageError: there is no such file.
        GraphError: it is no RDF Patch.
    """
    from regen.dataset.patch_rows import read_patch

    if patch == "-":
        return read_patch(terminal.given(), "standard input")
    try:
        data = (terminal.folder() / directory / patch).read_bytes()
    except OSError as error:
        message = f"the patch cannot be read: {error.strerror}"
        raise UsageError(message, where=patch, hint="name an RDF Patch, or `-` for standard input") from error
    return read_patch(data, patch)


def _print_applied(applied: Applied, duration_s: float, named: str) -> None:
    plan = applied.plan
    said = (
        plan.items,
        plan.findings,
        applied.release,
        applied.held,
        applied.again,
        applied.kept,
        applied.open_conflicts,
        any(result.findings for result in applied.evaluated),
        _under_way(applied.rollout),
    )
    if not any(said):
        # A line without colour: loading rich would take longer than finding that there is nothing to do.
        show.plain(f"{show.summary(plan)}\n")
        return
    console = show.out()
    if applied.held:
        show.err().print(_held(applied, named), style="yellow", markup=False)
        return
    show.plan(console, applied.plan, diff=False, before={})
    show.edited(console, applied.again, applied.kept)
    gates(console, applied.evaluated, said={finding for item in plan.items for finding in item.findings})
    if applied.release is not None:
        console.print(f"release {applied.release.number} in {duration_s:.2f} s", style="bold")
        show.verified(console, applied.verified)
    _rolled_out(applied.rollout)
    show.open_conflicts(console, applied.open_conflicts)


def _held(applied: Applied, named: str) -> str:
    environment, freeze = applied.plan.environment, applied.frozen
    if freeze is not None:
        return _FROZEN.format(environment, named, freeze.release)
    return _HELD.format(environment, "nothing was done", named)


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
            known: dict[str, tuple[Finding, ...]] = {}
            async for turn in project.watch(env):
                if json:
                    document.line(turn)
                else:
                    print_turn(turn, known, show.named(project, turn.environment))
        return ExitCode.DONE

    with suppress(KeyboardInterrupt):  # being asked to stop is how a watch ends
        return run(work)
    return ExitCode.DONE


def print_turn(turn: Turn, known: dict[str, tuple[Finding, ...]], named: str) -> None:
    """Print a turn that has something to say.

    Args:
        turn: which.
        known: findings of the last turn by environment, which are not repeated.
        named: how a command names the environment.
    """
    console = show.out()
    stamp = time.strftime("%H:%M:%S", time.localtime(turn.at))
    head = f"{stamp} {turn.trigger} ({turn.duration_s * 1000:.0f} ms)"
    if turn.served is not None:
        show.served(console, head, turn.served)
        return
    if turn.gave_way is not None:
        console.print(f"{head} was stopped for {turn.gave_way}; nothing was written", style="yellow", markup=False)
        return
    if turn.rescued is not None:
        show.rescued(console, head, turn.rescued)
        return
    if turn.rolled is not None:
        console.print(head, style="dim", markup=False)
        _rolled_out(turn.rolled)
        return
    if turn.error is not None or turn.applied is None:
        console.print(head, style="dim", markup=False)
        if turn.error is not None:
            show.error(turn.error)
        return
    applied = turn.applied
    findings = known.get(turn.environment, ())
    known[turn.environment] = applied.plan.findings
    if not (applied.plan.items or findings != applied.plan.findings or turn.trigger.startswith("start")):
        return
    console.print(head, style="dim", markup=False)
    if applied.held:
        console.print(_held(applied, named), style="yellow", markup=False)
        return
    show.plan(console, applied.plan, diff=False, before={})
    show.edited(console, applied.again, applied.kept)
    show.not_as_it_should(applied.release, applied.verified)
    if applied.release is not None:
        _rolled_out(applied.rollout)
    for path in sorted({f.path for f in findings if f.path} - {f.path for f in applied.plan.findings}):
        console.print(f"{path} is in order again", style="green", markup=False)
    show.open_conflicts(console, applied.open_conflicts)
