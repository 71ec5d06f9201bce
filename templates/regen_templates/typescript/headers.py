"""Headers: a class and its parents become the first lines of the interface, as prettier lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Parent:
    """A superclass.

    Attributes:
        type: the name of its type, with the module: `core.Work`.
        shape: the function that gives its fields: `core.shapeOfWork`.
        without: keys that the interface does not take from it: `"title"`, `keyof core.Entity`.
    """

    type: str
    shape: str
    without: Sequence[str]

    @property
    def text(self) -> str:
        """What the interface extends, on one line."""
        return f"Omit<{self.type}, {' | '.join(self.without)}>" if self.without else self.type


def header_lines(name: str, parents: Sequence[Parent], end: str) -> list[str]:
    """`export interface Novel extends core.Work {`, on one line where there is room, else on several.

    Args:
        name: of the interface.
        parents: what it extends.
        end: what follows: `{`, or `{}` where it has no members of its own.
    """
    start = f"export interface {name}"
    if not parents:
        return [f"{start} {end}"]
    extended = f"extends {', '.join([parent.text for parent in parents])} {end}"
    if len(start) + 1 + len(extended) <= _WIDTH:
        return [f"{start} {extended}"]
    if len(parents) == 1 and parents[0].without:
        return [f"{start} extends Omit<", *_omission(parents[0], "  "), f"> {end}"]
    if len(parents) == 1 or len(extended) <= _WIDTH - 2:
        return [start, f"  {extended}"]
    lines = [start, "  extends"]
    for parent in parents[:-1]:
        lines += _parent_lines(parent, ",")
    return lines + _parent_lines(parents[-1], f" {end}")


def _parent_lines(parent: Parent, after: str) -> list[str]:
    """One of several parents."""
    text = parent.text
    if len(text) + len(after) <= _WIDTH - 4 or not parent.without:
        return [f"    {text}{after}"]
    return ["    Omit<", *_omission(parent, "      "), f"    >{after}"]


def _omission(parent: Parent, indent: str) -> list[str]:
    """What stands between the brackets of `Omit<…>`."""
    keys = " | ".join(parent.without)
    inner = [f"{indent}{keys}"]
    if len(inner[0]) > _WIDTH:
        inner = [f"{indent}| {key}" for key in parent.without]
    return [f"{indent}{parent.type},", *inner]


def schema_lines(name: str) -> list[str]:
    """The constant that holds the schema of a class, lazily."""
    start, made = f"export const {name}Schema: z.ZodType<{name}> =", f"z.object(shapeOf{name}())"
    line = f"{start} z.lazy(() =>"
    if len(line) + len(made) + 3 <= _WIDTH:
        return [f"{line} {made});"]
    if len(line) <= _WIDTH:
        return [line, f"  {made},", ");"]
    if len(line) <= _WIDTH + 5:
        return [f"{start} z.lazy(", f"  () => {made},", ");"]
    if len(made) <= _WIDTH - 17:
        return [start, f"  z.lazy(() => {made});"]
    if len(made) <= _WIDTH + 1:
        return [start, "  z.lazy(() =>", f"    {made},", "  );"]
    return [start, "  z.lazy(() =>", "    z.object(", f"      shapeOf{name}(),", "    ),", "  );"]
