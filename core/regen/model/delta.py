"""Delta: the quads added and removed between two revisions of the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from regen.model.term import Iri, Term


class Quad(NamedTuple):
    """A triple in a graph.

    `graph` is the IRI of a file's graph or of a graph that a file names itself; None stands for the merge,
    the default graph, which holds every triple of every file once.
    """

    subject: Term
    predicate: Iri
    object: Term
    graph: Term | None = None

    def n3(self) -> str:
        """One line of N-Quads, without the line end."""
        graph = f" {self.graph.n3()}" if self.graph is not None else ""
        return f"{self.subject.n3()} {self.predicate.n3()} {self.object.n3()}{graph} ."

    @property
    def sort_key(self) -> tuple[tuple[int, str, str, str], ...]:
        """A total order: by subject, predicate, object, graph."""
        terms = (self.subject, self.predicate, self.object)
        return (
            *(t.sort_key for t in terms),
            self.graph.sort_key if self.graph is not None else (-1, "", "", ""),
        )


def n3_lines(quads: Iterable[Quad]) -> Iterator[str]:
    """Each quad as one line of N-Quads, without the line end; a term that many share is spelt once."""
    texts: dict[Term, str] = {}
    for quad in quads:
        yield " ".join([texts.get(term) or _spelt(texts, term) for term in quad if term is not None]) + " ."


def _spelt(texts: dict[Term, str], term: Term) -> str:
    text = texts[term] = term.n3()
    return text


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed between two revisions.

    `added` and `removed` hold quads of named graphs (a file's graph, or one that the file names); `merged_added`
    and `merged_removed` hold what that changes in the merge (`graph` is None there): a triple that stands in
    two files leaves the merge with the second.
    """

    added: frozenset[Quad] = field(default_factory=frozenset)
    removed: frozenset[Quad] = field(default_factory=frozenset)
    merged_added: frozenset[Quad] = field(default_factory=frozenset)
    merged_removed: frozenset[Quad] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def __len__(self) -> int:
        return len(self.merged_added) + len(self.merged_removed)
