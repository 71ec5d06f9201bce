"""Routes: what happened, and what happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from regen.config import Key
from regen.model.cloudevent import to_json
from regen.serve.asked import parameters
from regen.serve.desk import Desk
from regen.serve.past import Place, after, latest, place_of
from regen.serve.problems import Problem
from regen.serve.route import Page, raw, read

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class EventsAsked:
    """Which events."""

    type: Annotated[str | None, Key("globs of types, such as `node.*,cycle.failed`; one has to match", maximum=500)] = (
        None
    )
    after: Annotated[
        str | None,
        Key(
            "those after this place, `next` of a page or an `id` of the stream; else the last ones",
            maximum=60,
            matches=r"[0-9]{1,15}\.[0-9]{1,15}\.[0-9]{1,15}",
        ),
    ] = None
    limit: Annotated[int, Key("at most so many", minimum=1, maximum=500)] = 100


@dataclass(frozen=True, slots=True)
class StreamAsked:
    """Which events."""

    type: Annotated[str | None, Key("globs of types; one has to match", maximum=500)] = None


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """An event as CloudEvents 1.0 spell it.

    Attributes:
        specversion: "1.0".
        id: unique in the project.
        source: where it comes from.
        type: what happened.
        time: RFC 3339.
        revision: of the dataset.
        datacontenttype: of `data`.
        data: what is told of it; terms are N-Triples.
        subject: what it is about; None: nothing.
    """

    specversion: str
    id: str
    source: str
    type: str
    time: str
    revision: int
    datacontenttype: str
    data: Mapping[str, object]
    subject: str | None


@read("/api/v1/events")
def events(desk: Desk, asked: EventsAsked) -> Page[CloudEvent]:
    """What happened, the oldest first: the last ones, or those after a place; `next` is the place to go on from.

    Where many changes of the graph have nothing of a type there may be fewer than `limit`, and more behind `next`.
    """
    types = globs(asked.type)
    with desk.readers.read() as state:
        if state is None:
            return Page(())
        if asked.after is None:
            found = latest(state, types, most=asked.limit)
        else:
            found = after(state, read_place(asked.after), types, most=asked.limit)
    return Page(tuple(_event(to_json(one.event)) for one in found.told), str(found.place))


def _event(found: dict[str, Any]) -> CloudEvent:
    return CloudEvent(**{"subject": None, **found})


def globs(text: str | None) -> tuple[str, ...]:
    """The globs of a parameter `type`."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def read_place(text: str) -> Place:
    """The place that a client names. Raises Problem where it names none."""
    place = place_of(text)
    if place is None:
        raise Problem(400, "'after' names no place in the history", "give `next` of a page, or an `id` of the stream")
    return place


@raw("/api/v1/stream", media="text/event-stream")
async def stream(desk: Desk, request: Request) -> Response:
    """What happens, as server-sent events; `Last-Event-ID` goes on where a stream was cut off."""
    from regen.serve.stream import Stream

    asked = parameters(StreamAsked, {}, request.query_params.multi_items())
    last = request.headers.get("last-event-id")
    return Stream(desk, globs(asked.type), None if last is None else read_place(last))
