"""Labels of blank nodes: equal sets of labelled quads exactly where graphs are isomorphic, local, never a hang."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import regen.dataset.labels as labels_module
from regen.dataset import labels_refine, labels_search
from regen.dataset.labels import blank_node_labels, has_blank, with_labels
from regen.dataset.version import FileDelta, file_delta
from regen.model.graphfile import Loaded

P, Q = ox.NamedNode("http://example.org/p"), ox.NamedNode("http://example.org/q")
A, C = ox.NamedNode("http://example.org/a"), ox.NamedNode("http://example.org/c")
OWL = """@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix : <http://example.org/> .
"""


def labelled(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    """The quads with labels, after a check that no two nodes share one."""
    quads = list(quads)
    labels = blank_node_labels(quads).of
    assert len(set(labels.values())) == len(labels)
    assert all(len(label) == 20 for label in labels.values())
    result = with_labels(quads, labels)
    assert not any(has_blank(quad) for quad in result)
    return result


def turtle(text: str) -> set[ox.Quad]:
    return labelled(set(ox.parse(OWL + text, ox.RdfFormat.TRIG, rename_blank_nodes=True)))


def canonical(quads: Iterable[ox.Quad]) -> frozenset[ox.Quad]:
    """RDFC-1.0, the oracle; for small graphs only."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(dataset)


def renamed(quads: Iterable[ox.Quad], seed: int) -> list[ox.Quad]:
    """The same graph with other ids of blank nodes, in another order."""
    names: dict[str, ox.BlankNode] = {}
    chance = random.Random(seed)

    def other(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term.value, ox.BlankNode(f"x{chance.getrandbits(60):x}"))
        if isinstance(term, ox.Triple):
            return ox.Triple(other(term.subject), term.predicate, other(term.object))
        return term

    result = [ox.Quad(other(q.subject), q.predicate, other(q.object), other(q.graph_name)) for q in quads]
    chance.shuffle(result)
    return result


def edges(pairs: Iterable[tuple[object, object]], both: bool = False) -> list[ox.Quad]:
    """Blank nodes joined by `p`; in both directions where asked."""
    nodes = [(ox.BlankNode(f"n{a}"), ox.BlankNode(f"n{b}")) for a, b in pairs]
    return [ox.Quad(*q) for a, b in nodes for q in ([(a, P, b), (b, P, a)] if both else [(a, P, b)])]


@st.composite
def graphs(draw: st.DrawFn) -> list[ox.Quad]:
    """Small graphs with much symmetry; some with graph names and triple terms that are or hold blank nodes."""
    blanks = [ox.BlankNode(f"n{i}") for i in range(draw(st.integers(1, 7)))]
    nodes = st.sampled_from([*blanks, *[A, C][: draw(st.integers(0, 2))]])
    predicates = st.sampled_from([P, Q][: draw(st.integers(1, 2))])
    names: list[object] = [ox.DefaultGraph()] * 4
    names += draw(st.sampled_from([[], [], [], [C], blanks]))
    objects = nodes
    if draw(st.integers(0, 4)) == 0:
        objects = st.one_of(nodes, st.builds(ox.Triple, nodes, predicates, nodes), st.just(ox.Literal("x")))
    quads = st.builds(ox.Quad, nodes, predicates, objects, st.sampled_from(names))
    return draw(st.lists(quads, min_size=1, max_size=12, unique=True))


def _agrees_with_rdfc(one: list[ox.Quad], other: list[ox.Quad], seed: int) -> None:
    assert labelled(one) == labelled(renamed(one, seed))
    assert (labelled(one) == labelled(other)) == (canonical(one) == canonical(other))


@settings(max_examples=300, deadline=None)
@given(graphs(), graphs(), st.integers())
def test_label_sets_are_equal_exactly_for_isomorphic_graphs(
    one: list[ox.Quad], other: list[ox.Quad], seed: int
) -> None:
    _agrees_with_rdfc(one, other, seed)


def _random_graph(chance: random.Random) -> list[ox.Quad]:
    blanks = [ox.BlankNode(f"n{i}") for i in range(chance.randint(1, 7))]
    nodes = [*blanks, *[A, C][: chance.randint(0, 2)]]
    predicates = [P, Q][: chance.randint(1, 2)]
    names: list[object] = [ox.DefaultGraph()] * 6
    names += ([C] if chance.random() < 0.2 else []) + (blanks if chance.random() < 0.15 else [])
    terms = chance.random() < 0.15
    quads = set()
    for _ in range(chance.randint(1, 12)):
        object_: object = chance.choice(nodes)
        if terms and chance.random() < 0.4:
            object_ = ox.Triple(chance.choice(nodes), chance.choice(predicates), object_)
        quads.add(ox.Quad(chance.choice(nodes), chance.choice(predicates), object_, chance.choice(names)))
    return list(quads)


def _random_graphs_agree(count: int, seed: int) -> None:
    """Many graphs at once: those that share a canonical form share a label set, and no others."""
    chance = random.Random(seed)
    by_form: dict[frozenset[ox.Quad], frozenset[ox.Quad]] = {}
    for _ in range(count):
        quads = _random_graph(chance)
        labels = frozenset(labelled(quads))
        assert labels == labelled(renamed(quads, chance.getrandbits(30)))
        assert by_form.setdefault(canonical(quads), labels) == labels
    assert len(set(by_form.values())) == len(by_form)
    assert len(by_form) < count, "no two of the graphs were isomorphic, so nothing was compared"


def test_a_thousand_random_graphs_agree_with_rdfc() -> None:
    _random_graphs_agree(1_000, 1)


@pytest.mark.long
def test_fifty_thousand_random_graphs_agree_with_rdfc() -> None:
    _random_graphs_agree(50_000, 2)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(), graphs(), st.integers())
def test_label_sets_are_equal_exactly_for_isomorphic_graphs_at_length(
    one: list[ox.Quad], other: list[ox.Quad], seed: int
) -> None:
    _agrees_with_rdfc(one, other, seed)


def _suite() -> Path:
    if "REGEN_TEST_DATA" not in os.environ:
        pytest.skip("REGEN_TEST_DATA is not set: the W3C suites are not here")
    return Path(os.environ["REGEN_TEST_DATA"]) / "w3c" / "rdf-canon" / "tests"


def _quads(path: Path) -> list[ox.Quad]:
    return list(dict.fromkeys(ox.parse(path.read_bytes(), ox.RdfFormat.N_QUADS)))


def test_w3c_inputs_get_the_labels_of_their_canonical_form() -> None:
    """Each input of the suite is isomorphic to its expected result, and only to inputs with an equal one."""
    suite = _suite()
    entries = json.loads((suite / "manifest.jsonld").read_text())["entries"]
    tests = [e for e in entries if e["type"] == "rdfc:RDFC10EvalTest" and e.get("hashAlgorithm") != "SHA384"]
    assert len(tests) > 50
    by_result: dict[frozenset[ox.Quad], frozenset[ox.Quad]] = {}
    for entry in tests:
        expected = _quads(suite / entry["result"])
        labels = frozenset(labelled(_quads(suite / entry["action"])))
        assert labels == labelled(expected), entry["id"]
        assert by_result.setdefault(frozenset(expected), labels) == labels, entry["id"]
    assert len(set(by_result.values())) == len(by_result)


def test_w3c_poison_gets_labels() -> None:
    """What RDFC-1.0 may give up on is labelled all the same, and equally under other names."""
    suite = _suite()
    poison = [p for p in sorted(suite.glob("rdfc10/*-in.nq")) if any(n in p.name for n in ("44", "45", "46", "74"))]
    assert len(poison) == 4
    for path in poison:
        quads = _quads(path)
        assert labelled(quads) == labelled(renamed(quads, 7)), path.name


def _torus(size: int) -> list[ox.Quad]:
    cells = itertools.product(range(size), repeat=2)
    steps = [(f"{x}_{y}", end) for x, y in cells for end in (f"{(x + 1) % size}_{y}", f"{x}_{(y + 1) % size}")]
    return edges(steps, both=True)


def _list_of_equal_items(count: int) -> list[ox.Quad]:
    cells = [ox.BlankNode(f"cell{i}") for i in range(count)]
    items = [ox.BlankNode(f"item{i}") for i in range(count)]
    firsts = [ox.Quad(cell, P, item) for cell, item in zip(cells, items, strict=True)]
    rests = [ox.Quad(one, Q, two) for one, two in itertools.pairwise(cells)]
    return firsts + rests + [ox.Quad(item, P, C) for item in items]


_SYMMETRIC = {
    "a clique of 10": edges(itertools.permutations(range(10), 2)),
    "a clique of 60": edges(itertools.permutations(range(60), 2)),
    "a cycle of 500": edges((i, (i + 1) % 500) for i in range(500)),
    "a cycle of 500 both ways": edges(((i, (i + 1) % 500) for i in range(500)), both=True),
    "two cycles of 30, one of 60": edges(
        [(i, (i + 1) % 60) for i in range(60)] + [(f"{k}_{i}", f"{k}_{(i + 1) % 30}") for k in "ab" for i in range(30)]
    ),
    "a list of 1,000 equal items": _list_of_equal_items(1_000),
    "a star of 300": edges(((f"ray{i}", "hub") for i in range(300)), both=True),
    "a torus": _torus(6),
    "a hypercube": edges((i, i ^ 1 << bit) for i in range(32) for bit in range(5)),
    "nodes that say nothing": [ox.Quad(A, P, ox.BlankNode(f"n{i}")) for i in range(500)],
}


@pytest.mark.parametrize("name", _SYMMETRIC)
def test_symmetric_graphs_are_settled_alike_under_any_names(name: str) -> None:
    quads = _SYMMETRIC[name]
    assert labelled(quads) == labelled(renamed(quads, 3))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What labels cost: "mentions" of nodes looked at in the search (about a microsecond each), and "digests"."""
    counts: Counter[str] = Counter()
    spend, plain = labels_refine.Budget.spend, labels_refine.digest

    def counting_spend(self: labels_refine.Budget, mentions: int) -> None:
        counts["mentions"] += mentions
        spend(self, mentions)

    def counting_digest(text: str) -> str:
        counts["digests"] += 1
        return plain(text)

    monkeypatch.setattr(labels_refine.Budget, "spend", counting_spend)
    for module in (labels_refine, labels_search, labels_module):
        monkeypatch.setattr(module, "digest", counting_digest)
    return counts


@pytest.mark.parametrize("name", _SYMMETRIC)
def test_symmetric_graphs_end_within_a_tenth_of_a_second_of_work(name: str, work: Counter[str]) -> None:
    blank_node_labels(_SYMMETRIC[name])
    assert work["mentions"] <= 100_000
    assert work["digests"] <= 20_000


def test_w3c_poison_ends_within_a_few_milliseconds_of_work(work: Counter[str]) -> None:
    for path in sorted(_suite().glob("rdfc10/*-in.nq")):
        work.clear()
        blank_node_labels(_quads(path))
        assert work["mentions"] <= 5_000, path.name


def test_thousands_of_restrictions_need_no_search_and_a_few_digests_each(work: Counter[str]) -> None:
    """So the time of their labels grows with the file, and with nothing else."""
    quads = list(ox.parse(OWL + _restrictions(5_000), ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    assert len(blank_node_labels(quads).of) == 5_000
    assert work["mentions"] == 0
    assert work["digests"] <= 3 * 5_000


def test_thousands_of_shapes_with_lists_need_no_search_either(work: Counter[str]) -> None:
    inner = "sh:path :p ; sh:minCount 1 ; sh:in ( 1 2 3 )"
    text = "".join(f":S{i} a sh:NodeShape ; sh:property [ {inner} ] , [ sh:path :q{i % 9} ] .\n" for i in range(1_000))
    labels = blank_node_labels(list(ox.parse(OWL + text, ox.RdfFormat.TURTLE, rename_blank_nodes=True))).of
    assert len(labels) == 5_000
    assert work["mentions"] == 0
    assert work["digests"] <= 3 * 5_000


def _cai_fuerer_immerman(base: list[tuple[int, int]]) -> list[ox.Quad]:
    """Colour refinement and a search of bounded width fail here: the classic hard case, over a cubic graph."""
    pairs = []
    for vertex in {v for edge in base for v in edge}:
        near = [edge for edge in base if vertex in edge]
        for bits in itertools.product((0, 1), repeat=3):
            if sum(bits) % 2 == 0:
                pairs += [
                    (f"v{vertex}_{''.join(map(str, bits))}", f"e{a}_{b}_{bit}")
                    for (a, b), bit in zip(near, bits, strict=True)
                ]
    return edges(pairs, both=True)


def test_past_the_budget_labels_follow_the_order_of_the_file() -> None:
    """Where the search gives up, the same file read again, under other random ids, has the same labels."""
    ring = 60
    base = [(i, (i + 1) % ring) for i in range(ring)] + [(i, i + ring // 2) for i in range(ring // 2)]
    hard = _cai_fuerer_immerman(base)
    text = ox.serialize([*hard, ox.Quad(A, P, ox.BlankNode("alone"))], format=ox.RdfFormat.N_QUADS)

    def again() -> set[ox.Quad]:
        quads = list(ox.parse(text, ox.RdfFormat.N_QUADS, rename_blank_nodes=True))
        labels = blank_node_labels(set(quads), quads).of
        assert len(set(labels.values())) == len(labels)
        return with_labels(quads, labels)

    assert again() == again()
    alone = labelled([ox.Quad(A, P, ox.BlankNode("alone"))])
    assert alone < again(), "what needs no search keeps its label"


def _restrictions(count: int, extra: str = "") -> str:
    parts = [f"[ a owl:Restriction ; owl:onProperty :p{i} ; owl:someValuesFrom :C{i % 7} ]" for i in range(count)]
    return f":C rdfs:subClassOf {' , '.join(parts)} {extra} ."


def test_one_restriction_more_adds_four_triples_and_removes_none() -> None:
    before = turtle(_restrictions(50))
    after = turtle(_restrictions(50, ", [ a owl:Restriction ; owl:onProperty :new ; owl:someValuesFrom :D ]"))
    assert (len(after - before), len(before - after)) == (4, 0)


def _version(data: bytes, kind: ox.RdfFormat, old: Set[ox.Quad]) -> FileDelta:
    quads = list(ox.parse(data, kind, rename_blank_nodes=True))
    return file_delta(Loaded(quads, {}), "urn:file", old)


def test_a_file_of_thousands_of_restrictions_changes_by_what_was_added() -> None:
    first = _version((OWL + _restrictions(3_000)).encode(), ox.RdfFormat.TURTLE, frozenset())
    more = _restrictions(3_000, ", [ a owl:Restriction ; owl:onProperty :new ; owl:someValuesFrom :D ]")
    then = _version((OWL + more).encode(), ox.RdfFormat.TURTLE, first.quads)
    assert (len(then.added), len(then.removed)) == (4, 0)


def test_another_order_other_names_and_other_formats_are_an_empty_delta() -> None:
    text = _restrictions(50, ", [ owl:unionOf ( :a [ owl:complementOf :b ] ) ]") + "_:x :knows _:y . _:y :knows _:x ."
    first = _version((OWL + text).encode(), ox.RdfFormat.TURTLE, frozenset())
    quads = set(ox.parse(OWL + text, ox.RdfFormat.TURTLE))
    for seed in range(5):
        for kind, written in _serialisations(renamed(quads, seed)):
            then = _version(written, kind, first.quads)
            assert not then.added, kind
            assert not then.removed, kind


def test_an_equal_restriction_more_adds_four_triples_and_removes_none() -> None:
    one = "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :D ]"
    before, after = turtle(f":C rdfs:subClassOf {one} ."), turtle(f":C rdfs:subClassOf {one}, {one}, {one} .")
    assert (len(after - before), len(before - after)) == (8, 0)


def test_equal_restrictions_of_two_classes_get_different_labels() -> None:
    one = "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :D ]"
    quads = turtle(f":C rdfs:subClassOf {one} . :E rdfs:subClassOf {one} .")
    assert len({quad.subject for quad in quads}) == 4


def test_an_item_put_before_a_list_keeps_the_labels_of_the_list() -> None:
    before, after = turtle(":S sh:in ( :a :b :c ) ."), turtle(":S sh:in ( :new :a :b :c ) .")
    assert (len(after - before), len(before - after)) == (3, 1)


def test_equal_lists_in_two_shapes_of_a_class_stay_when_a_third_shape_comes() -> None:
    shapes = [f"sh:property [ sh:path :p{i} ; sh:in ( 1 2 ) ]" for i in range(3)]
    before, after = (turtle(f":S a sh:NodeShape ; {' ; '.join(shapes[:count])} .") for count in (2, 3))
    assert (len(after - before), len(before - after)) == (7, 0)


def test_a_change_in_one_tree_leaves_others_alone() -> None:
    trees = [f":C{i} :has [ :name 'n{i}' ; :part [ :size {i % 3} ] , [ :size 9 ] ] ." for i in range(40)]
    before = turtle("\n".join(trees))
    after = turtle("\n".join([*trees[:20], trees[20].replace("'n20'", "'other'"), *trees[21:]]))
    assert len(after - before) <= 4
    assert len(before - after) <= 4


def _serialisations(quads: Iterable[ox.Quad]) -> Iterator[tuple[ox.RdfFormat, bytes]]:
    for kind in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.TURTLE, ox.RdfFormat.RDF_XML, ox.RdfFormat.JSON_LD):
        text = ox.serialize((quad.triple for quad in quads), format=kind)
        assert text is not None
        yield kind, text


def test_other_orders_names_and_formats_give_equal_sets() -> None:
    text = _restrictions(20, ", [ owl:unionOf ( :a [ owl:complementOf :b ] ) ]") + "_:x :knows _:y . _:y :knows _:x ."
    quads = set(ox.parse(OWL + text, ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    for kind, written in _serialisations(quads):
        assert labelled(ox.parse(written, kind, rename_blank_nodes=True)) == labelled(quads), kind
    assert labelled(renamed(quads, 5)) == labelled(quads)


def test_blank_graphs_and_triple_terms_are_labelled() -> None:
    text = "_:g { :a :p _:g , [ :q _:g ] } << :a :p _:g >> :since 1 . :z :r <<( _:g :q <<( :a :p _:y )>> )>> ."
    quads = list(ox.parse(OWL + text, ox.RdfFormat.TRIG, rename_blank_nodes=True))
    assert sum(isinstance(quad.object, ox.Triple) for quad in quads) == 2
    assert labelled(quads) == labelled(renamed(quads, 1))
    assert labelled(quads) != labelled([quad for quad in quads if quad.object != ox.Literal("1")][1:])


def test_no_blank_nodes_no_labels() -> None:
    assert blank_node_labels([ox.Quad(A, P, C)]).of == {}
