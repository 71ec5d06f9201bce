"""Web: one request with a limit of time and of size; no redirect is followed, and nothing of a secret is kept."""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from ipaddress import ip_address
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from regen.version import __version__

_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        body: as far as it was asked for.
        cut: whether there is more of it than the limit.
    """

    status: int
    reason: str
    body: bytes
    cut: bool


class Unanswered(Exception):  # noqa: N818 - what happened, in words; who asked makes an error of it
    """No answer came. Its text says why.

    Attributes:
        unknown: whether nobody could be asked at all: the name leads nowhere.
    """

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class _NoRedirect(urllib.request.HTTPRedirectHandler):
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
        headers: beside the usual ones.

    Raises:
        Unanswered: no answer came in time, or none that is HTTP.
    """
    until = time.monotonic() + timeout_s
    request = urllib.request.Request(url, data, {"User-Agent": f"regen/{__version__}", **(headers or {})})  # noqa: S310
    try:
        with _opener(url).open(request, timeout=timeout_s) as response:
            return _answer(response, until, most)
    except HTTPError as error:
        with error:
            return Answer(error.code, error.reason, b"", cut=False)
    except (URLError, http.client.HTTPException, OSError) as error:
        raise _unanswered(error, timeout_s) from None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """For http and https only; a proxy of the environment is asked for what is not on this machine."""
    opener = urllib.request.OpenerDirector()
    handlers = [
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        _NoRedirect,
        urllib.request.HTTPErrorProcessor,
    ]
    for handler in ([] if _is_here(url) else [urllib.request.ProxyHandler]) + handlers:
        opener.add_handler(handler())
    return opener


def _is_here(url: str) -> bool:
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
    return Answer(response.status, response.reason, body[:most], cut=len(body) > most)


def _unanswered(error: Exception, timeout_s: float) -> Unanswered:
    import socket

    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return Unanswered(f"no answer in {timeout_s:g} s")
    if isinstance(reason, socket.gaierror):
        return Unanswered(f"the name leads nowhere: {reason.strerror}", unknown=True)
    if isinstance(reason, http.client.HTTPException):
        return Unanswered(f"the answer is no HTTP ({type(reason).__name__})")
    return Unanswered(f"it cannot be reached: {getattr(reason, 'strerror', None) or reason}")
