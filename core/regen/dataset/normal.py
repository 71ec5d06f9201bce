"""Dataset: literals as a file spells them become literals as the store gives them back.

Why a round trip instead of rules: Oxigraph's store turns "01"^^xsd:integer into "1", "1"^^xsd:byte into an
xsd:integer and "2020-01-01T00:00:00.0Z" into "2020-01-01T00:00:00Z", while its parser does not. Whatever the
store does, it is the store that does it here, so the two can never disagree. The patterns below only save the
way there for spellings that surely stay; a test holds each of them against the store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from regen.model.term import XSD

_Object = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_LITERAL = ox.Literal
_TRIPLE = ox.Triple
_DEFAULT = ox.DefaultGraph()
_STRING = ox.NamedNode(XSD + "string")
_DAY = r"[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])"
STABLE = {
    ox.NamedNode(XSD + name): re.compile(pattern, re.ASCII)
    for name, pattern in {
        "integer": r"0|-?[1-9]\d{0,17}",
        "decimal": r"0|-?[1-9]\d{0,14}|-?(0|[1-9]\d{0,14})\.\d{0,14}[1-9]",
        "boolean": r"true|false",
        "date": _DAY,
        "dateTime": _DAY + r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|)",
    }.items()
}
"""Datatype to a pattern that matches only spellings that the store leaves alone."""


def normal_quads(quads: Iterable[ox.Quad]) -> dict[ox.Quad, ox.Quad]:
    """The quads that the store would give back otherwise, each with what it would give back."""
    doubtful: dict[ox.Literal, None] = {}
    suspects: list[ox.Quad] = []
    for quad in quads:
        object_ = quad.object
        if type(object_) is _LITERAL:
            if object_.language is None and object_.datatype != _STRING and _may_change(object_):
                doubtful[object_] = None
                suspects.append(quad)
        elif type(object_) is _TRIPLE and (inner := dict.fromkeys(filter(_may_change, _literals(object_)))):
            doubtful |= inner
            suspects.append(quad)
    changed = _round_trip(doubtful)
    return {quad: normal for quad in suspects if (normal := _with(quad, changed)) != quad}


def _may_change(literal: ox.Literal) -> bool:
    datatype = literal.datatype
    if datatype == _STRING or literal.language is not None:
        return False
    stays = STABLE.get(datatype)
    return stays is None or stays.fullmatch(literal.value) is None


def _literals(triple: ox.Triple) -> Iterator[ox.Literal]:
    """The literals in a triple term, in those within it too."""
    if isinstance(triple.object, ox.Literal):
        yield triple.object
    elif isinstance(triple.object, ox.Triple):
        yield from _literals(triple.object)


def _round_trip(literals: Iterable[ox.Literal]) -> dict[ox.Literal, ox.Literal]:
    """What the store makes of each literal, where that differs."""
    given = list(literals)
    if not given:
        return {}
    store = ox.Store()
    name = ox.NamedNode("urn:regen:number")
    store.bulk_extend(ox.Quad(ox.NamedNode(f"urn:regen:{i}"), name, given[i]) for i in range(len(given)))
    changed = {}
    for quad in store:
        literal = given[int(str(quad.subject)[len("<urn:regen:") : -1])]
        if quad.object != literal and isinstance(quad.object, ox.Literal):
            changed[literal] = quad.object
    return changed


def _with(quad: ox.Quad, changed: Mapping[ox.Literal, ox.Literal]) -> ox.Quad:
    object_ = _object_with(quad.object, changed)
    if quad.graph_name == _DEFAULT:
        return ox.Quad(quad.subject, quad.predicate, object_)
    return ox.Quad(quad.subject, quad.predicate, object_, quad.graph_name)


def _object_with(object_: _Object, changed: Mapping[ox.Literal, ox.Literal]) -> _Object:
    if isinstance(object_, ox.Literal):
        return changed.get(object_, object_)
    if isinstance(object_, ox.Triple):
        return ox.Triple(object_.subject, object_.predicate, _object_with(object_.object, changed))
    return object_
