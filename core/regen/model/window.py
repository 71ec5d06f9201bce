"""Window: the time that figures are about, as people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from regen.errors import UsageError

_UNITS_S: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)")
_HINT: Final = "write it like `15m`, `24h`, `7d`, `all`, or `2026-01-31..2026-02-28`"


@dataclass(frozen=True, slots=True)
class Window:
    """A time.

    Attributes:
        text: as it was written.
        since, until: seconds since the epoch, UTC; `until` is not included. `since` is 0 for "all".
    """

    text: str
    since: float
    until: float

    @property
    def length_s(self) -> float:
        """How long it is, in seconds."""
        return self.until - self.since

    @property
    def whole(self) -> bool:
        """Whether it goes back to the first thing that is known."""
        return self.since <= 0

    def buckets(self, number: int) -> list[tuple[float, float]]:
        """Equal parts of it, the oldest first: (start, end)."""
        step = self.length_s / number
        edges = [self.since + step * index for index in range(number)] + [self.until]
        return list(pairwise(edges))


def parse_window(text: str, now: float) -> Window:
    """Read a window.

    Args:
        text: `15m`, `24h`, `7d`, `2w`, `all`, or two dates or times in ISO 8601 with `..` between them; without an
            offset they are UTC, and an end that is a date takes the whole day in. What is to
            come belongs to no window that began.
        now: seconds since the epoch, UTC.

    Raises:
        UsageError: it is none.
    """
    given = text.strip()
    if given == "all":
        return Window(given, 0.0, now)
    if ".." in given:
        first, _, last = given.partition("..")
        since, until = _time(first, text), _time(last, text, end=True) if last.strip() else now
        if since >= until:
            raise UsageError(f"the window {text!r} ends before it starts", hint=_HINT)
        return Window(given, since, min(until, now) if since < now else until)
    length_s = parse_span(given)
    return Window(given, now - length_s, now)


def parse_span(text: str) -> float:
    """Seconds of a length of time such as `90s`, `15m`, `24h` or `7d`.

    Raises:
        UsageError: it is none, or 0.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or float(found[1]) <= 0:
        raise UsageError(f"{text!r} is no window", hint=_HINT)
    return float(found[1]) * _UNITS_S[found[2]]


def _time(text: str, whole: str, *, end: bool = False) -> float:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text.strip()!r} in the window {whole!r} is no date", hint=_HINT) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    day_s = 86_400.0 if end and len(text.strip()) <= len("2026-01-31") else 0.0
    return found.timestamp() + day_s
