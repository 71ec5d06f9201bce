"""Messenger: while a watch runs, alerts are told on in a thread with an event loop of its own.

Why: a channel that hangs is given up after seconds only, and a cycle would wait for it. They are told one after the
other, so that an end never comes before its beginning.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from anyio.from_thread import start_blocking_portal

from regen import telemetry
from regen.model.alert import Alert
from regen.model.cycle import CycleRecord

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream

    from regen.hooks.dispatch import Hooks
    from regen.orchestrator.session import Session

_LOG = logging.getLogger("regen.alert")
_LAST_S = 2.0  # in which what is left may be told when the watch ends


@dataclass(frozen=True, slots=True)
class Message:
    """An alert that is to be told on.

    Attributes:
        after: the cycle that it came after, whose trace it belongs to; None: there was none.
    """

    alert: Alert
    after: CycleRecord | None


async def tell_on(hooks: Hooks, message: Message) -> None:
    """Tell every plugin; what went wrong is logged."""
    with telemetry.after(message.after):
        for error in await hooks.alert(message.alert):
            _LOG.warning("%s", error)


@contextmanager
def messenger(session: Session) -> Iterator[None]:
    """Tell a session's alerts on beside its cycles while the context is open."""
    send, receive = anyio.create_memory_object_stream[Message](math.inf)
    with start_blocking_portal("asyncio") as portal:
        telling = portal.start_task_soon(_tell, session, receive)
        session.messenger = lambda message: portal.start_task_soon(send.send, message)
        try:
            yield
        finally:
            session.messenger = None
            portal.start_task_soon(send.aclose)
            wait([telling], _LAST_S)
            telling.cancel()


async def _tell(session: Session, receive: MemoryObjectReceiveStream[Message]) -> None:
    async with receive:
        async for message in receive:
            await tell_on(session.hooks, message)
