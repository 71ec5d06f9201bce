"""Query: what can be asked of any piece of algebra, and how it is rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, cast

from regen.query.algebra import Exists, Join, Node, Pattern, Var

T = TypeVar("T")


def substitute(value: T, mapping: Mapping[Var, Var]) -> T:
    """The same algebra with variables replaced, everywhere in it."""
    return cast(T, _substitute(value, mapping)) if mapping else value


def _substitute(value: object, mapping: Mapping[Var, Var]) -> object:
    if isinstance(value, Var):
        return mapping.get(value, value)
    if isinstance(value, tuple):
        return tuple(_substitute(item, mapping) for item in value)
    if isinstance(value, Node):
        return value.rebuilt(lambda _, part: _substitute(part, mapping))
    return value


def bottom_up(value: T, change: Callable[[Node], Node]) -> T:
    """The same algebra with every node changed, innermost first; nodes made by `change` are not visited."""
    return cast(T, _bottom_up(value, change))


def _bottom_up(value: object, change: Callable[[Node], Node]) -> object:
    if isinstance(value, tuple):
        return tuple(_bottom_up(item, change) for item in value)
    if isinstance(value, Node):
        return change(value.rebuilt(lambda _, part: _bottom_up(part, change)))
    return value


def walk(value: object) -> Iterator[object]:
    """Every variable, term and node in it, itself first, in the order of the text."""
    yield value
    if isinstance(value, tuple):
        for item in value:
            yield from walk(item)
    elif isinstance(value, Node):
        for _, part in value.fields():
            yield from walk(part)


def mentioned(value: object) -> frozenset[Var]:
    """Every variable in it, local ones too."""
    found: set[Var] = set()
    _collect(value, found)
    return frozenset(found)


def _collect(value: object, found: set[Var]) -> None:
    if isinstance(value, Var):
        found.add(value)
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, found)
    elif isinstance(value, Node):
        names: tuple[str, ...] = type(value).__slots__
        for name in names:
            _collect(getattr(value, name), found)


def exists_in(value: object) -> tuple[Exists, ...]:
    """The outermost `EXISTS` of expressions, in order."""
    if isinstance(value, Exists):
        return (value,)
    if isinstance(value, tuple):
        return tuple(found for item in value for found in exists_in(item))
    if isinstance(value, Node):
        return tuple(found for _, part in value.fields() for found in exists_in(part))
    return ()


def join(*patterns: Pattern) -> Pattern:
    """All of them together, flat; one alone is itself."""
    parts: list[Pattern] = []
    for pattern in patterns:
        parts.extend(pattern.parts if isinstance(pattern, Join) else (pattern,))
    return parts[0] if len(parts) == 1 else Join(tuple(parts))


class Fresh:
    """Makes variables that stand nowhere else in a query."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0

    def var(self) -> Var:
        self._count += 1
        return Var(f"{self._prefix}{self._count}")

    def renaming(self, value: object, keep: frozenset[Var] = frozenset()) -> dict[Var, Var]:
        """New names for all variables of `value` but those to keep."""
        return {var: self.var() for var in sorted(mentioned(value) - keep, key=lambda v: v.name)}
