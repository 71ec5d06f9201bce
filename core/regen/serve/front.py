"""Front: what is checked of a request before its route is looked for, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from regen.serve.problems import Problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOKING: Final = frozenset({"GET", "HEAD"})
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Front:
    """Stands before the application.

    Args:
        app: what it stands before.
        told: the answer of a problem.
        bounded: counts a request of a client; raises Problem where that has to wait.
        calm: waits, not for long, while something is at work that is more urgent.
        refused: notes an attempt of a change that was refused: what, the client, who, why.
        names: host names that the server may be called by, beside addresses and "localhost".
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        told: Callable[[Problem], Response],
        bounded: Callable[[str], None],
        calm: Callable[[], Awaitable[None]],
        refused: Callable[[str, str, str | None, Problem], Awaitable[None]],
        names: tuple[str, ...] = (),
    ) -> None:
        self._app, self._told, self._bounded, self._calm, self._refused = app, told, bounded, calm, refused
        self._names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request and hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(Headers(scope=scope), scope["method"])
            self._bounded(_client(scope))
            if scope["method"] in _LOOKING:
                await self._calm()
        except Problem as problem:
            if scope["method"] not in _LOOKING:
                await self._refused(f"{scope['method']} {scope['path']}", _client(scope), None, problem)
            await self._told(problem)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _check(self, headers: Headers, method: str) -> None:
        host = headers.get("host", "")
        if not self._knows(host):
            raise Problem(
                421, "this server is not called by that name", "use its address, or name it under [serve] hosts"
            )
        if method in _LOOKING:
            return
        origin = headers.get("origin")
        foreign = origin is not None and origin.partition("://")[2] != host
        if foreign or headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Problem(403, "this request comes from another site", "changes are made on the page, or by a program")

    def _knows(self, host: str) -> bool:
        """Whether a name cannot be one that was made to lead here: an address never is, a name has to be known."""
        name = host_name(host)
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def _client(scope: Scope) -> str:
    """The address that a request comes from."""
    return str((scope.get("client") or ("unknown", 0))[0])


def host_name(host: str) -> str:
    """The name or address in a `Host` header, without its port; "" where it is none."""
    text = host.strip().lower()
    if text.startswith("["):
        name, end, port = text[1:].partition("]")
        return name if end and (not port or (port[0] == ":" and port[1:].isdigit())) else ""
    name, _, port = text.partition(":")
    return name.rstrip(".") if not port or port.isdigit() else ""
