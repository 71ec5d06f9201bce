"""App: routes become a Starlette application: parameters checked, callers known, answers spelt, errors as problems."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Served
from starlette.types import ASGIApp, Message

from regen.errors import RegenError
from regen.model.spelling import spell
from regen.serve.api import routes
from regen.serve.asked import body, parameters
from regen.serve.caller import Gate
from regen.serve.desk import Desk
from regen.serve.front import Front
from regen.serve.page import page_routes
from regen.serve.problems import MEDIA, Problem, of_error
from regen.serve.route import Lasting, Raw, Route, Said

_LOG = logging.getLogger("regen.serve")
_MOST_BODY = 5_000_000  # bytes: a file whose conflict is settled on the page
_Endpoint = Callable[[Request], Awaitable[Response]]


def application(desk: Desk, gate: Gate, front: Callable[[ASGIApp], Front]) -> ASGIApp:
    """The whole application.

    Args:
        desk: what routes work with.
        gate: knows who calls.
        front: checks what is known of a request before its route is.
    """
    served: list[BaseRoute] = [_served(route, desk, gate) for route in routes()]
    app = Starlette(
        routes=[
            *page_routes(),
            *served,
        ],
        exception_handlers={
            Problem: _problem,
            RegenError: _error,
            HTTPException: _http,
            Exception: _fault,
        },
    )
    app.router.redirect_slashes = False
    return front(app)


def _served(route: Route | Raw, desk: Desk, gate: Gate) -> BaseRoute:
    path, methods = route.path, list(route.methods if isinstance(route, Raw) else (route.method,))
    if isinstance(route, Raw):
        return Served(path, _raw(route, desk, gate), methods=methods)
    if route.changes:
        return Served(path, _change(route, desk, gate), methods=methods)
    return Served(path, _read(route, desk, gate), methods=methods)


def _read(route: Route, desk: Desk, gate: Gate) -> _Endpoint:
    waits = iscoroutinefunction(route.handler)

    async def endpoint(request: Request) -> Response:
        gate.reads(request, route.right)
        asked: Any = parameters(route.asks, _path(request), request.query_params.multi_items())
        arguments = (desk, asked, gate.caller(request)) if route.wants_caller else (desk, asked)
        if waits:
            return _answer(desk, await route.handler(*arguments))
        return await desk.in_thread(lambda: _answer(desk, route.handler(*arguments)), slow=route.slow)

    return endpoint


def _change(route: Route, desk: Desk, gate: Gate) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        async with gate.changes(request, route.right) as caller:
            asked: Any = parameters(route.asks, _path(request), request.query_params.multi_items())
            given: tuple[Any, ...] = (
                (body(route.takes, await _sent(request, _MOST_BODY)),) if route.takes is not None else ()
            )
            return _answer(desk, await route.handler(desk, asked, *given, caller))

    return endpoint


def _raw(route: Raw, desk: Desk, gate: Gate) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        if request.method in {"GET", "HEAD"}:
            gate.reads(request, route.right)
            return await route.endpoint(desk, request)
        async with gate.changes(request, route.right):
            return await route.endpoint(desk, _bounded(request, route.most or _MOST_BODY))

    return endpoint


async def _sent(request: Request, most: int) -> bytes:
    """The body. Raises Problem where it is too long."""
    return await _bounded(request, most).body()


def _bounded(request: Request, most: int) -> Request:
    """The request, whose body ends in a problem where it is longer than that, before it is read as a whole."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > most:
        raise _too_long(most)
    length = 0

    async def receive() -> Message:
        nonlocal length
        message = await request.receive()
        length += len(message.get("body", b""))
        if length > most:
            raise _too_long(most)
        return message

    return Request(request.scope, receive)


def _too_long(most: int) -> Problem:
    return Problem(413, f"the body is longer than {most:,} bytes", "send less", {"Connection": "close"})


def _path(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in request.path_params.items()}


def _answer(desk: Desk, value: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    if isinstance(value, Lasting):
        text = desk.lasting.get(value.key) or desk.remember(value.key, _spelt(value.make()))
        return Response(text, 200, headers, "application/json")
    if isinstance(value, Said):
        answer = _json(value.value, headers)
        for name, said in value.headers:
            answer.headers.append(name, said)
        return answer
    return _json(value, headers)


def _json(value: object, headers: dict[str, str], status: int = 200, media: str = "application/json") -> Response:
    return Response(_spelt(value), status, headers, media)


def _spelt(value: object) -> bytes:
    text = json.dumps(spell(value, contents=True), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # a file's name may hold halves of letters, which UTF-8 cannot


def told(problem: Problem) -> Response:
    """The answer that tells of a problem."""
    return _json(problem.told(), {"Cache-Control": "no-store", **problem.headers}, problem.status, MEDIA)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - it is registered for them
    return told(error)


async def _error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RegenError)  # noqa: S101 - it is registered for them
    return told(of_error(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for them
    hints = {404: "/openapi.json lists what there is", 405: "/openapi.json says what may be done here"}
    details = {404: "there is nothing here", 405: "this cannot be done here"}
    detail = details.get(error.status_code, str(error.detail))
    headers = {**(error.headers or {}), **({"Allow": allowed(request)} if error.status_code == 405 else {})}
    return told(Problem(error.status_code, detail, hints.get(error.status_code), headers))


def allowed(request: Request) -> str:
    """The methods of the most particular path that a request may mean; each route of Starlette knows its own only."""
    matching = [
        one
        for one in request.app.routes
        if isinstance(one, Served) and one.path_regex.match(request.url.path) and one.methods
    ]
    path = max((one.path for one in matching), key=lambda path: (len(path.split("/")), len(path)), default="")
    return ", ".join(sorted({method for one in matching if one.path == path for method in one.methods or ()}))


async def _fault(request: Request, error: Exception) -> Response:
    """A fault of regen itself: what it says stays in the log, for it may name anything."""
    if not isinstance(error, ClientDisconnect):
        _LOG.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return told(Problem(500, "regen failed at this; its log says more", "please report it"))
