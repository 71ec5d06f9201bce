"""Readers: connections to `state.db` that only read, kept open between requests.

Why a pool: opening one costs more than most answers do, and a connection belongs to one thread at a time. SQLite's log
lets them read while a watch writes, so no request holds it up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from regen.state.db import NAME
from regen.state.opening import State, read_state

_IDLE = 8  # connections that are kept


@dataclass(frozen=True, slots=True)
class _Open:
    state: State
    stack: ExitStack
    file: tuple[int, int]


class Readers:
    """Gives states to read from. Methods may be called from any thread.

    Args:
        folder: `.regen`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._idle: list[_Open] = []
        self._closed = False

    @contextmanager
    def read(self) -> Iterator[State | None]:
        """The state while the block runs; None where there is none yet. Raises StateError where it cannot be read."""
        found = self._taken()
        if found is None:
            yield None
            return
        try:
            yield found.state
        except BaseException:
            found.stack.close()
            raise
        self._put_back(found)

    def close(self) -> None:
        """Close those that nobody uses now; the others close when they come back."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for one in idle:
            one.stack.close()

    def _taken(self) -> _Open | None:
        try:
            found = (self.folder / NAME).stat()
        except OSError:
            return None
        file = (found.st_dev, found.st_ino)
        while True:
            with self._lock:
                one = self._idle.pop() if self._idle else None
            if one is None:
                break
            if one.file == file:
                return one
            with suppress(Exception):  # the database was set aside meanwhile
                one.stack.close()
        stack = ExitStack()
        state = stack.enter_context(read_state(self.folder))
        return None if state is None else _Open(state, stack, file)

    def _put_back(self, one: _Open) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE:
                self._idle.append(one)
                return
        one.stack.close()
