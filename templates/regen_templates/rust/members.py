"""Members: those of an enumeration become the variants of an enum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from regen.model.term import Term
from regen.templating.iris import local_name
from regen.templating.literals import rs_literal

from .names import Crate, variant_names
from .prose import doc

Row = tuple[Term | None, ...]


class Variant(NamedTuple):
    """A variant; `comment` is empty where nothing is said, `rename` where its name is its value in JSON."""

    comment: str
    rename: str
    name: str


def variants(members: Iterable[Row], notes: Iterable[Row], crate: Crate) -> list[Variant]:
    """The variants of an enumeration.

    Args:
        members: (this, member).
        notes: (this, member, comment), in their order.
        crate: names things.
    """
    iris = [member for _, member in members if member is not None]
    comments: dict[str, list[str]] = {}
    for _, member, text in notes:
        comments.setdefault(str(member), []).append(str(text))
    found: list[Variant] = []
    seen: set[str] = set()
    for iri, name in variant_names(iris, crate.identifier).items():
        local = local_name(iri)
        value = iri if local in seen else local
        seen.add(local)
        comment = doc("\n\n".join(comments.get(iri, ())), 96)
        found.append(Variant(comment, "" if name == value else rs_literal(value), name))
    return found
