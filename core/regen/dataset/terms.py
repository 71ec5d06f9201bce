"""Dataset: the store's terms become terms of the model, and back.

Why blank nodes are IRIs in the store: a blank node cannot stand in a query, so neither a delta nor a key could be
bound to one. Their labels are made from content, which makes `urn:regen:b:<label>` a name that lasts.
"""

from __future__ import annotations

from typing import TypeAlias

import pyoxigraph as ox

from regen.model.term import RDF_LANG_STRING, XSD_STRING, Blank, Iri, Literal, Term, TripleTerm

BLANK = "urn:regen:b:"
"""What the IRIs of blank nodes start with in the store."""

OxTerm: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def named(iri: str) -> Iri | Blank:
    """What an IRI of the store stands for."""
    return Blank(iri[len(BLANK) :]) if iri.startswith(BLANK) else Iri(iri)


def to_term(term: OxTerm) -> Term:
    """The store's term as a value; IRIs that stand for blank nodes come back as blank nodes."""
    if isinstance(term, ox.NamedNode):
        return named(term.value)
    if isinstance(term, ox.Literal):
        language = term.language
        if language is None:
            return Literal(term.value, term.datatype.value)
        direction = term.direction
        return Literal(term.value, None, language, str(direction) if direction is not None else None)
    if isinstance(term, ox.Triple):
        return TripleTerm(to_term(term.subject), Iri(term.predicate.value), to_term(term.object))
    return Blank(term.value)


def to_ox(term: Term) -> OxTerm:
    """A value as the store's term; blank nodes become IRIs."""
    match term:
        case Iri():
            return ox.NamedNode(str(term))
        case Blank():
            return ox.NamedNode(BLANK + term)
        case Literal():
            if term.language is not None:
                direction = ox.BaseDirection(term.direction) if term.direction else None
                return ox.Literal(str(term), language=term.language, direction=direction)
            return ox.Literal(str(term), datatype=ox.NamedNode(term.datatype))
        case TripleTerm():
            subject = to_ox(term.subject)
            if not isinstance(subject, ox.NamedNode):
                raise TypeError(f"{term.subject.n3()} cannot be the subject of a triple")
            return ox.Triple(subject, ox.NamedNode(str(term.predicate)), to_ox(term.object))
        case _:
            raise TypeError(f"{term!r} is no term of the model")


def as_stored(literal: Literal) -> Literal:
    """A literal in the spelling that the store gives back: "01"^^xsd:integer is "1" there."""
    if literal.datatype in (XSD_STRING, RDF_LANG_STRING):
        return literal
    store = ox.Store()
    anything = ox.NamedNode("urn:regen:any")
    store.add(ox.Quad(anything, anything, to_ox(literal)))
    (quad,) = store
    found = to_term(quad.object)
    return found if isinstance(found, Literal) else literal


def sparql(term: Term) -> str:
    """A value in SPARQL syntax, as it stands in the store: blank nodes as IRIs."""
    match term:
        case Blank():
            return f"<{BLANK}{str.__str__(term)}>"
        case TripleTerm():
            return f"<<( {sparql(term.subject)} {sparql(term.predicate)} {sparql(term.object)} )>>"
        case _:
            return term.n3()
