"""Threads: a function that blocks runs in a thread that is left alone when nobody waits for it any more.

Why not one of anyio's: when the time is over, or the cycle is cancelled, the thread is left to its socket, and it must
not keep the process from ending.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token

T = TypeVar("T")


async def in_thread(function: Callable[[], T]) -> T:
    """What a function gives, or raises."""
    done, token = anyio.Event(), current_token()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            errors.append(error)
        with suppress(RuntimeError):  # the event loop has ended meanwhile
            from_thread.run_sync(done.set, token=token)

    context = contextvars.copy_context()  # in which the trace is that the request goes on with
    threading.Thread(target=context.run, args=(work,), name="regen-fetch", daemon=True).start()
    await done.wait()
    if errors:
        raise errors[0]
    return results[0]
