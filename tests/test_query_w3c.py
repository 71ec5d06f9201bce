"""The queries of the W3C suites as views: under random deltas of their own data, incremental equals full."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.query_cases import Case, check

from regen.dataset.terms import to_term
from regen.errors import QueryError
from regen.model.delta import Quad
from regen.model.term import Blank, Iri, Literal, Term
from regen.query import compile_view

_ROOT = Path(os.environ["REGEN_TEST_DATA"], "w3c") if "REGEN_TEST_DATA" in os.environ else None
pytestmark = pytest.mark.skipif(_ROOT is None, reason="REGEN_TEST_DATA names no folder with w3c")

_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_FORMATS = {".ttl": ox.RdfFormat.TURTLE, ".n3": ox.RdfFormat.TURTLE, ".rdf": ox.RdfFormat.RDF_XML}
_STEPS = 6


def _base(path: Path) -> str:
    return f"http://w3c.example/{path.name}"


@cache
def _queries() -> tuple[Path, ...]:
    return tuple(sorted(_ROOT.glob("sparql1*/**/*.rq"))) if _ROOT else ()


@cache
def _data() -> dict[Path, tuple[tuple[Path, ...], tuple[Path, ...]]]:
    """Query → its files for the default graph, and for named graphs, as the manifests say."""
    found: dict[Path, tuple[tuple[Path, ...], tuple[Path, ...]]] = {}
    for manifest in sorted(_ROOT.glob("sparql1*/*/manifest.ttl")) if _ROOT else ():
        store = ox.Store()
        store.load(path=str(manifest), base_iri=f"file://{manifest.parent}/")
        for action in store.quads_for_pattern(None, ox.NamedNode(f"{_QT}query"), None):
            parts = {
                name: sorted(
                    _path(quad.object.value)
                    for quad in store.quads_for_pattern(action.subject, ox.NamedNode(_QT + name), None)
                    if isinstance(quad.object, ox.NamedNode)
                )
                for name in ("data", "graphData")
            }
            found[_path(action.object.value)] = (tuple(parts["data"]), tuple(parts["graphData"]))
    return found


def _path(iri: str) -> Path:
    return Path(iri.removeprefix("file://"))


def _as_stored(term: Term, label: str) -> Term:
    return Blank(f"{label}{term}") if isinstance(term, Blank) else term


def _load(query: Path) -> frozenset[Quad]:
    data, graphs = _data().get(query, ((), ()))
    found: set[Quad] = set()
    for at, path in enumerate((*data, *graphs)):
        if path.suffix not in _FORMATS or not path.exists():
            continue
        name = Iri(_base(path) if path in graphs else f"urn:file:{path.name}")
        for quad in ox.parse(path=str(path), format=_FORMATS[path.suffix], base_iri=_base(path)):
            s, p, o = (_as_stored(to_term(t), str(at)) for t in (quad.subject, quad.predicate, quad.object))
            if not any(isinstance(t, Literal) and _odd(t) for t in (s, o)):
                found.add(Quad(s, Iri(p), o, name))
    return frozenset(found)


def _odd(literal: Literal) -> bool:
    """Whether the store spells a literal in another way than the file: what it gives back is what counts."""
    store = ox.Store()
    given = ox.Literal(str(literal), language=literal.language) if literal.language else None
    given = given or ox.Literal(str(literal), datatype=ox.NamedNode(literal.datatype))
    store.add(ox.Quad(ox.NamedNode("u:s"), ox.NamedNode("u:p"), given))
    return to_term(next(iter(store)).object) != literal


def _keyed(text: str, first: str) -> str:
    return re.sub(rf"[?$]{first}\b", "?this", text)


def _steps(quads: frozenset[Quad], chance: random.Random) -> tuple[frozenset[Quad], ...]:
    """Quads to take out or to put in, up to five a step, made from the terms of the data."""
    ordered = sorted(quads, key=lambda quad: quad.sort_key)
    if not ordered:
        return ()
    found = []
    for _ in range(_STEPS):
        step = set(chance.sample(ordered, min(len(ordered), chance.randint(0, 3))))
        for _ in range(chance.randint(0, 2)):
            s, p, o, g = (chance.choice(ordered)[i] for i in range(4))
            step.add(Quad(s, p, chance.choice([o, s]), g))  # type: ignore[arg-type]
        found.append(frozenset(step))
    return tuple(found)


ENGINE_ERRS = {"graph/graph-variable-scope": "a filter inside GRAPH ?g does not see ?g"}
REFUSED = {
    "CONSTRUCT gives a graph": 19,
    "SERVICE asks another server": 10,
    "The custom function": 8,
    "() gives something else every time": 7,
    "DESCRIBE gives a graph": 2,
    "cannot be analysed": 1,
}
"""Why a query of the suites is no view, and how many are not; one is wrong, and only Oxigraph reads it."""
VIEWS = 748


def _view_text(path: Path) -> str | None:
    """The query with its first variable as ?this; None for what the suite gives as wrong."""
    text = path.read_text()
    try:
        found = ox.Store().query(text, base_iri=_base(path))
    except SyntaxError:
        return None
    except (RuntimeError, OSError):
        return text
    text = f"BASE <{_base(path)}>\n{text}"
    if not isinstance(found, ox.QuerySolutions) or not found.variables:
        return text
    return _keyed(text, found.variables[0].value)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _reason(error: QueryError) -> str:
    """The first part of REFUSED that the message has; the message where it has none."""
    return next((reason for reason in REFUSED if reason in str(error)), str(error))


def test_every_query_is_a_view_or_refused_for_a_reason() -> None:
    """Nothing of the suites is outside the analysis; what is refused is no view or knows no answer."""
    refused: Counter[str] = Counter()
    views = 0
    for path in _queries():
        text = _view_text(path)
        if text is None:
            continue
        try:
            view = compile_view(text, {}, where=_name(path))
        except QueryError as error:
            refused[_reason(error)] += 1
            continue
        assert view.whole is None or view.whole.startswith("FROM"), (path, view.whole)
        views += 1
    assert refused == REFUSED
    assert views == VIEWS


@pytest.mark.parametrize("path", [p for p in _queries() if p in _data()], ids=_name)
def test_incremental_equals_full(path: Path) -> None:
    """Under random deltas of its own data; and the algebra says what the text says."""
    text = _view_text(path)
    if text is None:
        pytest.skip("the suite gives it as wrong")
    chance = random.Random(_name(path))
    quads = _load(path)
    case = Case(text, quads, _steps(quads, chance))
    try:
        check(case, engine=_name(path) not in ENGINE_ERRS)
    except QueryError as error:
        if _reason(error) not in REFUSED:
            raise
