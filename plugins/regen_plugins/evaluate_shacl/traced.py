"""Graphs that note what is asked of them, so that it can be said later which answers a delta changes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rdflib import BNode, Graph

if TYPE_CHECKING:
    from rdflib.term import Node

    Triple = tuple[Node, Node, Node]
    Pattern = tuple[Node | None, Node | None, Node | None]

SH = "http://www.w3.org/ns/shacl#"


class Traced(Graph):
    """A view of a graph; every triple pattern that is looked up goes into `reads`.

    All look-ups of rdflib's graphs come down to `triples`. Reads are noted when asked, not when answered: an answer of
    nothing is one, too, and who stops at the first triple has asked for it.
    """

    def __init__(self, base: Graph) -> None:
        super().__init__(store=base.store, identifier=base.identifier, namespace_manager=base.namespace_manager)
        self.reads: set[Pattern] = set()

    def triples(self, triple: Any) -> Generator[Any, None, None]:
        """See `Graph.triples`."""
        self.reads.add(triple)
        return super().triples(triple)


class Shapes(Traced):
    """The graph as the shapes graph: what pyshacl adds to it must not be seen in the data.

    Answers are sorted, for messages list shapes in the order in which they are found. They are kept, for shapes are
    read again for each focus node; a change that touches one makes everything new.
    """

    def __init__(self, base: Graph) -> None:
        super().__init__(base)
        self._own = Graph(bind_namespaces="none")
        self._answers: dict[Pattern, tuple[Any, ...]] = {}

    def add(self, triple: Any) -> Shapes:
        """Add a triple for this view only."""
        self._own.add(triple)
        self._answers.clear()
        return self

    def triples(self, triple: Any) -> Generator[Any, None, None]:
        """See `Graph.triples`."""
        known = self._answers.get(triple)
        if known is None:
            found = {*super().triples(triple), *self._own.triples(triple)}
            known = self._answers[triple] = tuple(sorted(found, key=_order))
        return (found for found in known)

    def touched_by(self, triples: Iterable[Triple]) -> bool:
        """Whether a change of these triples changes what was read of the shapes."""
        return any(self._touched(triple) for triple in triples)

    def _touched(self, triple: Triple) -> bool:
        """Of all that is said of a shape with a name only SHACL's own words are looked at; it may be a class, too."""
        subject, predicate, _ = triple
        about = (subject, None, None)
        words = isinstance(subject, BNode) or str(predicate).startswith(SH)
        return any(pattern in self.reads and (words or pattern != about) for pattern in patterns(triple))


def _order(triple: Triple) -> tuple[str, ...]:
    return tuple(f"{type(term).__name__} {term}" for term in triple)


def patterns(triple: Triple) -> Iterator[Pattern]:
    """The eight patterns that a triple matches."""
    s, p, o = triple
    for subject in (s, None):
        for predicate in (p, None):
            yield subject, predicate, o
            yield subject, predicate, None
