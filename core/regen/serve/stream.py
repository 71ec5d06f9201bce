"""Stream: one response of server-sent events, which ends when its reader leaves, does not keep up, or the server stops.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.responses import Response

from regen.serve.desk import Desk
from regen.serve.live import Listener, Message, told_message
from regen.serve.past import Following, Place, after, end_of
from regen.serve.problems import Problem

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HEARTBEAT_S = 10.0
"""After which a stream without events says that it is alive; proxies cut off silent ones after 30 s or more."""
STREAMS = 64  # at a time; a browser opens one a page
SLOW_S = 20.0  # for a reader to take what was sent
_BATCH = 200
_RETRY = b"retry: 1000\n\n"


class Stream(Response):
    """The response.

    Args:
        types: globs of types; empty: all.
        last: where an earlier stream was cut off; None: tell only what is new.

    Raises:
        Problem: there are too many streams.
    """

    media_type = "text/event-stream"

    def __init__(self, desk: Desk, types: tuple[str, ...], last: Place | None) -> None:
        if len(desk.live) >= STREAMS:
            raise Problem(503, f"{STREAMS} streams are open already", "close one", {"Retry-After": "10"})
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._desk, self._types, self._last = desk, types, last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end. A reader who has not taken in 20 s what was sent, or who leaves, is let go."""
        gone = asyncio.ensure_future(_gone(receive))
        told = asyncio.ensure_future(self._tell(send))
        try:
            await asyncio.wait({gone, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, told):
                task.cancel()
            await asyncio.gather(gone, told, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        live = self._desk.live
        place = await live.here()
        with live.listening(self._types) as listener:
            # Only now: whoever sees the stream open hears all that happens from then on.
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

            async def put(data: bytes) -> None:
                async with asyncio.timeout(SLOW_S):
                    await send({"type": "http.response.body", "body": data, "more_body": True})

            await put(_RETRY)
            async for data in self._pieces(listener, place):
                await put(data)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self, listener: Listener, place: Place) -> AsyncIterator[bytes]:
        if self._last is not None:
            place = self._last
            more = True
            while more:
                missed = await asyncio.to_thread(self._missed, place)
                place, more = missed.place, missed.more
                if missed.told:
                    yield b"".join(told_message(one).encoded() for one in missed.told)
        async for data in _heard(listener, place):
            yield data

    def _missed(self, place: Place) -> Following:
        with self._desk.readers.read() as state:
            if state is None:
                return Following([], place, more=False)
            end = end_of(state)
            if place.revision > end.revision or place.event > end.event:
                return Following([], end, more=False)  # the state was made anew since
            return after(state, place, self._types, most=_BATCH)


async def _heard(listener: Listener, place: Place) -> AsyncIterator[bytes]:
    """What comes while it listens, but for what it had before; a heartbeat where nothing comes."""
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await listener.rung.wait()
        except TimeoutError:
            yield Message("heartbeat", f'{{"at": {time.time():.3f}}}').encoded()
            continue
        listener.rung.clear()
        if listener.lost:
            return
        ended, waiting = listener.ended, listener.take()
        if waiting:
            data = b"".join(message.encoded() for message in waiting if not message.before(place))
            if data:
                yield data
        if ended:
            return


async def _gone(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
