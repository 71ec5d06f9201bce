"""The command `regen restore`: a deleted file comes back, or an edit that was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show
from regen.cli.running import Work, opened
from regen.errors import ExitCode, UsageError
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from regen.model.release import KeptEdit
    from regen.orchestrator.edits import HandedBack, HowBack
    from regen.project import Project


def restore(
    path: str | None = None,
    edit: str | None = None,
    replace: bool = False,
    markers: bool = False,
    listing: bool = False,
    everything: bool = False,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> Work:
    """Bring a deleted file back, or an edit that was set aside."""
    _check(path, edit, replace, markers, listing, everything)

    async def work() -> int:
        async with opened(directory, "restore", wait_s=wait) as project:
            if path is None or listing:
                _print_edits(project.kept_edits(path, env, restored=everything), json)
                return ExitCode.DONE
            if edit is not None:
                how: HowBack = "replace" if replace else "markers" if markers else "merge"
                return _print_back(await project.restore_edit(path, edit, env, how=how), json)
            return await _file(project, path, env, json)

    return work


def _check(path: str | None, edit: str | None, replace: bool, markers: bool, listing: bool, everything: bool) -> None:
    if path is None and not listing:
        raise UsageError("no file was named", hint="`regen restore PATH`, or `regen restore --list` for edits")
    if listing and (edit is not None or replace or markers):
        raise UsageError("--list only lists", hint="leave it out to restore, or --edit out to list")
    if edit is None and (replace or markers):
        raise UsageError("--replace and --markers say how an edit comes back", hint="name one with --edit")
    if replace and markers:
        raise UsageError("--replace writes no markers", hint="choose one of the two")
    if everything and not listing:
        raise UsageError("--all says what --list lists", hint="add --list, or leave it out")


async def _file(project: Project, path: str, env: str | None, json: bool) -> int:
    applied = await project.restore(path, env)
    if json:
        document.write(applied)
    else:
        show.plan(show.out(), applied.plan, diff=False, before={})
    return ExitCode.DONE


def _print_edits(edits: Sequence[KeptEdit], json: bool) -> None:
    if json:
        document.write(edits)
        return
    console = show.out()
    if not edits:
        console.print("no edits were set aside")
        return
    rows = ((edit.name, when(edit.at), edit.path, _why(edit)) for edit in edits)
    show.table(console, ("edit", "at", "path", "because"), rows)
    console.print(
        "`regen restore PATH --edit ID` merges one onto what stands there, --replace puts its bytes there as they are",
        style="dim",
        markup=False,
    )


def _why(edit: KeptEdit) -> str:
    return edit.why if edit.restored is None else f"{edit.why}; restored {when(edit.restored)}"


def _print_back(done: HandedBack, json: bool) -> int:
    code = ExitCode.CONFLICTS if done.conflicts else ExitCode.DONE
    if json:
        document.write(done)
        return code
    console = show.out()
    command = f"regen restore {done.edit.path} --edit {done.edit.name}"
    says = {
        "written": f"{done.path} holds the edit {done.edit.name} as it was",
        "merged": f"the edit {done.edit.name} was merged onto {done.path}",
        "marked": f"wrote conflict markers into {done.path}; edit them away",
        "there already": f"{done.path} holds all of the edit {done.edit.name} already",
        "conflict": f"the edit {done.edit.name} does not merge with {done.path}; nothing was written",
    }
    console.print(says[done.outcome], style="bold red" if done.outcome == "conflict" else "", markup=False)
    for conflict in done.conflicts:
        lines = f"{conflict.ours_lines[0]}: " if conflict.ours_lines else ""
        console.print(f"  {lines}{conflict.message}", markup=False)
    if done.outcome == "conflict":
        console.print(f"  `{command} --markers` writes both sides, --replace the edit alone", style="dim", markup=False)
    if done.set_aside is not None:
        back = f"regen restore {done.set_aside.path} --edit {done.set_aside.name}"
        console.print(f"  what stood there was set aside: `{back}`", style="dim", markup=False)
    return code
