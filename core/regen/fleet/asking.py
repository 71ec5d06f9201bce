"""Asking: a question to the hub waits in a thread that may be left alone, for it touches nothing but incoming files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from regen.errors import HubError

T = TypeVar("T")
_PATIENCE, _LONGEST_S = 20, 30.0  # how often a hub that is too busy is asked again, and how long is waited for it


async def ask(call: Callable[[], T]) -> T:
    """Ask once."""
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)


async def ask_patiently(call: Callable[[], T]) -> T:
    """Ask again where the hub wants to be asked more slowly (429)."""
    for _ in range(_PATIENCE):
        try:
            return await ask(call)
        except HubError as error:
            if error.status != 429:
                raise
            await anyio.sleep(min(error.retry_after_s or 1.0, _LONGEST_S))
    return await ask(call)
