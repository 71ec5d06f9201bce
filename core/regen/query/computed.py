"""Query: values that a pattern computes, as parts of a join: `BIND` without what it stands behind.

Such a part says the same wherever it stands behind what binds its variables, for a value depends on them alone. In a
superset it may be left out; it may be kept only where its variables are bound as they are in the query, else it could
be an error here and none there.
"""

from __future__ import annotations

from regen.query.algebra import UNIT, Call, Extend, Filter, Join, Pattern, Union, Var
from regen.query.require import bound, is_bound
from regen.query.scopes import certain, visible
from regen.query.traverse import Fresh, exists_in, join, mentioned


def with_value(pattern: Pattern, made: Extend, *, strict: bool = False) -> Pattern:
    """A superset of what is below `made`, with the value where that is known.

    `strict` leaves out solutions in which computing it is an error.
    """
    if not known(made, certain(pattern)):
        return pattern
    return join(pattern, value_part(made, strict=strict))


def known(made: Extend, scope: frozenset[Var]) -> bool:
    """Whether a value is decided by variables that are bound."""
    return not exists_in(made.value) and mentioned(made.value) <= scope


def value_part(made: Extend, *, strict: bool) -> Pattern:
    """A computed value as a part of a join."""
    alone = Extend(UNIT, made.variable, made.value)
    return bound(alone) if strict else alone


def value_of(part: Pattern) -> tuple[Extend, bool] | None:
    """(value, whether it is strict) of a part that is one; None for any other."""
    match part:
        case Extend(Join(()) as inner) if inner == UNIT:
            return part, False
        case Filter(Extend(Join(())) as made) if is_bound(part):
            return made, True
        case _:
            return None


def put(pattern: Pattern, part: Pattern, fresh: Fresh) -> Pattern:
    """A pattern with a value behind it: joined with what the pattern binds the variable to, where it does.

    Strict values are put first: one behind another value of the same variable, which may be an error, is left out.
    """
    found = value_of(part)
    if found is None:
        return join(pattern, part)
    made, strict = found
    if made.variable in visible(pattern):
        if made.variable not in certain(pattern):
            return pattern
        own = fresh.var()
        equal = Call("SAMETERM", (made.variable, own))
        agrees = equal if strict else Call("||", (Call("!1", (Call("BOUND", (own,)),)), equal))
        return Filter(Extend(pattern, own, made.value), (agrees,))
    whole = Extend(pattern, made.variable, made.value)
    return bound(whole) if strict else whole


def in_place(pattern: Pattern, fresh: Fresh) -> Pattern:
    """The same pattern, in which every value stands behind what binds its variables, in every branch."""
    match pattern:
        case Union(branches):
            return Union(tuple(in_place(branch, fresh) for branch in branches))
        case Filter(inner, conditions) if value_of(pattern) is None:
            return Filter(in_place(inner, fresh), conditions)
        case Join(parts):
            found = join(*(in_place(part, fresh) for part in parts if value_of(part) is None))
            values = [(not made[1], part) for part in parts if (made := value_of(part)) is not None]
            for _, part in sorted(values, key=lambda value: value[0]):
                found = put(found, part, fresh)
            return found
        case _:
            return pattern if value_of(pattern) is None else put(UNIT, pattern, fresh)
