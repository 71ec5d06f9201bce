"""Query: the algebra of SPARQL (1.1, section 18.2) as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

from regen.model.term import Iri, Term


class Node:
    """Anything of the algebra that has parts; `__slots__` of the subclasses name them in order."""

    __slots__ = ()

    def fields(self) -> Iterator[tuple[str, object]]:
        """Name and value of each part."""
        names: tuple[str, ...] = type(self).__slots__
        return ((name, getattr(self, name)) for name in names)

    def rebuilt(self, change: Callable[[str, object], object]) -> Node:
        """The same node with `change(name, part)` for each part."""
        make = cast(Callable[..., Node], type(self))
        return make(*(change(name, part) for name, part in self.fields()))


@dataclass(frozen=True, slots=True)
class Var:
    """A variable, without `?`."""

    name: str


Slot: TypeAlias = Var | Term
"""A place in a triple pattern."""


# Paths -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inverse(Node):
    path: Path


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    first: Path
    then: Path


@dataclass(frozen=True, slots=True)
class Alternative(Node):
    left: Path
    right: Path


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`path*` (at_least 0, many), `path+` (1, many), `path?` (0, not many)."""

    path: Path
    at_least: int
    many: bool


@dataclass(frozen=True, slots=True)
class Negated(Node):
    """`!(a|b)`: one edge whose predicate is none of these; `!(^a)` is the inverse of one."""

    predicates: tuple[Iri, ...]


Path: TypeAlias = Iri | Inverse | Sequence | Alternative | Repeat | Negated


# Expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call(Node):
    """An operator (`&&`, `+`, `IN`), a built-in in capitals, or a function named by its IRI in `<>`."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """`argument` is None for `COUNT(*)`; `separator` is that of `GROUP_CONCAT`."""

    name: str
    distinct: bool
    argument: Expression | None
    separator: str | None


@dataclass(frozen=True, slots=True)
class Exists(Node):
    pattern: Pattern
    negated: bool


Expression: TypeAlias = Var | Term | Call | Aggregate | Exists


# Patterns --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Triple(Node):
    """A triple pattern; `graph` is None in the default graph."""

    subject: Slot
    predicate: Slot
    object: Slot
    graph: Slot | None


@dataclass(frozen=True, slots=True)
class PathPattern(Node):
    subject: Slot
    path: Path
    object: Slot
    graph: Slot | None


@dataclass(frozen=True, slots=True)
class Join(Node):
    """All parts together; without parts, the pattern with one empty solution."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Union(Node):
    branches: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class LeftJoin(Node):
    """`left OPTIONAL { right FILTER(condition) … }`."""

    left: Pattern
    right: Pattern
    conditions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Lateral(Node):
    """`left LATERAL { right }`: a join whose right side is asked for each left solution."""

    left: Pattern
    right: Pattern


@dataclass(frozen=True, slots=True)
class Minus(Node):
    left: Pattern
    right: Pattern


@dataclass(frozen=True, slots=True)
class Filter(Node):
    inner: Pattern
    conditions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Extend(Node):
    """`BIND(value AS ?variable)`, and expressions of a `SELECT` or a `GROUP BY`."""

    inner: Pattern
    variable: Var
    value: Expression


@dataclass(frozen=True, slots=True)
class Values(Node):
    """Each row has a term for each variable; None is `UNDEF`."""

    variables: tuple[Var, ...]
    rows: tuple[tuple[Term | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """`VALUES` whose rows are known only when the query is run; they are distinct and complete.

    `columns` are the names under which the rows are given then; they stay when the variables are renamed.
    """

    variables: tuple[Var, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph(Node):
    name: Slot
    inner: Pattern


@dataclass(frozen=True, slots=True)
class Project(Node):
    inner: Pattern
    variables: tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class Distinct(Node):
    inner: Pattern


@dataclass(frozen=True, slots=True)
class Group(Node):
    inner: Pattern
    keys: tuple[Var, ...]
    aggregates: tuple[tuple[Var, Aggregate], ...]


@dataclass(frozen=True, slots=True)
class OrderBy(Node):
    """Each condition: an expression, and whether it runs downwards."""

    inner: Pattern
    conditions: tuple[tuple[Expression, bool], ...]


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """`limit` is None where there is none."""

    inner: Pattern
    offset: int
    limit: int | None


Pattern: TypeAlias = (
    Triple
    | PathPattern
    | Join
    | Union
    | LeftJoin
    | Lateral
    | Minus
    | Filter
    | Extend
    | Values
    | Bound
    | Graph
    | Project
    | Distinct
    | Group
    | OrderBy
    | Slice
)

Modifier: TypeAlias = Filter | Extend | Project | Distinct | Group | OrderBy | Slice
"""Patterns that do something to the solutions of one other."""

UNIT = Join(())
"""The pattern with one empty solution."""
