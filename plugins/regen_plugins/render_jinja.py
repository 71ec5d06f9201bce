"""Render: templates whose engine is Jinja become renderers."""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.model.template import Renderer, Template


@hookimpl
def regen_render(template: Template) -> Renderer | None:
    """Compile a template whose front matter names no engine, or `engine: jinja`."""
    if template.engine != "jinja":
        return None
    from regen.templating.renderer import make_renderer

    return make_renderer(template)
