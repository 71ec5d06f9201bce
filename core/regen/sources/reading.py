"""Reading: the graph file of a source becomes blocks again, by its lines where it is as it was written, else parsed."""

from __future__ import annotations

import re
from collections import defaultdict

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from regen.errors import GraphError
from regen.model.learned import Item
from regen.sources.turtle import CAME, DCTERMS, OWN_FACTS, PROV, RDF_TYPE, SCHEMA, Block, Visit, epoch, made, source_iri

_ISSUED = re.compile(rf'^    <{re.escape(DCTERMS)}issued> "([^"]+)"', re.MULTILINE)
_VISIT = re.compile(r":at:(\d+\.\d{3}):(\d+\.\d{3})> \.\s*$")
_ITEM = r"%s:[0-9a-f]{32}"
_ONE = {
    f"{DCTERMS}identifier": "id",
    f"{DCTERMS}title": "title",
    f"{SCHEMA}url": "link",
    f"{DCTERMS}abstract": "summary",
}
_MANY = {f"{DCTERMS}creator": "authors", f"{DCTERMS}subject": "categories"}
_WHEN = {f"{DCTERMS}issued": "published", f"{DCTERMS}modified": "updated"}

_Said = dict[str, list[NamedNode | Literal]]


def written_blocks(data: bytes, name: str) -> dict[str, Block]:
    """The blocks of a file that is as `document` made it, by subject."""
    start = f"<{source_iri(name)}:"
    found = {}
    for piece in data.decode().split("\n\n"):
        if not piece.startswith(start) or CAME not in piece:
            continue
        head, _, came = piece.rpartition(CAME)
        key, _, text = head[1:].partition("> ")
        visit = _VISIT.search(came)
        if visit is None:
            continue
        at = Visit(float(visit[1]), float(visit[2]))
        issued = _ISSUED.search(text)
        order = at.integrated if issued is None else epoch(issued[1])
        found[key] = Block(text, order, issued is not None, at)
    return found


def blocks_of(data: bytes, name: str, path: str) -> dict[str, Block]:
    """The blocks of a file that somebody else wrote or changed, by subject; what is no item of the source is not kept.

    Args:
        path: of the file, for messages.

    Raises:
        GraphError: it is no Turtle.
    """
    item_iri = re.compile(_ITEM % re.escape(source_iri(name)))
    nodes: dict[str, _Said] = {}
    try:
        for quad in parse(data, RdfFormat.TURTLE):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                said = nodes.setdefault(quad.subject.value, defaultdict(list))
                said[quad.predicate.value].append(quad.object)
    except (SyntaxError, ValueError) as error:
        raise GraphError(
            f"what was learned before cannot be read: {error}",
            where=path,
            hint="mend it, or delete it: what the source still has then comes again",
        ) from error
    return {key: _block(name, said, nodes) for key, said in nodes.items() if item_iri.fullmatch(key)}


def _block(name: str, said: _Said, nodes: dict[str, _Said]) -> Block:
    item = _item(said)
    visits = [nodes.get(one.value, {}) for one in said.get(f"{PROV}wasGeneratedBy", ())]
    fetched = [at for visit in visits for at in _times(visit, f"{PROV}startedAtTime")]
    integrated = _times(said, f"{PROV}generatedAtTime")
    at = Visit(*(times[0] if times else 0.0 for times in (fetched or integrated, integrated)))
    return made(name, item, at)


def _item(said: _Said) -> Item:
    one = {name: said[key][0].value for key, name in _ONE.items() if said.get(key)}
    many = {name: tuple(sorted(value.value for value in said[key])) for key, name in _MANY.items() if said.get(key)}
    when = {name: times[0] for key, name in _WHEN.items() if (times := _times(said, key))}
    kinds = [value.value.removeprefix(SCHEMA) for value in said.get(RDF_TYPE, ()) if value.value.startswith(SCHEMA)]
    facts = tuple(
        (key.removeprefix(SCHEMA), value.value)
        for key, values in sorted(said.items())
        for value in values
        if key.startswith(SCHEMA) and key.removeprefix(SCHEMA) not in OWN_FACTS
    )
    return Item(
        one.get("id", ""),
        one.get("title", ""),
        one.get("link", ""),
        one.get("summary", ""),
        many.get("authors", ()),
        many.get("categories", ()),
        when.get("published"),
        when.get("updated"),
        min(kinds, default="Article"),
        facts,
    )


def _times(said: _Said, key: str) -> list[float]:
    found = []
    for value in said.get(key, ()):
        try:
            found.append(epoch(value.value))
        except (ValueError, OverflowError):
            continue
    return found
