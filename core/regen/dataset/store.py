"""Dataset: the merge and the files' graphs in an Oxigraph store, moved from one revision to the next by deltas.

Why a delta is inserted first and removed later: between `insert` and `settle` the store holds old and new quads
together, and that is what the derived queries of `regen.query` have to see, inside `GRAPH` as well as outside. How
often a triple stands in the files is not counted in a table of its own: the store's named graphs say it, and only
quads that several files state in one graph, because they name it, are counted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store

from regen.dataset.disk import DiskStore, Step, bulk
from regen.dataset.packed import Packed
from regen.dataset.sums import moved_sum
from regen.dataset.terms import to_ox, to_term
from regen.errors import StateError
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
    """All quads of the graph files at one revision.

    Args:
        disk: where the store is, if not in memory.
    """

    def __init__(self, disk: DiskStore | None = None) -> None:
        self.disk = disk
        self.store = disk.store if disk is not None else Store()
        self._several: dict[Quad, int] = {}  # how many files state a quad, from two on

    def fill(self, files: Iterable[tuple[str, Iterable[Quad]]]) -> None:
        """Add files to an empty dataset, without working out a delta.

        Args:
            files: (name of the file's graph, its quads: normalised and labelled, as the file has them).
        """
        named: list[Quad] = []
        bulk(self.store, ((iri, quads if isinstance(quads, Packed) else _plain(quads, named)) for iri, quads in files))
        for quad in named:  # now that the store says what files state in their own graphs
            self._count(quad, 1)
            self.store.extend((quad, _merged(quad)))

    def insert(self, changes: Sequence[GraphChange]) -> Delta:
        """Work out the delta of some files and insert what it adds.

        Returns:
            The delta; give it to `settle` next.

        Raises:
            StateError: what is about to change cannot be written down beside the store; nothing changed.
        """
        added, removed = self._named_changes(changes)
        merged_added = {merged for quad in added if (merged := _merged(quad)) not in self.store}
        stated = {_merged(quad) for quad in added}
        merged_removed = {
            merged for quad in removed if (merged := _merged(quad)) not in stated and not self._stays(quad, removed)
        }
        delta = Delta(_frozen(added), _frozen(removed), _frozen(merged_added), _frozen(merged_removed))
        if self.disk is not None:
            self._note(self.disk, delta, (*added, *merged_added), (*removed, *merged_removed))
        self.store.extend((*added, *merged_added))
        return delta

    def settle(self, delta: Delta) -> None:
        """Take out what the delta removes: the store holds the new revision then."""
        for quad in (*delta.removed, *delta.merged_removed):
            self.store.remove(_ox(quad))

    @property
    def can_be_kept(self) -> bool:
        """Whether the store says all that there is to know."""
        return not self._several

    def close(self) -> None:
        """Let go of files that are open; the dataset is not used again."""
        if self.disk is not None:
            self.disk.close()
        self.store = Store()

    def back_to(self, number: int) -> bool:
        """Go back to a dataset that this one was, by its sum; False where that cannot be done."""
        return self.disk is not None and self.can_be_kept and self.disk.settle(number)

    def recorded(self, number: int) -> None:
        """The state speaks of the dataset of this sum now."""
        if self.disk is not None and self.can_be_kept:
            self.disk.settled(number)

    def _note(self, disk: DiskStore, delta: Delta, added: Sequence[Quad], removed: Sequence[Quad]) -> None:
        try:
            if not self.can_be_kept:
                disk.unmark()  # how many files state a quad is written nowhere, so the next start counts anew
            disk.note(Step(disk.sum, moved_sum(disk.sum, delta), tuple(added), tuple(removed)))
        except OSError as error:
            raise StateError(
                f"the stored dataset cannot be written: {error.strerror}",
                hint="free some space or make `.regen/dataset` writable; run it again",
            ) from error

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
            for quads, step in ((change.added, 1), (change.removed, -1)):
                for quad in quads:
                    own = quad.graph_name == _MERGE
                    stated = Quad(quad.subject, quad.predicate, quad.object, graph) if own else quad
                    touched[stated] = touched.get(stated, 0) + step
        for quad, step in touched.items():
            before, after = self._count(quad, step)
            if before <= 0 < after:
                added.add(quad)
            elif after <= 0 < before:
                removed.add(quad)
        return added, removed

    def _count(self, quad: Quad, step: int) -> tuple[int, int]:
        """How many files state a quad, in their own graph or in one that they name: before, and after so many more."""
        before = self._several.get(quad, 1 if quad in self.store else 0)
        after = before + step
        if after > 1:
            self._several[quad] = after
        else:
            self._several.pop(quad, None)
        return before, after

    def _stays(self, quad: Quad, removed: Set[Quad]) -> bool:
        others = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return any(other.graph_name != _MERGE and other != quad and other not in removed for other in others)


def _plain(quads: Iterable[Quad], named: list[Quad]) -> Iterator[Quad]:
    """The quads in the default graph; the others go into `named`."""
    for quad in quads:
        if quad.graph_name == _MERGE:
            yield quad
        else:
            named.append(quad)


def _merged(quad: Quad) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object)


def model_quad(quad: Quad) -> ModelQuad:
    """An Oxigraph quad as regen's value."""
    graph = None if quad.graph_name == _MERGE else to_term(cast("NamedNode", quad.graph_name))
    return ModelQuad(to_term(quad.subject), Iri(quad.predicate.value), to_term(quad.object), graph)


def named_quad(quad: Quad, iri: str) -> ModelQuad:
    """A quad as a file has it, with the file's graph for its default graph."""
    found = model_quad(quad)
    return found if found.graph is not None else found._replace(graph=Iri(iri))


def named_quads(files: Iterable[tuple[str, Iterable[Quad]]]) -> Iterator[ModelQuad]:
    """Quads of files, (name of the file's graph, quads), as `named_quad`; each term is made once, for they are many."""
    terms = _Terms()
    for iri, quads in files:
        own = Iri(iri)
        for subject, predicate, object_, graph in quads:
            name = own if graph == _MERGE else terms[graph]
            yield ModelQuad(terms[subject], cast("Iri", terms[predicate]), terms[object_], name)


class _Terms(dict[Any, Term]):
    def __missing__(self, term: Any) -> Term:
        made = self[term] = to_term(term)
        return made


def _ox(quad: ModelQuad) -> Quad:
    graph = _MERGE if quad.graph is None else to_ox(quad.graph)
    return Quad(to_ox(quad.subject), to_ox(quad.predicate), to_ox(quad.object), graph)  # type: ignore[arg-type]


def _frozen(quads: Iterable[Quad]) -> frozenset[ModelQuad]:
    return frozenset(model_quad(quad) for quad in quads)
