"""Listing: which plugins are installed, which hooks they implement, and in which order they are asked."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path

from regen.config import find_root, load_config
from regen.errors import UsageError
from regen.hooks import specs
from regen.hooks.manager import Plugin, PluginManager


@dataclass(frozen=True, slots=True)
class HookListing:
    """One hook: its signature, what it is for, and its plugins in call order."""

    name: str
    signature: str
    summary: str
    order: tuple[str, ...]


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
    function = getattr(specs, name)
    summary = (inspect.getdoc(function) or "").splitlines()[0]
    arguments = ", ".join(inspect.signature(function).parameters)
    order = tuple(str(impl.plugin_name) for impl in manager.implementations(name))
    return HookListing(name, f"{name}({arguments})", summary, order)
