"""Rows: what a view says about one key, in a total order."""

from __future__ import annotations

from dataclasses import dataclass, field

from blake3 import blake3

from regen.model.term import Term


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a view.

    `columns` are the projected variables without `?`; each row has one term a column, None where it is unbound.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    _digests: list[str] = field(default_factory=list, init=False, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __reduce__(self) -> tuple[object, ...]:
        return (Rows, (self.columns, self.rows))

    def digest(self) -> str:
        """BLAKE3 over columns and rows; equal rows in equal order have equal digests. Worked out once."""
        if not self._digests:
            lines = ["\t".join(self.columns)]
            lines += ["\t".join(["" if term is None else term.n3() for term in row]) for row in self.rows]
            self._digests.append(blake3("\n".join(lines).encode()).hexdigest())
        return self._digests[0]
