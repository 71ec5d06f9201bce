"""Imports: statements as `ruff format` lays them out, in the order in which `ruff check` wants them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .layout import Field
from .names import by_value

_LENGTH = 88  # ruff's line length


@dataclass(slots=True)
class Uses:
    """What the fields of a file need beside classes of the graph."""

    datetime: bool = False
    decimal: bool = False
    annotated: bool = False
    literal: bool = False
    field: bool = False

    def add(self, field: Field) -> None:
        """Take in what a field needs."""
        self.datetime = self.datetime or any(type_.startswith("_dt.") for type_ in field.types)
        self.decimal = self.decimal or "Decimal" in field.types or any("Decimal(" in check for check in field.checks)
        self.annotated = self.annotated or (field.many and bool(field.checks))
        self.literal = self.literal or bool(field.choices)
        self.field = self.field or bool(field.checks) or field.arguments not in ((), ("default=None",))

    def standard(self, *, type_checking: bool) -> list[str]:
        """Imports of the standard library."""
        wanted = (type_checking, "TYPE_CHECKING"), (self.annotated, "Annotated"), (self.literal, "Literal")
        typing = [name for is_wanted, name in wanted if is_wanted]
        lines = ["import datetime as _dt"] if self.datetime else []
        if self.decimal:
            lines.append("from decimal import Decimal")
        return [*lines, f"from typing import {', '.join(typing)}"] if typing else lines


def base_import(package: str, stem: str, name: str, alias: str) -> str:
    """The import of a base class: of another package, or of this one where `package` is empty."""
    return import_line(
        f"..{package}.{stem}" if package else f".{stem}", name if alias == name else f"{name} as {alias}"
    )


def package_import(package: str) -> str:
    """The import of a package that annotations name, for type checkers only."""
    return import_line("..", f"{package} as _{package}", "    ")


def import_line(path: str, name: str, indent: str = "") -> str:
    """One import, on as many lines as the formatter gives it."""
    line = f"{indent}from {path} import {name}"
    return line if len(line) <= _LENGTH else f"{indent}from {path} import (\n{indent}    {name},\n{indent})"


def in_order(lines: Iterable[str]) -> list[str]:
    """Imports of one section, or names of packages, sorted."""
    return sorted(lines, key=lambda line: by_value(line.lower()))
