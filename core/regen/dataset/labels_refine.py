"""Labels, second step: nodes that look alike get colours by what their neighbours look like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

Edge: TypeAlias = tuple[str, tuple[str, ...]]
"""What a quad says with its blank nodes left out, and those nodes from left to right."""


def digest(text: str) -> str:
    """20 hex digits of BLAKE2b: for a million nodes, one chance in 10^12 of an accident."""
    return blake2b(text.encode(), digest_size=10).hexdigest()


class BudgetSpentError(Exception):
    """The work allowed for a file is used up."""


@dataclass(slots=True)
class Budget:
    """Work that may still be done, counted in mentions of a node that are looked at (about 0.5 µs each)."""

    left: int

    def spend(self, mentions: int) -> None:
        """Raises BudgetSpentError when there is not enough left."""
        self.left -= mentions
        if self.left < 0:
            raise BudgetSpentError


class Graph:
    """The edges between nodes, and those at each node."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.at: defaultdict[str, list[Edge]] = defaultdict(list)
        self.mentions = 0
        for edge in edges:
            self.mentions += len(edge[1])
            for node in set(edge[1]):
                self.at[node].append(edge)

    def neighbours(self, node: str) -> set[str]:
        """The nodes that stand in an edge with this one, itself left out."""
        return {other for _, nodes in self.at[node] for other in nodes if other != node}

    def signature(self, node: str, colours: Mapping[str, str], budget: Budget) -> str:
        """All that a node's edges say, in the colours of its neighbours."""
        said = []
        for words, nodes in self.at[node]:
            budget.spend(len(nodes))
            said.append(f"{words} {' '.join(['*' if n == node else colours[n] for n in nodes])}")
        return said[0] if len(said) == 1 else "\n".join(sorted(said))

    def form(self, nodes: Iterable[str], colours: Mapping[str, str], budget: Budget) -> str:
        """A hash of everything said about `nodes`, with colours in place of names."""
        said = []
        for node in nodes:
            said.append(colours[node])
            for words, others in self.at[node]:
                budget.spend(len(others))
                said.append(f"{words} {' '.join([colours[n] for n in others])}")
        return digest("\n".join(sorted(said)))

    def components(self, nodes: Iterable[str]) -> list[list[str]]:
        """The parts of `nodes` that hang together by edges among themselves, in the order given."""
        waiting = dict.fromkeys(nodes)
        parts = []
        while waiting:
            part = [waiting.popitem()[0]]
            for node in part:
                for _, others in self.at[node]:
                    for other in others:
                        if other in waiting:
                            del waiting[other]
                            part.append(other)
            parts.append(part)
        return parts


def refine(
    graph: Graph, colours: dict[str, str], members: Iterable[str], touched: Collection[str], budget: Budget
) -> list[str]:
    """Splits the cells of equal colour until neighbours tell no two nodes of a cell apart.

    Changes `colours` of `members`; a cell that is not split keeps its colour. Only what has a neighbour
    whose colour changed is looked at again, so a long chain costs its length, not its square.

    Args:
        members: the nodes that may change; all others are told apart already.
        touched: those to look at first.

    Returns:
        the members that still share their colour.

    Raises:
        BudgetSpentError: `colours` are then coarser, and as good for all isomorphic files.
    """
    cells = cells_of(members, colours)
    while touched:
        changed = _split(graph, colours, cells, touched, budget)
        colours.update(changed)
        touched = {near for node in changed for near in graph.neighbours(node)}
    return [node for cell in cells.values() if len(cell) > 1 for node in cell]


def cells_of(nodes: Iterable[str], colours: Mapping[str, str]) -> dict[str, dict[str, None]]:
    """Colour → the nodes that have it, in the order given."""
    cells: dict[str, dict[str, None]] = {}
    for node in nodes:
        cells.setdefault(colours[node], {})[node] = None
    return cells


def _split(
    graph: Graph,
    colours: Mapping[str, str],
    cells: dict[str, dict[str, None]],
    touched: Iterable[str],
    budget: Budget,
) -> dict[str, str]:
    """One round: the new colours of the touched nodes whose cell fell apart."""
    groups: dict[str, dict[str, list[str]]] = {}
    for node in touched:
        colour = colours[node]
        if node in (cell := cells.get(colour, {})) and len(cell) > 1:
            groups.setdefault(colour, {}).setdefault(graph.signature(node, colours, budget), []).append(node)
    changed: dict[str, str] = {}
    for colour, by_signature in groups.items():
        cell = cells[colour]
        if len(by_signature) == 1 and len(next(iter(by_signature.values()))) == len(cell):
            continue
        for signature, nodes in by_signature.items():
            new = digest(f"{colour}\n{signature}")
            for node in nodes:
                del cell[node]
                changed[node] = new
            cells[new] = dict.fromkeys(nodes)
        if not cell:
            del cells[colour]
    return changed
