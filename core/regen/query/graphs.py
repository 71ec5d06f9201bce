"""Query: `GRAPH` becomes a property of triple patterns, where that says the same."""

from __future__ import annotations

from typing import cast

from regen.query.algebra import (
    Distinct,
    Extend,
    Filter,
    Graph,
    Group,
    Join,
    LeftJoin,
    Minus,
    Node,
    OrderBy,
    PathPattern,
    Pattern,
    Project,
    Slice,
    Slot,
    Triple,
    Union,
    Var,
)
from regen.query.normal import flat_joins
from regen.query.scopes import certain, nodes
from regen.query.traverse import Fresh, bottom_up, walk


def lower_graphs(pattern: Pattern) -> Pattern:
    """`GRAPH g { … }` becomes its triple patterns, each in `g`, where that says the same.

    It does not where a graph can matter without a triple of its own (an empty group, `OPTIONAL` alone), where the
    variable is used inside as well, or is hidden by a sub-select: then the `GRAPH` stays.
    """

    def change(node: Node) -> Node:
        if isinstance(node, Graph) and _can_lower(node):
            return place(node.inner, node.name)
        return node

    return flat_joins(bottom_up(pattern, change))


def as_asked(graph: Graph, fresh: Fresh) -> Pattern | None:
    """What a `GRAPH` that stayed asks of the store, as triple patterns in graphs; None where another one is in it.

    The engine hands the name down to every triple pattern. A sub-select that does not project it has a graph of its
    own; where a group is empty, any triple of a graph stands for the graph. More may match than in the query, and
    more may change.
    """
    return cast(Pattern, _as_asked(graph.inner, graph.name, fresh)) if _is_alone(graph.inner) else None


def _as_asked(value: object, name: Slot, fresh: Fresh) -> object:
    match value:
        case tuple() if not isinstance(value, Node):
            return tuple(_as_asked(item, name, fresh) for item in value)
        case Triple(s, p, o, None):
            return Triple(s, p, o, name)
        case PathPattern(s, path, o, None):
            return PathPattern(s, path, o, name)
        case Join(()):
            return Triple(fresh.var(), fresh.var(), fresh.var(), name)
        case Project(_, shown) | Group(_, shown) if isinstance(name, Var) and name not in shown:
            own = fresh.var()
            return value.rebuilt(lambda _, part: _as_asked(part, own, fresh))
        case Node():
            return value.rebuilt(lambda _, part: _as_asked(part, name, fresh))
        case _:
            return value


def _is_alone(pattern: Pattern) -> bool:
    return not any(isinstance(node, Graph) or _place_of(node) is not None for node in walk(pattern))


def place(pattern: Pattern, graph: Slot) -> Pattern:
    """Each triple pattern in a graph, those in conditions too."""

    def change(node: Node) -> Node:
        match node:
            case Triple(s, p, o, None):
                return Triple(s, p, o, graph)
            case PathPattern(s, path, o, None):
                return PathPattern(s, path, o, graph)
            case _:
                return node

    return bottom_up(pattern, change)


def _can_lower(graph: Graph) -> bool:
    inside = tuple(walk(graph.inner))
    if not _is_alone(graph.inner):
        return False
    if isinstance(graph.name, Var):
        if graph.name in inside or any(isinstance(node, Project | Group | Slice) for node in inside):
            return False
        minus = (node for node in inside if isinstance(node, Minus))
        if not all(certain(node.left) & certain(node.right) for node in minus):
            return False
    return grounded(graph.inner)


def _place_of(node: object) -> Slot | None:
    return node.graph if isinstance(node, Triple | PathPattern) else None


def grounded(pattern: Pattern) -> bool:
    """Whether every branch needs a triple of its own."""
    match pattern:
        case Join(parts):
            return bool(nodes(pattern)) and all(not _branches(part) or grounded(part) for part in parts)
        case Union(branches):
            return all(map(grounded, branches))
        case LeftJoin(left, right) | Minus(left, right):
            return grounded(left) and grounded(right)
        case Filter(inner) | Extend(inner) | Distinct(inner) | OrderBy(inner) | Slice(inner) | Project(inner):
            return grounded(inner)
        case Group(inner, keys):
            return bool(keys) and grounded(inner)
        case _:
            return bool(nodes(pattern))


def _branches(pattern: Pattern) -> bool:
    return isinstance(
        pattern, Union | LeftJoin | Minus | Filter | Extend | Distinct | OrderBy | Slice | Project | Group
    )
