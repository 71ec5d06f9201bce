"""The command `edge`, on a hub: its edges, and the hand edits that came from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from regen.cli import document, show
from regen.cli.running import opened
from regen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from regen.cli.running import Work
    from regen.model.fleet import EdgeEdit, Node
    from regen.orchestrator.edits import HandedBack, HowBack


def _folder(given: dict[str, Any]) -> Path:
    from regen.config import find_root
    from regen.holder import STATE_FOLDER

    return find_root(given["directory"]) / STATE_FOLDER


def listing(given: dict[str, Any]) -> int:
    """Show the edges of a hub."""
    from regen.state import edges
    from regen.state.opening import read_state

    with read_state(_folder(given)) as state:
        found = edges.nodes(state.db) if state is not None else []
    if given["json"]:
        document.write(found)
        return ExitCode.DONE
    if not found:
        show.out().print("no edge came yet: `regen edge init HUB_URL` makes one", markup=False)
    for node in found:
        _print_node(node)
    return ExitCode.DONE


def _print_node(node: Node) -> None:
    from regen.orchestrator.outcome import when

    stands = f"release {node.release}" if node.release is not None else "nothing yet"
    health = {True: ", healthy", False: ", not healthy", None: ""}[node.healthy]
    waits = f"; records that wait there: {node.pending:,}" if node.pending else ""
    edits = f"; edits to look at: {node.edits:,} (`regen edge edits`)" if node.edits else ""
    console = show.out()
    console.print(f"{node.name:<20}", style="bold", markup=False, end="")
    console.print(f" {node.environment}: {stands}{health}; seen {when(node.seen)}{waits}{edits}", markup=False)


def edits(given: dict[str, Any]) -> int:
    """Show hand edits that came from edges."""
    from regen.orchestrator.outcome import when
    from regen.state import edges
    from regen.state.opening import read_state

    with read_state(_folder(given)) as state:
        found = edges.edits(state.db, everything=given["everything"]) if state is not None else []
    if given["json"]:
        document.write(found)
        return ExitCode.DONE
    console = show.out()
    if not found:
        console.print("no edge changed a file that waits for you", markup=False)
    for one in found:
        what = "deleted" if one.digest is None else f"edited ({one.digest[:12]})"
        text = (
            f"{one.number:>4}  {when(one.at)}  {one.edge}  {one.environment}/{one.path} {what} on release {one.release}"
        )
        console.print(f"{text}{'' if one.outcome == 'waits' else f'; {one.outcome}'}", markup=False)
    if any(one.outcome == "waits" for one in found):
        console.print("`regen edge take N` merges one onto the file here", style="dim", markup=False)
    return ExitCode.DONE


def take(given: dict[str, Any]) -> Work:
    """Bring a hand edit of an edge into the project, or drop it."""
    from regen.cli.edge import number_of

    number = number_of(given, "an edit")
    how: HowBack = "replace" if given["replace"] else "markers" if given["markers"] else "merge"

    async def work() -> int:
        async with opened(given["directory"], "edge take", wait_s=given["wait"]) as project:
            if given["drop"]:
                edit, done = project.drop_edge_edit(number), None
            else:
                edit, done = await project.take_edge_edit(number, how=how)
        return _told(edit, done, json=given["json"])

    return work


def _told(edit: EdgeEdit, done: HandedBack | None, *, json: bool) -> int:
    if json:
        document.write({"edit": edit, "done": done})
    elif done is None:
        show.out().print(f"the edit {edit.number} of {edit.path} on {edit.edge} is not listed any more", markup=False)
    else:
        _print_taken(edit, done)
    return ExitCode.CONFLICTS if done is not None and done.conflicts else ExitCode.DONE


def _print_taken(edit: EdgeEdit, done: HandedBack) -> None:
    console = show.out()
    if done.outcome == "conflict":
        for conflict in done.conflicts:
            console.print(conflict.message, style="red", markup=False)
        text = f"nothing was written: `regen edge take {edit.number} --markers`, or `--replace`"
        console.print(text, style="bold red", markup=False)
        return
    console.print(f"{done.path}: the edit of {edit.edge} is {done.outcome}", markup=False)


def forget(given: dict[str, Any]) -> int:
    """Let another edge have a name."""
    from regen.fleet import hub

    name = given["what"]
    if name is None or not hub.forget(_folder(given), name):
        raise UsageError(f"no edge is called {name!r}", hint="`regen edge list` names them")
    show.out().print(f"{name} may come again, or another one by that name; its records stay", markup=False)
    return ExitCode.DONE
