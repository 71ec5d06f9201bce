"""Odd: IRIs with characters that none may have become IRIs that a query can name.

Why not as they are: whatever stands in the dataset may become a key, and a query that names such an IRI is no SPARQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyoxigraph as ox

_NO_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\\x7f-\x9f]')
_Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class UnusableIriError(Exception):
    """An IRI that no writing of its characters makes one."""


def with_usable_iris(quads: Iterable[ox.Quad]) -> dict[ox.Quad, None]:
    """The quads, in their order, with the characters percent-encoded that an IRI may not have.

    Raises:
        UnusableIriError: that is not all that is wrong with an IRI.
    """
    return dict.fromkeys(_quad(quad) for quad in quads)


def _quad(quad: ox.Quad) -> ox.Quad:
    graph = quad.graph_name
    return ox.Quad(
        _iri(quad.subject) if isinstance(quad.subject, ox.NamedNode) else quad.subject,
        _iri(quad.predicate),
        _object(quad.object),
        _iri(graph) if isinstance(graph, ox.NamedNode) else graph,
    )


def _object(term: _Object) -> _Object:
    if isinstance(term, ox.NamedNode):
        return _iri(term)
    if isinstance(term, ox.Literal) and term.language is None:
        return ox.Literal(term.value, datatype=_iri(term.datatype))
    if isinstance(term, ox.Triple):
        subject = _iri(term.subject) if isinstance(term.subject, ox.NamedNode) else term.subject
        return ox.Triple(subject, _iri(term.predicate), _object(term.object))
    return term


def _iri(iri: ox.NamedNode) -> ox.NamedNode:
    encoded = _NO_IRI.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), iri.value)
    try:
        return ox.NamedNode(encoded)
    except ValueError as error:
        raise UnusableIriError(iri.value) from error
