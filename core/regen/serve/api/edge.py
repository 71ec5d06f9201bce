"""Routes: what edges get, and what they say; see docs/edges.md."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import anyio.to_thread

from regen.config import Key
from regen.errors import UsageError
from regen.fleet import hub
from regen.model.fleet import Ack, EdgeEdit, Kind, Manifest, Message, Node, Offered, Report
from regen.serve.asked import LARGEST, body, parameters
from regen.serve.desk import Desk
from regen.serve.problems import Problem, of_error
from regen.serve.route import Caller, Nothing, Page, change, raw, read
from regen.state import edges as kept

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

S = TypeVar("S")
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
class BlobAsked:
    """Which file."""

    environment: Annotated[str, Key("the environment of its release", maximum=200)]
    number: Annotated[int, Key("the number of its release", minimum=0, maximum=LARGEST)]
    digest: Annotated[str, Key("BLAKE3 of its bytes, in hex", maximum=200)]


@dataclass(frozen=True, slots=True)
class BundleAsked:
    """Which files."""

    environment: Annotated[str, Key("the environment of their release", maximum=200)]
    number: Annotated[int, Key("the number of their release", minimum=0, maximum=LARGEST)]
    digests: Annotated[str, Key("BLAKE3 of their bytes in hex, with commas between; at most 100", maximum=7000)]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One thing that happened on an edge.

    Attributes:
        id: drawn when it happened; at most 64 letters.
        sequence: by which the edge's messages are in order.
        kind: what it is about.
        at: seconds since the epoch, UTC.
        release: the hub's number of the release that it is about; null: none.
        data: more of it: an object of JSON, as text.
        content: the bytes of an edit, in base64; null for others, and where the file was deleted.
    """

    id: Annotated[str, Key("", maximum=64)]
    sequence: Annotated[int, Key("", minimum=0, maximum=LARGEST)]
    kind: Kind
    at: Annotated[float, Key("", minimum=0, maximum=1e11)]
    release: Annotated[int | None, Key("", minimum=0, maximum=LARGEST)] = None
    data: str = "{}"
    content: str | None = None


@dataclass(frozen=True, slots=True)
class MessagesSent:
    """What an edge has to tell.

    Attributes:
        edge: its name.
        id: as in its report; it tells an edge from another one of its name.
        messages: in their order; each counts once.
    """

    edge: Annotated[str, Key("", maximum=64)]
    id: Annotated[str, Key("", maximum=64)]
    messages: tuple[SentMessage, ...]


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
class AckItem:
    """What became of a message.

    Attributes:
        id: of the message.
        status: as of HTTP: 200 once it is kept for good, be it from before; 422: it never will be.
        why: in words.
    """

    id: str
    status: int
    why: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An answer for each message."""

    items: tuple[AckItem, ...]


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
    with desk.state() as state, _missing():
        return hub.manifest(state, name, asked.number)


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


@raw(
    "/api/v1/edge/blobs/{environment}/{number}/{digest}",
    media="application/octet-stream",
    asks=BlobAsked,
    also={"206": "what follows after `Range: bytes=N-`", "416": "nothing follows after so many bytes"},
)
async def edge_blob(desk: Desk, request: Request) -> Response:
    """The bytes of a file of a release, or of a receipt, by digest; `Range: bytes=N-` gives what follows."""
    asked = _asked(BlobAsked, request)
    name = desk.environment(asked.environment).name

    def found() -> bytes:
        with desk.state() as state, _missing():
            return hub.blob(state, name, asked.number, asked.digest)

    return _part(await anyio.to_thread.run_sync(found), request.headers.get("range"), asked.digest)


@raw("/api/v1/edge/bundles/{environment}/{number}", media="application/octet-stream", asks=BundleAsked)
async def edge_bundle(desk: Desk, request: Request) -> Response:
    """Small files of a release: of those that `digests` names, the first that fit into one answer.

    Each is its length in four bytes, the most significant first, and then its bytes.
    """
    from starlette.responses import Response

    asked = _asked(BundleAsked, request)
    name = desk.environment(asked.environment).name
    digests = [part for part in asked.digests.split(",") if part]
    if not 0 < len(digests) <= hub.MANY:
        raise Problem(400, f"`digests` names 1 to {hub.MANY} files", _HINT)

    def found() -> bytes:
        with desk.state() as state, _missing():
            files = hub.bundle(state, name, asked.number, digests)
        return b"".join(len(data).to_bytes(4, "big") + data for data in files)

    data = await anyio.to_thread.run_sync(found)
    return Response(data, headers={"Cache-Control": "no-store"}, media_type="application/octet-stream")


@raw(
    "/api/v1/edge/messages",
    right="record",
    methods=("POST",),
    media="application/json",
    most=_MOST,
    takes=MessagesSent,
    gives=Acknowledged,
)
async def edge_messages(desk: Desk, request: Request) -> Response:
    """Take messages of an edge, each once; an answer for each, when what it says is durable."""
    from starlette.responses import JSONResponse

    sent = body(MessagesSent, await request.body())
    if not sent.edge or not sent.id or not all(one.id for one in sent.messages):
        raise Problem(422, "an edge has a name and an id, and so has each message", _HINT)
    found, bad = _read(sent.messages)
    call = partial(hub.receive, desk.folder, sent.edge, sent.id, found)
    acks = await anyio.to_thread.run_sync(call) if found else []
    if isinstance(acks, str):
        raise Problem(409, acks, _HINT)
    items = [{"id": one.id, "status": one.status, "why": one.why} for one in (*acks, *bad)]
    return JSONResponse({"items": items}, headers={"Cache-Control": "no-store"})


def _read(sent: Sequence[SentMessage]) -> tuple[list[Message], list[Ack]]:
    """Messages that can be kept, and an answer for each that cannot."""
    found: list[Message] = []
    bad: list[Ack] = []
    for one in sent:
        try:
            content = None if one.content is None else b64decode(one.content, validate=True)
            text = hub.canonical_object(one.data)
        except ValueError as error:
            bad.append(Ack(one.id, 422, str(error)))
        else:
            found.append(Message(one.id, one.sequence, one.kind, one.at, one.release, text, content))
    return found, bad


def _asked(kind: type[S], request: Request) -> S:
    path = {name: str(value) for name, value in request.path_params.items()}
    return parameters(kind, path, request.query_params.multi_items())


@contextmanager
def _missing() -> Iterator[None]:
    """What the path names and is not there is a 404."""
    try:
        yield
    except UsageError as error:
        raise of_error(error, missing=True) from None


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
