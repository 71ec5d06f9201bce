"""Commands that change what is there by a person's decision: init, rollback, resume, restore, resolve, prune, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regen.cli import document, show
from regen.cli.options import Directory, EnvironmentName, Json, Wait
from regen.cli.running import opened, run
from regen.errors import ExitCode, UsageError


def init(
    where: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder; made where it is missing.")] = Path(),
    pack: Annotated[list[str] | None, typer.Option("--pack", metavar="NAME", help="A template pack to use.")] = None,
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
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="The release; the parent of the current one.")
    ] = None,
    discard_edits: Annotated[
        bool, typer.Option("--discard-edits", help="Do not merge edits made since; they are kept as blobs.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Go to a release that is marked bad, too.")] = False,
    env: EnvironmentName = None,
    json: Json = False,
    wait: Wait = 0.0,
    directory: Directory = Path(),
) -> int:
    """Restore the exact bytes of a release, and hold the environment there."""

    async def work() -> int:
        async with opened(directory, "rollback", wait_s=wait) as project:
            done = await project.rollback(number, env, discard_edits=discard_edits, force=force)
            if json:
                document.write(done)
                return ExitCode.DONE
            console = show.out()
            console.print(f"restored release {done.release.restores} as release {done.release.number}", style="bold")
            for edit in done.edits:
                console.print(f"  {edit.path}: your edit was {edit.outcome}", markup=False)
            console.print(
                f"{done.release.environment} is held: the inputs of release {done.left.number} are marked bad. "
                "Change the graph or a template, or run `regen resume`.",
                style="dim",
                markup=False,
            )
            return ExitCode.CONFLICTS if await project.conflicts(env) else ExitCode.DONE

    return run(work)


def resume(env: EnvironmentName = None, wait: Wait = 0.0, directory: Directory = Path()) -> int:
    """Go on after a rollback with the inputs as they are."""

    async def work() -> int:
        async with opened(directory, "resume", wait_s=wait) as project:
            held = await project.resume(env)
            show.out().print("no longer held; `regen apply` goes on" if held else "nothing was held", markup=False)
            return ExitCode.DONE

    return run(work)


def restore(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A generated file that was deleted by hand.")],
    env: EnvironmentName = None,
    wait: Wait = 0.0,
    directory: Directory = Path(),
) -> int:
    """Bring a deleted file back."""

    async def work() -> int:
        async with opened(directory, "restore", wait_s=wait) as project:
            applied = await project.restore(path, env)
            show.plan(show.out(), applied.plan, diff=False, before={})
            return ExitCode.DONE

    return run(work)


def resolve(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file in conflict.")],
    ours: Annotated[bool, typer.Option("--ours", help="Keep the file as it is on disk.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take the template's version.")] = False,
    markers: Annotated[bool, typer.Option("--markers", help="Write conflict markers into the file, to edit.")] = False,
    merged: Annotated[bool, typer.Option("--merged", help="The file on disk is the merge; take it.")] = False,
    env: EnvironmentName = None,
    wait: Wait = 0.0,
    directory: Directory = Path(),
) -> int:
    """Settle one conflict."""
    chosen = [name for name, on in (("ours", ours), ("theirs", theirs), ("markers", markers), ("merged", merged)) if on]
    if len(chosen) != 1:
        raise UsageError("say how: --ours, --theirs, --markers or --merged", hint="exactly one of the four")

    async def work() -> int:
        async with opened(directory, "resolve", wait_s=wait) as project:
            console = show.out()
            console.print(await project.resolve(path, chosen[0], env), markup=False)
            left = len(await project.conflicts(env))
            console.print(f"{left} conflicts are open" if left else "no conflicts are open", style="dim")
            return ExitCode.CONFLICTS if left else ExitCode.DONE

    return run(work)


def prune(
    keep: Annotated[int, typer.Option("--keep", metavar="N", help="How many releases stay complete.")] = 50,
    wait: Wait = 0.0,
    directory: Directory = Path(),
) -> int:
    """Delete old releases, old history and blobs that nothing needs any more."""

    async def work() -> int:
        async with opened(directory, "prune", wait_s=wait) as project:
            show.out().print(await project.prune(keep_releases=keep), markup=False)
            return ExitCode.DONE

    return run(work)


def demo(
    old: Annotated[Path | None, typer.Argument(help="A graph to start with; the built-in one unless given.")] = None,
    new: Annotated[Path | None, typer.Argument(help="The same graph, later.")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Work in DIR and leave it there.")] = None,
) -> int:
    """Show the main job on a graph: a full run, a hand edit, a change, the plan, why, and a rollback."""
    from regen.demo import run_demo

    if (old is None) != (new is None):
        raise UsageError("`regen demo` takes two graphs, or none", hint="regen demo OLD NEW")
    pair = (old, new) if old is not None and new is not None else None
    run(lambda: run_demo(pair, keep))
    return ExitCode.DONE
