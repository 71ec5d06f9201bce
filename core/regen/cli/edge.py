"""The command `edge`, on an edge: init, run, sync, status, rollback; what it does on a hub is in `regen.cli.edges`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regen.cli import document, show
from regen.cli.running import run
from regen.errors import ExitCode, LockedError, RegenError, UsageError

if TYPE_CHECKING:
    from regen.cli.running import Work
    from regen.fleet.deployment import Back
    from regen.fleet.round import Round
    from regen.fleet.status import EdgeStatus

_MIB = 1 << 20


def edge(action: str, **given: Any) -> int | Work:
    """Run one action."""
    from regen.cli import edges

    actions: dict[str, Callable[[dict[str, Any]], int | Work]] = {
        "init": _init,
        "run": _run,
        "sync": _sync,
        "status": _status,
        "rollback": _rollback,
        "list": edges.listing,
        "edits": edges.edits,
        "take": edges.take,
        "forget": edges.forget,
    }
    return actions[action](given)


def _root(given: dict[str, Any]) -> Path:
    from regen.fleet.settings import find_edge

    return find_edge(given["directory"])


def number_of(given: dict[str, Any], what: str) -> int:
    """The number that was given. Raises UsageError where it is none."""
    if given["what"] is None or not given["what"].isdecimal():
        raise UsageError(f"{given['what'] or 'nothing'} is no number of {what}", hint=f"name {what} by its number")
    return int(given["what"])


def _init(given: dict[str, Any]) -> int:
    from regen.fleet.begin import begin

    if given["what"] is None:
        raise UsageError("no hub was named", hint="`regen edge init http://127.0.0.1:8765`, as `regen serve` prints it")
    root = given["directory"].absolute()
    token = given["token_file"]
    if token is not None:
        file = Path(token).expanduser().absolute()
        token = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
        if not file.is_file():
            raise UsageError(
                "there is no such file with a token", where=str(file), hint="`regen token create` on the hub"
            )
    environment = run(
        lambda: begin(root, given["what"], name=given["name"], token_file=token, environment=given["env"])
    )
    show.out().print(
        f"an edge that receives {environment} of {given['what']}; `regen edge sync` gets its newest release",
        markup=False,
    )
    return ExitCode.DONE


def _sync(given: dict[str, Any]) -> int:
    from regen.fleet.edits import Looks
    from regen.fleet.opening import held, make_ready
    from regen.fleet.round import meet
    from regen.state import edge as kept
    from regen.state import outbox

    async def work() -> Round:
        ready = await make_ready(_root(given))
        with held(ready, "edge sync", wait_s=given["wait"] or 10.0) as edge:
            if given["retry"]:
                outbox.try_again(edge.state.db)
            if given["anew"]:
                kept.begin_anew(edge.state.db)
            return await meet(edge, Looks(), told=lambda text: show.err().print(text, style="dim", markup=False))

    return _told(run(work), json=given["json"])


def _told(found: Round, *, json: bool) -> int:
    if json:
        document.write(found)
    else:
        _print_round(found)
    if found.back is not None:
        return ExitCode.ROLLED_BACK
    return ExitCode.CONFLICTS if found.deployed is not None and found.deployed.conflicts else ExitCode.DONE


def _print_round(found: Round) -> None:
    console = show.out()
    if found.deployed is not None:
        blobs, size = found.pulled
        restores = found.deployed.restores
        back = f", which restores release {restores}" if restores is not None else ""
        text = f"release {found.deployed.hub}{back} stands: {_many(blobs, 'file')} came, {_size(size)}"
        console.print(text, markup=False)
        for path in found.deployed.conflicts:
            text = f"{path}: your edit and release {found.deployed.hub} both changed it: it stays as you have it"
            console.print(text, style="bold red", markup=False)
    if found.back is not None:
        _print_back(found.back)
    sent = found.pushed.sent
    waiting = f", {found.waiting} wait" if found.waiting else ""
    refused = f", {found.pushed.refused} refused: `regen edge status`" if found.pushed.refused else ""
    quiet = "" if found.deployed is not None or found.back is not None else "nothing new; "
    console.print(f"{quiet}{_many(sent, 'record')} sent{waiting}{refused}", style="dim", markup=False)


def _print_back(back: Back) -> None:
    why = f": {back.why}" if back.why else ""
    text = f"release {back.left} was left, and release {back.to} stands again{why}"
    show.out().print(text, style="yellow", markup=False)
    for path in back.conflicts:
        show.out().print(f"{path}: a file that regen did not write was left there", style="bold red", markup=False)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < _MIB else f"{count / _MIB:.1f} MiB"


def _run(given: dict[str, Any]) -> int:
    from regen.fleet.loop import rounds
    from regen.fleet.opening import make_ready

    async def work() -> None:
        ready = await make_ready(_root(given))
        text = f"{ready.config.edge.name} meets {ready.config.edge.hub}; Ctrl-C or SIGTERM ends it"
        show.err().print(text, style="dim", markup=False)
        last = ""
        async for found in rounds(ready):
            last = _print_turn(found, last, json=given["json"])

    try:
        run(work)
    except KeyboardInterrupt:  # that is how it is ended, and nothing is half done
        return ExitCode.DONE
    return ExitCode.DONE


def _print_turn(found: Round | RegenError, last: str, *, json: bool) -> str:
    """Tell of a round, where there is something to tell; an error that goes on is told once."""
    if isinstance(found, RegenError):
        if str(found) != last and not isinstance(found, LockedError):
            show.error(found)
        if json:
            document.line({"error": found.message, "hint": found.hint})
        return str(found)
    if json:
        document.line(found)
    elif found.deployed is not None or found.back is not None or found.pushed.sent or last:
        _print_round(found)
    sys.stdout.flush()
    return ""


def _rollback(given: dict[str, Any]) -> int:
    from regen.fleet.deployment import roll_back
    from regen.fleet.edits import Looks
    from regen.fleet.opening import held, make_ready
    from regen.fleet.way import asked_for

    to = number_of(given, "a release of the hub") if given["what"] is not None else None

    async def work() -> Back:
        ready = await make_ready(_root(given))
        with asked_for(ready.root), held(ready, "rollback", wait_s=given["wait"] or 60.0) as edge:
            return roll_back(
                edge, Looks(), to, why=given["why"], discard_edits=given["discard_edits"], force=given["force"]
            )

    back = run(work)
    if given["json"]:
        document.write(back)
    else:
        _print_back(back)
        show.out().print("the hub is told when it is met next", style="dim", markup=False)
    return ExitCode.CONFLICTS if back.conflicts else ExitCode.DONE


def _status(given: dict[str, Any]) -> int:
    from regen.fleet.status import status

    found = status(_root(given))
    if given["json"]:
        document.write(found)
    else:
        _print_status(found)
    return ExitCode.DONE


def _print_status(found: EdgeStatus) -> None:
    from regen.orchestrator.outcome import when

    console = show.out()
    console.print(f"{found.name} receives {found.environment} of {found.hub}", style="bold", markup=False)
    if found.release is None:
        console.print("nothing stands here yet: `regen edge sync`", markup=False)
    else:
        health = {True: "; healthy", False: "; not healthy", None: ""}[found.healthy]
        held = "; held until a newer release comes" if found.held else ""
        since = f" since {when(found.since)}" if found.since is not None else ""
        console.print(f"release {found.release} stands{since}{health}{held}", markup=False)
    if found.interrupted:
        console.print("a deployment was cut off: `regen edge sync` brings it to its end", style="yellow", markup=False)
    if found.conflicts or found.edited:
        console.print(f"{_many(found.edited, 'file')} edited here, {found.conflicts} in conflict", markup=False)
    seen = f"answered {when(found.contact)}" if found.contact is not None else "never answered"
    took = f" in {found.latency_s * 1000:.0f} ms" if found.latency_s is not None else ""
    console.print(f"the hub {seen}{took}; {'reachable' if found.reachable else 'not reachable'}", markup=False)
    counts = ", ".join(f"{count} {state}" for state, count in (found.outbox or {}).items())
    console.print(f"outbox: {counts or 'empty'}", markup=False)
    for sequence, kind, state, why in found.refused:
        console.print(f"  {sequence} {kind}: {state}: {why}", style="yellow", markup=False)
    sizes = f"{_size(found.bytes_down)} down, {_size(found.bytes_up)} up today; database {_size(found.database_bytes)}"
    console.print(sizes, style="dim", markup=False)
    if found.error is not None:
        console.print(f"last round: {found.error}", style="yellow", markup=False)
