"""Dataset: the merge and the files' graphs in an Oxigraph store, moved from one revision to the next by deltas.

Why a delta is inserted first and removed later: between `insert` and `settle` the store holds old and new quads
together, and that is what the derived queries of `regen.query` have to see, inside `GRAPH` as well as outside. How
often a triple stands in the files is not counted in a table of its own: the store's named graphs say it, and only
graphs that several files may name are counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, serialize

from regen.dataset.terms import to_ox, to_term
from regen.model.artifact import Lookup
from regen.model.delta import Delta
from regen.model.delta import Quad as ModelQuad
from regen.model.term import Iri, Term

_MERGE = DefaultGraph()


@dataclass(frozen=True, slots=True)
class GraphChange:
    """What changed in one file.

    Attributes:
        iri: the name of the file's graph.
        added, removed: quads as the file has them: in the default graph, or in a graph that the file names.
    """

    iri: str
    added: Set[Quad]
    removed: Set[Quad]


class Dataset:
    """All quads of the graph files at one revision."""

    def __init__(self) -> None:
        self.store = Store()
        self._named: Counter[Quad] = Counter()

    def load(self, iri: str, quads: Iterable[Quad]) -> None:
        """Add a file to a dataset that is being filled, without working out a delta.

        Args:
            iri: the name of the file's graph.
            quads: normalised and labelled, as the file has them.
        """
        plain = []
        for quad in quads:
            if quad.graph_name == _MERGE:
                plain.append(quad)
            else:
                self._named[quad] += 1
                self.store.add(quad)
                self.store.add(Quad(quad.subject, quad.predicate, quad.object))
        text = serialize((quad.triple for quad in plain), format=RdfFormat.N_TRIPLES) or b""
        # Lenient: what a loader took in, with a warning where it had to, is not refused here.
        self.store.bulk_load(text, RdfFormat.N_TRIPLES, to_graph=NamedNode(iri), lenient=True)
        self.store.bulk_load(text, RdfFormat.N_TRIPLES, lenient=True)

    def insert(self, changes: Sequence[GraphChange]) -> Delta:
        """Work out the delta of some files and insert what it adds.

        Returns:
            The delta; give it to `settle` next.
        """
        added, removed = self._named_changes(changes)
        merged_added = set()
        for quad in added:
            self.store.add(quad)
            merged = Quad(quad.subject, quad.predicate, quad.object)
            if merged not in self.store:
                self.store.add(merged)
                merged_added.add(merged)
        merged_removed = {
            Quad(quad.subject, quad.predicate, quad.object) for quad in removed if not self._stays(quad, removed)
        }
        return Delta(_frozen(added), _frozen(removed), _frozen(merged_added), _frozen(merged_removed))

    def settle(self, delta: Delta) -> None:
        """Take out what the delta removes: the store holds the new revision then."""
        for quad in (*delta.removed, *delta.merged_removed):
            self.store.remove(_ox(quad))

    def match(self, pattern: Lookup) -> Iterator[tuple[Term, Term, Term]]:
        """Triples of the merge, or of the pattern's graph, that match; in the order of their terms."""
        found = [(quad.subject, quad.predicate, quad.object) for quad in self.quads(*pattern)]
        yield from sorted(found, key=lambda triple: tuple(term.sort_key for term in triple))

    def quads(
        self,
        subject: Term | None = None,
        predicate: Term | None = None,
        object: Term | None = None,  # noqa: A002 - RDF's own word
        graph: Term | None = None,
    ) -> Iterator[ModelQuad]:
        """Quads of the merge, or of one graph, that match; None stands for "any". In no order."""
        name = _MERGE if graph is None else to_ox(graph)
        bound: list[Any] = [None if term is None else to_ox(term) for term in (subject, predicate, object)]
        for quad in self.store.quads_for_pattern(bound[0], bound[1], bound[2], cast("NamedNode", name)):
            yield model_quad(quad)

    def has_subject(self, subject: Term) -> bool:
        """Whether any triple of the merge has this subject."""
        return next(iter(self.store.quads_for_pattern(to_ox(subject), None, None, _MERGE)), None) is not None  # type: ignore[arg-type]

    def ntriples(self) -> bytes:
        """The merge as N-Triples."""
        return self.store.dump(format=RdfFormat.N_TRIPLES, from_graph=_MERGE) or b""

    def __len__(self) -> int:
        """Number of triples in the merge."""
        return sum(1 for _ in self.store.quads_for_pattern(None, None, None, _MERGE))

    def _named_changes(self, changes: Sequence[GraphChange]) -> tuple[set[Quad], set[Quad]]:
        added: set[Quad] = set()
        removed: set[Quad] = set()
        touched: dict[Quad, int] = {}
        for change in changes:
            graph = NamedNode(change.iri)
            for quads, result, step in ((change.added, added, 1), (change.removed, removed, -1)):
                for quad in quads:
                    if quad.graph_name == _MERGE:
                        result.add(Quad(quad.subject, quad.predicate, quad.object, graph))
                    else:
                        touched.setdefault(quad, self._named[quad])
                        self._named[quad] += step
        for quad, before in touched.items():
            after = self._named[quad]
            if after <= 0:
                del self._named[quad]
            if before <= 0 < after and quad not in self.store:
                added.add(quad)
            elif after <= 0 < before:
                removed.add(quad)
        return added, removed

    def _stays(self, quad: Quad, removed: Set[Quad]) -> bool:
        others = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return any(other.graph_name != _MERGE and other != quad and other not in removed for other in others)


def model_quad(quad: Quad) -> ModelQuad:
    """An Oxigraph quad as regen's value."""
    graph = None if quad.graph_name == _MERGE else to_term(cast("NamedNode", quad.graph_name))
    return ModelQuad(to_term(quad.subject), Iri(quad.predicate.value), to_term(quad.object), graph)


def named_quad(quad: Quad, iri: str) -> ModelQuad:
    """A quad as a file has it, with the file's graph for its default graph."""
    found = model_quad(quad)
    return found if found.graph is not None else found._replace(graph=Iri(iri))


def _ox(quad: ModelQuad) -> Quad:
    graph = _MERGE if quad.graph is None else to_ox(quad.graph)
    return Quad(to_ox(quad.subject), to_ox(quad.predicate), to_ox(quad.object), graph)  # type: ignore[arg-type]


def _frozen(quads: Iterable[Quad]) -> frozenset[ModelQuad]:
    return frozenset(model_quad(quad) for quad in quads)
