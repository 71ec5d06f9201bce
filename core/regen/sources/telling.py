"""Telling: what a source is called in messages, and the error of one that is busy; no secret is in either."""

from __future__ import annotations

from regen.config import LearnTable
from regen.errors import LearnError


class Busy(LearnError):  # noqa: N818 - a state of the other side, not of ours
    """A source that is busy, or not there.

    Attributes:
        wait_s: what it asks to wait; None: it does not say.
    """

    wait_s: float | None = None


def where(table: LearnTable) -> str:
    """What a source is called in messages: without the query of its address, which may hold a key."""
    return f"learn:{table.name}" + (f" ({shown(table.url)})" if table.url else "")


def shown(url: str) -> str:
    """An address for people and for the graph."""
    return url.partition("?")[0].partition("#")[0]
