"""Query: the text of a view becomes a compiled view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import pyoxigraph as ox
from blake3 import blake3

from regen.errors import QueryError
from regen.query.algebra import Call, Distinct, Expression, Extend, Graph, OrderBy, Pattern, Project, Slice, Var
from regen.query.blanks import see_blanks
from regen.query.derive import THIS
from regen.query.graphs import lower_graphs, place
from regen.query.names import separate, shield
from regen.query.nesting import nest
from regen.query.normal import drop_aliases, flatten_paths
from regen.query.order import check_distinct, make_total, refuse_chance
from regen.query.parse import Query, parse
from regen.query.require import require
from regen.query.restrict import Binder, Restrictor
from regen.query.scopes import certain
from regen.query.template import Template
from regen.query.text import query_text
from regen.query.tokens import NotUnderstood
from regen.query.traverse import Fresh, walk
from regen.query.view import Plan, Source, View

_NEVER = re.compile(r"(?i)\b(RAND|NOW|UUID|STRUUID|BNODE)\s*\(|\b(LIMIT|OFFSET|ORDER|GROUP_CONCAT|SAMPLE|REDUCED)\b")
_PLACE = re.compile(r"error at (\d+):(\d+): ")


def compile_view(text: str, prefixes: Mapping[str, str], *, where: str) -> View:
    """Compiles a `SELECT` (or `ASK`) query; the same text and prefixes are compiled once.

    Raises QueryError, with `where`, for a query that is wrong, that is no view, or that could not give the same rows
    twice.
    """
    try:
        return _compiled(text, tuple(sorted(prefixes.items())))
    except QueryError as error:
        raise QueryError(error.message, where=where, hint=error.hint) from error


@lru_cache(maxsize=4096)
def _compiled(text: str, prefixes: tuple[tuple[str, str], ...]) -> View:
    known = dict(prefixes)
    columns = _checked(text, known)
    try:
        query = parse(text, known, _resolve)
    except NotUnderstood as unknown:
        return _unanalysed(text, known, columns, str(unknown))
    refuse_chance(query.pattern)
    return _view(query)


def _checked(text: str, prefixes: dict[str, str]) -> tuple[str, ...]:
    """Lets the engine decide what is an error, on an empty store; gives the projected variables."""
    try:
        found = ox.Store().query(text, prefixes=prefixes)
    except SyntaxError as error:
        raise QueryError(*_explained(str(error), text)) from error
    except RuntimeError as error:
        raise QueryError(f"the query cannot be evaluated: {error}") from error
    except OSError:
        return ()
    return tuple(v.value for v in found.variables) if isinstance(found, ox.QuerySolutions) else ()


def _explained(message: str, text: str) -> tuple[str]:
    place = _PLACE.search(message)
    if place is None:
        return (f"the query is wrong: {message}",)
    line, column = int(place[1]), int(place[2])
    rest = message[place.end() :]
    said = [part for part in rest.removeprefix("expected one of ").split(", ") if part[:1].isupper() and " " in part]
    source = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    near = source[max(column - 1, 0) :].strip()[:30] or "the end of the line"
    detail = said[0] if said else f"at {near!r} something else was expected"
    return (f"the query is wrong in line {line}, column {column}: {detail}",)


def _resolve(base: str, relative: str) -> str:
    found = ox.Store().query(f"BASE <{base}> SELECT (<{relative}> AS ?iri) {{}}")
    if isinstance(found, ox.QuerySolutions):
        for solution in found:
            term = solution["iri"]
            if isinstance(term, ox.NamedNode):
                return term.value
    raise NotUnderstood(f"the relative IRI {relative!r}")


def _unanalysed(text: str, prefixes: dict[str, str], columns: tuple[str, ...], what: str) -> View:
    never = _NEVER.search(text)
    if not columns or never:
        also = f" together with {(never[1] or never[2]).upper()}" if never else ""
        raise QueryError(
            f"the query uses {what}, which cannot be analysed{also}, so its rows might differ each time",
            hint="write it in SPARQL 1.1",
        )
    digest = blake3("\0".join([text, *(f"{k}\0{v}" for k, v in sorted(prefixes.items()))]).encode()).hexdigest()
    plan = Plan(columns, (), text, None, 0, None, tuple(sorted(prefixes.items())))
    return View(columns, digest, plan, f"{what} is outside SPARQL 1.1 and not analysed", None)


def _view(query: Query) -> View:
    clauses = "".join(f"FROM {g.n3()} " for g in query.default_graphs)
    clauses += "".join(f"FROM NAMED {g.n3()} " for g in query.named_graphs)
    resolves = any(isinstance(node, Call) and node.name in ("IRI", "URI") for node in walk(query.pattern))
    base = query.base if resolves else ""
    digest = blake3(query_text(query.pattern, clauses, base).encode()).hexdigest()
    pattern = drop_aliases(see_blanks(query.pattern))
    pattern = separate(flatten_paths(pattern, query.fresh), query.fresh)
    pattern, dataset = _from_one(pattern, query, clauses)
    pattern = shield(lower_graphs(pattern), query.fresh)
    plan = _plan(pattern, dataset, base, query.fresh)
    if dataset:
        return View(plan.columns, digest, plan, "FROM makes one graph of several, or hides others", None)
    return View(plan.columns, digest, plan, None, *_sources(pattern, query.fresh, base, plan))


def _from_one(pattern: Pattern, query: Query, clauses: str) -> tuple[Pattern, str]:
    """One `FROM`, and no `GRAPH`, is a `GRAPH` around everything; the clauses that are left."""
    in_graphs = query.named_graphs or any(isinstance(node, Graph) for node in walk(pattern))
    if len(query.default_graphs) != 1 or in_graphs:
        return pattern, clauses
    return place(pattern, query.default_graphs[0]), ""


def _sources(pattern: Pattern, fresh: Fresh, base: str, plan: Plan) -> tuple[Source, Source | None]:
    """What keys are derived from, and what changes of rows without a key are derived from, where there may be any."""
    source = Source(pattern, fresh, base)
    if THIS.name not in plan.columns or THIS in certain(pattern):
        if isinstance(pattern, Slice) and THIS.name in plan.columns:
            source = replace(source, pattern=pattern.inner)
        return source, None
    if isinstance(pattern, Slice):
        return source, None
    return replace(source, pattern=require(pattern, THIS)), source


def _plan(pattern: Pattern, dataset: str, base: str, fresh: Fresh) -> Plan:
    """Takes the top of a query apart: what it projects, orders and cuts is done after the engine."""
    offset, limit, distinct = 0, None, False
    order: tuple[tuple[Expression, bool], ...] = ()
    if isinstance(pattern, Slice):
        offset, limit, pattern = pattern.offset, pattern.limit, pattern.inner
    if isinstance(pattern, Distinct):
        distinct, pattern = True, pattern.inner
    if not isinstance(pattern, Project):
        raise TypeError("a query projects")
    variables, core = pattern.variables, pattern.inner
    if isinstance(core, OrderBy):
        order, core = core.conditions, core.inner
        if distinct:
            check_distinct(pattern, order)
    core = make_total(core)
    keys = [value if isinstance(value, Var) else fresh.var() for value, _ in order]
    made = [(key, value) for key, (value, _) in zip(keys, order, strict=True) if key != value]
    columns = tuple(dict.fromkeys((*variables, *keys)))

    def text(inner: Pattern) -> str:
        found: Pattern = Distinct(Project(inner, variables)) if distinct else inner
        for key, value in made:
            found = Extend(found, key, value)
        found = Project(found, columns) if made or not distinct else found
        return query_text(nest(found), dataset, base)

    keyed = None
    having = require(core, THIS) if THIS in variables else core
    if THIS in certain(having) and not offset and limit is None:
        found = Template.of(text(Restrictor(fresh).restrict(having, (Binder(frozenset({THIS})),))))
        # A computed ?this has no place for keys: its rows are found among all.
        keyed = found if len(found.segments) > 1 else None
    positions = tuple((columns.index(key), down) for key, (_, down) in zip(keys, order, strict=True))
    return Plan(tuple(v.name for v in variables), positions, text(core), keyed, offset, limit, ())
