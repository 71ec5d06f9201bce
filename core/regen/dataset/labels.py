"""Labels: the blank nodes of one file become short labels made from their content.

Why not RDFC-1.0: its labels are ordinals over the whole graph, so one restriction added to fifty renames
most of the others. Here a label comes from what a node says (its outgoing closure) and from the ground
subjects that own it, so a change stays where it was made. What that leaves equal is told apart by colour
refinement (`labels_refine`) and, where nodes are symmetric, by a bounded search (`labels_search`). Two files
get equal sets of labelled quads exactly when they are isomorphic; past the search's budget a label depends on
the order of the file as well: coarser, still unique, still the same for the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from regen.dataset.labels_refine import Edge, Graph, digest
from regen.dataset.labels_search import settle
from regen.dataset.terms import BLANK

_BLANK = ox.BlankNode
_DEFAULT = ox.DefaultGraph
_IRI = ox.NamedNode
_TRIPLE = ox.Triple


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of the blank nodes of a file.

    Attributes:
        of: blank node id to label, 20 hex digits; the labels are distinct.
        kinds: what content and owners alone make of the nodes, as often as there are such nodes. One that is alone of
            its kind has that for its label, and so have its label those that are told apart by the ways to them;
            no other node of the file comes into it.
        symmetric: whether there are nodes that none of that tells apart, or that are in a cycle.
    """

    of: dict[str, str]
    kinds: Collection[str]
    symmetric: bool


def blank_node_labels(quads: Iterable[ox.Quad], in_file_order: Iterable[ox.Quad] | None = None) -> Labels:
    """A label for each blank node.

    Args:
        quads: all quads of one file that name a blank node, once each, literals normalised; quads without
            blank nodes do no harm.
        in_file_order: the same blank nodes in the order of the file; read only where a search has to begin
            somewhere. None where `quads` are in that order.
    """
    quads = quads if isinstance(quads, (list, tuple, set, frozenset)) else list(quads)
    shape = _Shape(quads)
    labels, equal, kinds = shape.merkle()
    if not equal:
        return Labels(labels, kinds, symmetric=False)
    graph = Graph(shape.edges(labels, equal))
    settle(graph, equal, lambda: _ranks(quads if in_file_order is None else in_file_order))
    return Labels(labels | equal, kinds, symmetric=True)


def with_labels(quads: Iterable[ox.Quad], labels: dict[str, str]) -> set[ox.Quad]:
    """The quads with the IRIs of labels in place of blank nodes, as the store holds them."""
    iris = {node: ox.NamedNode(BLANK + label) for node, label in labels.items()}
    labelled = set()
    for quad in quads:
        subject, object_, graph = quad.subject, quad.object, quad.graph_name
        if type(subject) is _BLANK:
            subject = iris[subject.value]
        if type(object_) is _BLANK:
            object_ = iris[object_.value]
        elif type(object_) is _TRIPLE:
            object_ = _triple_with(object_, iris)
        if type(graph) is _DEFAULT:
            labelled.add(ox.Quad(subject, quad.predicate, object_))
        else:
            graph = iris[graph.value] if type(graph) is _BLANK else graph
            labelled.add(ox.Quad(subject, quad.predicate, object_, graph))
    return labelled


def has_blank(quad: ox.Quad) -> bool:
    """Whether a blank node stands anywhere in the quad."""
    if type(quad.subject) is _BLANK or type(quad.object) is _BLANK or type(quad.graph_name) is _BLANK:
        return True
    return type(quad.object) is _TRIPLE and any(_blanks(quad.object))


def _triple_with(triple: ox.Triple, iris: dict[str, ox.NamedNode]) -> ox.Triple:
    subject, object_ = triple.subject, triple.object
    if isinstance(subject, ox.BlankNode):
        subject = iris[subject.value]
    if isinstance(object_, ox.BlankNode):
        object_ = iris[object_.value]
    elif isinstance(object_, ox.Triple):
        object_ = _triple_with(object_, iris)
    return ox.Triple(subject, triple.predicate, object_)


class _Numbers(dict[str, int]):
    """The parser's ids of nodes, numbered as they are first looked up; each gets a list in every one of `about`."""

    def __init__(self, about: tuple[list[Any], ...]) -> None:
        super().__init__()
        self._about = about

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        for lists in self._about:
            lists.append([])
        return number


class _Shape:
    """One file as its blank nodes see it; a `key` is a predicate, and a graph where that has a name.

    Why nodes are numbers in here: the parser's ids are new texts at every mention, and looking one up costs more than
    all else that is done with it.
    """

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self.says: list[list[str]] = []  # node → "key object", the object not blank
        self.owned: list[list[str]] = []  # node → "subject key", the subject not blank
        self.points: list[list[tuple[str, int]]] = []  # node → (key, blank object)
        self.pointed: list[list[tuple[str, int]]] = []  # node → (key, blank subject)
        self.tangled: list[ox.Quad] = []  # with a blank graph, or a blank node inside a triple term
        says, owned, points, pointed = self.says, self.owned, self.points, self.pointed
        self.numbers = number = _Numbers((says, owned, points, pointed))
        for quad in quads:
            subject, object_, graph = quad.subject, quad.object, quad.graph_name
            key = quad.predicate.value
            if type(graph) is not _DEFAULT:
                key = f"{key} {graph}"
            if type(graph) is _BLANK or (type(object_) is _TRIPLE and any(_blanks(object_))):
                self.tangled.append(quad)
            elif type(subject) is _BLANK:
                node = number[subject.value]
                if type(object_) is _BLANK:
                    other = number[object_.value]
                    points[node].append((key, other))
                    pointed[other].append((key, node))
                else:
                    text = object_.value if type(object_) is _IRI else str(object_)
                    says[node].append(f"{key} {text}")
            elif type(object_) is _BLANK:
                owned[number[object_.value]].append(f"{subject} {key}")
        self._in_tangle = {number[name] for quad in self.tangled for name in _names(quad)}
        self.names = list(number)  # node → the parser's id

    def merkle(self) -> tuple[dict[str, str], dict[str, str], Collection[str]]:
        """Labels of the nodes that content and owners tell apart; first colours of all others; kinds of nodes."""
        closures = self._closures()
        owners = self._owners(closures)
        kinds = {node: digest(f"{about}\n{owners[node]}") for node, about in closures.items()}
        labels, shared = _unshared(kinds)
        if shared:
            paths = self._paths(closures, labels, shared)
            told_apart, _ = _unshared(paths)
            labels |= told_apart
            shared = {node: colour for node, colour in shared.items() if node not in told_apart}
        for node in range(len(self.names)):
            if node not in closures:
                shared[node] = digest(f"in or before a cycle {(sorted(self.says[node]), sorted(self.owned[node]))}")
        names = self.names
        by_name = {names[node]: label for node, label in labels.items()}
        return by_name, {names[node]: colour for node, colour in shared.items()}, kinds.values()

    def edges(self, labels: dict[str, str], equal: dict[str, str]) -> Iterator[Edge]:
        """What ties the nodes of `equal` to each other, to labelled nodes, and to their owners."""
        names = self.names
        for name in equal:
            node = self.numbers[name]
            for owner in self.owned[node]:
                yield f"{owner} <", (name,)
            for key, number in self.points[node]:
                object_ = names[number]
                yield (key, (name, object_)) if object_ in equal else (f"> {key} {labels[object_]}", (name,))
            for key, number in self.pointed[node]:
                subject = names[number]
                if subject in labels:
                    yield f"{labels[subject]} {key} <", (name,)
        for quad in self.tangled:
            words = (_skeleton(t) for t in (quad.subject, quad.predicate, quad.object, quad.graph_name))
            yield " ".join(words), tuple(_names(quad))

    def _closures(self) -> dict[int, str]:
        """Merkle hashes, objects first, of the nodes from which no cycle and no tangle can be reached."""
        says, points, pointed, tangled = self.says, self.points, self.pointed, self._in_tangle
        waits = [len(links) for links in points]
        ready = [node for node, links in enumerate(waits) if not links]
        closures: dict[int, str] = {}
        for node in ready:
            if node in tangled:
                continue
            about = says[node]
            if points[node]:
                about = about + [f"{key} _:{closures[object_]}" for key, object_ in points[node]]
            about = sorted(about) if len(about) > 1 else about
            closures[node] = digest("\n".join(about))
            for _, subject in pointed[node]:
                waits[subject] -= 1
                if not waits[subject]:
                    ready.append(subject)
        return closures

    def _owners(self, closures: dict[int, str]) -> dict[int, str]:
        """The ground subjects, with their keys, from which each node of `closures` can be reached.

        A node with one owner takes over what its owner has, so that an item put before a list changes
        nothing further down.
        """
        owners: dict[int, str] = {}
        for node in reversed(closures):
            ground, inherited = self.owned[node], self.pointed[node]
            if len(ground) + len(inherited) == 1:
                owners[node] = ground[0] if ground else owners.get(inherited[0][1], "a cycle")
            else:
                known = {*ground, *(owners.get(subject, "a cycle") for _, subject in inherited)}
                owners[node] = known.pop() if len(known) == 1 else digest("\n".join(sorted(known)))
        return owners

    def _paths(self, closures: dict[int, str], labels: dict[int, str], shared: dict[int, str]) -> dict[int, str]:
        """For nodes that are alike under equal owners, hashes of all the ways that lead to them.

        Two shapes of one class with equal lists in them are the ordinary case.
        """
        paths: dict[int, str] = {}
        for node in reversed(closures):
            if node in shared:
                ways = [f"{key} {labels.get(s) or paths.get(s, 'a cycle')}" for key, s in self.pointed[node]]
                paths[node] = digest("\n".join((shared[node], *sorted(self.owned[node]), *sorted(ways))))
        return paths


def _unshared(colours: dict[int, str]) -> tuple[dict[int, str], dict[int, str]]:
    """The nodes that have a colour of their own, and those that share one."""
    counts = Counter(colours.values())
    if len(counts) == len(colours):
        return colours, {}
    alone = {node: colour for node, colour in colours.items() if counts[colour] == 1}
    return alone, {node: colour for node, colour in colours.items() if counts[colour] > 1}


def _blanks(term: object) -> Iterator[str]:
    """The ids of the blank nodes of a term, from left to right, as often as they stand there."""
    if isinstance(term, _BLANK):
        yield term.value
    elif isinstance(term, _TRIPLE):
        yield from _blanks(term.subject)
        yield from _blanks(term.object)


def _names(quad: ox.Quad) -> Iterator[str]:
    """The ids of the blank nodes of a quad, from left to right."""
    for term in (quad.subject, quad.object, quad.graph_name):
        yield from _blanks(term)


def _skeleton(term: object) -> str:
    """A term in N-Triples syntax with `_` for each blank node."""
    if isinstance(term, _BLANK):
        return "_"
    if isinstance(term, _TRIPLE):
        return f"<<( {_skeleton(term.subject)} {term.predicate} {_skeleton(term.object)} )>>"
    return str(term)


def _ranks(quads: Iterable[ox.Quad]) -> dict[str, int]:
    """Blank node id to its place in the order of first mention."""
    ranks: dict[str, int] = {}
    for quad in quads:
        for node in _names(quad):
            ranks.setdefault(node, len(ranks))
    return ranks
