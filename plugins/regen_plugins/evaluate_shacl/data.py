"""Data: lines of N-Triples become a graph of rdflib, and a change of the lines a change of the graph."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import pyoxigraph
from rdflib import BNode, Graph, Literal, URIRef

if TYPE_CHECKING:
    from rdflib.term import Node

    from regen_plugins.evaluate_shacl.traced import Triple

_STRING = "http://www.w3.org/2001/XMLSchema#string"
_KEPT_TERMS = 100_000  # while lines are read; predicates, classes and subjects come again and again


class Data:
    """The graph as it was validated last.

    Why lines: they say how the files spell their literals, and a set of lines is compared with the next one in the time
    that a hash table takes. The delta of the cycle would not do: the gate is not asked in every cycle.
    """

    def __init__(self) -> None:
        self.graph = Graph()
        self._lines: frozenset[str] = frozenset()
        self._spellings: Counter[Triple] = Counter()

    def move(self, ntriples: bytes) -> list[Triple]:
        """Bring the graph up to these lines; returns the triples that it lost or got."""
        lines = frozenset(ntriples.decode().split("\n"))
        gone, new = self._lines - lines, lines - self._lines
        self._lines = lines
        return [*self._add(_read(new)), *self._remove(_read(gone))]

    def ntriples(self) -> bytes:
        """The lines as they are."""
        return "\n".join(sorted(self._lines)).encode()

    def _add(self, triples: Iterable[Triple]) -> list[Triple]:
        got: list[Triple] = []
        for triple in triples:
            if isinstance(triple[2], Literal):
                self._spellings[triple] += 1
            if triple not in self.graph:
                self.graph.add(triple)
                got.append(triple)
        return got

    def _remove(self, triples: Iterable[Triple]) -> list[Triple]:
        """Remove triples; one stays while another line spells the same literal, such as 01 and 1."""
        lost: list[Triple] = []
        for triple in triples:
            if isinstance(triple[2], Literal):
                self._spellings[triple] -= 1
                if self._spellings[triple]:
                    continue
                del self._spellings[triple]
            self.graph.remove(triple)
            lost.append(triple)
        return lost


def _read(lines: Iterable[str]) -> Iterator[Triple]:
    """Triples of lines; one about a triple is left out, for SHACL and rdflib know none of them."""
    terms = lru_cache(maxsize=_KEPT_TERMS)(_term)
    for quad in pyoxigraph.parse("\n".join(lines), format=pyoxigraph.RdfFormat.N_TRIPLES, lenient=True):
        if not isinstance(quad.object, pyoxigraph.Triple):
            yield terms(quad.subject), terms(quad.predicate), terms(quad.object)


def _term(term: object) -> Node:
    if isinstance(term, pyoxigraph.NamedNode):
        return URIRef(term.value)
    if isinstance(term, pyoxigraph.BlankNode):
        # A name as rdflib gives it: messages are cleaned of such names, for they are nobody's.
        return BNode(f"n{hashlib.blake2b(term.value.encode(), digest_size=16).hexdigest()}b0")
    if not isinstance(term, pyoxigraph.Literal):
        raise TypeError(f"no term of RDF 1.1: {term}")
    if term.language is not None:
        return Literal(term.value, lang=term.language)
    kind = term.datatype.value
    return Literal(term.value, datatype=None if kind == _STRING else URIRef(kind))
