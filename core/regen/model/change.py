"""Change: a delta becomes graph events, and graph events become a delta again.

Whether a node came or went is said of the whole dataset; what it gained or lost is said graph by graph, so that a
subscriber to one file sees all that happened there, a triple that only moved to another file included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from regen.model.delta import Delta, Quad
from regen.model.event import (
    EdgeAdded,
    EdgeRemoved,
    Event,
    GraphPayload,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    Property,
)
from regen.model.term import RDF_TYPE, Term

T = TypeVar("T", EdgeAdded, EdgeRemoved)


@dataclass(frozen=True, slots=True)
class Change:
    """A delta with what cannot be seen in it alone.

    Attributes:
        delta: what changed.
        came: subjects of the merge that were none before.
        gone: subjects of the merge that are none any more.
    """

    delta: Delta
    came: frozenset[Term] = field(default_factory=frozenset)
    gone: frozenset[Term] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Origins:
    """Where a delta comes from.

    Attributes:
        default: for graphs that are not listed: "api", an endpoint, a source.
        files: (IRI of a graph, path of its file relative to the project), sorted.
    """

    default: str = "api"
    files: tuple[tuple[str, str], ...] = ()


def graph_events(change: Change, origins: Origins, revision: int, at: float) -> list[Event]:
    """The graph events of one revision, in the order of `graph_payloads`; ids count from 1 within the revision."""
    files = dict(origins.files)
    return [
        Event(data, revision, at, files.get(str(data.graph), origins.default), f"{revision}.{number}")
        for number, data in enumerate(graph_payloads(change), start=1)
    ]


def graph_payloads(change: Change) -> list[GraphPayload]:
    """The graph events of a delta, by graph, subject, predicate and object; of one subject its node comes first."""
    sides: dict[tuple[Term | None, Term], tuple[list[Quad], list[Quad]]] = defaultdict(lambda: ([], []))
    delta = change.delta
    for side, quads in enumerate((_all(delta.added, delta.merged_added), _all(delta.removed, delta.merged_removed))):
        for quad in quads:
            sides[quad.graph, quad.subject][side].append(quad)
    payloads: list[GraphPayload] = []
    for (graph, subject), (added, removed) in sorted(sides.items(), key=_place):
        payloads += _node(change, graph, subject, _properties(added), _properties(removed))
        payloads += _edges(EdgeRemoved, removed)
        payloads += _edges(EdgeAdded, added)
    return payloads


def delta_of(payloads: Iterable[GraphPayload]) -> Delta:
    """The quads that graph events add and remove; what that does to the merge is for the dataset to say."""
    added: set[Quad] = set()
    removed: set[Quad] = set()
    for event in payloads:
        match event:
            case EdgeAdded():
                added.add(Quad(event.subject, event.predicate, event.object, event.graph))
            case EdgeRemoved():
                removed.add(Quad(event.subject, event.predicate, event.object, event.graph))
            case NodeAdded():
                added |= _quads(event, event.gained)
            case NodeRemoved():
                removed |= _quads(event, event.lost)
            case NodeChanged():
                added |= _quads(event, event.gained)
                removed |= _quads(event, event.lost)
    return Delta(frozenset(added), frozenset(removed))


def is_property(quad: Quad) -> bool:
    """Whether a triple is a property of its subject (a literal, or its class) and no edge to another node."""
    return quad.object.kind == "literal" or quad.predicate == RDF_TYPE


def _all(named: frozenset[Quad], merged: frozenset[Quad]) -> Iterator[Quad]:
    """Quads of the graphs, and those of the merge that no graph accounts for."""
    yield from named
    if merged:
        known = {quad[:3] for quad in named}
        yield from (quad for quad in merged if quad[:3] not in known)


def _node(
    change: Change, graph: Term | None, subject: Term, gained: tuple[Property, ...], lost: tuple[Property, ...]
) -> list[GraphPayload]:
    if subject in change.came:
        return [NodeAdded(subject, graph, gained)]
    if subject in change.gone:
        return [NodeRemoved(subject, graph, lost)]
    return [NodeChanged(subject, graph, gained, lost)] if gained or lost else []


def _edges(kind: type[T], quads: list[Quad]) -> list[T]:
    edges = sorted((quad for quad in quads if not is_property(quad)), key=lambda quad: quad.sort_key)
    return [kind(quad.subject, quad.graph, quad.predicate, quad.object) for quad in edges]


def _properties(quads: list[Quad]) -> tuple[Property, ...]:
    chosen = sorted((quad for quad in quads if is_property(quad)), key=lambda quad: quad.sort_key)
    return tuple(Property(quad.predicate, quad.object) for quad in chosen)


def _quads(event: GraphPayload, properties: Iterable[Property]) -> set[Quad]:
    return {Quad(event.subject, found.predicate, found.object, event.graph) for found in properties}


def _place(item: tuple[tuple[Term | None, Term], object]) -> tuple[tuple[int, str, str, str], ...]:
    graph, subject = item[0]
    return (graph.sort_key if graph is not None else (-1, "", "", ""), subject.sort_key)
