"""Equipment: what a process needs to make artifacts, each thing made once and kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from regen.errors import TemplateError
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.settings import PluginSettings
from regen.model.template import Renderer, Template
from regen.state.blobs import BlobStore
from regen.state.db import NAME, Database


async def worker_hooks(settings: PluginSettings) -> Hooks:
    """The plugins of a worker process, loaded once."""
    known = _HOOKS.get(settings)
    if known is None:
        if "REGEN_LOG" in os.environ:
            from regen.telemetry import logs

            logs.configure()
        known = Hooks(PluginManager(settings.disable))
        await known.configure(settings)
        _HOOKS[settings] = known
    return known


_HOOKS: dict[PluginSettings, Hooks] = {}
_RENDERERS: dict[tuple[int, str], Renderer] = {}
_LANGUAGES: dict[int, Mapping[str, str]] = {}
_KEPT_RENDERERS = 500


async def renderer_of(hooks: Hooks, template: Template) -> Renderer:
    """The compiled template.

    Raises:
        TemplateError: no plugin knows its engine.
    """
    known = _RENDERERS.get((id(hooks), template.digest))
    if known is None:
        known = await hooks.render(template)
        if known is None:
            raise TemplateError(
                f"no plugin renders with the engine {template.engine!r}",
                where=template.where,
                hint="remove `engine:` for Jinja, or install the plugin that knows it",
            )
        if len(_RENDERERS) >= _KEPT_RENDERERS:
            _RENDERERS.clear()
        _RENDERERS[id(hooks), template.digest] = known
    return known


async def languages_of(hooks: Hooks) -> Mapping[str, str]:
    """Endings of files to names of languages."""
    known = _LANGUAGES.get(id(hooks))
    if known is None:
        known = {ending: language.name for language in await hooks.languages() for ending in language.extensions}
        _LANGUAGES[id(hooks)] = known
    return known


def blobs_of(state: str) -> BlobStore:
    """The blobs, read beside the process that holds the project."""
    return _blobs(state, (Path(state) / NAME).stat().st_ino)


@lru_cache(maxsize=4)
def _blobs(state: str, inode: int) -> BlobStore:
    """`inode` of the database: a state that was deleted and made again under the same name is another one."""
    del inode
    folder = Path(state)
    return BlobStore(folder / "blobs", Database(folder / NAME, read_only=True))
