"""Neighbourhood: a part of the graph around a node, as a picture of it is drawn, and the files that hang on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of the picture.

    Attributes:
        id: an IRI as it is, a blank node as `_:label`, a literal in N-Triples.
        label: what a person calls it.
        kind: literals are leaves.
        types: IRIs of its classes, sorted.
        changed: whether the last change of the graph was about it.
    """

    id: str
    label: str
    kind: OneOf["node", "literal"]
    types: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A triple between two nodes of the picture.

    Attributes:
        source, target: ids of nodes.
        predicate: its IRI.
        label: what a person calls it.
    """

    source: str
    target: str
    predicate: str
    label: str


@dataclass(frozen=True, slots=True)
class HangingFile:
    """A file that is made for a node of the picture.

    Attributes:
        environment: its name.
        path: relative to the environment's root.
        template: that makes it.
        key: the id of the node.
    """

    environment: str
    path: str
    template: str
    key: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is around a node.

    Attributes:
        node: its id.
        known: whether it stands in the graph.
        nodes: itself first, then by distance and label.
        edges: between them.
        files: that are made for them.
        cut: whether there is more around it than was asked for.
    """

    node: str
    known: bool
    nodes: tuple[GraphNode, ...] = ()
    edges: tuple[GraphEdge, ...] = ()
    files: tuple[HangingFile, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class FoundNodes:
    """What a search found.

    Attributes:
        items: nodes whose label or IRI holds the text.
        cut: whether there may be more of them.
    """

    items: tuple[GraphNode, ...]
    cut: bool = False
