"""Routes: what edges get, and what they say; see docs/edges.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio.to_thread

from regen.config import Key
from regen.errors import UsageError
from regen.fleet import hub
from regen.model.fleet import EdgeEdit, Manifest, Node, Offered, Report
from regen.serve.asked import LARGEST
from regen.serve.desk import Desk
from regen.serve.problems import Problem, of_error
from regen.serve.route import Caller, Nothing, Page, change, raw, read
from regen.state import edges as kept

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_MOST = 140_000_000  # bytes of messages: an edit of 100 MB in base64 (SPEC.md, edges)
_HINT = "see docs/edges.md"


@dataclass(frozen=True, slots=True)
class OffersAsked:
    """Which releases."""

    environment: Annotated[str | None, Key("of this environment; the first one", maximum=200)] = None
    since: Annotated[int, Key("with this number or a higher one", minimum=0, maximum=LARGEST)] = 0


@dataclass(frozen=True, slots=True)
class ManifestAsked:
    """Which release."""

    environment: Annotated[str, Key("its environment", maximum=200)]
    number: Annotated[int, Key("its number", minimum=0, maximum=LARGEST)]


@dataclass(frozen=True, slots=True)
class EditsAsked:
    """Which edits."""

    everything: Annotated[bool, Key("those too that nobody has to look at any more")] = False


@dataclass(frozen=True, slots=True)
class OffersPage:
    """Releases that an edge may get.

    Attributes:
        environment: its name.
        newest: number of the newest release; 0: none.
        items: by number, at most 500.
        next: None: there are no more.
    """

    environment: str
    newest: int
    items: tuple[Offered, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """An edge that is known now."""

    edge: str


@read("/api/v1/edge/releases")
def edge_releases(desk: Desk, asked: OffersAsked) -> OffersPage:
    """Releases that an edge may get, with the digests of their receipts."""
    name = desk.environment(asked.environment).name
    with desk.readers.read() as state:
        if state is None:
            return OffersPage(name, 0, ())
        found = hub.offers(state, name, asked.since)
    return OffersPage(found.environment, found.newest, found.releases)


@read("/api/v1/edge/releases/{environment}/{number}")
def edge_manifest(desk: Desk, asked: ManifestAsked) -> Manifest:
    """All files of a release: path, BLAKE3 digest and permissions; its receipt vouches for paths and digests."""
    name = desk.environment(asked.environment).name
    with desk.state() as state:
        try:
            return hub.manifest(state, name, asked.number)
        except UsageError as error:
            raise of_error(error, missing=True) from None


@read("/api/v1/edge/nodes")
def edge_nodes(desk: Desk, asked: Nothing) -> Page[Node]:
    """Edges that ever came, by name: when they did last, what stands there, and how much they have to tell."""
    with desk.readers.read() as state:
        return Page(tuple(kept.nodes(state.db)) if state is not None else ())


@read("/api/v1/edge/edits")
def edge_edits(desk: Desk, asked: EditsAsked) -> Page[EdgeEdit]:
    """Hand edits that came from edges, the newest first."""
    with desk.readers.read() as state:
        return Page(tuple(kept.edits(state.db, everything=asked.everything)) if state is not None else ())


@change("/api/v1/edge/nodes", right="record")
async def edge_met(desk: Desk, asked: Nothing, body: Report, caller: Caller) -> Met:
    """Note that an edge came, and how things stand there; 409 where another edge has its name."""
    refused = await anyio.to_thread.run_sync(partial(hub.meet, desk.folder, body))
    if refused is not None:
        raise Problem(409, refused, _HINT)
    return Met(body.edge)


@raw("/api/v1/edge/blobs/{environment}/{number}/{digest}", media="application/octet-stream")
async def edge_blob(desk: Desk, request: Request) -> Response:
    """The bytes of a file of a release, or of a receipt, by digest; `Range: bytes=N-` gives what follows."""
    (name, number), digest = _release(desk, request), request.path_params["digest"]

    def found() -> bytes:
        with desk.state() as state:
            try:
                return hub.blob(state, name, number, digest)
            except UsageError as error:
                raise of_error(error, missing=True) from None

    return _part(await anyio.to_thread.run_sync(found), request.headers.get("range"), digest)


@raw("/api/v1/edge/bundles/{environment}/{number}", media="application/octet-stream")
async def edge_bundle(desk: Desk, request: Request) -> Response:
    """Small files of a release: of those that `digests` names, with commas between, the first that fit one answer.

    Each is its length in four bytes, the most significant first, and then its bytes.
    """
    from starlette.responses import Response

    name, number = _release(desk, request)
    digests = [part for part in request.query_params.get("digests", "").split(",") if part]
    if not 0 < len(digests) <= hub.MANY:
        raise Problem(400, f"`digests` names 1 to {hub.MANY} files", _HINT)

    def found() -> bytes:
        with desk.state() as state:
            try:
                files = hub.bundle(state, name, number, digests)
            except UsageError as error:
                raise of_error(error, missing=True) from None
        return b"".join(len(data).to_bytes(4, "big") + data for data in files)

    data = await anyio.to_thread.run_sync(found)
    return Response(data, headers={"Cache-Control": "no-store"}, media_type="application/octet-stream")


def _release(desk: Desk, request: Request) -> tuple[str, int]:
    """Environment and number of the release that the path names. Raises Problem where it cannot be one."""
    where = request.path_params
    number = where["number"]
    if not number.isdecimal() or not number.isascii() or len(number) > 15:
        raise Problem(404, "there is no such release", "its number is a whole one")
    return desk.environment(where["environment"]).name, int(number)


@raw("/api/v1/edge/messages", right="record", methods=("POST",), media="application/json", most=_MOST)
async def edge_messages(desk: Desk, request: Request) -> Response:
    """Take messages of an edge, each once; an answer for each, when what it says is durable."""
    from starlette.responses import JSONResponse

    try:
        edge, known, found, bad = hub.messages_of(json.loads(await _body(request)))
    except (ValueError, RecursionError) as error:
        raise Problem(422, f"these are no messages: {error}", _HINT) from None
    acks = await anyio.to_thread.run_sync(partial(hub.receive, desk.folder, edge, known, found)) if found else []
    if isinstance(acks, str):
        raise Problem(409, acks, _HINT)
    items = [{"id": one.id, "status": one.status, "why": one.why} for one in (*acks, *bad)]
    return JSONResponse({"items": items}, headers={"Cache-Control": "no-store"})


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > _MOST:
            raise Problem(413, f"the body is longer than {_MOST:,} bytes", "send fewer messages at once")
    return bytes(data)


def _part(data: bytes, asked: str | None, digest: str) -> Response:
    """A blob, or what follows after a number of bytes of it."""
    from starlette.responses import Response

    headers = {"Accept-Ranges": "bytes", "ETag": f'"{digest}"', "Cache-Control": "private, max-age=31536000, immutable"}
    kind = "application/octet-stream"
    start = (asked or "").removeprefix("bytes=").removesuffix("-")
    known = asked is not None and asked.startswith("bytes=") and asked.endswith("-")
    if not known or not start.isdecimal() or not start.isascii() or len(start) > 15:
        return Response(data, headers=headers, media_type=kind)
    if int(start) >= len(data):
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return Response(data[int(start) :], 206, headers, kind)
