"""Query: tokens of triples, collections and property paths become algebra (SPARQL 1.1 grammar, rules 75 to 106)."""

from __future__ import annotations

from regen.model.term import RDF, Iri, Term
from regen.query.algebra import (
    Alternative,
    Inverse,
    Negated,
    Path,
    PathPattern,
    Pattern,
    Repeat,
    Sequence,
    Slot,
    Triple,
    Values,
    Var,
)
from regen.query.tokens import Cursor, NotUnderstood

_TYPE, _FIRST, _REST, _NIL = (Iri(RDF + name) for name in ("type", "first", "rest", "nil"))


def triples(cursor: Cursor) -> list[Pattern]:
    """One subject with its property lists."""
    found: list[Pattern] = []
    opens_node = cursor.at("[", "(")
    subject = _node(cursor, found)
    if not opens_node or cursor.peek().kind == "var" or _starts_path(cursor):
        _properties(cursor, subject, found)
    return found


def _node(cursor: Cursor, found: list[Pattern]) -> Slot:
    """A subject or an object; its own triples, if it has any, go to `found`."""
    token = cursor.peek()
    if token.kind == "var":
        return cursor.var()
    if cursor.at_iri():
        return cursor.iri()
    if cursor.at_literal():
        return cursor.literal()
    if token.kind == "blank":
        return cursor.blank()
    if cursor.at("+", "-") and cursor.peek(1).kind in ("integer", "decimal", "double"):
        return cursor.literal(cursor.next().text)
    if cursor.take("["):
        subject = cursor.fresh.var()
        if not cursor.at("]"):
            _properties(cursor, subject, found)
        cursor.expect("]")
        return subject
    if cursor.take("("):
        return _collection(cursor, found)
    raise NotUnderstood(f"{token.text!r} in a triple")


def _collection(cursor: Cursor, found: list[Pattern]) -> Slot:
    if cursor.take(")"):
        return _NIL
    head = here = cursor.fresh.var()
    while True:
        found.append(Triple(here, _FIRST, _node(cursor, found), None))
        if cursor.take(")"):
            found.append(Triple(here, _REST, _NIL, None))
            return head
        following = cursor.fresh.var()
        found.append(Triple(here, _REST, following, None))
        here = following


def _properties(cursor: Cursor, subject: Slot, found: list[Pattern]) -> None:
    while True:
        verb: Var | Path = cursor.var() if cursor.peek().kind == "var" else _alternatives(cursor)
        while True:
            value = _node(cursor, found)
            if isinstance(verb, Var | Iri):
                found.append(Triple(subject, verb, value, None))
            else:
                found.append(PathPattern(subject, verb, value, None))
            if not cursor.take(","):
                break
        while cursor.take(";"):
            pass
        if cursor.at(".", "}", "]") or cursor.peek().kind == "end":
            return
        if cursor.peek().kind != "var" and not _starts_path(cursor):
            return


def _starts_path(cursor: Cursor) -> bool:
    return cursor.at_iri() or cursor.at("^", "!", "(") or cursor.peek().text == "a"


def _alternatives(cursor: Cursor) -> Path:
    left = _sequence(cursor)
    while cursor.take("|"):
        left = Alternative(left, _sequence(cursor))
    return left


def _sequence(cursor: Cursor) -> Path:
    steps = [_step(cursor)]
    while cursor.take("/"):
        steps.append(_step(cursor))
    path = steps.pop()
    while steps:
        path = Sequence(steps.pop(), path)
    return path


def _step(cursor: Cursor) -> Path:
    return Inverse(_repeated(cursor)) if cursor.take("^") else _repeated(cursor)


def _repeated(cursor: Cursor) -> Path:
    path = _primary(cursor)
    if cursor.take("*"):
        return Repeat(path, 0, many=True)
    if cursor.take("+"):
        return Repeat(path, 1, many=True)
    if cursor.take("?"):
        return Repeat(path, 0, many=False)
    return path


def _primary(cursor: Cursor) -> Path:
    if cursor.take("("):
        path = _alternatives(cursor)
        cursor.expect(")")
        return path
    if cursor.take("!"):
        return _negated(cursor)
    return _predicate(cursor)


def _predicate(cursor: Cursor) -> Iri:
    if cursor.peek().text == "a":
        cursor.next()
        return _TYPE
    return cursor.iri()


def _negated(cursor: Cursor) -> Path:
    forward: list[Iri] = []
    backward: list[Iri] = []
    several = cursor.take("(")
    while not (several and cursor.take(")")):
        (backward if cursor.take("^") else forward).append(_predicate(cursor))
        if not several:
            break
        cursor.take("|")
    if not backward:
        return Negated(tuple(sorted(set(forward))))
    inverse = Inverse(Negated(tuple(sorted(set(backward)))))
    return Alternative(Negated(tuple(sorted(set(forward)))), inverse) if forward else inverse


def values(cursor: Cursor) -> Values:
    """What follows `VALUES`."""
    if cursor.peek().kind == "var":
        variables: tuple[Var, ...] = (cursor.var(),)
        cursor.expect("{")
        rows: list[tuple[Term | None, ...]] = []
        while not cursor.take("}"):
            rows.append((_datum(cursor),))
        return Values(variables, tuple(rows))
    cursor.expect("(")
    names: list[Var] = []
    while not cursor.take(")"):
        names.append(cursor.var())
    cursor.expect("{")
    rows = []
    while not cursor.take("}"):
        cursor.expect("(")
        row: list[Term | None] = []
        while not cursor.take(")"):
            row.append(_datum(cursor))
        rows.append(tuple(row))
    return Values(tuple(names), tuple(rows))


def _datum(cursor: Cursor) -> Term | None:
    if cursor.take("UNDEF"):
        return None
    if cursor.at_iri():
        return cursor.iri()
    sign = cursor.next().text if cursor.at("+", "-") else ""
    return cursor.literal(sign)
