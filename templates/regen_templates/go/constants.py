"""Constants: members of an enumeration become constants of its type, each with its documentation and its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from regen.model.term import Iri, Term
from regen.templating.iris import local_name
from regen.templating.literals import go_literal

from .comments import documentation
from .names import exported, unlike_names

Constant = tuple[str, str]
"""The lines of a constant's comment, and its own line: `Type_Name Type = "value"`."""


def constants(
    members: Iterable[Term | None],
    notes: Iterable[tuple[Term | None, Term | None]],
    name: str,
    identifier: Callable[[str], str],
) -> list[Constant]:
    """The constants of an enumeration, in the order of its members.

    Args:
        members: IRIs; a value is a local name, and the IRI where a member before it has that name.
        notes: (member, comment).
        name: the enumeration's.
        identifier: makes a name that Go takes.
    """
    comments: dict[str, list[str]] = {}
    for member, comment in notes:
        comments.setdefault(str(member), []).append(str(comment))
    iris = [member for member in members if isinstance(member, Iri)]
    found: list[Constant] = []
    values: set[str] = set()
    for iri, unlike in zip(iris, unlike_names(iris, identifier), strict=True):
        local = local_name(str(iri))
        own = f"{name}_{exported(unlike)}"
        text = "\n\n".join(comments.get(str(iri), ())) or f"the value {local}."
        value = str(iri) if local in values else local
        found.append((documentation(own, text, "\t"), f"{own} {name} = {go_literal(value)}"))
        values.add(local)
    return found
