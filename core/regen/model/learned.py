"""Learned: what a channel finds at a source, what it is given to find it with, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from regen.model.event import Payload, payload


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a source tells of: an article, a release, a paper.

    All texts are plain text, of any length and with any characters: what is stored is made safe and cut, so that no
    item grows past some kilobytes. A channel that gets HTML takes the text out by `regen.sources.text.plain`.

    Attributes:
        id: what the source calls it, for good; "": its link stands for it, and without one its title, summary and date.
        title, summary: for people.
        link: an http or https address; one that is none is left out.
        authors, categories: names, as the source gives them.
        published, updated: seconds since the epoch, UTC; None where the source does not say.
        kind: its class in schema.org, such as "Article" or "SoftwareSourceCode".
        facts: more that the source says: (name of a schema.org property, text).
    """

    id: str
    title: str = ""
    link: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: float | None = None
    updated: float | None = None
    kind: str = "Article"
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """What a channel found in one step.

    Attributes:
        items: in the order in which the source lists them, the newest first where it has one.
        cursor: where the next step begins; it is kept once the items are, and any text will do.
        refused: why some that the source lists are no items, one sentence each.
        more: whether the source has more now: the next step follows at once.
        whole: False where the answer was damaged and the items are what could be saved of it: it is then asked for
            again though the source says that it did not change.
        note: what a person should know, such as why it was damaged; None: nothing.
    """

    items: tuple[Item, ...]
    cursor: str = ""
    refused: tuple[str, ...] = ()
    more: bool = False
    whole: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered with 200.

    Attributes:
        url: where it came from in the end, without its query.
        headers: by name in lower case.
        body: decompressed, at most `max_mb` of the source.
    """

    url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


class Web(Protocol):
    """HTTP for a channel: conditional, patient, within the limits of its source."""

    async def get(self, url: str | None = None, *, accept: str = "*/*") -> Page | None:
        """Ask for a document; None: it is what it was when its items were last kept.

        A server that is busy or away is asked again, as often as `retries` says. The source's own headers go to its
        own origin only; how redirects and private addresses are treated is told in docs/learning.md.

        Args:
            url: of http or https; None: the source's own.
            accept: media types.

        Raises:
            LearnError: no answer came that can be used.
        """


class Channel(Protocol):
    """One source as its channel asks it."""

    async def learn(self, cursor: str, web: Web) -> Learned:
        """Take one step.

        Called in an event loop of any backend, in any thread; never twice at a time for one source.

        Args:
            cursor: what the last step that was kept gave; "": from the beginning, for all that the source still has.
            web: asks.

        Raises:
            LearnError: what came is not what it should be, with the way out.
        """


@dataclass(frozen=True, slots=True)
class LearnRun:
    """What came of asking one source.

    Attributes:
        source: its name.
        at: when it was asked; seconds since the epoch, UTC.
        duration_s: until everything was kept.
        fetched: entries that it listed, in answers that were new.
        added, updated: items.
        refused: entries that are no items, with the first reasons.
        dropped: items that went, for the file holds so many or so old ones only.
        notes: what a person should know, in words.
        error: why it could not be asked, or its answer not be taken; None: it could.
        next_at: when a watch asks it next.
        skipped: why it was not asked; None: it was.
    """

    source: str
    at: float
    duration_s: float = 0.0
    fetched: int = 0
    added: int = 0
    updated: int = 0
    refused: int = 0
    dropped: int = 0
    notes: tuple[str, ...] = ()
    error: str | None = None
    next_at: float | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class LearnStanding:
    """Where one source stands.

    Attributes:
        name, kind, enabled: as configured.
        url: without its query, which may hold a key; None: it has none.
        path: of its graph file.
        items: in the file.
        fetched, processed, integrated, refused: entries listed in answers, made into items, that were new or other than
            before, and that are no items; since the first time.
        requests: how often it was asked.
        fetch_ms: mean time until its answer was there, in ms; None: it was never asked.
        items_per_hour: new ones since the first time it was asked, without what it had then, over an hour at least;
            None: it was never asked.
        last_delay_s: from published to integrated, of the last item that counts; None: none did.
        asked_at: when it was asked last; None: never.
        next_at: when a watch asks it next; None: not in its interval, or at once.
        failures: in a row.
        error: of the last time; None: it went well.
        note: of the last answer.
    """

    name: str
    kind: str
    enabled: bool
    url: str | None
    path: str
    items: int
    fetched: int
    processed: int
    integrated: int
    refused: int
    requests: int
    fetch_ms: float | None
    items_per_hour: float | None
    last_delay_s: float | None
    asked_at: float | None
    next_at: float | None
    failures: int
    error: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class _SourcePayload(Payload):
    """Something that happened with one source."""

    about_field = "source"
    source: str


@payload("learning.fetched")
@dataclass(frozen=True, slots=True)
class LearningFetched(_SourcePayload):
    """A source answered with something that it had not said before; `items` counts what it lists."""

    items: int
    refused: int
    duration_s: float


@payload("learning.integrated")
@dataclass(frozen=True, slots=True)
class LearningIntegrated(_SourcePayload):
    """Items stand in the graph file; `delay_s` is the longest from published to integrated among those that count."""

    path: str
    added: int
    updated: int
    dropped: int
    delay_s: float | None


@payload("learning.failed")
@dataclass(frozen=True, slots=True)
class LearningFailed(_SourcePayload):
    """A source could not be asked, or its answer not be taken; `failures` counts them in a row."""

    message: str
    failures: int
    next_at: float | None
