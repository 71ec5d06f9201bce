"""Comparison: the delta of two graphs on disk, as events, lines and an RDF Patch; no project is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regen.dataset.compare import compare
from regen.dataset.patch import write_patch
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.change import graph_events
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
    found = await compare(old, new, Hooks(PluginManager()).load)
    change = find_change(found.delta, Settled(found.delta, found.dataset))
    events = graph_events(change, found.origins, 1, 0.0)
    return GraphComparison(
        tuple(diff_documents(events)),
        tuple(diff_lines(events, found.prefixes)),
        write_patch(found.patch),
        len(found.delta.merged_added),
        len(found.delta.merged_removed),
    )
