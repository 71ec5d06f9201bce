"""Routes: the graph as one walks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import anyio

from regen.config import Key
from regen.errors import UsageError
from regen.model.neighbourhood import FoundNodes, GraphEdge, GraphNode, HangingFile, Neighbourhood
from regen.orchestrator.around import around, last_changed, node_term, search
from regen.project.glancing import glance
from regen.serve.desk import Desk
from regen.serve.errands import answered
from regen.serve.problems import Problem
from regen.serve.route import read

if TYPE_CHECKING:
    from regen.dataset.store import Dataset
    from regen.state.opening import State

T = TypeVar("T")
_NODE = r"_:[A-Za-z0-9]{1,100}|[A-Za-z][A-Za-z0-9+.\-]{0,50}:[^\s<>\"{}|\\^`]{0,4000}"
_PATIENCE_S = 10.0  # for a watch that is in a cycle


@dataclass(frozen=True, slots=True)
class AroundAsked:
    """Around which node."""

    node: Annotated[str, Key("an IRI, or `_:` and the label of a blank node", maximum=4096, matches=_NODE)]
    depth: Annotated[int, Key("edges from the node to the farthest one", minimum=1, maximum=2)] = 1
    limit: Annotated[int, Key("nodes at the most", minimum=1, maximum=500)] = 100


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """What is searched."""

    q: Annotated[str, Key("a part of a label or an IRI", maximum=200)]
    limit: Annotated[int, Key("nodes at the most", minimum=1, maximum=500)] = 50


@read("/api/v1/graph")
async def graph(desk: Desk, asked: AroundAsked) -> Neighbourhood:
    """What is around a node, and the files that are made for what is there."""
    try:
        node = node_term(asked.node)
    except UsageError:  # it looks like an IRI, and is none: so nothing has it
        return Neighbourhood(asked.node, known=False)

    def look(dataset: Dataset, state: State) -> Neighbourhood:
        changed = last_changed(state)
        return around(dataset, state.db, node, depth=asked.depth, limit=asked.limit, changed=changed)

    found = await _glanced(desk, look)
    if found is not None:
        return found
    command = ["graph", f"--depth={asked.depth}", f"--limit={asked.limit}", "--", asked.node]
    told = await _told(desk, command)
    return Neighbourhood(
        told["node"],
        told["known"],
        _made(GraphNode, told["nodes"]),
        _made(GraphEdge, told["edges"]),
        _made(HangingFile, told["files"]),
        told["cut"],
    )


@read("/api/v1/graph/search")
async def graph_search(desk: Desk, asked: SearchAsked) -> FoundNodes:
    """Nodes whose label or IRI holds a text, those with files first."""
    found = await _glanced(desk, lambda dataset, state: search(dataset, state.db, asked.q, limit=asked.limit))
    if found is not None:
        return found
    told = await _told(desk, ["graph", f"--search={asked.q}", f"--limit={asked.limit}"])
    return FoundNodes(_made(GraphNode, told["items"]), told["cut"])


async def _glanced(desk: Desk, look: Callable[[Dataset, State], T]) -> T | None:
    """What is seen in the graph of this process, or as the state has it; None where that is too large."""
    project = desk.project

    def seen() -> T | None:
        with desk.state() as state:
            here = glance(project, lambda dataset: look(dataset, state)) if project is not None else None
            if here is not None:
                return here
            dataset = desk.graph.of(state)
            return None if dataset is None else look(dataset, state)

    return await desk.in_thread(seen)


async def _told(desk: Desk, arguments: Sequence[str]) -> Any:
    """What the watch says that holds the project."""
    if not desk.watching().alive:
        raise Problem(409, "the graph is too large to be read here", "a watch has it in memory: start one")
    with anyio.move_on_after(_PATIENCE_S):
        return await answered(desk, arguments)
    raise Problem(503, "the watch is in a cycle", "ask again", {"Retry-After": "2"})


def _made(kind: type[T], rows: Sequence[dict[str, Any]]) -> tuple[T, ...]:
    return tuple(kind(**{**row, **({"types": tuple(row["types"])} if "types" in row else {})}) for row in rows)
