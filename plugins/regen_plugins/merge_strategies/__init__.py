"""Strategies: how a project wants files merged, by name, where merging them as usual is not what it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.hooks import hookimpl
from regen.model.settings import PluginSettings

if TYPE_CHECKING:
    from regen.hooks.protocols import Strategy


class MergeStrategies:
    """The strategies `lines`, `ours`, `theirs`, `newest`, `manual` and `priority`."""

    def __init__(self) -> None:
        self._settings = PluginSettings()

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take the rules for `priority`."""
        self._settings = settings

    @hookimpl
    def regen_strategy(self, name: str) -> Strategy | None:
        """One of them."""
        from regen_plugins.merge_strategies.by_name import strategy

        return strategy(name, self._settings.rules)
