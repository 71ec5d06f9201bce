"""Learn: Atom and RSS feeds of every age, read by feedparser in a process of its own, with limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.config import LearnSettings
    from regen.model.learned import Channel


@hookimpl
def regen_learn(kind: str, settings: LearnSettings) -> Channel | None:
    """The channel "feed"; its parts are imported where it is used, for every start imports this module."""
    if kind != "feed":
        return None
    from regen_plugins.learn_feeds.channel import Feed, FeedOptions

    options = settings.read(FeedOptions)
    if settings.url is None:
        raise settings.error("a feed needs an address", 'add `url = "https://…"` to its [[learn]]')
    return Feed(settings, options)
