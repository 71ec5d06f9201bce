"""Query: a text with places for rows becomes a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regen.query.algebra import Var
from regen.query.text import MARK

CHUNK = 500
"""Rows bound to one query. The optimiser takes a table for small up to about 1,000 rows (5 ms at 1,000,000 triples);
with 2,000 it starts from the other end (9.9 s)."""


@dataclass(frozen=True, slots=True)
class Template:
    """`segments` are text and, in every second place, the names of the variables whose rows go there."""

    segments: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Template:
        return cls(tuple(text.split(MARK)))

    def fill(self, columns: Sequence[Var], rows: Sequence[tuple[str, ...]]) -> str:
        """The query for rows of terms in SPARQL syntax; a place for fewer variables gets each combination once."""
        if len(self.segments) == 1:
            return self.segments[0]
        made: dict[str, str] = {}
        names = [column.name for column in columns]
        for wanted in set(self.segments[1::2]):
            at = [names.index(name) for name in wanted.split()]
            unique = dict.fromkeys(" ".join([row[i] for i in at]) for row in rows)
            made[wanted] = " ".join([f"( {row} )" for row in unique])
        return "".join(made[part] if i % 2 else part for i, part in enumerate(self.segments))
