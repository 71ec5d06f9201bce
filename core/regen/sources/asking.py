"""Asking: the web as a channel sees it: conditional, patient with who is busy, within the limits of its source."""

from __future__ import annotations

import random
import time
import zlib
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import anyio

from regen.config import LearnTable
from regen.errors import LearnError
from regen.model.learned import Page
from regen.sources.telling import Busy, where
from regen.state.learning import Validators
from regen.web import Unanswered
from regen.web.body import TooLong
from regen.web.fetching import Fetch, Refused, Request, Response
from regen.web.secrets import NoSecret, secret
from regen.web.threads import in_thread

_FIRST_WAIT_S = 0.5  # before the first retry; each further one waits twice as long, and up to a half more by chance
_LONGEST_WAIT_S = 30.0
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_ALLOWED = frozenset({401, 403, 407})


@dataclass(slots=True)
class SourceWeb:
    """HTTP for one step of a channel.

    Attributes:
        table: the source.
        kept: validators of what is kept already.
        given: validators of what was answered in this step.
        requests, fetch_s: how often somebody answered, and how long that took in all.
    """

    table: LearnTable
    kept: Validators
    given: Validators = field(default_factory=dict)
    requests: int = 0
    fetch_s: float = 0.0

    async def get(self, url: str | None = None, *, accept: str = "*/*") -> Page | None:
        """See `regen.model.learned.Web`."""
        address = url or self.table.url
        if address is None:
            raise self.error("it has no address to ask", "give `url` in its [[learn]]")
        until = time.monotonic() + self.table.timeout_s
        tried = 0
        while True:
            try:
                return self._page(address, await self._once(address, accept, until))
            except Busy as busy:
                chance = 1 + random.random() / 2  # noqa: S311 - so that many clients do not come back at one time
                wait_s = busy.wait_s if busy.wait_s is not None else min(_FIRST_WAIT_S * 2**tried, _LONGEST_WAIT_S)
                wait_s = wait_s if busy.wait_s is not None else wait_s * chance
                tried += 1
                if tried > self.table.retries or time.monotonic() + wait_s > until:
                    raise
            await anyio.sleep(wait_s)

    async def _once(self, address: str, accept: str, until: float) -> Response:
        headers = {"Accept": accept}
        etag, modified = self.kept.get(address, (None, None))
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": modified} if modified else {}
        try:
            secrets = {name: secret(name, variable) for name, variable in self.table.headers}
        except NoSecret as error:
            raise self.error(error.message, error.hint) from error
        most = int(self.table.max_mb * 1_000_000)
        fetch = Fetch(Request(address, self.table.url or address, headers, secrets, until, most))
        started = time.monotonic()
        try:
            with anyio.fail_after(max(until - started, 0)):
                response = await in_thread(fetch.run)
        except TimeoutError:
            raise self._late() from None
        except Unanswered as error:
            raise self._busy(str(error), "see that it runs, and that the URL is right") from error
        except Refused as error:
            raise self.error(str(error), "look at the URL, and write the one that it leads to") from error
        except TooLong as error:
            limit = f"{self.table.max_mb:g} million bytes"
            raise self.error(f"its answer is longer than {limit}", "raise `max_mb`, or ask for less") from error
        except zlib.error as error:
            raise self._busy("its answer is no gzip, as it says", "have the server mended") from error
        finally:
            fetch.stop()
        self.requests += 1
        self.fetch_s += time.monotonic() - started
        return response

    def _page(self, address: str, response: Response) -> Page | None:
        if response.status == HTTPStatus.NOT_MODIFIED and address in self.kept:
            self.given[address] = self.kept[address]
            return None
        if response.status == HTTPStatus.OK:
            found = (response.headers.get("etag"), response.headers.get("last-modified"))
            if found != (None, None):
                self.given[address] = found
            return Page(response.url.partition("?")[0], dict(response.headers), response.body)
        raise self._refusal(response)

    def _refusal(self, response: Response) -> LearnError:
        said = f"it answered {response.status} {response.reason}".rstrip()
        if response.status in _LATER:
            busy = self._busy(said, "try again later; the server is not well, or wants to be asked less often")
            busy.wait_s = _retry_after(response.headers.get("retry-after"))
            return busy
        if response.status in _NOT_ALLOWED:
            return self.error(said, 'give `headers = { Authorization = "VARIABLE" }`, and set the variable')
        return self.error(said, "look at the URL")

    def _late(self) -> LearnError:
        return self.error(f"it did not answer in {self.table.timeout_s:g} s", "try again, or raise `timeout_s`")

    def _busy(self, message: str, hint: str) -> Busy:
        return Busy(message, where=where(self.table), hint=hint)

    def error(self, message: str, hint: str) -> LearnError:
        """An error of this source."""
        return LearnError(message, where=where(self.table), hint=hint)


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait (RFC 9110, section 10.2.3: seconds, or a date); None where it is not said, or not understood."""
    if value is None:
        return None
    if value.strip().isdigit():
        return min(float(value), 7 * 86_400.0)
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(at.timestamp() - time.time(), 0.0)
