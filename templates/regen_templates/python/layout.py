"""Layout: a field is written on as many lines as `ruff format` gives it."""

from __future__ import annotations

from dataclasses import dataclass

_LENGTH = 88  # ruff's line length
_IN = "    "
_MARK = "  # type: ignore[assignment, unused-ignore]"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model: its name, its annotation and what stands behind it.

    Attributes:
        types: the annotation: what stands between `|`; of an element, where it is a list.
        many: whether it is a list.
        choices: what `Literal[…]` lists; empty where the annotation is none.
        checks: arguments that limit one value: `ge=0`.
        arguments: all arguments of the field's own `Field(…)`.
        inherited: whether an ancestor has it too, of which type checkers would complain.
    """

    name: str
    types: tuple[str, ...]
    many: bool
    choices: tuple[str, ...]
    checks: tuple[str, ...]
    arguments: tuple[str, ...]
    inherited: bool

    @property
    def element(self) -> tuple[str, ...]:
        """The types, with the checks of an element of a list."""
        if self.many and self.checks:
            return (f"Annotated[{self.types[0]}, Field({', '.join(self.checks)})]",)
        return self.types

    @property
    def value(self) -> str:
        """What stands behind the annotation, on one line."""
        if not self.arguments:
            return ""
        return " = None" if self.arguments == ("default=None",) else f" = Field({', '.join(self.arguments)})"

    @property
    def mark(self) -> str:
        """The comment of a field that is inherited; it counts for no line's length."""
        return _MARK if self.inherited else ""


def field_lines(field: Field) -> list[str]:
    """The lines of a field, indented."""
    union = " | ".join(field.element)
    start = f"{_IN}{field.name}: " + (f"list[{union}]" if field.many else union)
    value, mark = field.value, field.mark
    if len(start) + len(value) <= _LENGTH:
        return [start + value + mark]
    called = value.startswith(" = Field(")
    if called and len(start) + len(" = Field(") <= _LENGTH:
        arguments = ", ".join(field.arguments)
        inner = [arguments] if len(arguments) <= _LENGTH - 8 else [f"{argument}," for argument in field.arguments]
        return [f"{start} = Field({mark}", *_indented(inner), f"{_IN})"]
    if called and len(start) + len(" = (") <= _LENGTH and len(value) <= _LENGTH - 5 and "[" not in union:
        return [f"{start} = ({mark}", *_indented([value.removeprefix(" = ")]), f"{_IN})"]
    *lines, last = _many_lines(field, union) if field.many else _union_lines(field, union)
    if len(last) + len(value) <= _LENGTH:
        return [*lines, last + value]
    return [*lines, f"{last} = Field(", *_indented([f"{argument}," for argument in field.arguments]), f"{_IN})"]


def _many_lines(field: Field, union: str) -> list[str]:
    """A list whose elements' type takes lines of its own."""
    if len(union) <= _LENGTH - 8:
        inner = [union]
    elif field.checks:
        checks = ", ".join(field.checks)
        inner = [f"{_IN}Field({checks}),"]
        if len(checks) > _LENGTH - 20:
            inner = [f"{_IN}Field(", *(f"{_IN * 2}{check}," for check in field.checks), f"{_IN}),"]
        inner = ["Annotated[", f"{_IN}{field.types[0]},", *inner, "]"]
    elif field.choices:
        inner = _literal(field)
    else:
        inner = _alternatives(field)
    return [f"{_IN}{field.name}: list[{field.mark}", *_indented(inner), f"{_IN}]"]


def _union_lines(field: Field, union: str) -> list[str]:
    """An annotation that takes lines of its own, in parentheses where it needs them."""
    if field.choices and len(field.types) == 1:
        first, *rest = _literal(field)
        return [f"{_IN}{field.name}: {first}{field.mark}", *(_IN + line for line in rest)]
    if len(union) <= _LENGTH - 8:
        inner = [union]
    else:
        inner = [*_literal(field), "| None"] if field.choices else _alternatives(field)
    return [f"{_IN}{field.name}: ({field.mark}", *_indented(inner), f"{_IN})"]


def _literal(field: Field) -> list[str]:
    return ["Literal[", *(f"{_IN}{choice}," for choice in field.choices), "]"]


def _alternatives(field: Field) -> list[str]:
    first, *rest = field.types
    return [first, *(f"| {type_}" for type_ in rest)]


def _indented(lines: list[str]) -> list[str]:
    return [f"{_IN}{_IN}{line}" for line in lines]
