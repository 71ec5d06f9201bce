"""Random graphs, queries and deltas, and the one property that all of them have to keep."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox
from hypothesis import strategies as st

from regen.dataset.terms import to_ox, to_term
from regen.model.delta import Delta, Quad
from regen.model.term import XSD, Blank, Iri, Literal, Term
from regen.query import View, compile_view

BASE = "u:"
PREFIXES = {"": BASE, "xsd": XSD}
Triple = tuple[Term, Iri, Term]

NODES: tuple[Term, ...] = (Iri("u:a"), Iri("u:b"), Iri("u:c"), Blank("k1"))
PREDICATES = (Iri("u:p"), Iri("u:q"), Iri("u:r"))
LITERALS = (
    Literal("1", XSD + "integer"),
    Literal("2", XSD + "integer"),
    Literal("1", XSD + "decimal"),
    Literal("x"),
    Literal("x", None, "en"),
)
GRAPHS = (Iri("u:g1"), Iri("u:g2"), Iri("u:a"))


@dataclass(frozen=True)
class Case:
    """Quads of named graphs before and after, and a view."""

    before: frozenset[Quad]
    after: frozenset[Quad]
    query: str


def merged(quads: Iterable[Quad]) -> frozenset[Quad]:
    """What the default graph holds."""
    return frozenset(Quad(q.subject, q.predicate, q.object) for q in quads)


def delta_of(before: frozenset[Quad], after: frozenset[Quad]) -> Delta:
    """What changed, in the graphs and in the merge."""
    old, new = merged(before), merged(after)
    return Delta(after - before, before - after, new - old, old - new)


def _stored(quad: Quad) -> ox.Quad:
    graph = to_ox(quad.graph) if quad.graph is not None else ox.DefaultGraph()
    return ox.Quad(to_ox(quad.subject), to_ox(quad.predicate), to_ox(quad.object), graph)  # type: ignore[arg-type]


def store_of(quads: frozenset[Quad]) -> ox.Store:
    """A store with the quads and their merge."""
    store = ox.Store()
    store.extend(_stored(quad) for quad in [*quads, *merged(quads)])
    return store


def insert(store: ox.Store, delta: Delta) -> None:
    """The first half of a step: old and new triples together."""
    store.extend(_stored(quad) for quad in [*delta.added, *delta.merged_added])


def remove(store: ox.Store, delta: Delta) -> None:
    """The second half: what was removed goes, and graphs without triples with it."""
    for quad in [*delta.removed, *delta.merged_removed]:
        store.remove(_stored(quad))
    for graph in list(store.named_graphs()):
        if not any(store.quads_for_pattern(None, None, None, graph)):
            store.remove_graph(graph)


def original_rows(store: ox.Store, view: View, text: str) -> Counter[tuple[Term | None, ...]]:
    """The rows of the text itself, as the engine gives them."""
    found = store.query(text, prefixes=PREFIXES)
    if isinstance(found, ox.QueryBoolean):
        return Counter({(Literal(str(bool(found)).lower(), XSD + "boolean"),): 1})
    names = [v.value for v in found.variables]
    at = [names.index(name) for name in view.variables]
    rows = ([None if t is None else to_term(t) for t in solution] for solution in found)
    return Counter(tuple(row[i] for i in at) for row in rows)


_ENGINE_DECIDES = re.compile(
    r"LIMIT|OFFSET|GROUP_CONCAT|SAMPLE|MIN|MAX|SUM|AVG|REDUCED|isBLANK|isIRI|isURI|STR\(", re.IGNORECASE
)
_BAG_DIFFERS = re.compile(r"[:)*+?][|/^]|!\(|/:")


def check(case: Case, *, engine: bool = True) -> View:
    """Asserts: unaffected keys keep their rows, and rows of keys are those of the whole view, as the text says.

    `engine` False leaves out the last, for texts that the engine itself reads otherwise than SPARQL.
    """
    view = compile_view(case.query, PREFIXES, where="case")
    delta = delta_of(case.before, case.after)
    store = store_of(case.before)
    old = view.all_rows(store) if view.keyed else view.global_rows(store)
    _compare(store, view, case.query if engine else "")
    insert(store, delta)
    affected = view.affected(store, delta)
    remove(store, delta)
    _compare(store, view, case.query if engine else "")
    if not view.keyed:
        new_rows = view.global_rows(store)
        assert affected or old == new_rows, f"missed: {old} became {new_rows}"
        return view
    new = view.all_rows(store)
    assert isinstance(old, dict)
    every = sorted({*old, *new, *NODES, *affected.keys}, key=lambda t: t.sort_key)
    if affected.whole is None:
        for key in every:
            if key not in affected.keys:
                assert old.get(key) == new.get(key), f"missed {key!r}: {old.get(key)} became {new.get(key)}"
    assert view.rows(store, every) == dict(new)
    for key in every:
        found = view.rows(store, [key])
        assert found.get(key) == new.get(key), f"{key!r}: {found.get(key)} alone, {new.get(key)} in all"
    changed = delta.added | delta.removed | delta.merged_added | delta.merged_removed
    assert set(affected.keys.values()) <= changed
    return view


def _compare(store: ox.Store, view: View, text: str) -> None:
    if not text or _ENGINE_DECIDES.search(text):
        return
    found = Counter(view.global_rows(store).rows)
    expected = original_rows(store, view, text)
    if _BAG_DIFFERS.search(text):
        found, expected = Counter(set(found)), Counter(set(expected))
    assert found == expected, f"the text gives {expected}, its algebra {found}"


# Graphs ----------------------------------------------------------------------------------------------------------

quads = st.builds(
    Quad,
    st.sampled_from(NODES),
    st.sampled_from(PREDICATES),
    st.sampled_from(NODES + LITERALS) | st.sampled_from(NODES),
    st.sampled_from(GRAPHS),
)


# Queries ---------------------------------------------------------------------------------------------------------

_variables = st.sampled_from(["?this", "?x", "?y", "?z"])
_predicates = st.sampled_from([":p", ":q", ":r"])
_constants = st.sampled_from([":a", ":b", "1", '"x"', '"x"@en', "<urn:regen:b:k1>"])
_nodes = st.sampled_from([":a", ":b", "<urn:regen:b:k1>"])


@st.composite
def _paths(draw: st.DrawFn, depth: int) -> str:
    if depth == 0:
        return draw(_predicates)
    kind = draw(st.sampled_from("p p ^ / | * + ? ! !^".split()))
    inner = draw(_paths(depth - 1))
    match kind:
        case "p":
            return inner
        case "^":
            return f"^({inner})"
        case "/" | "|":
            return f"({inner}{kind}{draw(_paths(depth - 1))})"
        case "*" | "+" | "?":
            return f"({inner}){kind}"
        case "!":
            return draw(st.sampled_from(["!:p", "!(:p|:q)", "!(:p|^:q)"]))
        case _:
            return "!^:p"


@st.composite
def _triples(draw: st.DrawFn) -> str:
    s = draw(st.one_of(_variables, _variables, _variables, _nodes))
    o = draw(st.one_of(_variables, _variables, _constants))
    kind = draw(st.sampled_from(["p", "p", "p", "p", "var", "path"]))
    p = draw(_predicates) if kind == "p" else draw(_variables) if kind == "var" else draw(_paths(2))
    return f"{s} {p} {o} ."


@st.composite
def _expressions(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.sampled_from(["cmp", "cmp", "bound", "in", "kind", "not", "and", "or", "exists", "exists", "if"]))
    if depth <= 0 and kind in ("not", "and", "or", "exists", "if"):
        kind = "cmp"
    match kind:
        case "cmp":
            op = draw(st.sampled_from(["=", "!=", "<", ">="]))
            return f"({draw(_variables)} {op} {draw(st.one_of(_variables, _constants))})"
        case "bound":
            return f"BOUND({draw(_variables)})"
        case "in":
            return f"({draw(_variables)} IN (:a, 1))"
        case "kind":
            return f"{draw(st.sampled_from(['isIRI', 'isBLANK', 'isLITERAL', 'isNUMERIC']))}({draw(_variables)})"
        case "not":
            return f"(! {draw(_expressions(depth - 1))})"
        case "and" | "or":
            op = "&&" if kind == "and" else "||"
            return f"({draw(_expressions(depth - 1))} {op} {draw(_expressions(depth - 1))})"
        case "if":
            return f"IF({draw(_expressions(depth - 1))}, {draw(_variables)} = :a, true)"
        case _:
            word = draw(st.sampled_from(["EXISTS", "NOT EXISTS"]))
            return f"{word} {{ {draw(_groups(depth - 1))} }}"


@st.composite
def _values(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return f"VALUES {draw(_variables)} {{ {draw(_constants)} {draw(_nodes)} }}"
    first, second = draw(st.lists(_variables, min_size=2, max_size=2, unique=True))
    data = st.one_of(_constants, st.just("UNDEF"))
    rows = draw(st.lists(st.tuples(data, data), min_size=1, max_size=2))
    return f"VALUES ({first} {second}) {{ {' '.join(f'({a} {b})' for a, b in rows)} }}"


_AGGREGATES = ("COUNT(*)", "COUNT(DISTINCT {v})", "MAX({v})", "MIN({v})", "SUM({v})", "SAMPLE({v})", "AVG({v})")
_CONCAT = 'GROUP_CONCAT(STR({v}) ; SEPARATOR = "|")'


@st.composite
def _aggregates(draw: st.DrawFn) -> str:
    return draw(st.sampled_from([*_AGGREGATES, _CONCAT])).replace("{v}", draw(_variables))


@st.composite
def _sub_selects(draw: st.DrawFn, depth: int) -> str:
    inner = draw(_groups(depth - 1))
    kind = draw(st.sampled_from(["plain", "distinct", "group", "count", "limit", "alias"]))
    names = " ".join(draw(st.lists(_variables, min_size=1, max_size=3, unique=True)))
    first = names.split(maxsplit=1)[0]
    match kind:
        case "plain":
            return f"{{ SELECT {names} WHERE {{ {inner} }} }}"
        case "distinct":
            return f"{{ SELECT DISTINCT {names} WHERE {{ {inner} }} }}"
        case "group":
            having = draw(st.sampled_from(["", "HAVING (COUNT(*) > 1)", "HAVING (MAX(?z) > 1)"]))
            n = draw(st.sampled_from(["?n", "?m"]))
            return f"{{ SELECT {first} ({draw(_aggregates())} AS {n}) WHERE {{ {inner} }} GROUP BY {first} {having} }}"
        case "count":
            return f"{{ SELECT ({draw(_aggregates())} AS ?n) WHERE {{ {inner} }} }}"
        case "alias":
            return f"{{ SELECT ({first} AS ?w) WHERE {{ {inner} }} }}"
        case _:
            order = draw(st.sampled_from(["", "ORDER BY ?x", "ORDER BY DESC(?y) ?this"]))
            return f"{{ SELECT {names} WHERE {{ {inner} }} {order} LIMIT {draw(st.integers(1, 2))} }}"


@st.composite
def _parts(draw: st.DrawFn, depth: int) -> str:
    kinds = ["triple", "triple", "triple"]
    if depth > 0:
        kinds += "optional optional optional union minus filter filter bind values select graph graph group".split()
    kind = draw(st.sampled_from(kinds))
    match kind:
        case "triple":
            return draw(_triples())
        case "optional":
            return f"OPTIONAL {{ {draw(_groups(depth - 1))} }}"
        case "union":
            return f"{{ {draw(_groups(depth - 1))} }} UNION {{ {draw(_groups(depth - 1))} }}"
        case "minus":
            return f"MINUS {{ {draw(_groups(depth - 1))} }}"
        case "filter":
            return f"FILTER({draw(_expressions(depth))})"
        case "bind":
            value = draw(st.one_of(_variables, _constants, _expressions(depth - 1), st.just("STR(?x)")))
            return f"BIND({value} AS {draw(st.sampled_from(['?v', '?w', '?x', '?this']))})"
        case "values":
            return draw(_values())
        case "select":
            return draw(_sub_selects(depth))
        case "graph":
            return f"GRAPH {draw(st.sampled_from([':g1', '?g', '?g', '?x']))} {{ {draw(_groups(depth - 1))} }}"
        case _:
            return f"{{ {draw(_groups(depth - 1))} }}"


@st.composite
def _groups(draw: st.DrawFn, depth: int) -> str:
    first = draw(_triples()) if draw(st.integers(0, 5)) else ""
    return " ".join([first, *draw(st.lists(_parts(depth), max_size=3 if depth > 1 else 2))])


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A view, most often with ?this."""
    body = draw(_groups(draw(st.integers(1, 3))))
    kind = draw(st.sampled_from("plain plain plain star distinct group exists order limit alias global".split()))
    extra = " ".join(draw(st.lists(st.sampled_from(["?x", "?y", "?g", "?w", "?n"]), max_size=2, unique=True)))
    match kind:
        case "plain":
            return f"SELECT ?this {extra} WHERE {{ {body} }}"
        case "star":
            return f"SELECT * WHERE {{ {body} }}"
        case "distinct":
            return f"SELECT DISTINCT ?this {extra} WHERE {{ {body} }}"
        case "group":
            having = draw(st.sampled_from(["", "HAVING (COUNT(*) > 1)", "HAVING (COUNT(DISTINCT ?x) < 2)"]))
            return f"SELECT ?this ({draw(_aggregates())} AS ?k) WHERE {{ {body} }} GROUP BY ?this {having}"
        case "exists":
            return f"SELECT ?this (IF({draw(_expressions(1))}, 1, 2) AS ?k) WHERE {{ {body} }}"
        case "order":
            key = draw(st.sampled_from(["?x", "DESC(?y)", "(STR(?x))", "DESC(BOUND(?z)) ?y"]))
            return f"SELECT ?this {extra} WHERE {{ {body} }} ORDER BY {key}"
        case "limit":
            return f"SELECT ?this {extra} WHERE {{ {body} }} ORDER BY ?x LIMIT {draw(st.integers(1, 3))}"
        case "alias":
            return f"SELECT (?x AS ?this) ?y WHERE {{ {body.replace('?this', '?x')} }}"
        case _:
            return f"SELECT ?x ({draw(_aggregates())} AS ?k) WHERE {{ {body} }} GROUP BY ?x"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A graph, a few changes of it, and a view."""
    before = frozenset(draw(st.lists(quads, max_size=9)))
    gone = (
        frozenset(draw(st.lists(st.sampled_from(sorted(before, key=lambda q: q.sort_key)), max_size=2)))
        if before
        else frozenset()
    )
    return Case(before, (before - gone) | frozenset(draw(st.lists(quads, max_size=2))), draw(queries()))
