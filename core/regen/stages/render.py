"""Stage: a key and its rows become a path and formatted bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Generic, Protocol, TypeVar

from regen.model.rows import Rows
from regen.model.template import GraphReader, Rendered, Renderer, Template
from regen.model.term import Term


class Formats(Protocol):
    """The hook that this stage asks; dispatch's `Hooks` is one."""

    async def format(self, path: str, language: str | None, content: bytes) -> bytes:
        """See `regen_format`; the text itself where no plugin formats it."""


F = TypeVar("F", bound=Formats)


@dataclass(frozen=True, slots=True)
class Context(Generic[F]):
    """What rendering one template takes.

    Attributes:
        template: the template.
        renderer: compiled from it.
        hooks: formats.
        languages: language names by file ending, with the dot.
    """

    template: Template
    renderer: Renderer
    hooks: F
    languages: Mapping[str, str]

    def language(self, path: str) -> str | None:
        """The template's language; else what the path's ending says; None where no plugin knows it."""
        return self.template.language or self.languages.get(PurePosixPath(path).suffix)


async def render(
    context: Context[F], key: Term | None, rows: Mapping[str, Rows], graph: GraphReader | None
) -> Rendered:
    """Render one key, and format what came out.

    Args:
        context: see there.
        key: the value of `?this`; None for a template without `each`.
        rows: by view.
        graph: None in a process that has none.

    Raises:
        TemplateError: with file, line and key.
        PathError: `to:` leaves the root.
        NeedsGraph: the body walks the graph and `graph` is None.
    """
    rendered = context.renderer.render(key, rows, graph)
    if rendered.path is None or context.template.inject is not None:
        return rendered
    content = await context.hooks.format(rendered.path, context.language(rendered.path), rendered.content)
    return replace(rendered, content=content)
