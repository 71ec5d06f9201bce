"""Routes: what edges get of releases; see docs/edges.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import anyio.to_thread

from regen.config import Key
from regen.errors import UsageError
from regen.fleet import hub
from regen.model.fleet import Manifest, ManifestDelta, Offered
from regen.serve.asked import LARGEST, parameters
from regen.serve.desk import Desk
from regen.serve.problems import Problem, of_error
from regen.serve.route import raw, read

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

S = TypeVar("S")
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
class DeltaAsked:
    """Which releases."""

    environment: Annotated[str, Key("their environment", maximum=200)]
    number: Annotated[int, Key("the number of one", minimum=0, maximum=LARGEST)]
    since: Annotated[int, Key("the number of the one that it is compared with", minimum=1, maximum=LARGEST)]


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
    digests: Annotated[
        str,
        Key(
            "BLAKE3 of their bytes in hex, with commas between; at most 100",
            maximum=7000,
            matches=r"[0-9a-f]{64}(,[0-9a-f]{64}){0,99}",
        ),
    ]


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


@read("/api/v1/edge/deltas/{environment}/{number}")
def edge_delta(desk: Desk, asked: DeltaAsked) -> ManifestDelta:
    """Files of a release that are new or others than in an earlier one, and paths that went."""
    name = desk.environment(asked.environment).name
    with desk.state() as state, _missing():
        return hub.delta(state, name, asked.number, asked.since)


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
