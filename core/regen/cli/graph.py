"""The command that walks the graph: what is around a node, and nodes by a text."""

from __future__ import annotations

from pathlib import Path

from regen.cli import document, show
from regen.cli.running import Work, opened
from regen.errors import ExitCode, UsageError
from regen.model.neighbourhood import FoundNodes, Neighbourhood


def graph(
    node: str | None = None,
    search: str | None = None,
    depth: int = 1,
    limit: int = 100,
    json: bool = False,
    directory: Path = Path(),
) -> Work:
    """Show what is around a node, or find nodes."""
    if (node is None) == (search is None):
        raise UsageError("`graph` is asked for a node, or with --search for nodes", hint="name one of the two")
    if not 1 <= limit <= 5_000:
        raise UsageError(f"{limit} nodes cannot be shown", hint="--limit is 1 to 5000")

    async def work() -> int:
        async with opened(directory, "graph") as project:
            if search is not None:
                found = await project.search(search, limit=limit)
                document.write(found) if json else _print_found(found)
                return ExitCode.DONE
            near = await project.around((node or "").strip("<>"), depth=depth, limit=limit)
            document.write(near) if json else _print_near(near)
            return ExitCode.DONE

    return work


def _print_found(found: FoundNodes) -> None:
    console = show.out()
    show.table(console, ("node", "label"), ((one.id, one.label) for one in found.items))
    if found.cut:
        console.print("there may be more", style="dim")


def _print_near(near: Neighbourhood) -> None:
    console = show.out()
    if not near.known:
        console.print(f"no triple has {near.node}", style="yellow", markup=False)
        return
    labels = {one.id: one.label for one in near.nodes}
    for edge in near.edges:
        console.print(f"{labels[edge.source]}  {edge.label}  {labels[edge.target]}", markup=False)
    for file in near.files:
        console.print(f"{file.path}  for {labels[file.key]} ({file.environment})", style="bold", markup=False)
    if near.cut:
        console.print("there is more around it", style="dim")
