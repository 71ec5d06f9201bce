"""Query: functions that tell blank nodes from IRIs see through the IRIs that stand for them in the store."""

from __future__ import annotations

from regen.dataset.terms import BLANK
from regen.model.term import XSD, XSD_STRING, Literal
from regen.query.algebra import Call, Expression, Node, Pattern, Var
from regen.query.traverse import bottom_up

_ERROR = Call("/", (Literal("1", XSD + "integer"), Literal("0", XSD + "integer")))
_NAMES_AN_IRI = ("STR", "IRI", "URI", f"<{XSD_STRING}>")


def see_blanks(pattern: Pattern) -> Pattern:
    """`isBlank`, `isIRI`, `STR`, `IRI` and the cast to a string, as they were for real blank nodes."""
    return bottom_up(pattern, _change)


def _change(node: Node) -> Node:
    match node:
        case Call("ISBLANK", (argument,)):
            return _stands_for_blank(argument)
        case Call("ISIRI" | "ISURI", (argument,)):
            return Call("&&", (node, Call("!1", (_starts_blank(argument),))))
        case Call(name, (Var() as argument,)) if name in _NAMES_AN_IRI:
            return Call("IF", (_stands_for_blank(argument), _ERROR, node))
        case _:
            return node


def _stands_for_blank(argument: Expression) -> Call:
    return Call("&&", (Call("ISIRI", (argument,)), _starts_blank(argument)))


def _starts_blank(argument: Expression) -> Call:
    return Call("STRSTARTS", (Call("STR", (argument,)), Literal(BLANK)))
