"""Push: what waits in the outbox goes to the hub, and is done with once that has it for good."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from regen.errors import HubError
from regen.fleet.asking import ask
from regen.fleet.hub import BATCH
from regen.fleet.opening import Held
from regen.fleet.way import make_way
from regen.model.fleet import Ack
from regen.state import faults, outbox
from regen.state.outbox import Waiting

_GATEWAY = frozenset({502, 503, 504})  # nobody is behind the proxy, or the hub is busy: as if no answer came
_CALLER = frozenset({401, 403, 404, 405, 407, 408, 421})  # about who asks, or where; a message is not at fault


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of a push: how many messages the hub has now, and how many it refused for good."""

    sent: int = 0
    refused: int = 0


async def push(work: Held) -> Pushed:
    """Send what is due, in its order, until nothing is.

    Raises HubError where the hub gives no answer, or none that is about a message; what waits goes on waiting.
    """
    sent = refused = 0
    limit = BATCH
    while True:
        make_way(work)
        batch = outbox.due(work.state.db, work.state.blobs, time.time(), limit)
        if not batch:
            return Pushed(sent, refused)
        acks = await _sent(work, batch)
        if acks is None:  # one of them is refused, and which it is shows when each goes alone
            limit = 1
            continue
        faults.point("push.answered")
        outbox.settle(work.state.db, zip(batch, acks, strict=True), time.time())
        faults.point("push.settled")
        size = sum(len(one.message.content or b"") for one in batch)
        outbox.count_traffic(work.state.db, up=size)
        good = sum(200 <= ack.status < 300 for ack in acks)
        final = sum(400 <= ack.status < 500 and ack.status != 429 for ack in acks)
        sent, refused = sent + good, refused + final
        if any(ack.status == 429 for ack in acks):
            return Pushed(sent, refused)


async def _sent(work: Held, batch: Sequence[Waiting]) -> list[Ack] | None:
    """An answer for each message; None where one answer is for all of them and may be about one."""
    messages = [one.message for one in batch]
    edge = work.ready.config.edge.name
    try:
        acks = await ask(partial(work.ready.transport.send, edge, work.id, messages))
    except HubError as error:
        status = error.status
        if status is None or status in _GATEWAY or status in _CALLER or 200 <= status < 400:
            raise
        if len(batch) > 1 and 400 <= status < 500 and status != 429:
            return None
        return [Ack(one.id, status, error.message, error.retry_after_s) for one in messages]
    known = {ack.id: ack for ack in acks}
    missing = [one.id for one in messages if one.id not in known]
    if missing:
        raise HubError(
            "the hub did not say what became of each message", hint="the next round sends them again", status=200
        )
    return [known[one.id] for one in messages]
