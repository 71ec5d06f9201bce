"""Caller: who asks, by a token or by the page's session, and whether that role may do it; changes go to the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from regen.access import Right, TokenStore, allows
from regen.access.roles import roles_with
from regen.access.tokens import Kept
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
        open_reading: whether reading needs no token, asked at each request.
        audit: notes an attempt of a change: (route, caller's name, client, outcome, why).
    """

    def __init__(
        self,
        tokens: TokenStore,
        sessions: Sessions,
        open_reading: Callable[[], bool],
        audit: Callable[[str, str, str, str], None],
    ) -> None:
        self._tokens, self.sessions, self._open, self._audit = tokens, sessions, open_reading, audit

    def reads(self, request: Request, right: Right | None) -> None:
        """Let a read through. Raises Problem where its caller may not read."""
        if right is None or (right == "read" and self._open()):
            return
        self._allowed(self.who(request), right)

    @asynccontextmanager
    async def changes(self, request: Request, right: Right | None) -> AsyncIterator[Caller]:
        """Let a change through. Raises Problem where its caller may not do it."""
        client = client_of(request)
        kept = self.who(request)
        if right is not None:
            self._allowed(kept, right)
        yield Caller(kept.name if kept is not None else "", client)

    def who(self, request: Request) -> Kept | None:
        """Whose token or session comes with a request; None: neither does. Raises Problem where it is no good."""
        given = request.headers.get("authorization")
        if given is not None:
            if not given.lower().startswith(_BEARER):
                raise Problem(401, "only `Authorization: Bearer …` is understood", _HINT.format("admin"), _ASK)
            found = self._tokens.find(given[len(_BEARER) :].strip())
            if found is None:
                raise Problem(
                    401, "this token opens nothing: it is wrong, expired or revoked", _HINT.format("admin"), _ASK
                )
            return found
        session = self.sessions.find(request.cookies.get(COOKIE))
        if session is None:
            return None
        if request.method != "GET" and not session.csrf_is(request.headers.get(CSRF_HEADER)):
            raise Problem(
                403, f"the header {CSRF_HEADER} is missing or wrong", "/api/v1/session says what it has to be"
            )
        return self._tokens.named(session.name)

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
