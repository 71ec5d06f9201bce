"""Rows: what a view says about one key, in a total order."""

from __future__ import annotations

from dataclasses import dataclass

from blake3 import blake3

from regen.model.term import Term


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a view.

    `columns` are the projected variables without `?`; each row has one term a column, None where it is unbound.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __reduce__(self) -> tuple[object, ...]:
        return (Rows, (self.columns, self.rows))

    def digest(self) -> str:
        """BLAKE3 over columns and rows; equal rows in equal order have equal digests."""
        lines = ["\t".join(self.columns)]
        lines += ["\t".join("" if term is None else term.n3() for term in row) for row in self.rows]
        return blake3("\n".join(lines).encode()).hexdigest()
