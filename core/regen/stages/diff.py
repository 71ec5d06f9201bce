"""Stage: a delta becomes change events, and sentences for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Protocol

from regen.model.artifact import Because
from regen.model.change import Change, Origins
from regen.model.cloudevent import to_json
from regen.model.delta import Delta, Quad
from regen.model.event import (
    EdgeAdded,
    EdgeRemoved,
    Event,
    GraphPayload,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    Property,
)
from regen.model.term import RDF_TYPE, XSD, XSD_STRING, Blank, Iri, Literal, Term, TripleTerm

_LOCAL_NAME = re.compile(r"(?:[\w][\w.-]*)?(?<!\.)")
_BARE = frozenset(XSD + name for name in ("integer", "decimal", "double", "boolean"))
_SHOWN_CHARACTERS = 48  # of a literal, in sentences for people
_SHOWN_BEFORE = 12  # of these, before the place where two literals differ


class Subjects(Protocol):
    """Says which subjects the merge has."""

    def before(self, subject: Term) -> bool:
        """Whether any triple had this subject before the delta; asked where the delta removes none of it."""

    def after(self, subject: Term) -> bool:
        """Whether any triple has this subject after the delta; asked where the delta adds none of it."""


class QuadReader(Protocol):
    """The part of the dataset that is asked here."""

    def quads(self, subject: Term) -> Iterable[Quad]:
        """Quads of the merge with this subject."""


class Settled:
    """Which subjects a dataset has now that a delta has been taken in, and which it had before.

    Args:
        delta: the last one that was settled.
        dataset: at the revision after it.
    """

    def __init__(self, delta: Delta, dataset: QuadReader) -> None:
        self._delta, self._dataset = delta, dataset

    def before(self, subject: Term) -> bool:
        """Whether one of the subject's triples is older than the delta."""
        return any(quad not in self._delta.merged_added for quad in self._dataset.quads(subject))

    def after(self, subject: Term) -> bool:
        """Whether the subject has a triple."""
        return any(True for _ in self._dataset.quads(subject))


def find_change(delta: Delta, subjects: Subjects) -> Change:
    """Add to a delta which subjects came and which are gone."""
    added = {quad.subject for quad in (*delta.added, *delta.merged_added)}
    removed = {quad.subject for quad in (*delta.removed, *delta.merged_removed)}
    came = frozenset(subject for subject in added - removed if not subjects.before(subject))
    gone = frozenset(subject for subject in removed - added if not subjects.after(subject))
    return Change(delta, came, gone)


def describe(quad: Quad, added: bool, prefixes: Mapping[str, str]) -> str:
    """What happened to one triple, as a person says it: `schema:Person gained rdfs:label "Person"`.

    Args:
        quad: the triple.
        added: whether it was added (else removed).
        prefixes: prefix to namespace.
    """
    subject, target = short(quad.subject, prefixes), short(quad.object, prefixes)
    if quad.predicate == RDF_TYPE:
        return f"{subject} {'is now' if added else 'is no longer'} a {target}"
    return f"{subject} {'gained' if added else 'lost'} {short(quad.predicate, prefixes)} {target}"


def reasons(delta: Delta, prefixes: Mapping[str, str], origins: Origins) -> Callable[[Quad, bool], Because]:
    """What makes a reason of a changed quad: its sentence, and the file that it stands or stood in.

    A triple of the merge is looked up in the delta; where several files changed it, the first by name is told.
    """
    files = dict(origins.files)
    places: dict[tuple[Term, ...], str] = {}
    for quad in (*delta.added, *delta.removed):
        where = files.get(str(quad.graph), origins.default)
        places[quad[:3]] = min(where, places.get(quad[:3], where))

    replaced = _replaced(delta)

    def reason(quad: Quad, added: bool) -> Because:
        where = places.get(quad[:3], origins.default)
        values = replaced.get(quad[:2])
        if values is None:
            return Because("fact", describe(quad, added, prefixes), where=where, quad=quad, added=added)
        subject, predicate = (short(term, prefixes) for term in quad[:2])
        old, new = _told_apart(*values, prefixes)
        return Because("fact", f"{subject} {predicate} {old} became {new}", where=where, quad=quad, added=added)

    return reason


def _replaced(delta: Delta) -> dict[tuple[Term, ...], tuple[Term, Term]]:
    """Subject and predicate to (old, new), where one triple of theirs went and one came: that is called a change."""
    sides: dict[tuple[Term, ...], tuple[set[Term], set[Term]]] = {}
    for side, quads in enumerate((delta.merged_removed, delta.merged_added)):
        for quad in quads:
            sides.setdefault(quad[:2], (set(), set()))[side].add(quad.object)
    return {
        key: (next(iter(old)), next(iter(new)))
        for key, (old, new) in sides.items()
        if len(old) == len(new) == 1 and key[1] != RDF_TYPE
    }


def short(term: Term, prefixes: Mapping[str, str]) -> str:
    """A term in few characters: a prefixed name where there is one, a literal cut to what identifies it."""
    match term:
        case Iri():
            return _short_iri(term, prefixes)
        case Blank():
            return f"_:{term[:8]}"
        case Literal():
            return _short_literal(term, prefixes)
        case TripleTerm():
            parts = (term.subject, term.predicate, term.object)
            return f"<<( {' '.join(short(part, prefixes) for part in parts)} )>>"
        case _:
            return term.n3()


def _told_apart(old: Term, new: Term, prefixes: Mapping[str, str]) -> tuple[str, str]:
    """Two terms in few characters, that do not look the same: of texts that do, the place where they differ."""
    texts = short(old, prefixes), short(new, prefixes)
    if texts[0] != texts[1] or not (isinstance(old, Literal) and isinstance(new, Literal)):
        return texts
    characters = zip(str.__str__(old), str.__str__(new), strict=False)
    at = next((at for at, (one, other) in enumerate(characters) if one != other), min(len(old), len(new)))
    first, second = (_part(term, max(0, at - _SHOWN_BEFORE)) for term in (old, new))
    return first, second


def _part(literal: Literal, start: int) -> str:
    """A text from a character on, its blanks and line ends as they are."""
    text = str.__str__(literal)
    end = start + _SHOWN_CHARACTERS
    return Literal(f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}").n3()


def diff_lines(events: Iterable[Event], prefixes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Graph events as lines for people: one for each node, then, indented, one for each of its triples.

    Args:
        events: graph events in the order of `graph_events`; others are left out.
        prefixes: prefix to namespace.

    Returns:
        (sign, text): "+" for what came, "-" for what is gone, "~" for a node that stays.
    """
    found = [(event.origin, event.data) for event in events if isinstance(event.data, GraphPayload)]
    for (origin, subject), group in groupby(found, key=lambda item: (item[0], item[1].subject)):
        lines: list[tuple[str, str]] = []
        sign = "~"
        for _, data in group:
            sign = {"node.added": "+", "node.removed": "-"}.get(data.type, sign)
            lines += _triple_lines(data, prefixes)
        yield sign, f"{short(subject, prefixes)}  ({origin})"
        yield from sorted(lines, key=_by_predicate)


def diff_documents(events: Iterable[Event]) -> list[dict[str, object]]:
    """Graph events as JSON: the attributes of their CloudEvents that say what changed, and where."""
    documents = map(to_json, events)
    return [{name: found[name] for name in ("type", "source", "subject", "data")} for found in documents]


def _triple_lines(data: GraphPayload, prefixes: Mapping[str, str]) -> list[tuple[str, str]]:
    match data:
        case NodeAdded():
            return _property_lines("+", data.gained, prefixes)
        case NodeRemoved():
            return _property_lines("-", data.lost, prefixes)
        case NodeChanged():
            return _property_lines("-", data.lost, prefixes) + _property_lines("+", data.gained, prefixes)
        case EdgeAdded():
            return _property_lines("+", [Property(data.predicate, data.object)], prefixes)
        case EdgeRemoved():
            return _property_lines("-", [Property(data.predicate, data.object)], prefixes)
        case _:
            return []


def _property_lines(sign: str, properties: Iterable[Property], prefixes: Mapping[str, str]) -> list[tuple[str, str]]:
    lines = []
    for predicate, target in properties:
        name = "a" if predicate == RDF_TYPE else short(predicate, prefixes)
        lines.append((sign, f"  {name} {short(target, prefixes)}"))
    return lines


def _by_predicate(line: tuple[str, str]) -> tuple[str, bool]:
    """Lines of one predicate stand together, what was lost before what was gained."""
    sign, text = line
    return (text.split()[0], sign == "+")


def _short_iri(iri: Iri, prefixes: Mapping[str, str]) -> str:
    best: tuple[int, str, str] | None = None
    for prefix, namespace in prefixes.items():
        local = iri[len(namespace) :]
        if namespace and iri.startswith(namespace) and _LOCAL_NAME.fullmatch(local):
            best = max(best or (0, "", ""), (len(namespace), prefix, local))
    return f"{best[1]}:{best[2]}" if best else iri.n3()


def _short_literal(literal: Literal, prefixes: Mapping[str, str]) -> str:
    if literal.datatype in _BARE:
        return str.__str__(literal)
    text = " ".join(str.__str__(literal).split())
    if len(text) > _SHOWN_CHARACTERS:
        text = text[: _SHOWN_CHARACTERS - 1].rstrip() + "…"
    quoted = Literal(text).n3()
    if literal.language is not None:
        return f"{quoted}@{literal.language}"
    return quoted if literal.datatype == XSD_STRING else f"{quoted}^^{short(Iri(literal.datatype), prefixes)}"
