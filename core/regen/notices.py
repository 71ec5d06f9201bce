"""Notices: files that changed, as the kernel tells it or as looking every POLL_S seconds finds, until taken."""

from __future__ import annotations

import logging
import selectors
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from socket import socket, socketpair
from threading import Lock
from typing import Literal as OneOf

import anyio
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from regen.holder import ROLLBACK, Lobby
from regen.scene import Scene

POLL_S = 1.0
_KNOWN_PATHS = 10_000  # about which the scene is not asked again
# Not that a file was opened or read: a cycle does so itself, and would wake two threads in the midst of it. Nor that a
# folder was modified: its files' own events come too.
_HEARD: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
Event = OneOf["change", "client", "health", "quiet", "rollout"]
"""What a watch waits for: a path that changed, a client, a probe, a step of a rollout, or nothing for a while."""


class Changes:
    """Paths that changed since they were last taken, and a bell that rings when there are any.

    Why a socket for a bell: the observer's thread must not wait for the event loop, which waits for that thread when
    the watch ends.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._paths: dict[str, int] = {}
        self._told = False
        self._lock = Lock()
        self._hears, self._rings = socketpair()
        self._hears.setblocking(False)
        self._rings.setblocking(False)

    def __len__(self) -> int:
        return len(self._paths)

    def add(self, path: str) -> None:
        """Note one path; called in the observer's thread."""
        with self._lock:
            self._paths[path] = time.time_ns()
        self._ring()

    def hear(self, source: str) -> None:
        """Note a source; called in its thread, perhaps after the end."""
        self.add(str(self.root / source))

    def tell(self) -> None:
        """Note that a probe has something to say; called in its thread."""
        self._told = True
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # it rings already, or nobody listens any more
            self._rings.send(b"!")

    async def wait(self, lobby: Lobby | None) -> Event:
        """Wait until a probe has something to say, there is a path to take, or a client."""
        while not self._told and not self._paths:
            if lobby or await self._heard(lobby):
                return "client"
        if self._told:
            self._told = False
            return "health"
        return "change"

    async def rollback(self, lobby: Lobby | None, breached: Callable[[], str | None]) -> str:
        """Wait for what may not wait for a cycle; gives what it is, in words.

        Args:
            breached: what a probe asks for; None: nothing.
        """
        while (why := breached()) is None:
            request = lobby.next if lobby is not None else None
            if request is not None and request.command == ROLLBACK:
                return f"`regen {ROLLBACK}` of process {request.pid}"
            if await self._heard(lobby) and lobby is not None:
                await lobby.let_in(ROLLBACK)
        return why

    async def _heard(self, lobby: Lobby | None) -> bool:
        """Wait for the bell or a client at the door; whether it is a client."""
        if lobby is not None and await _first(lobby.door.socket, self._hears) is lobby.door.socket:
            return True
        if lobby is None:
            await anyio.wait_readable(self._hears)
        with suppress(BlockingIOError):
            self._hears.recv(4096)
        return False

    def take(self) -> dict[str, int]:
        """The paths, sorted, each with the time of its last event in nanoseconds since the epoch; and start anew."""
        with self._lock:
            taken, self._paths = self._paths, {}
        return dict(sorted(taken.items()))

    def close(self) -> None:
        """Nobody waits any more."""
        self._hears.close()
        self._rings.close()


async def _first(*ends: socket) -> socket:
    """The first of some sockets that there is something to read from; the earlier one where there is from several."""
    # A selector of several sockets is readable when one of them is: a task for each would cost more than the wait.
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        while not (ready := [key.fileobj for key, _ in selector.select(0)]):
            await anyio.wait_readable(selector.fileno())
    return next(end for end in ends if end in ready)


class _Handler(FileSystemEventHandler):
    def __init__(self, changes: Changes, scene: Scene) -> None:
        self._changes = changes
        self._wants = lru_cache(_KNOWN_PATHS)(lambda name: scene.wants(Path(name)))

    def on_any_event(self, event: FileSystemEvent) -> None:
        for name in sorted({str(event.src_path), str(event.dest_path or event.src_path)}):
            if self._wants(name):
                self._changes.add(name)


@contextmanager
def observed(watched: Scene, changes: Changes) -> Iterator[bool]:
    """Watch a project's inputs while the context is open.

    Yields:
        Whether the kernel notifies; else the folders are polled.
    """
    # A folder that is made and filled at once is announced twice; watchdog says so, and goes on with one of the two.
    warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
    handler = _Handler(changes, watched)
    observer, notified = Observer(), True
    try:
        _start(observer, handler, watched)
    except OSError:
        observer, notified = PollingObserver(timeout=POLL_S), False
        _start(observer, handler, watched)
    try:
        yield notified
    finally:
        _stop(observer)


def _start(observer: BaseObserver, handler: _Handler, watched: Scene) -> None:
    for folder in watched.flat:
        observer.schedule(handler, str(folder), recursive=False, event_filter=_HEARD)
    for folder in watched.deep:
        observer.schedule(handler, str(folder), recursive=True, event_filter=_HEARD)
    observer.start()


def _stop(observer: BaseObserver) -> None:
    """End the threads of an observer; to watchdog an event that comes in meanwhile is an error, which nobody needs."""
    logger = logging.getLogger("watchdog")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        observer.stop()
        observer.join()
    finally:
        logger.setLevel(level)
