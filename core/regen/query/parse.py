"""Query: the tokens of a query become algebra, as SPARQL 1.1 translates it (section 18.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from regen.errors import QueryError
from regen.model.term import Iri
from regen.query.algebra import (
    UNIT,
    Distinct,
    Exists,
    Expression,
    Extend,
    Filter,
    Graph,
    Join,
    LeftJoin,
    Minus,
    OrderBy,
    Pattern,
    Project,
    Slice,
    Union,
    Var,
)
from regen.query.expressions import constraint_call, expression
from regen.query.grouping import Item, grouped
from regen.query.scopes import visible
from regen.query.tokens import Cursor, NotUnderstood
from regen.query.traverse import Fresh, join, walk
from regen.query.triples import triples, values


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: its algebra, the graphs that `FROM` and `FROM NAMED` name, and its `BASE` ("" without one)."""

    pattern: Pattern
    default_graphs: tuple[Iri, ...]
    named_graphs: tuple[Iri, ...]
    base: str
    fresh: Fresh


def parse(text: str, prefixes: Mapping[str, str], resolve: Callable[[str, str], str]) -> Query:
    """A `SELECT` or `ASK` query; an `ASK` becomes one row with the column `ask`.

    `resolve(base, relative)` makes an absolute IRI. Raises QueryError for forms that are no view, NotUnderstood for
    what only Oxigraph reads.
    """
    cursor = Cursor(text, prefixes, resolve)
    cursor.prologue()
    if cursor.at("CONSTRUCT", "DESCRIBE"):
        raise QueryError(
            f"a view gives rows, and {cursor.peek().text.upper()} gives a graph",
            hint="write it as SELECT with a variable for each part that you need",
        )
    if cursor.take("ASK"):
        graphs = _dataset(cursor)
        cursor.take("WHERE")
        ask = Var("ask")
        pattern: Pattern = Project(Extend(UNIT, ask, Exists(group(cursor), negated=False)), (ask,))
        return Query(_finish(cursor, pattern), *graphs, cursor.base, cursor.fresh)
    return Query(*_select(cursor, top=True), cursor.base, cursor.fresh)


def _finish(cursor: Cursor, pattern: Pattern) -> Pattern:
    if cursor.peek().kind != "end":
        raise NotUnderstood(f"{cursor.peek().text!r} after the query")
    return pattern


def _dataset(cursor: Cursor) -> tuple[tuple[Iri, ...], tuple[Iri, ...]]:
    default: list[Iri] = []
    named: list[Iri] = []
    while cursor.take("FROM"):
        (named if cursor.take("NAMED") else default).append(cursor.iri())
    return tuple(default), tuple(named)


def _select(cursor: Cursor, *, top: bool) -> tuple[Pattern, tuple[Iri, ...], tuple[Iri, ...]]:
    cursor.expect("SELECT")
    # REDUCED leaves to the engine which duplicates stay; as DISTINCT it gives the same rows every time.
    distinct = cursor.take("DISTINCT", "REDUCED")
    star = cursor.take("*")
    items = () if star else _items(cursor)
    graphs = _dataset(cursor) if top else ((), ())
    cursor.take("WHERE")
    pattern = group(cursor)
    keys: tuple[Item, ...] | None = None
    if cursor.take("GROUP"):
        cursor.expect("BY")
        keys = _items(cursor, grouping=True)
    having: list[Expression] = []
    if cursor.take("HAVING"):
        while not cursor.at("ORDER", "LIMIT", "OFFSET", "VALUES", "}") and cursor.peek().kind != "end":
            having.append(_constraint(cursor))
    order = _order(cursor)
    offset, limit = _bounds(cursor)
    data = values(cursor) if cursor.take("VALUES") else None
    if top:
        _finish(cursor, pattern)
    if star:
        items = tuple(Item(var, None) for var in _star(pattern, cursor.prefix))
    everything = tuple(_star(pattern, cursor.prefix))
    pattern, items, order = grouped(cursor.fresh, pattern, items, keys, having, order, everything)
    if data is not None:
        pattern = join(pattern, data)
    for item in items:
        if item.value is not None:
            pattern = Extend(pattern, item.variable, item.value)
    if order:
        pattern = OrderBy(pattern, order)
    pattern = Project(pattern, tuple(dict.fromkeys(item.variable for item in items)))
    if distinct:
        pattern = Distinct(pattern)
    if offset or limit is not None:
        pattern = Slice(pattern, offset, limit)
    return pattern, *graphs


def _star(pattern: Pattern, prefix: str) -> list[Var]:
    """`SELECT *`: the variables in scope, as they appear; those made for blank nodes stay inside."""
    scope = visible(pattern)
    seen = dict.fromkeys(item for item in walk(pattern) if isinstance(item, Var) and item in scope)
    return [var for var in seen if not var.name.startswith(prefix)]


def _items(cursor: Cursor, *, grouping: bool = False) -> tuple[Item, ...]:
    found: list[Item] = []
    while True:
        if cursor.peek().kind == "var":
            found.append(Item(cursor.var(), None))
        elif cursor.take("("):
            value = expression(cursor, group)
            alias = cursor.var() if cursor.take("AS") else None
            cursor.expect(")")
            if alias is None and isinstance(value, Var):
                found.append(Item(value, None))
            else:
                found.append(Item(alias or cursor.fresh.var(), value))
        elif grouping and not cursor.at("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "}") and _more(cursor):
            found.append(Item(cursor.fresh.var(), constraint_call(cursor, group)))
        else:
            return tuple(found)


def _more(cursor: Cursor) -> bool:
    return cursor.peek().kind in ("word", "iri", "name")


def _constraint(cursor: Cursor) -> Expression:
    if cursor.take("("):
        inner = expression(cursor, group)
        cursor.expect(")")
        return inner
    return constraint_call(cursor, group)


def _order(cursor: Cursor) -> tuple[tuple[Expression, bool], ...]:
    found: list[tuple[Expression, bool]] = []
    if cursor.take("ORDER"):
        cursor.expect("BY")
        while not cursor.at("LIMIT", "OFFSET", "VALUES", "}") and cursor.peek().kind != "end":
            descending = cursor.at("DESC")
            if cursor.take("ASC", "DESC") or cursor.peek().kind != "var":
                found.append((_constraint(cursor), descending))
            else:
                found.append((cursor.var(), False))
    return tuple(found)


def _bounds(cursor: Cursor) -> tuple[int, int | None]:
    offset, limit = 0, None
    while cursor.at("LIMIT", "OFFSET"):
        if cursor.next().text.upper() == "LIMIT":
            limit = int(cursor.next().text)
        else:
            offset = int(cursor.next().text)
    return offset, limit


def group(cursor: Cursor) -> Pattern:
    """`{ … }`, with its filters around it."""
    pattern, filters = _group(cursor)
    return Filter(pattern, filters) if filters else pattern


def _group(cursor: Cursor) -> tuple[Pattern, tuple[Expression, ...]]:
    cursor.expect("{")
    if cursor.at("SELECT"):
        pattern, *_ = _select(cursor, top=False)
        cursor.expect("}")
        return pattern, ()
    pattern, filters = UNIT, []
    while not cursor.take("}"):
        if cursor.take("FILTER"):
            filters.append(_constraint(cursor))
        elif cursor.take("OPTIONAL"):
            right, conditions = _group(cursor)
            pattern = LeftJoin(pattern, right, conditions)
        elif cursor.take("MINUS"):
            pattern = Minus(pattern, group(cursor))
        elif cursor.take("BIND"):
            pattern = _bind(cursor, pattern)
        elif not cursor.take("."):
            pattern = join(pattern, _part(cursor))
    return pattern, tuple(filters)


def _bind(cursor: Cursor, pattern: Pattern) -> Pattern:
    cursor.expect("(")
    value = expression(cursor, group)
    cursor.expect("AS")
    pattern = Extend(pattern, cursor.var(), value)
    cursor.expect(")")
    return pattern


def _part(cursor: Cursor) -> Pattern:
    """What joins with the rest of its group."""
    if cursor.at("{"):
        branches = [group(cursor)]
        while cursor.take("UNION"):
            branches.append(group(cursor))
        return branches[0] if len(branches) == 1 else Union(tuple(branches))
    if cursor.take("GRAPH"):
        name = cursor.var() if cursor.peek().kind == "var" else cursor.iri()
        return Graph(name, group(cursor))
    if cursor.take("VALUES"):
        return values(cursor)
    if cursor.at("SERVICE"):
        raise QueryError(
            "a view reads the project's graph alone, and SERVICE asks another server",
            hint="fetch what you need into a graph file first",
        )
    if cursor.peek().kind == "word" and cursor.peek().text != "a" and not cursor.at("TRUE", "FALSE"):
        raise NotUnderstood(f"{cursor.peek().text} in a group")
    return Join(tuple(triples(cursor)))
