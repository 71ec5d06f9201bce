"""Routes: a browser shows a token once, and is known by a cookie from then on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.access import Role
from regen.config import Key
from regen.serve.desk import Desk
from regen.serve.route import Caller, Nothing, Said, change, read
from regen.serve.sessions import COOKIE, LASTS_S


@dataclass(frozen=True, slots=True)
class SignIn:
    """What opens a session."""

    token: Annotated[str, Key("as `regen token create` showed it", maximum=500)]


@dataclass(frozen=True, slots=True)
class Known:
    """Who one is.

    Attributes:
        name: of the token; None: nobody.
        role: what its holder may do; None: only look, where that is open.
        csrf: to be sent as `X-CSRF-Token` with each change; None where there is no session.
        open: whether looking needs no token here.
    """

    name: str | None
    role: Role | None
    csrf: str | None
    open: bool


@read("/api/v1/session", right=None)
async def session(desk: Desk, asked: Nothing, caller: Caller) -> Known:
    """Who one is."""
    found = desk.sessions.find(caller.cookie)
    csrf = found.csrf if found is not None and caller.name == found.name else None
    return Known(caller.name or None, caller.role, csrf, desk.open_reading)


@change("/api/v1/session", right=None)
async def sign_in(desk: Desk, asked: Nothing, body: SignIn, caller: Caller) -> Said[Known]:
    """Open a session with a token, for the page."""
    kept = desk.check_token(caller.client, body.token)
    desk.sessions.end(caller.cookie)
    cookie, made = desk.sessions.begin(kept.name, kept.digest)
    header = f"{COOKIE}={cookie}; Path=/; Max-Age={int(LASTS_S)}; HttpOnly; SameSite=Strict"
    return Said(Known(kept.name, kept.role, made.csrf, desk.open_reading), (("Set-Cookie", header),))


@change("/api/v1/session", right=None, method="DELETE")
async def sign_out(desk: Desk, asked: Nothing, caller: Caller) -> Said[Known]:
    """End the session."""
    desk.sessions.end(caller.cookie)
    header = f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
    return Said(Known(None, None, None, desk.open_reading), (("Set-Cookie", header),))
