"""Comparison: the delta of two graphs, on disk or at git revisions, as events, lines and an RDF Patch.

No project is needed for two paths, nor for a path and what it was at a revision; nothing is held, and nothing written.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regen.config import find_root, load_config
from regen.dataset.compare import Comparison, Tree, compare, compare_trees, tree_of
from regen.dataset.patch import write_patch
from regen.errors import UsageError
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.change import graph_events
from regen.orchestrator.revisions import graphs_at
from regen.stages.diff import Settled, diff_documents, diff_lines, find_change


@dataclass(frozen=True, slots=True)
class GraphComparison:
    """What makes a second graph of a first one.

    Attributes:
        events: graph events as documents.
        lines: the same for people, as (sign, line).
        patch: the same as an RDF Patch.
        added, removed: how many triples of the merge.
    """

    events: tuple[dict[str, Any], ...]
    lines: tuple[tuple[str, str], ...]
    patch: str
    added: int
    removed: int


async def compare_graphs(old: Path, new: Path) -> GraphComparison:
    """Compare two graph files, or two folders of them.

    Raises:
        GraphError: a file cannot be read, or a file is compared with a folder.
    """
    return _compared(await compare(old, new, Hooks(PluginManager()).load))


async def compare_named(root: Path, old: str, new: str) -> GraphComparison:
    """Compare two graphs by their names.

    Args:
        root: a project's folder, or one inside it.
        old, new: paths relative to it; what is none that exists is a git revision: of the other one, where that is a
            path, else of the project's graph files.

    Raises:
        UsageError: a name is neither; or a revision has no such files.
        GraphError: a file cannot be read, or a file is compared with a folder.
    """
    there = [(root / name).exists() for name in (old, new)]
    if all(there):
        return await compare_graphs(root / old, root / new)
    known = tree_of(root / (old if there[0] else new)) if any(there) else _graphs(root, old)
    with ExitStack() as folders:

        async def tree(name: str, is_path: bool) -> Tree:
            if is_path:
                return known
            folder = folders.enter_context(tempfile.TemporaryDirectory(prefix="regen-"))
            _, project = await graphs_at(known.folder, name, Path(folder), known.entries)
            return Tree(project, known.entries, f"{name}:{known.shown}", known.ignore, known.one)

        first, second = await tree(old, there[0]), await tree(new, there[1])
        return _compared(await compare_trees(first, second, Hooks(PluginManager()).load))


def _graphs(root: Path, name: str) -> Tree:
    """The graph files of the project that a folder lies in."""
    try:
        found = find_root(root)
    except UsageError as error:
        hint = "name two graph files, or two folders of them; git revisions are compared inside a project"
        raise UsageError(f"{root / name} does not exist", hint=hint) from error
    project = load_config(found).project
    return Tree(found, project.graphs, "", project.ignore)


def _compared(found: Comparison) -> GraphComparison:
    change = find_change(found.delta, Settled(found.delta, found.dataset))
    events = graph_events(change, found.origins, 1, 0.0)
    return GraphComparison(
        tuple(diff_documents(events)),
        tuple(diff_lines(events, found.prefixes)),
        write_patch(found.patch),
        len(found.delta.merged_added),
        len(found.delta.merged_removed),
    )
