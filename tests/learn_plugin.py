"""A channel in thirty lines: an API that answers with pages of JSON; the hook is all that it needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from regen.config import Key, LearnSettings
from regen.errors import LearnError
from regen.hooks import hookimpl
from regen.model.learned import Channel, Item, Learned, Web


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of the API."""

    topic: Annotated[str, Key("what to ask for")]


@dataclass(frozen=True)
class Api:
    """The releases of one topic, page by page; the cursor is the number of the last one."""

    url: str
    topic: str

    async def learn(self, cursor: str, web: Web) -> Learned:
        """See `Channel.learn`."""
        page = await web.get(f"{self.url}?topic={self.topic}&after={cursor or 0}", accept="application/json")
        if page is None:
            return Learned((), cursor)
        try:
            found = json.loads(page.body)
            items = [Item(f"{one['id']}", one["name"], kind="SoftwareSourceCode") for one in found["items"]]
        except (ValueError, KeyError, TypeError) as error:
            raise LearnError(f"this is not the API's answer: {error}", hint="look at the URL") from error
        last = str(found["items"][-1]["id"]) if items else cursor
        return Learned(tuple(items), last, more=bool(found["more"]))


class LearnApi:
    """The plugin."""

    @hookimpl
    def regen_learn(self, kind: str, settings: LearnSettings) -> Channel | None:
        """The channel "api"."""
        return Api(settings.url or "", settings.read(Options).topic) if kind == "api" else None
