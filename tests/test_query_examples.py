"""Views that a naive reading gets wrong, each as small as it can be."""

from __future__ import annotations

import pickle

import pyoxigraph as ox
import pytest
from tests.query_cases import PREFIXES, Case, check, delta_of, insert, remove, store_of

from regen.dataset.terms import BLANK, to_ox, to_term
from regen.errors import QueryError
from regen.model.delta import Delta, Quad
from regen.model.rows import Rows
from regen.model.term import XSD, Blank, Iri, Literal, Term, TripleTerm
from regen.query import Affected, Changed, View, compile_view
from regen.query import view as view_module

FILE = Iri("u:file")


def view_of(text: str) -> View:
    return compile_view(text, PREFIXES, where="templates/x.j2")


def _term(text: str) -> Term:
    if text.startswith("_:"):
        return Blank(text[2:])
    if text.isdigit():
        return Literal(text, XSD + "integer")
    return Literal(text.strip("'")) if text.startswith("'") else Iri("u:" + text.removeprefix(":"))


def quads(text: str, graph: Iri = FILE) -> frozenset[Quad]:
    """`a p b . a p 1` as quads of one file."""
    found = (line.split() for line in text.split(" . ") if line)
    return frozenset(Quad(_term(s), Iri(f"u:{p}"), _term(o), graph) for s, p, o in found)


def step(text: str, before: str, *, add: str = "", drop: str = "") -> Affected:
    """What a change affects; incremental is compared with full on the way."""
    start = quads(before)
    end = (start - quads(drop)) | quads(add)
    check(Case(text, start, (start ^ end, start ^ end)))
    store, delta = store_of(start), delta_of(start, end)
    insert(store, delta)
    return view_of(text).affected(store, delta)


def keys(affected: Affected) -> list[str]:
    assert affected.whole is None, affected.whole
    return sorted(str(key) for key in affected.keys)


# Counterexamples that a naive reading misses ---------------------------------------------------------------------


def test_an_optional_binding_takes_a_row_away() -> None:
    """A second value for an OPTIONAL variable hides the row of the outer pattern that names the key."""
    text = "SELECT * { ?this a :C OPTIONAL { ?this :p ?x } ?x :q :z }".replace(" a ", " :type ")
    assert keys(step(text, "t type C . x1 q z", add="t p x2")) == ["u:t"]


@pytest.mark.parametrize(
    "inner",
    [
        "MINUS { ?this :p ?x }",
        "{ ?this :type :C FILTER NOT EXISTS { ?this :p ?x } }",
        "OPTIONAL { SELECT ?this { ?this :p ?x } }",
    ],
)
def test_a_variable_is_local_to_its_scope(inner: str) -> None:
    """The ?x outside is another one."""
    text = f"SELECT * {{ ?this :type :C {inner} ?this :q ?x }}"
    assert keys(step(text, "t type C . t q 1", add="t p 2")) == ["u:t"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT * { ?p :type :P OPTIONAL { ?p :dom ?this } }", ["u:t"]),
        ("SELECT * { { ?p :type :P } UNION { ?p :dom ?this } }", []),
        ("SELECT * { ?p :type :P BIND(IRI(CONCAT(STR(?p), '1')) AS ?this) }", ["u:p1"]),
        ("SELECT (COUNT(*) AS ?n) ?this { ?p :type ?t } GROUP BY (IRI(CONCAT(STR(?p), '1')) AS ?this)", ["u:p1"]),
        ("SELECT * { ?p :type :P BIND(STR(?p) AS ?l) ?this :label ?l }", []),
    ],
)
def test_where_this_may_be_unbound_keys_are_named(text: str, found: list[str]) -> None:
    """Rows in which it is unbound belong to no key: they count for templates without `each` only."""
    affected = step(text, "p dom t", add="p type P")
    assert keys(affected) == found
    assert affected.loose == (Quad(Iri("u:p"), Iri("u:type"), Iri("u:P")) if "UNION" in text else None)


def test_a_computed_value_leads_on() -> None:
    text = "SELECT * { ?p :type :P BIND(STR(?p) AS ?l) ?this :label ?l }"
    assert keys(step(text, "a label 'u:p' . b label 'u:q'", add="p type P")) == ["u:a"]


def test_a_second_name_for_a_variable_is_followed() -> None:
    assert keys(step("SELECT (?p AS ?this) ?x { ?p :type :P ; :q ?x }", "p type P . q type P", add="p q 1")) == ["u:p"]


def test_any_new_node_has_a_path_of_length_zero() -> None:
    assert keys(step("SELECT * { ?this :sub* ?c }", "a sub b", add="n other o")) == ["u:n", "u:o"]


def test_a_node_that_a_triple_names_is_not_new() -> None:
    """Where the path starts at a node of a triple pattern, other triples of that node change nothing."""
    assert keys(step("SELECT * { ?this :type :C ; :sub* ?c }", "a type C . a sub b", add="a other o")) == []


def test_a_negated_property_set_matches_any_predicate() -> None:
    text = "SELECT * { ?this !:hidden ?v }"
    assert keys(step(text, "t p 2", add="t any 1")) == ["u:t"]
    assert keys(step(text, "t p 2", add="t hidden 1")) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?this ?x { ?this :p ?x } ORDER BY ?x LIMIT 1",
        "SELECT ?this ?m { { SELECT (MAX(?x) AS ?m) { ?any :p ?x } } ?this :p ?m }",
        "SELECT ?this { { SELECT ?this { ?this :p ?x } ORDER BY ?x LIMIT 1 } ?this :p ?y }",
    ],
)
def test_one_key_displaces_another(text: str) -> None:
    assert step(text, "t p 2", add="s p 1")


def test_exists_in_a_select_expression() -> None:
    text = "SELECT ?this (IF(EXISTS { ?this :q ?z }, 1, 2) AS ?b) { ?this :p ?x }"
    assert keys(step(text, "t p 2 . s p 2", add="t q 1")) == ["u:t"]


def test_exists_in_the_condition_of_an_optional() -> None:
    text = "SELECT * { ?this :p ?x OPTIONAL { ?x :q ?y FILTER EXISTS { ?y :r ?z } } }"
    assert keys(step(text, "t p x . x q y . s p u", add="y r 1")) == ["u:t"]


def test_exists_in_an_aggregate() -> None:
    text = "SELECT ?this (SUM(IF(EXISTS { ?x :q ?z }, 1, 0)) AS ?n) { ?this :p ?x } GROUP BY ?this"
    assert keys(step(text, "t p x . s p y", add="x q 1")) == ["u:t"]


def test_exists_in_an_order_changes_the_order_of_rows() -> None:
    text = "SELECT ?this ?x { ?this :p ?x } ORDER BY (EXISTS { ?x :q ?z })"
    assert keys(step(text, "t p x . t p y . s p z", add="x q 1")) == ["u:t"]


# Found by the fuzzer -----------------------------------------------------------------------------------------------

FOUND = [
    ("SELECT ?this { <urn:regen:b:k> :p ?this }", "a p a", "_:k p a"),
    ("SELECT ?this { ?this :p '01'^^xsd:integer }".replace("'", '"'), "a p 2", "a p 1"),
    ("SELECT ?this { ?this :p ?y OPTIONAL { VALUES (?this ?x) { (UNDEF UNDEF) } } }", "a p a", "b p a"),
    ("SELECT ?this { OPTIONAL { ?this :p ?y . :k :q ?x } OPTIONAL { ?x :q ?this } }", "a q b", "b p c . k q a"),
    ("SELECT * { ?x :q ?this OPTIONAL { ?x !:p ?this . ?x :q ?this } }", "b q c", "b r c"),
    ("SELECT * { GRAPH ?x { ?this :p ?y FILTER EXISTS { :b :q ?x } } }", "a p b", "b q file"),
    ("SELECT * { ?this ^(!^:p) 1 }", "a q 1 . a r 1", "b q 1"),
    ("SELECT * { ?this :r ?x GRAPH ?g { ?x (!:p)+ 1 } }", "a r b . b q 1", "b s 1"),
    (
        "SELECT * { ?this :p ?x OPTIONAL { ?this :p ?x OPTIONAL { ?x ?pr ?y OPTIONAL { ?y (!^:p)? ?this } } } }",
        "c p b",
        "b q x . b p 2",
    ),
]


@pytest.mark.parametrize(("text", "before", "add"), FOUND)
def test_found_by_the_fuzzer(text: str, before: str, add: str) -> None:
    """Adding and taking away: incremental equals full, and one key's rows are those of the whole view."""
    start, change = quads(before), quads(add)
    check(Case(text, start, (change, change)), engine="(!^:p)?" not in text)


@pytest.mark.parametrize(
    ("text", "before", "add"),
    [
        (
            "SELECT (?z AS ?this) { ?x :r ?x BIND((?x + 1) AS ?w) { ?x :q ?z BIND(IF(?x = :a, :b, ?z) AS ?w) } }",
            quads("c q k . c r c"),
            quads("k r k . k q k"),
        ),
        (
            "SELECT ?this { ?this :p ?x GRAPH ?g { :b :q ?y { SELECT (?this AS ?w) { ?x :p :b } } } }",
            quads("b p c . b q c"),
            quads("k p b", Iri("u:second")),
        ),
        (
            "SELECT ?this { ?this :p ?x GRAPH ?g { ?this :q ?y MINUS { { SELECT ?y { ?z :r ?y } } } } }",
            quads("b p c . b q c"),
            quads("c r c", Iri("u:second")),
        ),
    ],
    ids=["a variable is computed twice", "a sub-select has a graph of its own", "a sub-select under MINUS has one"],
)
def test_found_by_the_fuzzer_in_computed_values_and_graphs(
    text: str, before: frozenset[Quad], add: frozenset[Quad]
) -> None:
    check(Case(text, before, (add, add)))


# Limits ----------------------------------------------------------------------------------------------------------

FIRST_TWO = "SELECT ?this ?x { ?this :p ?x } ORDER BY ?x LIMIT 2"


def test_what_comes_after_the_limit_affects_nobody() -> None:
    assert not step(FIRST_TWO, "a p 1 . b p 2 . c p 3", add="d p 4")
    assert not step(FIRST_TWO, "a p 1 . b p 2 . c p 3", drop="c p 3")


def test_what_comes_within_the_limit_affects_its_neighbours_there() -> None:
    """The last one may be pushed out; what is behind it is not asked."""
    assert keys(step(FIRST_TWO, "a p 1 . b p 3 . c p 4 . d p 5", add="e p 2")) == ["u:a", "u:b", "u:e"]
    assert keys(step(FIRST_TWO, "a p 1 . b p 3 . c p 4 . d p 5", drop="a p 1")) == ["u:a", "u:b", "u:c"]


def test_an_offset_moves_what_comes_before_it() -> None:
    text = "SELECT ?this ?x { ?this :p ?x } ORDER BY DESC(?x) LIMIT 1 OFFSET 1"
    assert keys(step(text, "a p 9 . b p 8 . c p 7 . d p 6", add="e p 10")) == ["u:a", "u:b", "u:e"]
    assert not step(text, "a p 9 . b p 8 . c p 7 . d p 6", add="e p 1")
    behind = "SELECT ?this ?x { ?this :p ?x } ORDER BY ?x OFFSET 1"
    assert keys(step(behind, "a p 1 . b p 2 . c p 3", add="d p 4")) == ["u:a", "u:d"]


def test_what_takes_solutions_away_is_within_every_limit() -> None:
    """With `MINUS` a row may be there before and after, and not with old and new triples together."""
    text = "SELECT ?this ?x { ?this :p ?x MINUS { ?this :q ?y . ?this :r ?y } } ORDER BY ?x LIMIT 1"
    assert keys(step(text, "a p 1 . a q k . b p 2", add="a r k", drop="a q k")) == ["u:a", "u:b"]


def test_rows_without_a_key_have_a_rank() -> None:
    text = "SELECT ?this ?x { ?x :p ?y OPTIONAL { ?x :q ?this } } ORDER BY ?x LIMIT 1"
    affected = step(text, "b p 1 . b q t", add="a p 1")
    assert affected.whole is not None


# Selectivity -----------------------------------------------------------------------------------------------------


def test_a_filter_decides_for_changed_triples_too() -> None:
    text = "SELECT * { ?this :p ?x FILTER(?x > 3) }"
    assert keys(step(text, "t p 1", add="t p 2")) == []
    assert keys(step(text, "t p 1", add="t p 7")) == ["u:t"]


def test_a_filter_of_an_optional_decides_too() -> None:
    text = "SELECT * { ?this :type :C OPTIONAL { ?this :p ?x FILTER(?x > 3) } }"
    assert keys(step(text, "t type C", add="t p 2")) == []


def test_an_optional_on_what_an_optional_binds() -> None:
    """Keys that have the first, by its value; and those that lack it, for to them the second says anything."""
    text = "SELECT * { ?this :type :C OPTIONAL { ?this :sup ?x } OPTIONAL { ?x :label ?l } }"
    before = "a type C . a sup x . b type C . b sup y . c type C"
    assert keys(step(text, before, add="x label 1")) == ["u:a", "u:c"]
    assert keys(step(text, before.removesuffix(" . c type C"), add="x label 1")) == ["u:a"]


def test_a_closure_names_the_keys_that_reach_the_edge() -> None:
    text = "SELECT * { ?this :type :C ; :sub+ ?c . ?c :label ?l }"
    before = "a type C . a sub b . z type C . z sub y . c label 1"
    assert keys(step(text, before, add="b sub c")) == ["u:a"]


def test_constants_that_no_changed_triple_has() -> None:
    assert keys(step("SELECT * { ?this :type :C }", "a type C", add="a type D")) == []


def test_graph_patterns_see_named_graphs_only() -> None:
    """The same triple in a second file changes no row outside GRAPH, and one inside."""
    before = quads("t p 1")
    after = before | quads("t p 1", Iri("u:second"))
    store, delta = store_of(before), delta_of(before, after)
    insert(store, delta)
    assert keys(view_of("SELECT * { ?this :p ?x }").affected(store, delta)) == []
    inside = view_of("SELECT * { GRAPH ?g { ?this :p ?x } }")
    assert inside.affected(store, delta).keys == {Iri("u:t"): next(iter(delta.added))}


def test_a_view_without_this_says_whether_it_changed() -> None:
    text = "SELECT ?x { ?x :p ?y . ?y :q ?z }"
    assert not step(text, "a p b", add="c q 1")
    assert step(text, "a p b", add="b q 1").whole is not None


def test_explain_names_each_pattern() -> None:
    view = view_of("SELECT ?this { ?this :p ?x . { SELECT ?y { ?y :q ?z } LIMIT 1 } }")
    assert [bool(entry.whole) for entry in view.explain()] == [False, True]
    assert "pushes another out" in str(view.explain()[1].whole)
    assert not view.by_delta


def test_examples_of_patterns_are_triples_that_match() -> None:
    store = store_of(quads("t p 1 . x p x . s q 2"))
    view = view_of("SELECT ?this { ?this :p ?this . ?this :r ?y . GRAPH ?g { ?this :q ?z } }")
    found = {quad[:2] if quad is not None else None for quad in view.examples(store)}
    assert found == {(Iri("u:x"), Iri("u:p")), None, (Iri("u:s"), Iri("u:q"))}


# Rows ------------------------------------------------------------------------------------------------------------


def test_rows_are_sorted_by_value_and_then_by_everything() -> None:
    store = store_of(quads("t p 10 . t p 9 . t p x . t p _:k . t p 'b'"))
    (rows,) = view_of("SELECT ?this ?x { ?this :p ?x } ORDER BY DESC(?x)").all_rows(store).values()
    assert [str(row[1]) for row in rows.rows] == ["b", "10", "9", "u:x", "k"]


def test_rows_of_unbound_this_belong_to_no_key() -> None:
    store = store_of(quads("p type P"))
    assert view_of("SELECT * { ?p :type :P OPTIONAL { ?p :dom ?this } }").all_rows(store) == {}


def test_limit_is_taken_after_the_total_order() -> None:
    store = store_of(quads("b p 1 . a p 1 . c p 1"))
    found = view_of("SELECT ?this ?x { ?this :p ?x } ORDER BY ?x LIMIT 1 OFFSET 1").all_rows(store)
    assert list(found) == [Iri("u:b")]


def test_blank_nodes_come_back_as_blank_nodes() -> None:
    store = store_of(quads("_:k p 1 . a p 2"))
    text = "SELECT ?this (isBlank(?this) AS ?b) (isIRI(?this) AS ?i) (STR(?this) AS ?s) { ?this :p ?x }"
    found = view_of(text).rows(store, [Blank("k"), Iri("u:a")])
    shown = {key: [None if term is None else str(term) for term in rows.rows[0][1:]] for key, rows in found.items()}
    assert shown == {Blank("k"): ["true", "false", None], Iri("u:a"): ["false", "true", "u:a"]}


def test_concatenation_follows_the_order_of_values() -> None:
    text = "SELECT ?this (GROUP_CONCAT(STR(?x) ; SEPARATOR=' ') AS ?all) { ?this :p ?x } GROUP BY ?this"
    ways = [quads("t p 10 . t p 9 . t p 1"), quads("t p 1 . t p 10 . t p 9")]
    assert {view_of(text).all_rows(store_of(way))[Iri("u:t")].rows[0][1] for way in ways} == {Literal("1 9 10")}


def test_concatenation_follows_an_order_that_the_query_gives() -> None:
    text = (
        (
            "SELECT ?this (GROUP_CONCAT(STR(?x) ; SEPARATOR=' ') AS ?all)"
            " { SELECT * { ?this :p ?x } ORDER BY DESC(?x) } GROUP BY ?this"
        )
        .replace("{ SELECT *", "{ { SELECT *")
        .replace("} GROUP", "} } GROUP")
    )
    assert view_of(text).all_rows(store_of(quads("t p 9 . t p 10")))[Iri("u:t")].rows[0][1] == Literal("10 9")


def test_an_ask_is_one_row() -> None:
    view = view_of("ASK { ?x :p 1 }")
    assert view.global_rows(store_of(quads("t p 1"))).rows == ((Literal("true", XSD + "boolean"),),)


def test_many_keys_are_evaluated_in_one_go_and_equal() -> None:
    store = store_of(quads(" . ".join(f"k{i} p {i}" for i in range(700))))
    view = view_of("SELECT ?this ?x { ?this :p ?x }")
    wanted = [Iri(f"u:k{i}") for i in range(650)]
    each = view.rows(store, wanted)
    assert each == view.rows(store, wanted, population=700)
    assert len(each) == 650


def test_a_large_delta_is_bound_in_pieces() -> None:
    before = quads("a type C . " + " . ".join(f"k{i} type C" for i in range(1200)))
    after = before | quads(" . ".join(f"k{i} p {i}" for i in range(1200)))
    store, delta = store_of(before), delta_of(before, after)
    insert(store, delta)
    found = view_of("SELECT * { ?this :type :C OPTIONAL { ?this :p ?x } }").affected(store, Changed(delta))
    assert len(found.keys) == 1200
    assert found.keys[Iri("u:k7")] == Quad(Iri("u:k7"), Iri("u:p"), _term("7"))


def test_rows_have_a_digest_and_travel() -> None:
    rows = Rows(("this", "x"), ((Iri("u:a"), None), (Iri("u:a"), Literal("x", None, "en"))))
    assert pickle.loads(pickle.dumps(rows)) == rows  # noqa: S301 - made in this line
    assert rows.digest() != Rows(("this", "x"), (*reversed(rows.rows),)).digest()


# Compiling -------------------------------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_algebra() -> None:
    one = compile_view("PREFIX a: <u:> SELECT ?this { ?this a:p [] ; a:q 1 }", {}, where="")
    two = compile_view("SELECT ?this\n{ # a comment\n ?this b:p _:x . ?this b:q 1 }", {"b": "u:"}, where="")
    other = compile_view("SELECT ?this { ?this b:p [] ; b:q 2 }", {"b": "u:"}, where="")
    assert one.digest == two.digest != other.digest


def test_a_view_can_be_stored() -> None:
    view = view_of("SELECT * { ?this :p ?x OPTIONAL { ?x :q+ ?y FILTER(?y > 1) } }")
    assert pickle.loads(pickle.dumps(view)) == view  # noqa: S301 - made in this line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT ?this { ?this :p }", "line 1, column"),
        ("SELECT ?this { ?this nope:p ?x }", "line 1, column"),
        ("SELECT ?this ?x { ?this :p ?x } GROUP BY ?this", "unbound"),
        ("SELECT ?this (RAND() AS ?x) { ?this :p ?y }", "RAND() gives something else"),
        ("SELECT ?this { ?this :p ?y FILTER(?y < NOW()) }", "NOW() gives something else"),
        ("SELECT ?this (BNODE() AS ?b) { ?this :p ?y }", "BNODE() gives something else"),
        ("SELECT DISTINCT ?this { ?this :p ?y } ORDER BY ?y", "cannot be ordered by ?y"),
        ("CONSTRUCT { ?s :p ?o } WHERE { ?s :q ?o }", "CONSTRUCT gives a graph"),
        ("DESCRIBE :a", "DESCRIBE gives a graph"),
        ("SELECT ?this { SERVICE <http://localhost:1/> { ?this :p ?x } }", "SERVICE asks another server"),
        ("SELECT (:f(?this) AS ?x) { ?this :p ?y }", "not supported"),
        ("SELECT ?this { ?this :p ?x . LATERAL { SELECT * { ?x :q ?y } LIMIT 1 } }", "together with LIMIT"),
    ],
)
def test_what_is_refused_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        view_of(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("templates/x.j2: ")


def test_what_is_not_analysed_is_evaluated_whole() -> None:
    text = "SELECT ?this ?y { ?this :p ?x . LATERAL { ?x :q ?y } }"
    affected = step(text, "t p x . x q 1", add="x q 2")
    assert affected.whole is not None
    assert "LATERAL" in affected.whole.reason


def test_what_the_engine_cannot_evaluate_is_an_error_that_names_the_query() -> None:
    view = view_of("SELECT ?this { ?y :p ?this . ?x :q <<( ?this :p ?y )>> }")
    with pytest.raises(QueryError, match=r"SELECT .this .*a view cannot be evaluated: .*triple term"):
        view.all_rows(store_of(quads("a p 'text'")))


def test_from_chooses_graphs() -> None:
    assert keys(step("SELECT ?this FROM :file { ?this :p ?x }", "t p 1", add="t p 2")) == ["u:t"]
    assert keys(step("SELECT ?this FROM :another { ?this :p ?x }", "t p 1", add="t p 2")) == []
    affected = step("SELECT ?this FROM :file FROM :another { ?this :p ?x }", "t p 1", add="t p 2")
    assert affected.whole is not None
    assert affected.whole.reason.startswith("FROM makes one graph of several")


def test_relative_iris_stand_on_the_base() -> None:
    one = compile_view("BASE <http://x.example/a/> SELECT ?this { ?this <../p> <c> }", {}, where="")
    two = compile_view("SELECT ?this { ?this <http://x.example/p> <http://x.example/a/c> }", {}, where="")
    assert one.digest == two.digest


# Terms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "term",
    [
        Iri("u:a"),
        Blank("k"),
        Literal('x "\n'),
        Literal("1", XSD + "integer"),
        Literal("x", None, "en"),
        Literal("x", None, "ar", "rtl"),
        TripleTerm(Iri("u:a"), Iri("u:p"), Blank("k")),
    ],
)
def test_terms_go_to_the_store_and_back(term: Term) -> None:
    assert to_term(to_ox(term)) == term


def test_blank_nodes_stand_in_the_store_as_iris() -> None:
    assert to_ox(Blank("k")) == ox.NamedNode(BLANK + "k")


def test_one_index_of_a_delta_serves_all_views() -> None:
    before, after = quads("t p 1"), quads("t p 2")
    store, delta = store_of(before), delta_of(before, after)
    insert(store, delta)
    changed = Changed(delta)
    for text in ("SELECT * { ?this :p ?x }", "SELECT ?this { ?this ?any ?x }"):
        assert keys(view_of(text).affected(store, changed)) == ["u:t"]
    remove(store, delta)
    assert not view_of("SELECT * { ?this :p ?x }").affected(store, Delta())


def test_what_an_optional_is_joined_with_does_not_reach_a_minus_in_it() -> None:
    store = store_of(quads("t q 1 . t p x . x r 2 . y k 3"))
    view = view_of("SELECT * { ?this :q ?z { ?this :p ?x OPTIONAL { ?x :r ?v MINUS { ?s :k ?o } } } }")
    (row,) = view.all_rows(store)[Iri("u:t")].rows
    assert None not in row
    assert view.rows(store, [Iri("u:t")]) == view.all_rows(store)


def test_all_rows_are_not_read_where_few_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first part of the rows says that few are; what is asked for by key then are the same rows."""
    monkeypatch.setattr(view_module, "_READ", 20)
    store = store_of(quads(" . ".join(f"n{n} p {n}" for n in range(100))))
    view = view_of("SELECT ?this ?x { ?this :p ?x }")
    few, most = {Iri("u:n7")}, {Iri(f"u:n{n}") for n in range(60)}
    assert view.rows_if_most(store, few) is None
    assert view.rows(store, few) == {Iri("u:n7"): view.all_rows(store)[Iri("u:n7")]}
    assert view.rows_if_most(store, most) == view.all_rows(store)
    cut = view_of("SELECT ?this ?x { ?this :p ?x } ORDER BY ?x LIMIT 30")
    assert cut.rows_if_most(store, few) == cut.all_rows(store)
