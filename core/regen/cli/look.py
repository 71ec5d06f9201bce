"""Commands that only look: diff, why, status, history, show, conflicts, plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show
from regen.cli.gates import gates
from regen.cli.running import Work, opened, run
from regen.errors import ExitCode, UsageError
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from regen.hooks.manager import Plugin


def diff(
    old: str,
    new: str,
    form: str = "text",
    exit_code: bool = False,
    directory: Path = Path(),
) -> int:
    """Print the delta of two graphs, or of two git revisions, as events or as an RDF Patch."""
    from regen.orchestrator.comparison import compare_named

    comparison = run(lambda: compare_named(directory, old, new))
    match form:
        case "json":
            document.write({"events": comparison.events, "added": comparison.added, "removed": comparison.removed})
        case "rdf-patch":
            show.plain(comparison.patch)
        case _:
            console = show.out()
            for sign, text in comparison.lines:
                console.print(f"{sign} {text}", style={"+": "green", "-": "red"}.get(sign, "bold"), markup=False)
            console.print(f"{comparison.added} triples added, {comparison.removed} removed", markup=False)
    return ExitCode.CHECK_FAILED if exit_code and (comparison.added or comparison.removed) else ExitCode.DONE


def why(
    place: str | None = None,
    view: str | None = None,
    env: str | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> Work:
    """Name what is behind a file or a line, and what changed it last; or how a template's views follow changes."""
    if (place is None) == (view is None):
        raise UsageError("`why` is asked for a file, or with --view for a template", hint="name one of the two")

    async def work() -> int:
        async with opened(directory, "why") as project:
            answer = await project.why(place, env) if place is not None else await project.views(view or "")
            if json:
                document.write(answer)
                return ExitCode.DONE
            console = show.out()
            for style, text in answer.lines():
                console.print(text, style=style, markup=False)
            return ExitCode.DONE

    return work


def status(env: str | None = None, json: bool = False, directory: Path = Path()) -> int:
    """Show where things stand."""

    from regen.orchestrator.status import read_status

    value = read_status(directory, env)
    if json:
        document.write(value)
        return ExitCode.CONFLICTS if value.conflicts else ExitCode.DONE
    console = show.out()
    for name, text in value.rows():
        console.print(f"{name:<12}", style="dim", end="")
        console.print(text, markup=False)
    return ExitCode.CONFLICTS if value.conflicts else ExitCode.DONE


def history(
    limit: int = 20,
    env: str | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """List releases."""
    from regen.orchestrator.reading import read_history

    releases = read_history(directory, env, limit=limit)
    if json:
        document.write(releases)
        return ExitCode.DONE
    versioned = any(release.version for release in releases)
    rows = (
        (
            str(release.number),
            *([release.version or "-"] if versioned else []),
            when(release.at),
            release.state if release.complete else f"{release.state}, incomplete",
            f"+{release.created} ~{release.updated} ±{release.merged} -{release.deleted}",
            release.note,
        )
        for release in releases
    )
    heads = ("release", *(["version"] if versioned else []), "at", "state", "files", "because")
    show.table(show.out(), heads, rows)
    return ExitCode.DONE


def show_release(
    number: int,
    receipt: bool = False,
    env: str | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Show one release: what it changed, and why; or its receipt."""
    from regen.orchestrator.reading import read_receipt, read_release

    if receipt:
        show.plain(read_receipt(directory, env, number).decode() + "\n")
        return ExitCode.DONE
    value = read_release(directory, env, number)
    if json:
        document.write(value)
        return ExitCode.DONE
    console = show.out()
    release = value.release
    called = f", version {release.version}" if release.version else ""
    console.print(f"release {release.number}{called} ({release.state}), {when(release.at)}", style="bold")
    if release.suggests:
        text = f"against release {release.parent} its public interface has a {release.suggests} change"
        console.print(f"{text}: `regen compare {release.parent} {release.number}`", style="dim", markup=False)
    console.print(f"{release.note or 'no note'}; parent {release.parent or 'none'}", style="dim", markup=False)
    gates(console, value.evaluated, everything=True)
    show.table(console, ("change", "path", "because"), ((c.what, c.path, c.because) for c in value.changes))
    return ExitCode.DONE


def conflicts(env: str | None = None, json: bool = False, directory: Path = Path()) -> int:
    """List open conflicts: the file, the lines, and both sides' reasons."""
    from regen.orchestrator.reading import read_conflicts, read_marked

    if json:
        listed = read_conflicts(directory, env)
        document.write(listed)
        return ExitCode.CONFLICTS if listed else ExitCode.DONE
    console, found = show.out(), read_marked(directory, env)
    for item in found:
        console.print(item.path, style="bold red", markup=False)
        show.conflict_places(console, item.conflicts, item.marked)
        console.print(f"  the template changed because {item.because}", style="dim", markup=False)
        for text in item.because.also if item.because is not None else ():
            console.print(f"  and because {text}", style="dim", markup=False)
        ways = "--ours | --theirs | --markers | --merged"
        console.print(f"  settle it: regen resolve {item.path} {ways}", style="dim", markup=False)
    if not found:
        console.print("no conflicts")
    return ExitCode.CONFLICTS if found else ExitCode.DONE


def plugins(
    hooks: bool = False,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """List what is installed, which hooks it implements, and in which order it is asked."""
    from regen.orchestrator.listing import installed_plugins

    listing = run(lambda: installed_plugins(directory))
    if json:
        document.write(listing)
        return ExitCode.DONE
    console = show.out()
    if hooks:
        for hook in listing.hooks:
            console.print(hook.signature, style="bold", markup=False)
            console.print(f"  {hook.summary}", style="dim", markup=False)
            for number, plugin in enumerate(hook.order, 1):
                console.print(f"  {number}. {plugin.name}  {_from(plugin)}", markup=False)
            if not hook.order:
                console.print("  nobody implements it", style="yellow", markup=False)
        console.print("each is asked in this order; docs/hooks.md says when, and what the answer means", style="dim")
        return ExitCode.DONE
    rows = (
        (plugin.name, _from(plugin), "on" if plugin.enabled else "off", ", ".join(plugin.hooks) or "-")
        for plugin in listing.plugins
    )
    show.table(console, ("plugin", "from", "state", "hooks"), rows)
    console.print(
        "asked from top to bottom; `regen plugins --hooks` shows it hook by hook, `disable` under [plugins] "
        "switches one off",
        style="dim",
        markup=False,
    )
    return ExitCode.DONE


def _from(plugin: Plugin) -> str:
    return "built in" if plugin.built_in else plugin.distribution
