"""Host: one client at a time is let in, its command is run, and what the command prints goes back to it.

What is said, one JSON object a line:

    client  {"regen": VERSION, "arguments": […], "folder": …, "terminal": {…}}
    holder  {"refused": MESSAGE, "hint": …}           and nothing more; or
    holder  {"ready": true}                           it is this client's turn
    client  {"go": true}                              so nothing is run for one that has left meanwhile
    holder  {"begun": true}, {"out": TEXT}, {"err": TEXT}, …, {"code": EXIT CODE}
    client  {"cancel": true}                          at any time; hanging up says the same

The first line of each side is read by other versions of regen, so "regen", "refused" and "hint" keep their meaning.

Why no task of its own: a watch is a generator that may be asked for its turns from different tasks, and a task group
must not be open across them. So clients wait in the system's queue while the watch is in a cycle, and each of them
gets a turn of the watch, as a change of a file does.
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from regen.errors import ExitCode
from regen.holder.door import Door, Peer, peer
from regen.version import __version__

_GREETING_S = 5.0  # for what a client answers without a person; a process that was stopped must not hold the watch up
_DRAIN_S = 5.0  # for a client to take the last of its output, for the same reason; it reads without waiting for anyone
_LONGEST_LINE = 1 << 20  # bytes; arguments and an environment are shorter
_MOST = 1 << 16  # bytes read at once

Post = Callable[[str, str], None]
"""Send text to a client's "out" or "err"."""
Run = Callable[["Request", Post], Awaitable[int]]
"""Run a command and give its exit code; raises nothing but cancellation."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command that a client asks for.

    Attributes:
        arguments: as typed, without the program's name.
        folder: that the client was started in; paths among the arguments are relative to it.
        terminal: what the client prints to: "out" and "err" are "tty" or "", others are variables of its environment.
        pid: of the client.
    """

    arguments: tuple[str, ...]
    folder: Path
    terminal: Mapping[str, str]
    pid: int


@dataclass(frozen=True, slots=True)
class Served:
    """A command that was run for another process.

    Attributes:
        arguments: as typed there, without the program's name.
        pid: the process.
        code: the exit code that it got.
        at: when it began; seconds since the epoch, UTC.
        duration_s: in seconds.
    """

    arguments: tuple[str, ...]
    pid: int
    code: int
    at: float
    duration_s: float


async def serve(door: Door, run: Run) -> Served | None:
    """Let in the client that waits longest and run its command; gives None where it left, or was refused.

    Where this is cancelled the command is, too, and the client is told by hanging up.
    """
    client = door.accept()
    if client is None:
        return None
    with closing(client):
        line = _Line(client)
        request = await _greeted(line)
        if request is None:
            return None
        at, started = time.time(), time.perf_counter()
        code = await _attended(line, request, run)
        return Served(request.arguments, request.pid, code, at, time.perf_counter() - started)


async def _greeted(line: _Line) -> Request | None:
    """What a client asks for, once it says that it still wants it."""
    with anyio.move_on_after(_GREETING_S):
        who, message = peer(line.socket), await line.receive()
        if message is None:
            return None
        refusal = _refusal(who, message)
        if refusal is not None:
            await line.send({"refused": refusal[0], "hint": refusal[1]})
            return None
        if await line.send({"ready": True}) and await line.receive() == {"go": True}:
            return _request(message, who.pid)
    return None


def _request(message: Mapping[str, Any], pid: int) -> Request | None:
    """What a message asks for; None where it is no request."""
    match message:
        case {"arguments": [*arguments], "folder": str(folder), "terminal": {**terminal}}:
            there = {str(name): str(value) for name, value in terminal.items()}
            return Request(tuple(map(str, arguments)), Path(folder), there, pid)
        case _:
            return None


def _refusal(who: Peer, message: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why a client cannot be helped, and the way out; None where it can."""
    if who.uid != os.geteuid():
        return (
            f"the watch that holds this project (process {os.getpid()}) is another user's",
            "run the command as that user, or stop the watch",
        )
    if message.get("regen") != __version__:
        theirs = message.get("regen", "of an unknown version")
        return (
            f"the watch that holds this project (process {os.getpid()}) runs regen {__version__}; this is {theirs}",
            "stop the watch and start it again with this version",
        )
    return None


async def _attended(line: _Line, request: Request, run: Run) -> int:
    """Run a command while its client listens."""
    posted, outgoing = anyio.create_memory_object_stream[dict[str, object]](math.inf)
    drained = anyio.Event()

    async def send() -> None:
        async for message in outgoing:
            if not await line.send(message):
                break
        drained.set()

    def post(channel: str, text: str) -> None:
        posted.send_nowait({channel: text})

    with posted, outgoing:
        async with anyio.create_task_group() as group:
            posted.send_nowait({"begun": True})
            group.start_soon(send)
            code: int = ExitCode.INTERRUPTED
            with anyio.CancelScope() as work:
                group.start_soon(_told_off, line, work)
                code = await run(request, post)
            posted.send_nowait({"code": code})
            posted.close()
            with anyio.move_on_after(_DRAIN_S):
                await drained.wait()
            group.cancel_scope.cancel()
    return code


async def _told_off(line: _Line, work: anyio.CancelScope) -> None:
    """Cancel the work when the client says so, or hangs up."""
    await line.receive()
    work.cancel()


class _Line:
    """One client's end: messages both ways."""

    def __init__(self, client: socket.socket) -> None:
        self.socket = client
        self._read = b""

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None where there is none any more, or no sense in it."""
        while b"\n" not in self._read:
            try:
                await anyio.wait_readable(self.socket)
                data = self.socket.recv(_MOST)
            except BlockingIOError:
                continue
            except OSError:
                return None
            if not data or len(self._read) > _LONGEST_LINE:
                return None
            self._read += data
        text, _, self._read = self._read.partition(b"\n")
        try:
            message = json.loads(text)
        except ValueError:
            return None
        return message if isinstance(message, dict) else None

    async def send(self, message: Mapping[str, object]) -> bool:
        """Send a message; False where nobody hears it any more."""
        data = memoryview(json.dumps(message).encode() + b"\n")
        while data:
            try:
                data = data[self.socket.send(data) :]
            except BlockingIOError:
                try:
                    await anyio.wait_writable(self.socket)
                except OSError:
                    return False
            except OSError:
                return False
        return True
