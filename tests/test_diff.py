"""Diff: what change events say of a delta, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.model.change import Change, Origins, delta_of, graph_events, graph_payloads, is_property
from regen.model.delta import Delta, Quad
from regen.model.event import EdgeAdded, EdgeRemoved, NodeAdded, NodeChanged, NodeRemoved, Property
from regen.model.term import RDF_TYPE, XSD, Blank, Iri, Literal, Term, TripleTerm
from regen.stages.diff import Settled, describe, diff_lines, find_change, reasons, short

SCHEMA = "https://schema.org/"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
PREFIXES = {"schema": SCHEMA, "rdfs": RDFS, "xsd": XSD, "s": "https://schema.org/s", "none": ""}
PEOPLE, PLACES = Iri("urn:file:people"), Iri("urn:file:places")
ORIGINS = Origins("api", (("urn:file:people", "graphs/people.ttl"), ("urn:file:places", "graphs/places.ttl")))
TYPE, LABEL, KNOWS = Iri(RDF_TYPE), Iri(RDFS + "label"), Iri(SCHEMA + "knows")
PERSON, PLACE = Iri(SCHEMA + "Person"), Iri(SCHEMA + "Place")
CLASS = Iri(RDFS + "Class")


class Store:
    """Two states of a dataset as plain sets, and what an engine would say of them."""

    def __init__(self, before: Iterable[Quad], after: Iterable[Quad]) -> None:
        self.old, self.new = frozenset(before), frozenset(after)
        old, new = self.merge(self.old), self.merge(self.new)
        self.delta = Delta(self.new - self.old, self.old - self.new, new - old, old - new)

    @staticmethod
    def merge(quads: frozenset[Quad]) -> frozenset[Quad]:
        return frozenset(quad._replace(graph=None) for quad in quads)

    def quads(self, subject: Term) -> list[Quad]:
        return [quad for quad in self.merge(self.new) if quad.subject == subject]

    def change(self) -> Change:
        return find_change(self.delta, Settled(self.delta, self))


subjects = st.sampled_from([PERSON, PLACE, Blank("b1")])
objects = st.sampled_from(
    [PERSON, CLASS, Blank("b2"), Literal("a"), Literal("a", language="en"), Literal("1", XSD + "integer")]
)
quads = st.builds(Quad, subjects, st.sampled_from([TYPE, LABEL, KNOWS]), objects, st.sampled_from([PEOPLE, PLACES]))
states = st.frozensets(quads, max_size=8)
stores = st.builds(Store, states, states)


@given(stores)
def test_a_delta_is_in_its_events_and_nothing_else_is(store: Store) -> None:
    found = delta_of(graph_payloads(store.change()))
    assert (found.added, found.removed) == (store.delta.added, store.delta.removed)


@given(stores)
def test_nodes_come_go_and_change_as_two_states_say(store: Store) -> None:
    old, new = ({quad.subject for quad in state} for state in (store.old, store.new))
    for event in graph_payloads(store.change()):
        match event:
            case NodeAdded():
                assert event.subject in new - old
            case NodeRemoved():
                assert event.subject in old - new
            case NodeChanged():
                assert event.subject in old & new
                assert event.gained or event.lost
                for found in (*event.gained, *event.lost):
                    assert is_property(Quad(event.subject, found.predicate, found.object))
            case EdgeAdded() | EdgeRemoved():
                assert not is_property(Quad(event.subject, event.predicate, event.object))
    added = {event.subject for event in graph_payloads(store.change()) if isinstance(event, NodeAdded)}
    removed = {event.subject for event in graph_payloads(store.change()) if isinstance(event, NodeRemoved)}
    assert (added, removed) == (new - old, old - new)


@given(stores)
def test_the_inverse_delta_has_the_inverse_events(store: Store) -> None:
    there = store.change()
    delta = there.delta
    undone = Delta(delta.removed, delta.added, delta.merged_removed, delta.merged_added)
    back = Change(undone, there.gone, there.came)
    assert graph_payloads(back) == graph_payloads(Store(store.new, store.old).change())


@given(stores, st.randoms())
def test_events_do_not_depend_on_the_order_of_sets(store: Store, random: st.DataObject) -> None:
    shuffled = list(store.delta.added)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    same = Change(Delta(frozenset(shuffled), *list(parts(store.delta))[1:]), store.change().came, store.change().gone)
    assert graph_events(same, ORIGINS, 3, 1.5) == graph_events(store.change(), ORIGINS, 3, 1.5)


def parts(delta: Delta) -> tuple[frozenset[Quad], ...]:
    return (delta.added, delta.removed, delta.merged_added, delta.merged_removed)


def test_a_new_node_comes_with_its_properties_and_its_edges() -> None:
    store = Store(
        [],
        [
            Quad(PERSON, KNOWS, PERSON, PEOPLE),
            Quad(PERSON, LABEL, Literal("Person"), PEOPLE),
            Quad(PERSON, TYPE, CLASS, PEOPLE),
        ],
    )
    assert graph_payloads(store.change()) == [
        NodeAdded(PERSON, PEOPLE, (Property(TYPE, CLASS), Property(LABEL, Literal("Person")))),
        EdgeAdded(PERSON, PEOPLE, KNOWS, PERSON),
    ]


def test_a_triple_that_moves_to_another_file_is_seen_in_both_and_adds_no_node() -> None:
    label = Literal("Person")
    store = Store([Quad(PERSON, LABEL, label, PEOPLE)], [Quad(PERSON, LABEL, label, PLACES)])
    assert not len(store.delta)
    assert graph_payloads(store.change()) == [
        NodeChanged(PERSON, PEOPLE, (), (Property(LABEL, label),)),
        NodeChanged(PERSON, PLACES, (Property(LABEL, label),), ()),
    ]


def test_a_second_file_that_speaks_of_a_node_does_not_add_it() -> None:
    first, second = Quad(PERSON, TYPE, CLASS, PEOPLE), Quad(PERSON, LABEL, Literal("x"), PLACES)
    [event] = graph_payloads(Store([first], [first, second]).change())
    assert isinstance(event, NodeChanged)
    [event] = graph_payloads(Store([first, second], [first]).change())
    assert isinstance(event, NodeChanged)


def test_each_event_names_the_file_of_its_graph() -> None:
    store = Store([], [Quad(PERSON, TYPE, CLASS, PEOPLE), Quad(PLACE, TYPE, CLASS, Iri("urn:else"))])
    events = graph_events(store.change(), ORIGINS, 7, 2.0)
    assert [(event.id, event.origin, event.revision, event.at) for event in events] == [
        ("7.1", "api", 7, 2.0),
        ("7.2", "graphs/people.ttl", 7, 2.0),
    ]


def test_a_delta_of_the_merge_alone_has_events_too() -> None:
    delta = Delta(merged_added=frozenset({Quad(PERSON, TYPE, CLASS)}))
    [event] = graph_payloads(Change(delta, came=frozenset({PERSON})))
    assert event == NodeAdded(PERSON, None, (Property(TYPE, CLASS),))


@pytest.mark.parametrize(
    ("quad", "added", "text"),
    [
        (Quad(PERSON, LABEL, Literal("Person")), True, 'schema:Person gained rdfs:label "Person"'),
        (Quad(PERSON, LABEL, Literal("a\n  b", language="en")), False, 'schema:Person lost rdfs:label "a b"@en'),
        (Quad(PERSON, TYPE, CLASS), True, "schema:Person is now a rdfs:Class"),
        (Quad(PERSON, TYPE, CLASS), False, "schema:Person is no longer a rdfs:Class"),
        (Quad(Iri("urn:x"), KNOWS, Blank("0123456789")), True, "<urn:x> gained schema:knows _:01234567"),
        (Quad(PERSON, KNOWS, Literal("7", XSD + "integer")), True, "schema:Person gained schema:knows 7"),
        (
            Quad(PERSON, KNOWS, Literal("P1D", XSD + "duration")),
            True,
            'schema:Person gained schema:knows "P1D"^^xsd:duration',
        ),
    ],
)
def test_a_triple_reads_as_a_sentence(quad: Quad, added: bool, text: str) -> None:
    assert describe(quad, added, PREFIXES) == text


def test_short_forms_take_the_longest_prefix_and_only_whole_names() -> None:
    assert short(Iri(SCHEMA + "sport"), PREFIXES) == "s:port"
    assert short(Iri(SCHEMA + "a/b"), PREFIXES) == "<https://schema.org/a/b>"
    assert short(Iri(SCHEMA + "a."), PREFIXES) == "<https://schema.org/a.>"
    assert short(Iri(SCHEMA), PREFIXES) == "schema:"
    assert short(TripleTerm(PERSON, KNOWS, PLACE), PREFIXES) == "<<( schema:Person schema:knows schema:Place )>>"
    assert short(Literal("word " * 30), PREFIXES) == f'"{("word " * 9)}wo…"'


def test_a_reason_names_the_file_of_a_triple_of_the_merge() -> None:
    store = Store([], [Quad(PERSON, TYPE, CLASS, PLACES), Quad(PERSON, TYPE, CLASS, PEOPLE)])
    because = reasons(store.delta, PREFIXES, ORIGINS)(Quad(PERSON, TYPE, CLASS), True)
    assert str(because) == "schema:Person is now a rdfs:Class, graphs/people.ttl"
    assert because.quad == Quad(PERSON, TYPE, CLASS)


def test_a_reason_shows_where_two_texts_differ_that_look_the_same() -> None:
    """Only in line ends, or behind what is shown of them."""
    for old, new, said in (
        ("a\nb", "a\r\nb", r'"a\nb" became "a\r\nb"'),
        ("a b", "a  b", '"a b" became "a  b"'),
        (f"{'x' * 60}1", f"{'x' * 60}2", f'"…{"x" * 12}1" became "…{"x" * 12}2"'),
        ("x" * 60, "x" * 61, f'"…{"x" * 12}" became "…{"x" * 13}"'),
    ):
        sides = [Quad(PERSON, LABEL, Literal(text), PEOPLE) for text in (old, new)]
        because = reasons(Store(sides[:1], sides[1:]).delta, PREFIXES, ORIGINS)(Quad(PERSON, LABEL, Literal(new)), True)
        assert because.text == f"schema:Person rdfs:label {said}"


def test_lines_for_people_group_triples_below_their_node() -> None:
    old, new = Literal("old"), Literal("new")
    store = Store(
        [Quad(PERSON, LABEL, old, PEOPLE), Quad(PLACE, TYPE, CLASS, PEOPLE)],
        [Quad(PERSON, LABEL, new, PEOPLE), Quad(PERSON, KNOWS, PLACE, PEOPLE), Quad(CLASS, TYPE, CLASS, PLACES)],
    )
    lines = diff_lines(graph_events(store.change(), ORIGINS, 1, 0.0), PREFIXES)
    assert [f"{sign} {text}" for sign, text in lines] == [
        "~ schema:Person  (graphs/people.ttl)",
        '-   rdfs:label "old"',
        '+   rdfs:label "new"',
        "+   schema:knows schema:Place",
        "- schema:Place  (graphs/people.ttl)",
        "-   a rdfs:Class",
        "+ rdfs:Class  (graphs/places.ttl)",
        "+   a rdfs:Class",
    ]
