"""Query: `GRAPH` becomes a property of triple patterns, where that says the same."""

from __future__ import annotations

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
from regen.query.traverse import bottom_up, walk


def lower_graphs(pattern: Pattern) -> Pattern:
    """`GRAPH g { … }` becomes its triple patterns, each in `g`, where that says the same.

    It does not where a graph can matter without a triple of its own (an empty group, `OPTIONAL` alone), where the
    variable is used inside as well, or is hidden by a sub-select: then the `GRAPH` stays.
    """

    def change(node: Node) -> Node:
        if isinstance(node, Graph) and _can_lower(node):
            return _place(node.inner, node.name)
        return node

    return flat_joins(bottom_up(pattern, change))


def _place(pattern: Pattern, graph: Slot) -> Pattern:
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
    if any(isinstance(node, Graph) for node in inside) or any(_place_of(node) is not None for node in inside):
        return False
    if isinstance(graph.name, Var):
        if graph.name in inside or any(isinstance(node, Project | Group | Slice) for node in inside):
            return False
        minus = (node for node in inside if isinstance(node, Minus))
        if not all(certain(node.left) & certain(node.right) for node in minus):
            return False
    return _grounded(graph.inner)


def _place_of(node: object) -> Slot | None:
    return node.graph if isinstance(node, Triple | PathPattern) else None


def _grounded(pattern: Pattern) -> bool:
    """Whether every branch needs a triple of its own."""
    match pattern:
        case Join(parts):
            return bool(nodes(pattern)) and all(not _branches(part) or _grounded(part) for part in parts)
        case Union(branches):
            return all(map(_grounded, branches))
        case LeftJoin(left, right) | Minus(left, right):
            return _grounded(left) and _grounded(right)
        case Filter(inner) | Extend(inner) | Distinct(inner) | OrderBy(inner) | Slice(inner) | Project(inner):
            return _grounded(inner)
        case Group(inner, keys):
            return bool(keys) and _grounded(inner)
        case _:
            return bool(nodes(pattern))


def _branches(pattern: Pattern) -> bool:
    return isinstance(
        pattern, Union | LeftJoin | Minus | Filter | Extend | Distinct | OrderBy | Slice | Project | Group
    )
