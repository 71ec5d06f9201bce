"""Values: members of an enumeration become lines of its table."""

from __future__ import annotations

from regen.templating.iris import local_name

from .pages import Rows
from .texts import code, paragraphs_of


def values(members: Rows, notes: Rows) -> list[tuple[str, str]]:
    """The cells of each value, its name and what it says, in the order of their IRIs.

    The IRI names a value whose local name is taken by one before it.

    Args:
        members: (enumeration, member).
        notes: (enumeration, member, comment).
    """
    comments: dict[str, list[str]] = {}
    for _, member, comment in notes:
        comments.setdefault(str(member), []).append(str(comment))
    found: dict[str, tuple[str, str]] = {}
    for _, member in members:
        iri = str(member)
        local = local_name(iri)
        name = iri if local in found else local
        says = "<br>".join(paragraphs_of("\n\n".join(comments.get(iri, ()))))
        found[name] = (code(name), says)
    return list(found.values())
