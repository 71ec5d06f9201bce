"""Web: one request with a limit of time and of size; no redirect is followed, and nothing of a secret is kept."""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from ipaddress import ip_address
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from regen import carried
from regen.version import __version__

_PIECE = 65_536
_SAID = 65_536  # bytes of what an error says


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        body: as far as it was asked for.
        cut: whether there is more of it than the limit.
        headers: (name in small letters, value).
    """

    status: int
    reason: str
    body: bytes
    cut: bool
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The value of a header; None where there is none."""
        return next((value for known, value in self.headers if known == name.lower()), None)


class Unanswered(Exception):  # noqa: N818 - what happened, in words; who asked makes an error of it
    """No answer came. Its text says why.

    Attributes:
        unknown: whether nobody could be asked at all: the name leads nowhere.
    """

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows none."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """A redirect is the answer."""


def ask(
    url: str, *, timeout_s: float, most: int, data: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Ask once; blocks.

    Args:
        url: of http or https, checked before.
        timeout_s: for the whole answer.
        most: bytes of the body that are read.
        data: to post; None: a GET.
        headers: beside the usual ones, among which are those that carry the trace on.

    Raises:
        Unanswered: no answer came in time, or none that is HTTP.
    """
    until = time.monotonic() + timeout_s
    with _plain(timeout_s), _sent(url, data, headers, timeout_s) as response:
        return _answer(response, until, most)


def download(url: str, into: Path, *, timeout_s: float, most: int, headers: Mapping[str, str] | None = None) -> Answer:
    """Get what a file lacks of a body, and append it; blocks.

    What came stays where the answer is cut off, and the next call goes on from there. Whether it is the right body is
    for the caller to see.

    Args:
        url: of http or https, checked before.
        into: the file; it need not be there.
        timeout_s: for the whole answer.
        most: bytes that the file may have at the end.
        headers: beside the usual ones.

    Returns:
        The answer, with a body only where it is an error; `cut`: there is more than `most`.

    Raises:
        Unanswered: no answer came in time, none that is HTTP, or not all of it.
        OSError: the file cannot be written.
    """
    until = time.monotonic() + timeout_s
    there = into.stat().st_size if into.exists() else 0
    asked = {**(headers or {}), "Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
    with ExitStack() as stack:
        with _plain(timeout_s):
            response = stack.enter_context(_sent(url, None, asked, timeout_s))
            head = Answer(response.status, response.reason, b"", cut=False, headers=_headers(response))
            if response.status not in (200, 206):
                return _answer(response, until, _SAID)
        goes_on = response.status == 206 and (head.header("content-range") or "").startswith(f"bytes {there}-")
        if response.status == 206 and not goes_on:
            raise Unanswered("the answer is another part of the body than was asked for")
        with into.open("ab" if goes_on else "wb") as file:
            return _written(response, head, file, most - (there if goes_on else 0), until, timeout_s)


def _written(
    response: http.client.HTTPResponse, head: Answer, file: IO[bytes], most: int, until: float, timeout_s: float
) -> Answer:
    """Write a body as it comes."""
    left = most
    while True:
        with _plain(timeout_s):
            piece = response.read1(min(_PIECE, left + 1))
            if time.monotonic() > until:
                raise TimeoutError
        if len(piece) > left:
            return replace(head, cut=True)
        if not piece:
            break
        file.write(piece)
        left -= len(piece)
    if response.length:  # of what the server said that comes, and did not
        raise Unanswered("the answer was cut off")
    return head


@contextmanager
def _plain(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except (URLError, http.client.HTTPException, OSError) as error:
        raise unanswered(error, timeout_s) from None


@contextmanager
def _sent(
    url: str, data: bytes | None, headers: Mapping[str, str] | None, timeout_s: float
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a request, whatever its status."""
    sent = {"User-Agent": f"regen/{__version__}", **carried.headers(), **(headers or {})}
    request = urllib.request.Request(url, data, sent)  # noqa: S310
    opener, told = _opener(url), None
    try:
        response = opener.open(request, timeout=timeout_s)
    except HTTPError as error:
        told = error  # which closes its answer when it goes
        response = error.fp
    with closing(told if told is not None else response):
        yield response


def _opener(url: str) -> urllib.request.OpenerDirector:
    """For http and https only; a proxy of the environment is asked for what is not on this machine."""
    opener = urllib.request.OpenerDirector()
    handlers = [
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        NoRedirect,
        urllib.request.HTTPErrorProcessor,
    ]
    for handler in ([] if is_here(url) else [urllib.request.ProxyHandler]) + handlers:
        opener.add_handler(handler())
    return opener


def is_here(url: str) -> bool:
    """Whether an address is of this machine, so that no proxy is asked for it."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(response: http.client.HTTPResponse, until: float, most: int) -> Answer:
    """`read1` gives what has come, so that a server that sends a byte now and then is noticed."""
    body = b""
    while len(body) <= most and (piece := response.read1(min(_PIECE, most + 1 - len(body)))):
        body += piece
        if time.monotonic() > until:
            raise TimeoutError
    return Answer(response.status, response.reason, body[:most], cut=len(body) > most, headers=_headers(response))


def _headers(response: http.client.HTTPResponse) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in response.getheaders())


def unanswered(error: Exception, timeout_s: float) -> Unanswered:
    """Why no answer came, in words."""
    import socket

    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return Unanswered(f"no answer in {timeout_s:g} s")
    if isinstance(reason, socket.gaierror):
        return Unanswered(f"the name leads nowhere: {reason.strerror}", unknown=True)
    if isinstance(reason, http.client.HTTPException):
        return Unanswered(f"the answer is no HTTP ({type(reason).__name__})")
    return Unanswered(f"it cannot be reached: {getattr(reason, 'strerror', None) or reason}")
