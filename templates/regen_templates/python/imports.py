"""Imports: statements as `ruff format` lays them out, in the order in which `ruff check` wants them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .layout import Field
from .names import by_value

_LENGTH = 88  # ruff's line length


@dataclass(slots=True)
class Uses:
    """What the fields of a file need beside classes of the graph."""

    types: set[str] = field(default_factory=set)
    annotated: bool = False
    literal: bool = False
    pydantic: bool = False

    def add(self, field: Field) -> None:
        """Take in what a field needs."""
        self.types.update(field.types)
        self.literal = self.literal or bool(field.choices)
        if field.checks:
            self.annotated = self.annotated or field.many
            self.pydantic = True
        elif field.arguments not in ((), ("default=None",)):
            self.pydantic = True

    def sections(self, packages: Iterable[str]) -> list[list[str]]:
        """Imports of the standard library, of pydantic, and of packages for type checkers only; each may be empty."""
        checked = [import_line("..", f"{package} as _{package}", "    ") for package in in_order(packages)]
        wanted = (checked, "TYPE_CHECKING"), (self.annotated, "Annotated"), (self.literal, "Literal")
        typing = [name for is_wanted, name in wanted if is_wanted]
        standard = ["import datetime as _dt"] if any(type_.startswith("_dt.") for type_ in self.types) else []
        standard += ["from decimal import Decimal"] if "Decimal" in self.types else []
        standard += [f"from typing import {', '.join(typing)}"] if typing else []
        pydantic = ["from pydantic import Field"] if self.pydantic else []
        return [standard, pydantic, ["if TYPE_CHECKING:", *checked] if checked else []]


def base_import(package: str, stem: str, name: str, alias: str) -> str:
    """The import of a base class: of another package, or of this one where `package` is empty."""
    return import_line(
        f"..{package}.{stem}" if package else f".{stem}", name if alias == name else f"{name} as {alias}"
    )


def import_line(path: str, name: str, indent: str = "") -> str:
    """One import, on as many lines as the formatter gives it."""
    line = f"{indent}from {path} import {name}"
    return line if len(line) <= _LENGTH else f"{indent}from {path} import (\n{indent}    {name},\n{indent})"


def in_order(lines: Iterable[str]) -> list[str]:
    """Imports of one section, or names of packages, sorted."""
    return sorted(lines, key=lambda line: by_value(line.lower()))
