"""Caller: who asks, by a token or by the page's session, whether that role may do it, and how often.

Each attempt of a change goes to the audit, whether it was let through or not; of a client that is told to wait only the
first one, so that nobody fills the audit.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from regen.access import Right, TokenStore, allows
from regen.access.roles import roles_with
from regen.access.tokens import Kept
from regen.errors import RegenError
from regen.serve.attempts import Attempts
from regen.serve.limits import Limits, What
from regen.serve.problems import Problem
from regen.serve.route import Caller
from regen.serve.sessions import COOKIE, CSRF_HEADER, Sessions

if TYPE_CHECKING:
    from starlette.requests import Request

_BEARER = "bearer "
_ASK = {"WWW-Authenticate": 'Bearer realm="regen"'}
_HINT = "`regen token create NAME --role {}` makes one; send it as `Authorization: Bearer …`"


class Gate:
    """Knows who calls.

    Args:
        tokens: of the project.
        sessions: of the page.
        limits: of each client.
        attempts: notes attempts of changes.
        open_reading: whether reading needs no token.
    """

    def __init__(
        self, tokens: TokenStore, sessions: Sessions, limits: Limits, attempts: Attempts, *, open_reading: bool
    ) -> None:
        self._tokens, self._sessions, self._limits = tokens, sessions, limits
        self._attempts, self._open = attempts, open_reading

    def reads(self, request: Request, right: Right | None) -> None:
        """Let a read through. Raises Problem where its caller may not read."""
        if right is None or (right == "read" and self._open):
            return
        self._allowed(self._who(request), right)

    def caller(self, request: Request) -> Caller:
        """Who asks for what everybody may ask for; a token that is no good counts as none."""
        try:
            kept = self._who(request)
        except Problem:
            kept = None
        return _caller(request, kept)

    @asynccontextmanager
    async def changes(self, request: Request, right: Right | None) -> AsyncIterator[Caller]:
        """Let a change through, and note what became of it.

        Raises:
            Problem: its caller may not do it, or has to wait; or the attempt cannot be noted.
        """
        client, what = client_of(request), f"{request.method} {request.url.path}"
        kept: Kept | None = None
        try:
            kept = self._who(request)
            if right is not None:
                self._allowed(kept, right)
            # Not before: nobody without a token may use up what one with a token has. And edges send what they noted
            # in a row: that is bounded as reading is.
            if right != "record":
                self.bounded("changes", client)
        except Problem as problem:
            await self._attempts.refused(what, client, _told(kept), problem)
            raise
        if right == "record":
            yield _caller(request, kept)
            return
        try:
            yield _caller(request, kept)
        except Problem as problem:
            await self._attempts.failed(what, client, _told(kept), problem.detail, refused=problem.status < 500)
            raise
        except RegenError as error:
            await self._attempts.failed(what, client, _told(kept), error.message, refused=False)
            raise
        await self._attempts.done(what, client, _told(kept))

    def bounded(self, what: What, client: str) -> None:
        """Count one. Raises Problem where the client has to wait."""
        wait_s = self._limits.take(what, client)
        if wait_s is not None:
            raise _slower(wait_s)

    def checked(self, client: str, secret: str) -> Kept:
        """Whose token it is. Raises Problem where it is nobody's, or the client tried too many that are."""
        wait_s = self._limits.wait("failures", client)
        if wait_s is not None:
            raise _slower(wait_s)
        found = self._tokens.find(secret)
        if found is None:
            self._limits.take("failures", client)
            raise Problem(401, "this token opens nothing: it is wrong, expired or revoked", _HINT.format("admin"), _ASK)
        return found

    def _who(self, request: Request) -> Kept | None:
        """Whose token or session comes with a request; None: neither does. Raises Problem where it is no good."""
        given = request.headers.get("authorization")
        if given is not None:
            if not given.lower().startswith(_BEARER):
                raise Problem(401, "only `Authorization: Bearer …` is understood", _HINT.format("admin"), _ASK)
            return self.checked(client_of(request), given[len(_BEARER) :].strip())
        session = self._sessions.find(request.cookies.get(COOKIE))
        if session is None:
            return None
        if request.method not in {"GET", "HEAD"} and not session.csrf_is(request.headers.get(CSRF_HEADER)):
            raise Problem(
                403, f"the header {CSRF_HEADER} is missing or wrong", "/api/v1/session says what it has to be"
            )
        kept = self._tokens.named(session.name)
        return kept if kept is not None and kept.digest == session.digest else None

    def _allowed(self, kept: Kept | None, right: Right) -> None:
        role = roles_with(right)[0]
        if kept is None:
            raise Problem(401, "this needs a token", _HINT.format(role), _ASK)
        if not allows(kept.role, right):
            needed = " or ".join(roles_with(right))
            raise Problem(403, f"the role {kept.role} may not do this", f"it needs a token with the role {needed}")


def client_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client is not None else "unknown"


def _caller(request: Request, kept: Kept | None) -> Caller:
    name, role = (kept.name, kept.role) if kept is not None else ("", None)
    return Caller(name, role, client_of(request), request.cookies.get(COOKIE))


def _told(kept: Kept | None) -> str | None:
    return None if kept is None else f"token {kept.name}"


def _slower(wait_s: float) -> Problem:
    seconds = max(1, math.ceil(wait_s))
    return Problem(429, "too many requests", f"ask again in {seconds} s", {"Retry-After": str(seconds)})
