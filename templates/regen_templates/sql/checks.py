"""Checks: what a shape says about values becomes conditions of a CHECK."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal

from regen.model.term import Literal, Term
from regen.templating.literals import sql_literal
from regen.templating.values import python_value

from ..vocabulary.facts import Property
from .datatypes import NUMERIC, bounds

Number = int | float | Decimal

_SIGNS = (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"))
# Signs of XML Schema's patterns that PostgreSQL reads otherwise.
_UNSAFE = ("(?", "\\i", "\\c", "\\I", "\\C", "\\p", "\\P", "-[")


def check(property_: Property, ranges: Sequence[str], column_type: str, value: str) -> str:
    """The end of a column's line: ` CHECK (level IN (1, 2, 3))`; nothing where any value of the type will do.

    Args:
        property_: whose values the column holds.
        ranges: the IRIs of the property's ranges.
        column_type: the type of the column.
        value: the name of the column, as it stands in a statement.
    """
    conditions = []
    if property_.choices:
        conditions.append(f"{value} IN ({_listed(property_.choices, column_type)})")
    if column_type in NUMERIC:
        least, most = bounds(ranges[0]) if len(ranges) == 1 else (None, None)
        conditions += _numbers(property_, value, least, most)
    elif column_type == "date":
        conditions += _dates(property_, value)
    elif column_type == "text":
        conditions += _lengths(property_, value) + _patterns(property_, value)
    return f" CHECK ({' AND '.join(conditions)})" if conditions else ""


def _listed(choices: Sequence[Term], column_type: str) -> str:
    texts = [sql_literal(str(choice) if column_type == "text" else choice) for choice in choices]
    return ", ".join(dict.fromkeys(texts))


def _numbers(property_: Property, value: str, least: int | None, most: int | None) -> list[str]:
    """Bounds that are stated, and those of the datatype where they say more."""
    conditions = []
    for fact, sign in _SIGNS:
        limits = [limit for limit in property_.numbers(fact) if math.isfinite(limit)]
        if fact == "ge" and least is not None and (limits or "gt" not in property_.given):
            limits.append(least)
        if fact == "le" and most is not None and (limits or "lt" not in property_.given):
            limits.append(most)
        if limits:
            limit = max(limits) if fact[0] == "g" else min(limits)
            conditions.append(f"{value} {sign} {sql_literal(limit)}")
    return conditions


def _dates(property_: Property, value: str) -> list[str]:
    conditions = []
    for fact, sign in _SIGNS:
        read = [python_value(term) for term in property_.given.get(fact, ()) if isinstance(term, Literal)]
        limits = [limit for limit in read if isinstance(limit, dt.date) and not isinstance(limit, dt.datetime)]
        if limits:
            limit = max(limits) if fact[0] == "g" else min(limits)
            conditions.append(f"{value} {sign} {sql_literal(limit)}")
    return conditions


def _lengths(property_: Property, value: str) -> list[str]:
    conditions = []
    least = [length for length in property_.numbers("min_length") if isinstance(length, int)]
    most = [length for length in property_.numbers("max_length") if isinstance(length, int)]
    if least:
        conditions.append(f"char_length({value}) >= {max(least)}")
    if most:
        conditions.append(f"char_length({value}) <= {min(most)}")
    return conditions


def _patterns(property_: Property, value: str) -> list[str]:
    flags = property_.texts("flags")
    if flags not in ([], ["i"]):
        return []
    sign = "~*" if flags else "~"
    patterns = [pattern for pattern in property_.texts("pattern") if not any(sign in pattern for sign in _UNSAFE)]
    return [f"{value} {sign} {sql_literal(pattern)}" for pattern in patterns]
