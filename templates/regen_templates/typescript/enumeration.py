"""Enumeration: the members of a class become what the body of its module prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regen.templating.iris import local_name
from regen.templating.literals import ts_literal

from .comments import member_comment
from .names import Names, key

_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Enumeration:
    """What the module of an enumeration holds.

    Attributes:
        name: of the object and of the type.
        members: lines.
    """

    name: str
    members: list[str]

    @property
    def schema(self) -> list[str]:
        """The constant that holds the schema."""
        start = f"export const {self.name}Schema = z.enum("
        line = f"{start}{self.name});"
        return [line] if len(line) <= _WIDTH else [start, f"  {self.name},", ");"]

    @property
    def type(self) -> list[str]:
        """The union of the values."""
        start, inferred = f"export type {self.name} = z.infer<", f"typeof {self.name}Schema"
        line = f"{start}{inferred}>;"
        return [line] if len(line) <= _WIDTH else [start, f"  {inferred}", ">;"]


def enumeration(iri: str, names: Names, members: Iterable[str], notes: Iterable[tuple[str, str]]) -> Enumeration:
    """Gather an enumeration.

    Args:
        iri: the class.
        names: of this project.
        members: in their order; the value of each is its local name, or its IRI where one before it has that name.
        notes: (member, comment).
    """
    comments: dict[str, list[str]] = {}
    for member, comment in notes:
        comments.setdefault(member, []).append(comment)
    seen: set[str] = set()
    lines: list[str] = []
    for member in members:
        local = local_name(member)
        about = member_comment("\n\n".join(comments.get(member, ())))
        lines += [about] if about else []
        lines += _member_lines(member if local in seen else local)
        seen.add(local)
    return Enumeration(names.type(iri), lines)


def _member_lines(value: str) -> list[str]:
    start, literal = f"  {key(value)}:", ts_literal(value)
    return [f"{start} {literal},"] if len(start) + len(literal) < _WIDTH - 1 else [start, f"    {literal},"]
