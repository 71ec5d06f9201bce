"""Query: tokens of an expression become algebra (SPARQL 1.1 grammar, rules 107 to 128)."""

from __future__ import annotations

from collections.abc import Callable

from regen.model.term import Iri
from regen.query.algebra import Aggregate, Call, Exists, Expression, Pattern
from regen.query.tokens import Cursor, NotUnderstood

GroupParser = Callable[[Cursor], Pattern]

AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=")


def expression(cursor: Cursor, group: GroupParser) -> Expression:
    """One expression, with the lowest precedence first."""
    left = _conjunction(cursor, group)
    while cursor.take("||"):
        left = Call("||", (left, _conjunction(cursor, group)))
    return left


def _conjunction(cursor: Cursor, group: GroupParser) -> Expression:
    left = _relation(cursor, group)
    while cursor.take("&&"):
        left = Call("&&", (left, _relation(cursor, group)))
    return left


def _relation(cursor: Cursor, group: GroupParser) -> Expression:
    left = _sum(cursor, group)
    if cursor.at(*_COMPARISONS):
        return Call(cursor.next().text, (left, _sum(cursor, group)))
    if cursor.at("IN") or (cursor.at("NOT") and cursor.peek(1).text.upper() == "IN"):
        name = "NOT IN" if cursor.take("NOT") else "IN"
        cursor.next()
        return Call(name, (left, *_arguments(cursor, group)))
    return left


def _sum(cursor: Cursor, group: GroupParser) -> Expression:
    left = _product(cursor, group)
    while cursor.at("+", "-"):
        left = Call(cursor.next().text, (left, _product(cursor, group)))
    return left


def _product(cursor: Cursor, group: GroupParser) -> Expression:
    left = _unary(cursor, group)
    while cursor.at("*", "/"):
        left = Call(cursor.next().text, (left, _unary(cursor, group)))
    return left


def _unary(cursor: Cursor, group: GroupParser) -> Expression:
    if cursor.at("!", "+", "-"):
        sign = cursor.next().text
        return Call(f"{sign}1", (_unary(cursor, group),))
    return _primary(cursor, group)


def _primary(cursor: Cursor, group: GroupParser) -> Expression:
    if cursor.take("("):
        inner = expression(cursor, group)
        cursor.expect(")")
        return inner
    if cursor.peek().kind == "var":
        return cursor.var()
    if cursor.at_iri():
        iri = cursor.iri()
        return _function(cursor, group, iri) if cursor.at("(") else iri
    if cursor.at_literal():
        return cursor.literal()
    return constraint_call(cursor, group)


def constraint_call(cursor: Cursor, group: GroupParser) -> Expression:
    """A built-in call, an aggregate, or a function named by an IRI; what may follow `FILTER` without parentheses."""
    if cursor.at_iri():
        return _function(cursor, group, cursor.iri())
    name = cursor.next().text.upper()
    if name == "EXISTS":
        return Exists(group(cursor), negated=False)
    if name == "NOT" and cursor.take("EXISTS"):
        return Exists(group(cursor), negated=True)
    if name in AGGREGATES:
        return _aggregate(cursor, group, name)
    if not cursor.at("("):
        raise NotUnderstood(f"{name} in an expression")
    return Call(name, _arguments(cursor, group))


def _function(cursor: Cursor, group: GroupParser, iri: Iri) -> Expression:
    if cursor.peek(1).text.upper() == "DISTINCT":
        raise NotUnderstood(f"the aggregate {iri.n3()}")
    return Call(iri.n3(), _arguments(cursor, group))


def _arguments(cursor: Cursor, group: GroupParser) -> tuple[Expression, ...]:
    cursor.expect("(")
    found: list[Expression] = []
    while not cursor.take(")"):
        if found:
            cursor.expect(",")
        found.append(expression(cursor, group))
    return tuple(found)


def _aggregate(cursor: Cursor, group: GroupParser, name: str) -> Aggregate:
    cursor.expect("(")
    distinct = cursor.take("DISTINCT")
    argument = None if cursor.take("*") else expression(cursor, group)
    separator = None
    if cursor.take(";"):
        cursor.expect("SEPARATOR")
        cursor.expect("=")
        separator = cursor.unquote(cursor.next())
    cursor.expect(")")
    return Aggregate(name, distinct, argument, separator)
