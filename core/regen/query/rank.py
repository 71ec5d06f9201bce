"""Query: a change of some keys becomes the keys that `LIMIT` and `OFFSET` may let in or push out.

It is worked out while the store holds old and new triples. Rows of keys that did not change are among all rows then as
they were before and will be: those behind so many of them are behind the limit, whatever the others do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regen.model.delta import Quad
from regen.model.term import Term
from regen.query.algebra import (
    Distinct,
    Extend,
    Filter,
    Join,
    OrderBy,
    PathPattern,
    Pattern,
    Project,
    Triple,
    Union,
    Values,
)
from regen.query.traverse import exists_in


def shifted(
    ranked: Iterable[Term | None], changed: Mapping[Term, Quad], *, offset: int, limit: int | None, grows: bool
) -> dict[Term, Quad]:
    """The keys of rows that may be within the limits before or after, each with the changed quad that is the reason.

    Args:
        ranked: the key of each row of old and new triples together, in the view's order, without the limits.
        changed: the keys whose rows may have changed, at least one.
        offset, limit: of the view; `limit` None where there is none.
        grows: whether all rows before and after are among those, so that a changed key that comes late stays out.
    """
    reason = min(changed.values(), key=lambda quad: quad.sort_key)
    end = offset + (limit or 0)
    within: dict[Term, Quad] = {}
    stayed = 0
    for key in ranked:
        if stayed >= end:
            break
        if key is not None:
            within[key] = changed.get(key, reason)
            stayed += key not in changed
    if not grows or limit is None:
        return {**within, **changed}
    return within if within.keys() & changed.keys() else {}


def grows(pattern: Pattern) -> bool:
    """Whether more triples never take a solution away."""
    match pattern:
        case Triple() | PathPattern() | Values():
            return True
        case Join(parts) | Union(parts):
            return all(map(grows, parts))
        case Filter(inner, conditions):
            return grows(inner) and not exists_in(conditions)
        case Extend(inner, _, value):
            return grows(inner) and not exists_in(value)
        case OrderBy(inner, order):
            return grows(inner) and not exists_in(tuple(value for value, _ in order))
        case Project(inner) | Distinct(inner):
            return grows(inner)
        case _:
            return False
