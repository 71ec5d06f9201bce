"""Beside: sources are asked in their intervals while a watch runs, each in a thread with an event loop of its own.

Why threads: as for graphs that are asked for over HTTP (`regen.orchestrator.sources`): a watch is a generator that may
be asked for its turns from different tasks, so no task outlives a turn; and a source that is slow holds up no cycle.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import anyio
from anyio import from_thread
from anyio.lowlevel import EventLoopToken, current_token

from regen.config import LearnTable
from regen.errors import StateError
from regen.model.event import Payload
from regen.model.learned import LearningIntegrated
from regen.sources.learner import Learner
from regen.web.threads import in_thread

_LOG = logging.getLogger("regen.sources")
_FIRST_NAP_S = 10.0
_LONGEST_NAP_S = 60.0  # a clock that is set back holds up a source no longer

Publish = Callable[[Payload], Coroutine[Any, Any, None]]


@contextmanager
def learned(learner: Learner, heard: Callable[[str], None], publish: Publish) -> Iterator[None]:
    """Ask every source when it is due, while the context is open; entered in the event loop that `publish` belongs to.

    Args:
        learner: of the project.
        heard: told the path of a graph file that changed, in a thread; the kernel may tell it, too.
        publish: puts an event on the bus.
    """
    stop, token = threading.Event(), current_token()
    for table in learner.tables:
        work = partial(_repeat, learner, table, heard, publish, stop, token)
        threading.Thread(target=work, name=f"regen-learn-{table.name}", daemon=True).start()
    try:
        yield
    finally:
        stop.set()  # a thread that waits for its source is left alone: what comes is not looked at
        learner.wait()


def _repeat(
    learner: Learner,
    table: LearnTable,
    heard: Callable[[str], None],
    publish: Publish,
    stop: threading.Event,
    token: EventLoopToken,
) -> None:
    async def tell(data: Payload) -> None:
        if stop.is_set():
            return
        if isinstance(data, LearningIntegrated):
            heard(data.path)
        with suppress(RuntimeError):  # the event loop has ended meanwhile
            await in_thread(partial(from_thread.run, publish, data, token=token))

    at_start = not table.interval_s  # and then never again
    while not stop.is_set():
        try:
            left_s = 0.0 if at_start else learner.due_in(table)
            at_start = False
            if left_s is None:
                return
            if left_s > 0:
                stop.wait(min(left_s, _LONGEST_NAP_S))
                continue
            anyio.run(partial(learner.run, table, tell, stopped=stop.is_set))
        except StateError as error:
            if stop.is_set():
                return  # the project is closed
            _LOG.warning("%s is not asked any more: %s", table.name, error)
            return
        except Exception:  # noqa: BLE001 - a fault of regen's own, or no memory: the watch goes on, and asks again
            _LOG.exception("asking %s failed", table.name)
            stop.wait(max(table.interval_s, _FIRST_NAP_S))
