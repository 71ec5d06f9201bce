"""Random graphs, queries and deltas, and the one property that all of them have to keep."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pyoxigraph as ox
from hypothesis import strategies as st

from regen.dataset.terms import to_ox, to_term
from regen.model.delta import Delta, Quad
from regen.model.rows import Rows
from regen.model.term import XSD, Blank, Iri, Literal, Term
from regen.query import Affected, View, compile_view

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
    """A view, quads of named graphs, and steps: each puts quads in that are not there, and takes out those that are."""

    query: str
    before: frozenset[Quad]
    steps: tuple[frozenset[Quad], ...]


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
_IRI = re.compile(r"<[^<> ]*>")
_PATH_BAGS = re.compile(r"!\(?[:^]|/|GRAPH \?.*\+")
"""How often the engine finds `a/b` or `!a`, or `a+` in `GRAPH ?g`, depends on the end that it starts from."""
_LEAKS = re.compile(r"GRAPH \?.*EXISTS|OPTIONAL.*MINUS")
"""Inside `GRAPH ?g { … }` the engine lets an `EXISTS` see variables that are not in its scope, and what is bound
outside an `OPTIONAL` reaches a `MINUS` in it (`regen.query.nesting`)."""


def check(case: Case, *, engine: bool = True) -> View:
    """Asserts: unaffected keys keep their rows, and rows of keys are those of the whole view, as the text says.

    `engine` False leaves out the last, for texts that the engine itself reads otherwise than SPARQL.
    """
    view = compile_view(case.query, PREFIXES, where="case")
    text = case.query if engine else ""
    store = store_of(case.before)
    old = _full(store, view)
    _compare(store, view, text)
    quads = case.before
    for step in case.steps:
        after = quads ^ step
        delta = delta_of(quads, after)
        together = view.global_rows(store)
        insert(store, delta)
        affected = view.affected(store, delta)
        remove(store, delta)
        new = _full(store, view)
        _check_step(view, affected, delta, old, new)
        assert affected or together == view.global_rows(store), f"{delta} missed rows without a key"
        _compare(store, view, text)
        _check_keys(store, view, {*old, *new, *NODES, *affected.keys} - {None}, new)
        quads, old = after, new
    return view


Full = Mapping[Term | None, Rows]


def _full(store: ox.Store, view: View) -> Full:
    """Rows by key; those of a view without ?this under None."""
    return view.all_rows(store) if view.keyed else {None: view.global_rows(store)}


def _check_step(view: View, affected: Affected, delta: Delta, old: Full, new: Full) -> None:
    if affected.whole is None:
        for key in {*old, *new} - set(affected.keys):
            assert old.get(key) == new.get(key), f"{delta} missed {key!r}: {old.get(key)} became {new.get(key)}"
    reasons = {*affected.keys.values(), *([affected.whole.because] if affected.whole else [])}
    reasons |= {affected.loose} - {None}
    assert reasons <= delta.added | delta.removed | delta.merged_added | delta.merged_removed
    assert view.keyed or not affected.keys


def _check_keys(store: ox.Store, view: View, keys: Iterable[Term | None], new: Full) -> None:
    if not view.keyed:
        return
    every = sorted((key for key in keys if key is not None), key=lambda t: t.sort_key)
    assert view.rows(store, every) == new
    for key in every:
        found = view.rows(store, [key])
        assert found.get(key) == new.get(key), f"{key!r}: {found.get(key)} alone, {new.get(key)} in all"


def _compare(store: ox.Store, view: View, text: str) -> None:
    if not text or _ENGINE_DECIDES.search(text) or _LEAKS.search(text):
        return
    if "SAMETERM(" in view.plan.whole:
        return  # the engine hands variables down into an OPTIONAL of an OPTIONAL; see `regen.query.names.shield`
    found = Counter(view.global_rows(store).rows)
    expected = original_rows(store, view, text)
    if _PATH_BAGS.search(_IRI.sub("", text)):
        if re.search("COUNT|LIMIT", text):
            return
        found, expected = Counter(set(found)), Counter(set(expected))
    assert found == expected, f"the text gives {expected}, its algebra {found}"


# Graphs and queries ----------------------------------------------------------------------------------------------
# Few terms, so that patterns match. A chooser makes every choice: hypothesis, which shrinks, or a seeded generator,
# which is ten times faster.

UNIVERSE = tuple(
    Quad(s, p, o, graph)
    for graph in GRAPHS
    for s in NODES
    for p in PREDICATES
    for o in (*NODES, LITERALS[NODES.index(s)], LITERALS[-1])
)
T = TypeVar("T")


class Chooser:
    """Makes choices; `number(n)` is one of 0 to n - 1, and smaller is simpler."""

    def __init__(self, number: Callable[[int], int]) -> None:
        self.number = number

    def of(self, *options: T) -> T:
        return options[self.number(len(options))]

    def word(self, options: str) -> str:
        return self.of(*options.split())

    def quads(self, count: int) -> frozenset[Quad]:
        return frozenset(UNIVERSE[self.number(len(UNIVERSE))] for _ in range(count))

    # Terms

    def var(self) -> str:
        return self.word("?this ?x ?y ?z")

    def linked(self) -> str:
        return self.word("?this ?x ?this ?x ?y ?z")

    def constant(self) -> str:
        return self.word(':a :b 1 "x" "x"@en <urn:regen:b:k1>')

    def node(self) -> str:
        return self.word(":a :b <urn:regen:b:k1>")

    def predicate(self) -> str:
        return self.word(":p :p :q :r")

    def path(self, depth: int) -> str:
        kind = self.word("p p ^ / | * + ? ! !^") if depth else "p"
        match kind:
            case "p":
                return self.predicate()
            case "^":
                return f"^({self.path(depth - 1)})"
            case "/" | "|":
                return f"({self.path(depth - 1)}{kind}{self.path(depth - 1)})"
            case "*" | "+" | "?":
                return f"({self.path(depth - 1)}){kind}"
            case "!":
                return self.word("!:p !(:p|:q) !(:p|^:q)")
            case _:
                return "!^:p"

    def triple(self) -> str:
        s = self.of(self.linked, self.linked, self.linked, self.linked, self.node)()
        o = self.of(self.linked, self.linked, self.linked, self.constant)()
        kind = self.word("p p p p p var path path")
        way = self.predicate() if kind == "p" else "?pr" if kind == "var" else self.path(self.of(2, 2, 3))
        return f"{s} {way} {o} ."

    # Expressions

    def expression(self, depth: int) -> str:
        kinds = "cmp cmp bound in kind not and or if exists exists exists" if depth > 0 else "cmp cmp bound in kind"
        match self.word(kinds):
            case "cmp":
                return f"({self.var()} {self.word('= != < >=')} {self.of(self.var, self.constant)()})"
            case "bound":
                return f"BOUND({self.var()})"
            case "in":
                return f"({self.var()} IN (:a, 1))"
            case "kind":
                return f"{self.word('isIRI isBLANK isLITERAL isNUMERIC')}({self.var()})"
            case "not":
                return f"(! {self.expression(depth - 1)})"
            case "and":
                return f"({self.expression(depth - 1)} && {self.expression(depth - 1)})"
            case "or":
                return f"({self.expression(depth - 1)} || {self.expression(depth - 1)})"
            case "if":
                return f"IF({self.expression(depth - 1)}, {self.var()} = :a, true)"
            case _:
                return f"{self.of('EXISTS', 'NOT EXISTS')} {{ {self.group(depth - 1)} }}"

    def computed(self, depth: int) -> str:
        """A value; some are errors for some terms, and some are nodes of the graph."""
        return self.of(
            self.var,
            self.constant,
            lambda: self.expression(depth - 1),
            lambda: f"STR({self.var()})",
            lambda: f"IF({self.var()} = :a, :b, {self.var()})",
            lambda: f"COALESCE({self.var()}, {self.var()})",
            lambda: f"IRI(STR({self.var()}))",
            lambda: f"({self.var()} + 1)",
        )()

    def user(self) -> str:
        """What reads a computed value, or nothing."""
        return self.of("", "", f"?v {self.predicate()} ?y .", f"?this {self.predicate()} ?v .", "BIND(STR(?v) AS ?u)")

    def aggregate(self) -> str:
        kinds = "COUNT(*) COUNT(DISTINCT@{v}) MAX({v}) MIN({v}) SUM({v}) SAMPLE({v}) AVG({v}) COUNT({v})"
        concat = "GROUP_CONCAT(STR({v});SEPARATOR='|')"
        return (
            self.word(f"{kinds} {concat} SUM(IF(EXISTS@{{{{v}}@:q@?aa}},1,0))")
            .replace("@", " ")
            .replace("{v}", self.var())
        )

    # Patterns

    def values(self) -> str:
        if self.of(True, False):
            return f"VALUES {self.var()} {{ {self.constant()} {self.node()} }}"
        first = self.var()
        second = self.of(*(v for v in ("?this", "?x", "?y", "?z") if v != first))
        rows = (f"({self._datum()} {self._datum()})" for _ in range(self.of(1, 2)))
        return f"VALUES ({first} {second}) {{ {' '.join(rows)} }}"

    def _datum(self) -> str:
        return self.of(self.constant, lambda: "UNDEF")()

    def names(self) -> str:
        return self.of("?this ?x", "?x", "?this", "?x ?y", "?this ?x ?y", "?y ?z", "?z ?this")

    def sub_select(self, depth: int) -> str:
        inner, names = self.group(depth - 1), self.names()
        first = names.split(maxsplit=1)[0]
        match self.word("plain plain distinct group group count alias limit"):
            case "plain":
                return f"{{ SELECT {names} WHERE {{ {inner} }} }}"
            case "distinct":
                return f"{{ SELECT DISTINCT {names} WHERE {{ {inner} }} }}"
            case "group":
                having = self.of("", "", "HAVING (COUNT(*) > 1)", "HAVING (MAX(?z) > 1)")
                head = f"SELECT {first} ({self.aggregate()} AS {self.word('?n ?m')})"
                return f"{{ {head} WHERE {{ {inner} }} GROUP BY {first} {having} }}"
            case "count":
                return f"{{ SELECT ({self.aggregate()} AS ?n) WHERE {{ {inner} }} }}"
            case "alias":
                return f"{{ SELECT ({first} AS {self.word('?w ?v')}) WHERE {{ {inner} }} }}"
            case _:
                order = self.of("", "ORDER BY ?x", "ORDER BY DESC(?y) ?this")
                return f"{{ SELECT {names} WHERE {{ {inner} }} {order} {self.cut()} }}"

    def cut(self) -> str:
        return self.of("LIMIT 1", "LIMIT 2", "LIMIT 3", "LIMIT 2 OFFSET 1", "OFFSET 1", "OFFSET 2")

    def part(self, depth: int) -> str:
        kinds = "triple triple triple"
        if depth > 0:
            kinds += " optional optional optional union minus minus filter filter bind values select graph graph group"
        match self.word(kinds):
            case "triple":
                return self.triple()
            case "optional":
                return f"OPTIONAL {{ {self.group(depth - 1)} }}"
            case "union":
                return f"{{ {self.group(depth - 1)} }} UNION {{ {self.group(depth - 1)} }}"
            case "minus":
                return f"MINUS {{ {self.group(depth - 1)} }}"
            case "filter":
                return f"FILTER({self.expression(depth)})"
            case "bind":
                return f"BIND({self.computed(depth)} AS {self.word('?v ?w ?x ?this ?this')}) {self.user()}"
            case "values":
                return self.values()
            case "select":
                return self.sub_select(depth)
            case "graph":
                return f"GRAPH {self.word(':g1 ?g ?g ?x')} {{ {self.group(depth - 1)} }}"
            case _:
                return f"{{ {self.group(depth - 1)} }}"

    def group(self, depth: int) -> str:
        first = self.triple() if self.number(8) < 7 else ""
        more = self.of(0, 1, 2, 3) if depth > 1 else self.of(0, 1)
        return " ".join([first, *(self.part(depth) for _ in range(more))])

    def query(self) -> str:
        """A view, most often with ?this."""
        start = self.of("?this :p ?x .", "?x :q ?this .", "", "GRAPH ?g { ?this :p ?y }", "?this ?pr ?z .")
        body = f"{start} {self.group(self.of(1, 2, 3))}"
        extra = self.of("", "?x", "?y", "?x ?y", "?g", "?w ?n", "?x ?v")
        kinds = "plain plain plain star distinct group group exists order limit limit alias made key from global"
        match self.word(f"{kinds} global ask sampled beyond"):
            case "plain":
                return f"SELECT ?this {extra} WHERE {{ {body} }}"
            case "star":
                return f"SELECT * WHERE {{ {body} }}"
            case "distinct":
                return f"SELECT DISTINCT ?this {extra} WHERE {{ {body} }}"
            case "group":
                having = self.of("", "", "HAVING (COUNT(*) > 1)", "HAVING (COUNT(DISTINCT ?x) < 2)")
                return f"SELECT ?this ({self.aggregate()} AS ?k) WHERE {{ {body} }} GROUP BY ?this {having}"
            case "exists":
                return f"SELECT ?this (IF({self.expression(1)}, 1, 2) AS ?k) WHERE {{ {body} }}"
            case "order":
                key = self.of("?x", "DESC(?y)", "(STR(?x))", "DESC(BOUND(?z)) ?y", "(EXISTS { ?x :q ?this })")
                return f"SELECT ?this {extra} WHERE {{ {body} }} ORDER BY {key}"
            case "limit":
                order = self.of("ORDER BY ?x", "ORDER BY DESC(?x)", "ORDER BY DESC(STR(?this))", "")
                distinct = self.of("", "DISTINCT") if "?x" in extra.split() else ""
                return f"SELECT {distinct} ?this {extra} WHERE {{ {body} }} {order} {self.cut()}"
            case "alias":
                return f"SELECT (?x AS ?this) ?y WHERE {{ {body.replace('?this', '?x')} }}"
            case "made":
                body = body.replace("?this", "?x")
                return f"SELECT ({self.computed(1).replace('?this', '?x')} AS ?this) ?y WHERE {{ {body} }}"
            case "key":
                key = self.computed(1).replace("?this", "?x")
                body = body.replace("?this", "?x")
                return f"SELECT ?this ({self.aggregate()} AS ?k) WHERE {{ {body} }} GROUP BY ({key} AS ?this)"
            case "from":
                graphs = self.of("FROM :g1", "FROM :g1", "FROM :g1 FROM :g2", "FROM :g1 FROM NAMED :g2")
                return f"SELECT ?this {extra} {graphs} WHERE {{ {body} }}"
            case "ask":
                return f"ASK {{ {body} }}"
            case "sampled":
                return f"SELECT (SAMPLE(?x) AS ?this) ?y WHERE {{ {body.replace('?this', '?x')} }} GROUP BY ?y"
            case "beyond":
                more = self.of("LATERAL { ?x :q ?y }", "?x :q <<( ?this :p ?y )>> .")
                return f"SELECT ?this ?y WHERE {{ {self.triple()} {more} }}"
            case _:
                return f"SELECT ?x ({self.aggregate()} AS ?k) WHERE {{ {body} }} GROUP BY ?x"

    def case(self) -> Case:
        """A view, a graph, and steps from one state of it to the next."""
        query = self.query()
        before = self.quads(self.of(4, 8, 16, 30))
        steps = tuple(self.quads(self.of(1, 1, 1, 2)) for _ in range(self.of(2, 4, 8)))
        return Case(query, before, steps)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Cases that shrink."""
    return Chooser(lambda n: draw(st.integers(0, n - 1))).case()


def seeded(seed: int) -> Case:
    """The same case for the same seed."""
    chance = random.Random(seed)
    return Chooser(chance.randrange).case()
