"""Sessions: a browser that showed a token once is known by a cookie; the server forgets them when it ends."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

COOKIE: Final = "regen_session"
CSRF_HEADER: Final = "X-CSRF-Token"
LASTS_S: Final = 12 * 3600.0
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """One browser.

    Attributes:
        name, digest: of the token that it showed.
        csrf: what it has to send in a header with each change.
        until: when it ends; by the clock of `Sessions`.
    """

    name: str
    digest: str
    csrf: str
    until: float

    def csrf_is(self, given: str | None) -> bool:
        """Whether that is what was sent; compared in constant time."""
        return given is not None and hmac.compare_digest(self.csrf.encode(), given.encode("utf-8", "replace"))


class Sessions:
    """The sessions of one server, by a digest of their cookies.

    Args:
        clock: seconds, growing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: dict[str, Session] = {}

    def begin(self, name: str, digest: str) -> tuple[str, Session]:
        """A new one; gives the cookie's value, too."""
        now = self._clock()
        self._found = {key: one for key, one in self._found.items() if now < one.until}
        while len(self._found) >= _MOST:
            del self._found[next(iter(self._found))]
        cookie, session = secrets.token_urlsafe(32), Session(name, digest, secrets.token_urlsafe(32), now + LASTS_S)
        self._found[_digest(cookie)] = session
        return cookie, session

    def find(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None where there is none, or it ended."""
        found = self._found.get(_digest(cookie)) if cookie else None
        return found if found is not None and self._clock() < found.until else None

    def end(self, cookie: str | None) -> None:
        """End it; nothing where there is none."""
        if cookie:
            self._found.pop(_digest(cookie), None)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
