"""Page: its files, read once and answered from memory.

Why not from the disk: a first view asks for two dozen small modules, each of which would cost several turns of a
thread; and a server goes on with the page that it began with while a newer version is installed over it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from regen.serve.problems import Problem

STATIC: Final = Path(__file__).with_name("static")
_MEDIA: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class _File:
    """One file.

    Attributes:
        headers: media type, digest, and that a browser has to ask whether the file is still the same, so that it never
            mixes two versions.
    """

    body: bytes
    headers: dict[str, str]


def page_routes() -> list[BaseRoute]:
    """`/` and `/static/…`."""
    files = {place.relative_to(STATIC).as_posix(): _read(place) for place in STATIC.rglob("*.*") if place.is_file()}

    async def index(request: Request) -> Response:
        return _answer(files["index.html"], request)

    async def static(request: Request) -> Response:
        found = files.get(request.path_params["path"])
        if found is None:
            raise Problem(404, "the page has no such file", "load the page again")
        return _answer(found, request)

    return [Route("/", index, methods=["GET"]), Route("/static/{path:path}", static, methods=["GET"])]


def _read(place: Path) -> _File:
    body = place.read_bytes()
    headers = {
        "Content-Type": f"{_MEDIA[place.suffix]}; charset=utf-8",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",
    }
    return _File(body, headers)


def _answer(file: _File, request: Request) -> Response:
    if request.headers.get("if-none-match") == file.headers["ETag"]:
        return Response(status_code=304, headers=file.headers)
    return Response(file.body, headers=file.headers)
