"""Commands that change what is there by a person's decision: init, rollback, resume, resolve, prune."""

from __future__ import annotations

from pathlib import Path

from regen.cli import document, show, terminal
from regen.cli.running import Work, opened
from regen.errors import ExitCode, UsageError


def init(
    where: Path = Path(),
    pack: list[str] | None = None,
) -> int:
    """Make a project that works at once: a graph, a template, regen.toml."""
    from regen.starter import initialise

    console = show.out()
    for path in initialise(where, tuple(pack or ())):
        console.print(f"wrote {path}", markup=False)
    place = "" if where == Path() else f" -C {where}"
    console.print(f"next: regen{place} plan, then regen{place} apply", style="dim", markup=False)
    return ExitCode.DONE


def rollback(
    number: int | None = None,
    why: str = "",
    discard_edits: bool = False,
    force: bool = False,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> Work:
    """Restore the exact bytes of a release, and hold the environment there."""

    async def work() -> int:
        async with opened(directory, "rollback", wait_s=wait) as project:
            done = await project.rollback(number, env, why=why, discard_edits=discard_edits, force=force)
            if json:
                document.write(done)
                wrong = show.not_as_it_should(done.release, done.verified)
                return ExitCode.ROLLED_BACK if wrong else ExitCode.DONE
            console = show.out()
            console.print(f"restored release {done.release.restores} as release {done.release.number}", style="bold")
            show.verified(console, done.verified)
            for edit in done.edits:
                way = f": `regen restore {edit.path} --edit {edit.content[:12]}`" if edit.waits and edit.content else ""
                console.print(f"  {edit.path}: your edit was {edit.outcome}{way}", markup=False)
            console.print(
                f"{done.release.environment} is held: the inputs of release {done.left.number} are marked bad. "
                f"Change the graph or a template, or run `regen resume{show.named(project, env)}`.",
                style="dim",
                markup=False,
            )
            if show.not_as_it_should(done.release, done.verified):
                return ExitCode.ROLLED_BACK
            return ExitCode.CONFLICTS if await project.conflicts(env) else ExitCode.DONE

    return work


def resume(env: str | None = None, wait: float = 0.0, directory: Path = Path()) -> Work:
    """Go on after a rollback with the inputs as they are."""

    async def work() -> int:
        async with opened(directory, "resume", wait_s=wait) as project:
            held = await project.resume(env)
            goes_on = f"no longer held; `regen apply{show.named(project, env)}` goes on"
            show.out().print(goes_on if held else "nothing was held", markup=False)
            return ExitCode.DONE

    return work


def resolve(
    path: str | None = None,
    ours: bool = False,
    theirs: bool = False,
    markers: bool = False,
    merged: bool = False,
    from_file: Path | None = None,
    env: str | None = None,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int | Work:
    """Settle one conflict; without saying how, be asked about each place of each open one."""
    chosen = [name for name, on in (("ours", ours), ("theirs", theirs), ("markers", markers), ("merged", merged)) if on]
    if not chosen:
        from regen.cli.interactive import settle

        return settle(directory, path, env)
    if len(chosen) != 1 or path is None or (from_file is not None and not (merged or markers)):
        raise UsageError(
            "say how, and for which file", hint="one of --ours, --theirs, --markers and --merged, and PATH"
        )

    async def work() -> int:
        async with opened(directory, "resolve", wait_s=wait) as project:
            console = show.out()
            given = None if from_file is None else (terminal.folder() / from_file).read_bytes()
            console.print(await project.resolve(path, chosen[0], env, content=given), markup=False)
            left = len(await project.conflicts(env))
            show.open_conflicts(console, left)
            if not left:
                console.print("no conflicts are open", style="dim")
            return ExitCode.CONFLICTS if left else ExitCode.DONE

    return work


def prune(
    keep: int = 50,
    edits: bool = False,
    rebuild: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int | Work:
    """Delete old releases, old history and blobs that nothing needs any more."""
    if rebuild:
        from regen.orchestrator.opening import rebuild_state

        show.out().print(rebuild_state(directory), markup=False)
        return ExitCode.DONE

    async def work() -> int:
        async with opened(directory, "prune", wait_s=wait) as project:
            show.out().print(await project.prune(keep_releases=keep, edits=edits), markup=False)
            return ExitCode.DONE

    return work
