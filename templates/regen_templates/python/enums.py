"""Enumerations: individuals become the members of a `StrEnum`."""

from __future__ import annotations

from regen.model.term import Iri, Term
from regen.templating.iris import local_name
from regen.templating.literals import py_literal

from ..vocabulary.facts import Rows
from .names import Names
from .texts import described_member

_LENGTH = 88  # ruff's line length


def member_lines(members: Rows, notes: Rows, names: Names) -> list[str]:
    """The lines of the members of an enumeration and their docstrings, in the order of their IRIs.

    The value is the local name; the IRI where a member before it has that name.

    Args:
        members: rows (enumeration, member).
        notes: rows (enumeration, member, comment).
    """
    comments: dict[str, list[Term]] = {}
    for _, member, comment in notes:
        if comment is not None:
            comments.setdefault(str(member), []).append(comment)
    iris = [member for _, member in members if isinstance(member, Iri)]
    seen: set[str] = set()
    lines = []
    for name, text in zip(names.members(iris), map(str, iris), strict=True):
        local = local_name(text)
        value = py_literal(text if local in seen else local)
        seen.add(local)
        lines.append(_assignment(name, value))
        if about := described_member(comments.get(text, ())):
            lines.append(f"    {about}")
    return lines


def _assignment(name: str, value: str) -> str:
    line = f"    {name} = {value}"
    return line if len(line) <= _LENGTH else f"    {name} = (\n        {value}\n    )"
