"""Routes: what edges say: that they came, what happened there, and what persons changed; see docs/edges.md."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import anyio.to_thread

from regen.config import Key
from regen.fleet import hub
from regen.model.fleet import NAME, Ack, EdgeEdit, Kind, Message, Node, Report
from regen.serve.asked import LARGEST, body
from regen.serve.desk import Desk
from regen.serve.problems import Problem
from regen.serve.route import Caller, Nothing, Page, change, raw, read
from regen.state import edges as kept

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_MOST = 140_000_000  # bytes of messages: an edit of 100 MB in base64 (SPEC.md, edges)
_HINT = "see docs/edges.md"


@dataclass(frozen=True, slots=True)
class EditsAsked:
    """Which edits."""

    everything: Annotated[bool, Key("those too that nobody has to look at any more")] = False


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

    id: Annotated[str, Key("", maximum=64, matches=NAME.pattern)]
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

    edge: Annotated[str, Key("", maximum=64, matches=NAME.pattern)]
    id: Annotated[str, Key("", maximum=64, matches=NAME.pattern)]
    messages: tuple[SentMessage, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """What an edge says of itself whenever it comes.

    Attributes:
        edge: its name.
        id: drawn once; another edge of the same name has another one.
        environment: whose releases it receives.
        release: the hub's number of what stands; null: nothing does.
        pending: messages that wait to be sent.
        version: of regen.
        latency_s: of the last answer; null: there was none.
    """

    edge: Annotated[str, Key("", maximum=64, matches=NAME.pattern)]
    id: Annotated[str, Key("", maximum=64, matches=NAME.pattern)]
    environment: str
    release: Annotated[int | None, Key("", minimum=0, maximum=LARGEST)]
    pending: Annotated[int, Key("", minimum=0, maximum=LARGEST)]
    version: str
    latency_s: Annotated[float | None, Key("", minimum=0)]


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
async def edge_met(desk: Desk, asked: Nothing, body: Came, caller: Caller) -> Met:
    """Note that an edge came, and how things stand there; 409 where another edge has its name."""
    report = Report(**asdict(body))
    refused = await anyio.to_thread.run_sync(partial(hub.meet, desk.folder, report))
    if refused is not None:
        raise Problem(409, refused, _HINT)
    return Met(body.edge)


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
