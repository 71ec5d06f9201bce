"""The command that serves a project over HTTP."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import show
from regen.cli.cycle import print_turn
from regen.cli.running import opened, run
from regen.config import find_root, load_config
from regen.errors import ExitCode, LockedError, UsageError
from regen.holder import STATE_FOLDER, listening
from regen.state.lock import last_holder

if TYPE_CHECKING:
    from regen.model.finding import Finding
    from regen.serve.desk import Desk


def serve(
    where: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    no_watch: bool = False,
    env: str | None = None,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int:
    """Show the project on a page and to programs, until Ctrl-C or SIGTERM."""
    from regen.serve.desk import Desk
    from regen.serve.host import address_of, bound, is_loopback, served
    from regen.telemetry import watching

    root = find_root(where or directory)
    config = load_config(root)
    if port is not None and not 0 <= port <= 65_535:
        raise UsageError(f"there is no port {port}", hint="give one of 0 to 65535; 0 takes any that is free")
    with ExitStack() as stack:
        socket = stack.enter_context(
            bound(config.serve.host if host is None else host, config.serve.port if port is None else port)
        )
        desk = Desk.of(root)
        open_reading = config.serve.read == "open" and is_loopback(socket)
        if not open_reading:
            _tell_of_tokens(desk)

        async def work() -> int:
            with watching(desk.running.observe), served(desk, socket, open_reading=open_reading):
                show.out().print(f"serving {address_of(socket)}  (Ctrl-C ends it)", style="bold", markup=False)
                await _watched(desk, env, wait, no_watch=no_watch)
            return ExitCode.DONE

        with suppress(KeyboardInterrupt):  # being asked to stop is how a server ends
            return run(work)
    return ExitCode.DONE


def _tell_of_tokens(desk: Desk) -> None:
    if not desk.tokens.tokens():
        hint = "`regen token create NAME --role user` makes one"
        show.err().print(f"there is no token yet, and reading needs one: {hint}", style="yellow", markup=False)


async def _watched(desk: Desk, env: str | None, wait_s: float, *, no_watch: bool) -> None:
    """Watch in this process, or be beside one of another, until cancelled."""
    import anyio

    if not no_watch and not listening(desk.root / STATE_FOLDER):
        try:
            await _watch(desk, env, wait_s)
        except LockedError:
            who = last_holder(desk.root / STATE_FOLDER)
            if desk.project is not None or who is None or not who.watches:
                raise
    desk.ready = True
    there = last_holder(desk.root / STATE_FOLDER) if listening(desk.root / STATE_FOLDER) else None
    text = f"beside {there}" if there is not None else "no watch runs: `regen watch` or `regen apply` runs cycles"
    show.out().print(text, style="dim", markup=False)
    await anyio.sleep_forever()


async def _watch(desk: Desk, env: str | None, wait_s: float) -> None:
    known: dict[str, tuple[Finding, ...]] = {}
    async with opened(desk.root, "serve", wait_s=wait_s) as project:
        desk.project = project
        try:
            show.out().print(f"watching {project.root}", style="dim", markup=False)
            async for turn in project.watch(env):
                desk.ready = True
                print_turn(turn, known, show.named(project, turn.environment))
        finally:
            desk.project = None
