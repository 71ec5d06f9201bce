"""Dataset: a file's quads and those of its last version become what the file adds and removes.

Why the raw quads are compared first: an edit changes few triples of a file, so everything that costs more than
a set operation is done only for what is not in the last version as it stands. Nothing is missed by that.
Blank nodes have fresh ids in each parse and the last version holds none, so their quads are always candidates
and all labels are made anew; a literal that is not in the store's form is never in the last version either. A
quad of the last version is gone only if the file has neither it nor another spelling of it: "1" stays while
"01" does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field

import pyoxigraph as ox

from regen.dataset.labels import blank_node_labels, has_blank, with_labels
from regen.dataset.lines import Lines
from regen.dataset.normal import normal_quads
from regen.dataset.parse import paused_gc
from regen.dataset.statements import Statements
from regen.model.graphfile import Loaded

_BLANK = ox.BlankNode
_TRIPLE = ox.Triple
_DEFAULT = ox.DefaultGraph
_ORDER_PAYS = 16  # from one quad in so many on it pays to bring candidates into the order of the file


Quads = Set[ox.Quad] | Lines | Statements
"""All quads of one version of a file, as the store has them; in a text where that is enough to go on from."""


def as_set(quads: Quads) -> Set[ox.Quad]:
    """The quads themselves."""
    return quads.quads() if isinstance(quads, (Lines, Statements)) else quads


@dataclass(frozen=True, slots=True)
class FileDelta:
    """What a new version of one file changes.

    Attributes:
        iri: the name of the file's graph.
        added, removed: normalised and labelled quads; those in the default graph belong to `iri`.
        quads: all quads of the new version, in the same form, or the text that says them; compare the next version
            with these.
        written: quad of `quads` to the spellings of its object in the file that are not the store's; sorted.
        kinds: of the file's blank nodes (`regen.dataset.labels.Labels`); none where the file was not read whole.
    """

    iri: str
    added: Set[ox.Quad] = field(repr=False)
    removed: Set[ox.Quad] = field(repr=False)
    quads: Quads = field(repr=False)
    written: Mapping[ox.Quad, tuple[str, ...]] = field(repr=False, default_factory=dict)
    kinds: Collection[str] = field(repr=False, default=())


def file_delta(loaded: Loaded, iri: str, old: Set[ox.Quad]) -> FileDelta:
    """Compare a file with its last version.

    Args:
        loaded: the whole file, its blank nodes under ids of its own.
        iri: the name of the file's graph; quads that the file itself puts there are taken for its default graph.
        old: `quads` of the last version; empty for a new file. It is not changed.
    """
    with paused_gc():
        if not old:
            form = in_store_form(dict.fromkeys(loaded.quads), loaded, iri)
            return FileDelta(iri, form.quads, frozenset(), form.quads, form.written, form.kinds)
        raw = set(loaded.quads)
        odd = old ^ raw
        gone = odd & old
        candidates: Collection[ox.Quad] = odd - gone
        raw.difference_update(candidates)
        if len(candidates) * _ORDER_PAYS > len(loaded.quads):
            candidates = dict.fromkeys(quad for quad in loaded.quads if quad in candidates)
        form = in_store_form(candidates, loaded, iri)
        raw |= form.quads
        return FileDelta(iri, form.quads - old, gone - form.quads, raw, form.written, form.kinds)


@dataclass(frozen=True, slots=True)
class StoreForm:
    """Quads as the store has them.

    Attributes:
        quads: normalised and labelled.
        written: as `FileDelta.written`.
        kinds, symmetric: as those of `regen.dataset.labels.Labels`.
    """

    quads: Set[ox.Quad]
    written: Mapping[ox.Quad, tuple[str, ...]]
    kinds: Collection[str] = ()
    symmetric: bool = False


def in_store_form(quads: Collection[ox.Quad], loaded: Loaded, iri: str) -> StoreForm:
    """Normalise and label quads of a file.

    Many quads come in the order of the file: quads of one node then lie together in memory, which makes labels
    three times as fast.

    Args:
        quads: all with blank nodes, and any others.
        loaded: what they are of.
        iri: the name of the file's graph.
    """
    normal, written = normalised(quads, iri)
    ground, blank = _split(normal)
    if not blank:
        return StoreForm(set(ground), written)
    labels = blank_node_labels(blank, loaded.quads)
    named = {quad: with_labels([quad], labels.of).pop() for quad in written if has_blank(quad)}
    written = {named.get(quad, quad): spellings for quad, spellings in written.items()}
    labelled = with_labels(blank, labels.of)
    labelled.update(ground)
    return StoreForm(labelled, written, labels.kinds, labels.symmetric)


def _split(quads: Iterable[ox.Quad]) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """Quads without blank nodes, and those with, each in the order that they come in."""
    ground: list[ox.Quad] = []
    blank: list[ox.Quad] = []
    for quad in quads:
        object_ = quad.object
        simple = type(object_) is not _TRIPLE and type(quad.graph_name) is _DEFAULT
        if type(object_) is _BLANK or type(quad.subject) is _BLANK or (not simple and has_blank(quad)):
            blank.append(quad)
        else:
            ground.append(quad)
    return ground, blank


def normalised(quads: Collection[ox.Quad], iri: str) -> tuple[Collection[ox.Quad], dict[ox.Quad, tuple[str, ...]]]:
    """The quads, each once, with the store's literals, and for those that changed how the file spells the object.

    Args:
        quads: of a file, once or as often as they stand there.
        iri: the name of the file's graph; what the file itself puts there is taken for its default graph.
    """
    own = ox.NamedNode(iri)
    named = [quad for quad in quads if type(quad.graph_name) is not _DEFAULT and quad.graph_name == own]
    if named:
        unnamed = {quad: ox.Quad(quad.subject, quad.predicate, quad.object) for quad in named}
        quads = dict.fromkeys(unnamed.get(quad, quad) for quad in quads)
    changed = normal_quads(quads)
    spellings: dict[ox.Quad, set[str]] = {}
    for quad, normal in changed.items():
        spellings.setdefault(normal, set()).add(str(quad.object))
    if changed:
        quads = dict.fromkeys(changed.get(quad, quad) for quad in quads)
    return quads, {normal: tuple(sorted(texts)) for normal, texts in spellings.items()}
