"""Around: the neighbourhood of a node, out of the dataset as it stands and the state; it is asked from any thread.

Why bounds at each step: a class has as many neighbours as it has members, and a picture of 10,000 nodes tells nobody
anything. What was left out is said.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from regen.errors import UsageError
from regen.model.event import EdgeAdded, EdgeRemoved, GraphPayload
from regen.model.n3 import parse_term
from regen.model.neighbourhood import FoundNodes, GraphEdge, GraphNode, HangingFile, Neighbourhood
from regen.model.term import RDF_TYPE, Blank, Iri, Term
from regen.state.db import Database
from regen.state.history import StateHistory
from regen.state.opening import State
from regen.state.records import key_text

if TYPE_CHECKING:
    from regen.dataset.store import Dataset
    from regen.model.delta import Quad

_LABELS = tuple(
    Iri(iri)
    for iri in (
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2004/02/skos/core#prefLabel",
        "https://schema.org/name",
        "http://schema.org/name",
        "http://purl.org/dc/terms/title",
        "http://xmlns.com/foaf/0.1/name",
    )
)
_EACH_WAY = 60  # triples of one node, outwards and inwards
_LONGEST = 80  # letters of a literal as a label
_SEARCH_S = 0.2  # a search ends then with what it has
_FEW = 500  # triples of a change whose nodes are marked
_LOOKS = 512  # triples between two looks at the clock


def node_term(text: str) -> Iri | Blank:
    """The node of an id. Raises UsageError where it is none."""
    from regen.dataset.terms import to_ox

    node = Blank(text[2:]) if text.startswith("_:") else Iri(text)
    try:
        to_ox(node)
    except ValueError:
        hint = "write it in full, such as https://example.org/x; a blank node as `_:LABEL`"
        raise UsageError(f"{text[:200]!r} is no IRI", hint=hint) from None
    return node


def node_id(term: Term) -> str:
    """The id of a term; see `GraphNode`."""
    return str(term) if isinstance(term, Iri) else term.n3()


def around(
    dataset: Dataset, db: Database, node: Term, *, depth: int, limit: int, changed: Iterable[str]
) -> Neighbourhood:
    """What is around a node.

    Args:
        dataset: as it stands; it may move to another revision meanwhile.
        db: `state.db`.
        depth: edges from the node to the farthest one, 1 or 2.
        limit: nodes at the most.
        changed: ids of nodes that the last change was about.
    """
    found: dict[Term, int] = {node: 0}
    edges: dict[tuple[Term, Term, Term], None] = {}
    cut, front = False, [node]
    for distance in range(1, depth + 1):
        reached: list[Term] = []
        for one in front:
            quads, more = _of(dataset, one)
            cut |= more
            for quad in quads:
                other = quad.object if quad.subject == one else quad.subject
                if other not in found:
                    if len(found) >= limit:
                        cut = True
                        continue
                    found[other] = distance
                    reached.append(other)
                edges[quad.subject, quad.predicate, quad.object] = None
        # Members of a class have nothing to do with each other but that, and a literal leads nowhere.
        front = [one for one in reached if one.kind != "literal" and not _is_class_of(edges, one)]
    known = set(changed)
    nodes = [(distance, _node(dataset, term, known)) for term, distance in found.items()]
    nodes.sort(key=lambda one: (one[0], one[1].kind == "literal", one[1].label.lower(), one[1].id))
    order = [one for _, one in nodes]
    drawn = [_edge(*edge) for edge in edges]
    files = files_of(db, [term for term in found if term.kind != "literal"])
    return Neighbourhood(node_id(node), bool(edges), tuple(order), tuple(drawn), files, cut)


def _of(dataset: Dataset, node: Term) -> tuple[list[Quad], bool]:
    """Triples of a node, both ways, and whether there are more."""
    if node.kind == "literal":
        return [], False
    out = list(islice(dataset.quads(node), _EACH_WAY + 1))
    back = list(islice(dataset.quads(None, None, node), _EACH_WAY + 1))
    more = len(out) > _EACH_WAY or len(back) > _EACH_WAY
    quads = [*out[:_EACH_WAY], *back[:_EACH_WAY]]
    return sorted(quads, key=lambda quad: [term.sort_key for term in (quad.subject, quad.predicate, quad.object)]), more


def _is_class_of(edges: Iterable[tuple[Term, Term, Term]], node: Term) -> bool:
    return any(target == node and str(predicate) == RDF_TYPE for _, predicate, target in edges)


def _node(dataset: Dataset, term: Term, changed: set[str]) -> GraphNode:
    name = node_id(term)
    if term.kind == "literal":
        text = " ".join(str(term).split())
        return GraphNode(name, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…", "literal")
    types = sorted(node_id(quad.object) for quad in islice(dataset.quads(term, Iri(RDF_TYPE)), _EACH_WAY))
    return GraphNode(name, label_of(dataset, term), "node", tuple(types), name in changed)


def _edge(source: Term, predicate: Term, target: Term) -> GraphEdge:
    return GraphEdge(node_id(source), node_id(target), str(predicate), local_name(str(predicate)))


def label_of(dataset: Dataset, term: Term) -> str:
    """What a person calls a node: its label, one without a language or in English first; else the end of its IRI."""
    for predicate in _LABELS:
        found = [quad.object for quad in islice(dataset.quads(term, predicate), 16)]
        if found:
            text = str(min(found, key=lambda one: (_rank(one), one.sort_key)))
            return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return local_name(str(term)) if isinstance(term, Iri) else term.n3()[:14]


def _rank(label: Term) -> int:
    language = getattr(label, "language", None)
    return 0 if language is None else 1 if language.startswith("en") else 2


def local_name(iri: str) -> str:
    """The end of an IRI, after the last `#`, `/` or `:`; all of it where nothing stands there."""
    text = iri.rstrip("/#")
    for mark in "#/:":
        head, found, tail = text.rpartition(mark)
        if found and tail and head:
            return tail
    return iri


def last_changed(state: State) -> frozenset[str]:
    """Ids of the nodes that the last change of the graph was about; none where it was a large one."""
    row = state.db.one("SELECT number, added + removed FROM revision ORDER BY number DESC LIMIT 1")
    if row is None or not 0 < row[1] <= _FEW:
        return frozenset()
    events = StateHistory(state.db, state.blobs).graph_events(int(row[0]))
    data = [event.data for event in events]
    ends = [one.object for one in data if isinstance(one, EdgeAdded | EdgeRemoved)]
    return frozenset(node_id(term) for term in (*(one.subject for one in data if isinstance(one, GraphPayload)), *ends))


def files_of(db: Database, nodes: Iterable[Term]) -> tuple[HangingFile, ...]:
    """Files that are made for these nodes, by environment and path."""
    keys = {key_text(node): node for node in nodes}
    found = []
    for environment, template in db.execute("SELECT DISTINCT environment, template FROM artifact"):
        select = "SELECT path, key FROM artifact WHERE environment = ? AND template = ? AND path IS NOT NULL AND key IN"
        rows = db.among(select, (environment, template), keys)
        found += [HangingFile(environment, path, template, node_id(keys[key])) for path, key in rows]
    return tuple(sorted(found, key=lambda one: (one.environment, one.path)))


def search(dataset: Dataset, db: Database, text: str, *, limit: int) -> FoundNodes:
    """Nodes whose label or IRI holds a text, and whether there may be more of them.

    Nodes that files are made for come first. It takes at most a fifth of a second.
    """
    wanted, until = text.lower(), time.monotonic() + _SEARCH_S
    found: dict[Term, None] = {}
    rows = db.execute(
        "SELECT DISTINCT key FROM artifact WHERE instr(lower(key), ?) ORDER BY length(key), key LIMIT ?",
        (wanted, limit),
    )
    found.update(dict.fromkeys(parse_term(key) for (key,) in rows if key))
    cut = False
    for term in _holding(dataset, wanted, until):
        if len(found) >= limit:
            cut = True
            break
        found[term] = None
    cut |= time.monotonic() > until
    nodes = [_node(dataset, term, set()) for term in found if term.kind != "literal"]
    nodes.sort(key=lambda one: (not one.label.lower().startswith(wanted), len(one.id), one.id))
    return FoundNodes(tuple(nodes), cut)


def _holding(dataset: Dataset, wanted: str, until: float) -> Iterator[Term]:
    count = 0
    for predicate in (*_LABELS, None):
        for quad in dataset.quads(None, predicate):
            count += 1
            if count % _LOOKS == 0 and time.monotonic() > until:
                return
            held = quad.object if predicate is not None else quad.subject
            if wanted in held.lower():
                yield quad.subject
