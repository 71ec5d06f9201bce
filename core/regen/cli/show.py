"""Printing: plans, releases, deltas and errors as lines of text. Nothing else in regen prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from regen.cli import terminal
from regen.errors import ExitCode
from regen.model.plan import Action, Plan, PlanItem

if TYPE_CHECKING:
    from rich.console import Console

    from regen.cli.terminal import Channel
    from regen.errors import RegenError
    from regen.holder import Served
    from regen.lines.marked import Marked
    from regen.model.finding import Finding
    from regen.model.merge import Conflict
    from regen.model.release import KeptEdit, Release
    from regen.model.verified import Verified
    from regen.orchestrator.rescue import Rescued
    from regen.project import Project

_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "cyan",
    Action.MERGE: "blue",
    Action.ADOPT: "blue",
    Action.DELETE: "yellow",
    Action.CONFLICT: "bold red",
    Action.KEEP: "yellow",
    Action.NOTHING: "dim",
}
_HOW = {
    "identical": "as both sides are the same",
    "one side": "as one side changed alone",
    "structure": "by structure",
    "lines": "by lines",
    "rule": "by a rule",
    "model": "by a model",
}
_LINES = 4  # of each side of a conflict
_MANY = 40  # lines of a plan that are shown before the rest is counted; --json has them all


def out() -> Console:
    """The console of standard output."""
    return _console("out")


def err() -> Console:
    """The console of standard error: messages, progress, errors."""
    return _console("err")


def _console(channel: Channel) -> Console:
    from regen.cli.console import PipeConsole

    stream, environment = terminal.stream(channel), terminal.environment()
    return PipeConsole(file=stream, highlight=False, emoji=False, soft_wrap=True, _environ=environment)


def plan(console: Console, value: Plan, *, diff: bool, before: dict[str, bytes], everything: bool = False) -> None:
    """Print what a cycle would do.

    Args:
        console: where.
        value: the plan.
        diff: whether to print unified diffs.
        before: for each path that a diff is printed of, the bytes on disk.
        everything: print every line, however many.
    """
    named = [item for item in value.items if item.path]
    shown = named if everything or diff or len(named) <= _MANY else named[:_MANY]
    width = min(max((len(item.path) for item in shown), default=0), 60)
    for item in shown:
        line(console, item, width)
        if diff:
            _diff(console, item, before.get(item.moved_from or item.path, b""))
    if len(shown) < len(named):
        console.print(f"… and {len(named) - len(shown)} more (--all shows them, --json has every detail)", style="dim")
    findings(console, value.findings)
    console.print(summary(value))


def line(console: Console, item: PlanItem, width: int) -> None:
    """Print one item of a plan with its first reason."""
    from rich.text import Text

    text = Text(f"{item.action:<8} ", style=_STYLES[item.action])
    text.append(f"{item.path:<{width}}", style="bold")
    if item.moved_from:
        text.append(f" (from {item.moved_from})")
    text.append(f"  {item.because[0]}", style="dim")
    more = len(item.because) - 1 + len(item.because[0].also)
    if more:
        text.append(f" and {more} more", style="dim")
    if item.action is Action.MERGE and item.how is not None:
        text.append(f"  merged {_HOW[item.how]}, {item.confidence or 0:.0%} sure", style="blue")
    console.print(text)
    for conflict in item.conflicts:
        console.print(f"         {conflict.message}", style="red", markup=False)
    findings(console, item.findings)


def summary(value: Plan) -> str:
    """One line that counts what a plan does."""
    counts = Counter(item.action for item in value.items if item.path)
    words = {
        Action.CREATE: "to create",
        Action.UPDATE: "to update",
        Action.MERGE: "to merge",
        Action.ADOPT: "to adopt",
        Action.DELETE: "to delete",
        Action.CONFLICT: "in conflict",
        Action.KEEP: "kept",
    }
    parts = [f"{counts[action]} {text}" for action, text in words.items() if counts[action]]
    equal = len(value.nothing)
    rest = f"{equal} affected but equal" if equal else ""
    others = value.total - len(value.items) - equal
    untouched = f"{others} untouched" if others > 0 else ""
    head = ", ".join(parts) or "nothing to do"
    return "; ".join(part for part in (head, rest, untouched) if part)


def findings(console: Console, values: Iterable[Finding]) -> None:
    """Print what gates found, a line each with the way out below it."""
    styles = {"error": "bold red", "warning": "yellow", "note": "dim"}
    for finding in values:
        console.print(str(finding), style=styles[finding.severity], markup=False)
        if finding.hint:
            console.print(f"  {finding.hint}", style="dim", markup=False)


def open_conflicts(console: Console, count: int) -> None:
    """Say how many conflicts are open, if any."""
    if count:
        text = "1 conflict is open" if count == 1 else f"{count} conflicts are open"
        console.print(f"{text}: `regen conflicts` lists what to settle", style="bold red", markup=False)


def edited(console: Console, again: Iterable[str], kept: Iterable[KeptEdit]) -> None:
    """Say what became of files that somebody edited while a cycle ran.

    Args:
        console: where.
        again: paths that were merged once more.
        kept: edits that were set aside.
    """
    for path in again:
        console.print(f"{path} was edited while this cycle ran, and was merged again", style="yellow", markup=False)
    for edit in kept:
        console.print(
            f"{edit.path} {edit.why}: `regen restore {edit.path} --edit {edit.name}` brings your bytes back",
            style="yellow",
            markup=False,
        )


def verified(console: Console, value: Verified | None) -> None:
    """Say what was read back of a release."""
    if value is None or not value.passed:
        return
    console.print(str(value), style="dim", markup=False)
    for path in value.edited:
        console.print(f"{path} was edited by hand since", style="yellow", markup=False)


def not_as_it_should(release: Release | None, value: Verified | None) -> bool:
    """Whether a release does not stand as it should, which is an error that is printed here."""
    if release is None or value is None or value.passed:
        return False
    from regen.stages.deploy import mismatch

    error(mismatch(release.environment, release.number, value))
    return True


def rescued(console: Console, head: str, value: Rescued) -> None:
    """Say what an automatic rollback did."""
    console.print(head, style="bold red", markup=False)
    done = value.done
    text = f"release {done.left.number} was left: release {done.release.restores} stands again as {done.release.number}"
    console.print(f"{text}, {value.rollback_s:.1f} s after the breach", style="bold", markup=False)
    verified(console, done.verified)
    not_as_it_should(done.release, done.verified)


def served(console: Console, head: str, value: Served) -> None:
    """Say what a watch did for another process, in one line."""
    ends = {ExitCode.DONE: "done", ExitCode.INTERRUPTED: "interrupted, nothing is half done"}
    end = ends.get(ExitCode(value.code), f"exit code {value.code}")
    console.print(f"{head} for process {value.pid}: {end}", style="dim", markup=False)


def error(value: RegenError) -> None:
    """Print an error to standard error: place and message, then the way out."""
    console = err()
    place = f"{value.where}: " if value.where else ""
    console.print(f"[bold red]error:[/] {_plain(place + value.message)}")
    if value.hint:
        console.print(f"  {value.hint}", style="dim", markup=False)


def named(project: Project, environment: str | None) -> str:
    """What a command needs to mean an environment: nothing for the first one."""
    return "" if environment in (None, "", project.environments[0]) else f" --env {environment}"


def plain(text: str, *, flush: bool = False) -> None:
    """Print a text as it is, for programs."""
    print(text, end="", file=terminal.stream("out"), flush=flush)


def table(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns without a frame, so that they can be cut and searched; the last one is as long as it is."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=True)]
        console.print("  ".join([*cells, line[-1]]).rstrip(), style="dim" if number == 0 else "", markup=False)


def _diff(console: Console, item: PlanItem, before: bytes) -> None:
    from difflib import unified_diff

    after = item.content if item.content is not None else (b"" if item.action is Action.DELETE else before)
    old = before.decode("utf-8", "replace").splitlines(keepends=True)
    new = after.decode("utf-8", "replace").splitlines(keepends=True)
    source = "/dev/null" if item.action is Action.CREATE else f"a/{item.moved_from or item.path}"
    target = "/dev/null" if item.action is Action.DELETE else f"b/{item.path}"
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for row in unified_diff(old, new, source, target):
        console.print(row.rstrip("\n"), style=styles.get(row[0], ""), markup=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def conflict_places(console: Console, conflicts: Sequence[Conflict], marked: bytes | None = None) -> None:
    """Print where two sides of a file do not fit together: the lines of the file as it stands, the kind, and why.

    Args:
        marked: the text with markers; what each side says is printed of it, as far as its places are the conflicts'.
    """
    from regen.lines.marked import Marked, pieces
    from regen.lines.text import take_apart

    shown = pieces(take_apart(marked).lines) if marked is not None else ()
    places = [piece for piece in shown if isinstance(piece, Marked)]
    placed = [number for number, one in enumerate(conflicts) if one.ours_lines or one.base_lines or one.theirs_lines]
    sides = dict(zip(placed, places, strict=True)) if len(placed) == len(places) else {}
    for number, conflict in enumerate(conflicts):
        lines = conflict.ours_lines
        last = max(lines[0], lines[1] - 1) if lines else 0
        place = "" if lines is None else f"line {lines[0]}: " if last == lines[0] else f"lines {lines[0]}-{last}: "
        console.print(f"  {place}{conflict.message}", markup=False, end="")
        console.print(f"  [{conflict.kind}]", style="dim", markup=False)
        if number in sides:
            _sides(console, sides[number])


def _sides(console: Console, place: Marked) -> None:
    for name, lines, style in (("yours", place.ours, "green"), ("theirs", place.theirs, "cyan")):
        for line in lines[:_LINES] or (b"(nothing)",):
            console.print(f"    {name:<7} {line.decode(errors='replace')}", style=style, markup=False)
        if len(lines) > _LINES:
            console.print(f"    {'':<7} … {len(lines) - _LINES} more lines", style="dim", markup=False)


def merge_conflicts(console: Console, path: str, conflicts: Sequence[Conflict]) -> None:
    """Print what is left to a person after a merge; nothing after a clean one."""
    if conflicts:
        many = "conflict" if len(conflicts) == 1 else "conflicts"
        console.print(f"{path}: {len(conflicts)} {many}", style="bold red", markup=False)
        conflict_places(console, conflicts)
