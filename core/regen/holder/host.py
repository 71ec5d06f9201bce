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
must not be open across them. So clients wait in the lobby while the watch is in a cycle, and each of them gets a turn
of the watch, as a change of a file does.
"""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from regen.errors import ExitCode
from regen.holder.door import Door, Peer, peer
from regen.holder.line import Line
from regen.version import __version__

_GREETING_S = 5.0  # for what a client answers without a person; a process that was stopped must not hold the watch up
_DRAIN_S = 5.0  # for a client to take the last of its output, for the same reason; it reads without waiting for anyone

ROLLBACK = "rollback"
"""The command that may not wait for others."""
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

    @property
    def command(self) -> str:
        """Its name; "" where there is none."""
        return self.arguments[0] if self.arguments else ""


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


class Lobby:
    """Clients that were let in and wait for their turn.

    Why they are let in while the watch is at work: a rollback may not wait for it, and which one asks for that is
    known by what it says.

    Args:
        door: where they come.
    """

    def __init__(self, door: Door) -> None:
        self.door = door
        self._guests: deque[_Guest] = deque()

    def __len__(self) -> int:
        return len(self._guests)

    @property
    def next(self) -> Request | None:
        """What the next client wants; None where nobody waits."""
        return self._guests[0].request if self._guests else None

    async def let_in(self, first: str = "") -> Request | None:
        """Let in the client that waits longest at the door, and hear what it wants.

        Args:
            first: a command that gets its turn before all others.

        Returns:
            What it wants; None where it left, or was refused.
        """
        client = self.door.accept()
        if client is None:
            return None
        guest = _Guest(Line(client), None)
        try:
            guest.request = await _heard(guest.line)
        finally:
            if guest.request is None:
                client.close()
        if guest.request is None:
            return None
        if guest.request.command == first:
            self._guests.appendleft(guest)
        else:
            self._guests.append(guest)
        return guest.request

    async def serve(self, run: Run, give_way: Callable[[], Awaitable[object]]) -> Served | None:
        """Run the command of the next client; gives None where it left, or was refused.

        Where this is cancelled the command is, too, and the client is told by hanging up.

        Args:
            run: runs it.
            give_way: ends when a rollback may not wait; any other command is stopped then.
        """
        if not self._guests:
            await self.let_in()
        if not self._guests:
            return None
        guest = self._guests.popleft()
        request = guest.request
        with closing(guest.line.socket):
            if request is None or not await _ready(guest.line):
                return None
            at, started = time.time(), time.perf_counter()
            code = await _attended(guest.line, request, run, give_way)
            return Served(request.arguments, request.pid, code, at, time.perf_counter() - started)

    def close(self) -> None:
        """Hang up on those who wait."""
        for guest in self._guests:
            guest.line.socket.close()
        self._guests.clear()


@dataclass(slots=True)
class _Guest:
    line: Line
    request: Request | None


async def _heard(line: Line) -> Request | None:
    """What a client asks for; None where it left, or was refused."""
    with anyio.move_on_after(_GREETING_S):
        who, message = peer(line.socket), await line.receive()
        if message is None:
            return None
        refusal = _refusal(who, message)
        if refusal is None:
            return _request(message, who.pid)
        await line.send({"refused": refusal[0], "hint": refusal[1]})
    return None


async def _ready(line: Line) -> bool:
    """Whether a client that gets its turn still wants it."""
    with anyio.move_on_after(_GREETING_S):
        return await line.send({"ready": True}) and await line.receive() == {"go": True}
    return False


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


async def _attended(line: Line, request: Request, run: Run, give_way: Callable[[], Awaitable[object]]) -> int:
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
                if request.command != ROLLBACK:
                    group.start_soon(_gives_way, give_way, work)
                code = await run(request, post)
            posted.send_nowait({"code": code})
            posted.close()
            with anyio.move_on_after(_DRAIN_S):
                await drained.wait()
            group.cancel_scope.cancel()
    return code


async def _told_off(line: Line, work: anyio.CancelScope) -> None:
    """Cancel the work when the client says so, or hangs up."""
    await line.receive()
    work.cancel()


async def _gives_way(give_way: Callable[[], Awaitable[object]], work: anyio.CancelScope) -> None:
    await give_way()
    work.cancel()
