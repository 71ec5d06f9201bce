"""Values: what is known of a property becomes the types and the zod schema of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from regen.model.term import Literal, Term
from regen.templating.identifiers import identifier
from regen.templating.literals import ts_literal
from regen.templating.names import screaming
from regen.templating.values import python_value

from ..vocabulary.facts import Number, Property
from .scalars import MOMENTS, NUMBER, TEXT, scalar

Known = Callable[[str], str | None]  # a range's IRI becomes the type of its class; None where it is no known class

_WIDTH = 80
# What XML Schema's regular expressions have and JavaScript's have not.
_FOREIGN = ("\\i", "\\c", "\\p{Is")
_BOUNDS: tuple[tuple[str, str, Callable[[list[Number]], Number]], ...] = (
    ("ge", "gte", max),
    ("gt", "gt", max),
    ("le", "lte", min),
    ("lt", "lt", min),
)
_CHECKED = frozenset({"min_length", "max_length", "pattern", *(fact for fact, _, _ in _BOUNDS)})


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a property.

    Attributes:
        types: alternatives of its type: `string`, `core.Work`, `"open"`; at least one.
        opening, items, schema, checks: its schema, which is `opening` with items and `])`, as in
            `z.union([z.int(), core.WorkSchema])`; where there are no items, `schema` and a chain of checks, as in
            `z.string()` and `.min(1)`.
    """

    types: Sequence[str]
    opening: str = ""
    items: Sequence[str] = ()
    schema: str = ""
    checks: Sequence[str] = ()

    @property
    def text(self) -> str:
        """The schema on one line."""
        return f"{self.opening}{', '.join(self.items)}])" if self.items else self.schema + "".join(self.checks)


class Patterns:
    """The regular expressions of one module: constants, for a shape is made anew for each class that extends it."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}

    def name(self, key: str, source: str) -> str:
        """The constant of the pattern of a property."""
        name = f"{identifier(screaming(key), None)}_PATTERN"
        while self.sources.setdefault(name, source) != source:
            name = f"{name}_"
        return name

    def lines(self) -> list[str]:
        """The constants."""
        found: list[str] = []
        for name, source in self.sources.items():
            start, end = f"const {name} =", f"/{source}/u;"
            found += [f"{start} {end}"] if len(start) + len(end) < _WIDTH else [start, f"  {end}"]
        return found


def value_of(property_: Property, known: Known, patterns: Patterns) -> Value:
    """The value of a property; `known` names those of its ranges that are classes."""
    choices = _plain(property_.choices)
    if choices:
        return Value(types=choices, opening="z.literal([", items=choices)
    types: dict[str, None] = {}
    schemas: dict[str, None] = {}
    for range_ in property_.ranges:
        text = str(range_)
        name = known(text)
        type_, schema = scalar(text) if name is None else (name, f"{name}Schema")
        types[type_] = schemas[schema] = None
    if TEXT.schema in schemas:
        schemas = {schema: None for schema in schemas if schema not in MOMENTS}
    if len(schemas) > 1:
        return Value(types=list(types), opening="z.union([", items=list(schemas))
    if not schemas:
        types, schemas = {TEXT.type: None}, {TEXT.schema: None}
    (schema,) = schemas
    return Value(types=list(types), schema=schema, checks=_checks(property_, schema, list(types), patterns))


def _plain(choices: Iterable[Term]) -> list[str]:
    """Choices as literals; empty where one of them is no text, no integer and no boolean."""
    found: dict[str, None] = {}
    for choice in choices:
        if not isinstance(choice, Literal) or not isinstance(python_value(choice), str | int):
            return []
        found[ts_literal(choice)] = None
    return list(found)


def _checks(property_: Property, schema: str, types: list[str], patterns: Patterns) -> list[str]:
    """What the facts say about one value, as calls."""
    checks: list[str] = []
    if _CHECKED.isdisjoint(property_.given):  # of most properties: nothing has to be counted
        return checks
    if schema == TEXT.schema:
        least, most = property_.numbers("min_length"), property_.numbers("max_length")
        if least:
            checks.append(f".min({max(least)})")
        if most:
            checks.append(f".max({min(most)})")
        source = _pattern(property_)
        if source is not None:
            checks.append(f".regex({patterns.name(property_.key, source)})")
    elif types == [NUMBER]:
        for fact, call, strictest in _BOUNDS:
            bounds = property_.numbers(fact)
            if bounds:
                checks.append(f".{call}({_number(strictest(bounds))})")
    return checks


def _pattern(property_: Property) -> str | None:
    """The pattern of a text; None where there is none that JavaScript understands, or more than one."""
    sources = property_.given.get("pattern", [])
    if len(sources) != 1 or "flags" in property_.given:
        return None
    source = str(sources[0])
    if any(sign in source for sign in _FOREIGN) or ("-[" in source and "]]" in source):
        return None
    return source.replace("/", "\\/").replace("\\\\/", "\\/").replace("\n", "\\n")


def _number(value: Number) -> str:
    return str(int(value)) if isfinite(value) and value == int(value) else ts_literal(value)
