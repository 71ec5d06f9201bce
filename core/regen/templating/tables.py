"""Tables: rows of a view become what a body loops over; a row gives its cells by column.

Why a named tuple underneath: its C descriptors read a cell six times as fast as a property does, and bodies do little
else. Its own names are `_0`, `_1`; the columns are added beside them, so that `?class` and `?count` are columns too.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import Any, ClassVar

from regen.model.rows import Rows
from regen.model.term import Term


class Row(tuple[Term | None, ...]):
    """One row: `row.column`, `row["column"]`, or unpacked; each view has its own subclass."""

    __slots__ = ()
    _view: ClassVar[str] = ""
    _columns: ClassVar[tuple[str, ...]] = ()

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, str):
            return tuple.__getitem__(self, name)
        if name not in self._columns:
            raise KeyError(name)
        return tuple.__getitem__(self, self._columns.index(name))


class Table(tuple[Row, ...]):
    """The rows of a view, in its order."""

    __slots__ = ()


class Needs(dict[str, Table]):
    """`needs` in a body: for each template that it needs, the keys and paths of its artifacts."""


@lru_cache(maxsize=4096)
def _row_class(view: str, columns: tuple[str, ...]) -> type[Row]:
    plain = namedtuple("plain", ["_"] * len(columns), rename=True)  # type: ignore[misc]
    cells = {name: vars(plain)[f"_{i}"] for i, name in enumerate(columns) if not name.startswith("_")}
    return type("Row", (Row,), {"__slots__": (), "_view": view, "_columns": columns, **cells})


def table(view: str, rows: Rows) -> Table:
    """Make a view's rows readable by column."""
    return Table(map(_row_class(view, rows.columns), rows.rows))
