"""Channels: the plugins that learn from the sources of a project, found when it is opened."""

from __future__ import annotations

from regen.config import Config, LearnSettings, LearnTable, place_of
from regen.errors import ConfigError
from regen.hooks.dispatch import Hooks
from regen.model.learned import Channel
from regen.sources.learner import Learner
from regen.state.db import Database


async def learner(config: Config, hooks: Hooks, db: Database) -> Learner:
    """Who asks the enabled sources of a project. Raises ConfigError, see `channels`."""
    return Learner(config, await channels(config, hooks), db)


async def channels(config: Config, hooks: Hooks) -> dict[str, Channel]:
    """The channels of the enabled sources, by name.

    Raises:
        ConfigError: no plugin has one of that kind, or a key of the table is wrong; with file and line.
    """
    found = {}
    for index, table in enumerate(config.learning):
        if not table.enabled:
            continue
        settings = LearnSettings(table, index, lambda: place_of(config))
        channel = await hooks.learn(table.kind, settings)
        if channel is None:
            raise _unknown(settings, table)
        settings.refuse_unread()
        found[table.name] = channel
    return found


def _unknown(settings: LearnSettings, table: LearnTable) -> ConfigError:
    hint = "built in is `feed`, for Atom and RSS; `regen plugins --hooks` lists others under regen_learn"
    return settings.error(f"no plugin learns from sources of the kind {table.kind!r}", hint, "kind")
