"""Render: templates whose engine is Jinja become renderers."""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.model.template import Renderer, Template
from regen.templating.renderer import make_renderer


@hookimpl
def regen_render(template: Template) -> Renderer | None:
    """Compile a template whose front matter names no engine, or `engine: jinja`."""
    return make_renderer(template) if template.engine == "jinja" else None
