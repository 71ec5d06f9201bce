"""Channel: one feed. The whole of it is asked for; what was seen before is found by the ids of its entries."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from regen.commands import Ran, run_beside
from regen.config import Key, LearnSettings
from regen.errors import LearnError
from regen.model.learned import Item, Learned, Page, Web
from regen.sources.text import plain

_READER = str(Path(__file__).with_name("reader.py"))
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.7,"
    " */*;q=0.1"
)
_A_BYTE = 40  # bytes of memory that feedparser takes for one of a feed, measured with short entries: 15
_STORED = 8  # bytes of what the reader prints for one of a feed, when every letter of it is escaped


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """The keys of a feed."""

    memory_mb: Annotated[
        float, Key("memory of the process that reads it, in millions of bytes; 0: by `max_mb`", minimum=0)
    ] = 0.0


class Feed:
    """A feed.

    Args:
        settings: of its source.
        options: its own keys.
    """

    def __init__(self, settings: LearnSettings, options: FeedOptions) -> None:
        self._settings = settings
        self._memory = int(options.memory_mb * 1_000_000) or 256_000_000 + _A_BYTE * settings.max_bytes

    async def learn(self, cursor: str, web: Web) -> Learned:
        """Read the feed; see `Channel.learn`. The cursor is a digest: not all servers know conditional requests."""
        page = await web.get(accept=_ACCEPT)
        if page is None:
            return Learned((), cursor)
        digest = hashlib.blake2b(page.body, digest_size=16).hexdigest()
        if digest == cursor:
            return Learned((), cursor)
        found = self._learned(await self._read(page), page)
        return replace(found, cursor=digest if found.whole else "")

    async def _read(self, page: Page) -> list[dict[str, Any]]:
        about = {"content-type": page.headers.get("content-type", ""), "content-location": page.url}
        limits = [str(self._memory), str(int(self._settings.timeout_s) + 1), str(self._settings.max_items)]
        ran = await run_beside(
            [sys.executable, "-I", _READER, json.dumps(about), *limits],
            folder=Path("/"),
            variables={},
            timeout_s=self._settings.timeout_s,
            most=len(page.body) * _STORED + 1_000_000,
            given=page.body,
        )
        lines = ran.output.splitlines()
        if ran.code != 0 or ran.cut or not lines or b'"end"' not in lines[-1]:
            raise self._failed(ran)
        return [json.loads(line) for line in lines]

    def _learned(self, rows: list[dict[str, Any]], page: Page) -> Learned:
        *entries, end = rows
        if end["end"] != "feed":
            media = page.headers.get("content-type", "").partition(";")[0] or "no media type"
            raise self._error(f"what it answers is no feed that can be read ({media}): {end['why']}", "look at the URL")
        items, refused = [], []
        for entry in entries:
            if entry.get("refused"):
                refused.append(entry["refused"])
            else:
                items.append(_item(entry))
        return Learned(tuple(items), refused=tuple(refused), whole=end["whole"], note=end["note"])

    def _failed(self, ran: Ran) -> LearnError:
        if ran.code is None or ran.code in {-9, -24}:
            return self._error(f"reading it takes more than {self._settings.timeout_s:g} s", "raise `timeout_s`")
        if ran.code == 3 or b"MemoryError" in ran.output:
            needs = f"reading it takes more than {self._memory / 1_000_000:g} million bytes of memory"
            return self._error(needs, "raise `memory_mb`, or ask for less")
        return self._error(f"it cannot be read: {ran.last_line[:200] or f'exit code {ran.code}'}", "look at the feed")

    def _error(self, message: str, hint: str) -> LearnError:
        return LearnError(message, where=f"learn:{self._settings.name}", hint=hint)


def _item(entry: dict[str, Any]) -> Item:
    return Item(
        entry["id"],
        _text(entry["title"]),
        entry["link"],
        _text(entry["summary"]),
        tuple(entry["authors"]),
        tuple(entry["categories"]),
        entry["published"],
        entry["updated"],
    )


def _text(value: list[str]) -> str:
    """A text of (media type, text)."""
    return plain(value[1]) if value[0] != "text/plain" else value[1]
