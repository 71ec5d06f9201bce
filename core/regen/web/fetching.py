"""Fetching: one conditional GET, redirects followed with care, within limits of time and size.

What a redirect may do: five of them at the most, to http and https only, never from https to http. Headers that hold
secrets go along to the origin that they are meant for and to no other. Private addresses (RFC 6890: this machine, the
local network, link-local and the like) may be asked where the address that a person wrote leads to one itself: who
writes a feed of the intranet into the configuration means it. A server on the internet cannot lead regen there: it is
looked at the address that was connected to, so a name that resolves differently the second time is no way around.
Where a proxy of the environment is asked, the proxy decides which addresses may be reached.
"""

from __future__ import annotations

import http.client
import socket
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from regen.version import __version__
from regen.web import is_here, unanswered
from regen.web.body import read_body

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5


class Refused(Exception):  # noqa: N818 - what happened; who asked makes an error of it
    """The answer leads where it must not, or cannot be taken. Its text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        url: of http or https.
        home: what a person wrote; other origins get no secrets, and no way to private addresses that it has not.
        headers: to send everywhere.
        secrets: to send to the origin of `home`.
        until: when the time is over, by `time.monotonic`.
        most: bytes of the body, decompressed.
    """

    url: str
    home: str
    headers: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    until: float
    most: int


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered.

    Attributes:
        status: any but a redirect.
        url: where it came from in the end.
        headers: by name in lower case.
        body: empty unless the status is 200.
    """

    status: int
    reason: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Fetch:
    """One fetch, which another thread may end.

    Args:
        request: what is asked for.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._sockets: list[socket.socket] = []
        self._private = False  # whether `home` itself leads to a private address
        self._ended = False

    def stop(self) -> None:
        """End it: whoever waits for the socket is woken up."""
        self._ended = True
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def run(self) -> Response:
        """Ask; blocks.

        Raises:
            Refused: it must not be followed or taken.
            TooLong: it is longer than the limit.
            Unanswered: no answer came in time, or it is cut off, or none that is HTTP.
            zlib.error: it is no gzip, as it says.
        """
        url = self._request.url
        for number in range(_MOST_REDIRECTS + 1):
            response = self._once(url, first=number == 0)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                return response
            url = _next(url, location)
        raise Refused(f"more than {_MOST_REDIRECTS} redirects")

    def _once(self, url: str, *, first: bool) -> Response:
        request, left_s = self._request, self._request.until - time.monotonic()
        at_home = _origin(url) == _origin(request.home)
        headers = {"User-Agent": f"regen/{__version__}", "Accept-Encoding": "gzip", **request.headers}
        asked = urllib.request.Request(url, None, headers | (dict(request.secrets) if at_home else {}))  # noqa: S310
        try:
            with self._opener(url, at_home=first and at_home).open(asked, timeout=max(left_s, 0.001)) as response:
                return self._read(url, response)
        except HTTPError as error:
            with error:
                return Response(error.code, error.reason, url, _lower(error.headers), b"")
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, _Private):
                raise Refused(str(reason)) from None
            raise unanswered(error, round(left_s, 1)) from None

    def _read(self, url: str, response: Any) -> Response:
        wanted = response.status == HTTPStatus.OK
        body = read_body(response, self._request.until, self._request.most) if wanted else b""
        return Response(response.status, response.reason, url, _lower(response.headers), body)

    def _opener(self, url: str, *, at_home: bool) -> urllib.request.OpenerDirector:
        opener = urllib.request.OpenerDirector()
        proxied = not is_here(url) and _has_proxy(url)
        connected = partial(self._connected, at_home=at_home, proxied=proxied)
        opener.add_handler(_Http(connected))
        opener.add_handler(_Https(connected))
        opener.add_handler(urllib.request.UnknownHandler())
        opener.add_handler(urllib.request.HTTPDefaultErrorHandler())  # a redirect is the answer, too
        if proxied:
            opener.add_handler(urllib.request.ProxyHandler())
        opener.add_handler(urllib.request.HTTPErrorProcessor())
        return opener

    def _connected(self, connection: socket.socket, *, at_home: bool, proxied: bool) -> None:
        """Look at the address before anything is sent there."""
        self._sockets[:] = [connection]
        if self._ended:
            raise TimeoutError
        if proxied:
            return
        private = not _is_public(str(connection.getpeername()[0]))
        if at_home:
            self._private = private
        elif private and not self._private:
            raise _Private("it leads to a private address, which an address of the internet must not")


class _Private(OSError):  # noqa: N818 - where it leads; who asks makes an error of it
    """A way to a private address."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, connected: Any = None, **options: Any) -> None:
        super().__init__(host, **options)
        self._connected = connected

    def connect(self) -> None:
        super().connect()
        self._connected(self.sock)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same, over TLS: it is looked at when that stands."""


class _Http(urllib.request.HTTPHandler):
    def __init__(self, connected: Any) -> None:
        super().__init__()
        self._connected = connected

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req, connected=self._connected)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, connected: Any) -> None:
        super().__init__()
        self._connected = connected

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req, connected=self._connected)


def _next(url: str, location: str) -> str:
    """Where a redirect leads. Raises Refused."""
    try:
        found = urljoin(url, location.strip())
        parts = urlsplit(found)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("it redirects to what is no URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise Refused(f"it redirects to {parts.scheme or 'nothing'}, which is not followed")
    if parts.scheme == "http" and urlsplit(url).scheme == "https":
        raise Refused("it redirects from https to http, where everybody on the way could change it")
    if parts.username is not None:
        raise Refused("it redirects to a URL that holds a name or a password")
    return "".join(letter if "!" <= letter <= "~" else quote(letter) for letter in found)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts: SplitResult = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global


def _has_proxy(url: str) -> bool:
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    return parts.scheme in proxies and not urllib.request.proxy_bypass(parts.hostname or "")


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
