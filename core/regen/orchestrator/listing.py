"""Listing: which plugins are installed, which hooks they implement, and in which order they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from regen.config import find_root, load_config
from regen.errors import UsageError
from regen.hooks.manager import Plugin, PluginManager
from regen.hooks.reference import hook_text


@dataclass(frozen=True, slots=True)
class HookListing:
    """One hook.

    Attributes:
        name: of the hook.
        signature: with types, as Python spells it.
        summary: what it is for, in one line.
        first_result: whether the first answer that is not None is taken; else all plugins are asked.
        order: the plugins that implement it, in call order.
    """

    name: str
    signature: str
    summary: str
    first_result: bool
    order: tuple[Plugin, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Plugins in the order in which they are asked, and hooks in the order in which things happen."""

    plugins: tuple[Plugin, ...]
    hooks: tuple[HookListing, ...]


async def installed_plugins(folder: Path) -> Listing:
    """What is installed, as a project sees it; outside a project, with nothing switched off.

    Raises:
        PluginError: a plugin cannot be used.
    """
    try:
        disable = load_config(find_root(folder)).plugins.disable
    except UsageError:
        disable = ()
    manager = PluginManager(disable)
    return Listing(tuple(reversed(manager.plugins())), tuple(_hook(manager, name) for name in manager.hook_names()))


def _hook(manager: PluginManager, name: str) -> HookListing:
    text = hook_text(name)
    by_name = {plugin.name: plugin for plugin in manager.plugins() if plugin.enabled}
    order = tuple(by_name[str(impl.plugin_name)] for impl in manager.implementations(name))
    return HookListing(name, text.signature, text.summary, text.first_result, order)
