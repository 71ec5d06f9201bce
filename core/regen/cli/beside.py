"""Beside: a command on a project that a watch holds is sent to the watch, which runs it; else it is run here.

Why without an event loop: nothing is imported for it, so a command beside a watch answers sooner than one alone. A
thread reads what the watch sends, so that a pipe which nobody empties holds up this process, and not the watch.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from regen.cli import terminal
from regen.config import find_root
from regen.errors import ExitCode, LockedError, StateError
from regen.holder import door
from regen.version import __version__

_WAIT_TOLD_S = 0.5  # a watch that lets nobody in for so long is in a cycle
_INTERRUPTED = {"interrupted": True}
_HUNG_UP: dict[str, Any] = {}


def folder_of(directory: Path) -> Path:
    """Where the state is of the project that a folder lies in. Raises UsageError where it lies in none."""
    return find_root(directory) / door.STATE_FOLDER


def comes_or_goes(folder: Path) -> bool:
    """Whether the project is held by a watch that just starts or ends: it takes no commands yet, or no more."""
    from regen.state import lock

    who = lock.last_holder(folder)
    return who is not None and who.watches and not door.foreign(folder)


def run(directory: Path, arguments: Sequence[str], alone: Callable[[], int]) -> int:
    """Run a command where its project is held: by the watch, or here where there is none.

    Args:
        directory: in the project.
        arguments: of the command, as typed.
        alone: runs it here.

    Raises:
        KeyboardInterrupt: it was asked to stop before it was done.
        StateError: the watch is of another version, or ended meanwhile.
        RegenError: whatever the command raises here.
    """
    while True:
        folder = folder_of(directory)
        client = door.connect(folder)
        if client is not None:
            with client:
                code = _Conversation(client).hold(arguments)
            if code is not None:
                return code
        try:
            return alone()
        except LockedError as error:
            if not door.listening(folder):
                raise _explained(error, folder) from error


def _explained(error: LockedError, folder: Path) -> LockedError:
    if not door.foreign(folder):
        return error
    hint = "it is another user's: run the command as that user, or have the watch stopped"
    return LockedError(error.message, where=error.where, hint=hint)


class _Conversation:
    """What is said with the watch about one command; see `regen.holder.host`."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._watch = f"the watch that holds this project (process {door.peer(client).pid})"
        self._heard: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def hold(self, arguments: Sequence[str]) -> int | None:
        """Give the exit code; None where the watch ended before it began."""
        with _signals(self._heard), terminal.handed_on() as described:
            self._say(
                regen=__version__,
                arguments=list(arguments),
                folder=os.getcwd(),  # noqa: PTH109 - text
                terminal=described,
            )
            threading.Thread(target=self._listen, name="regen-watch", daemon=True).start()
            try:
                return self._ended() if self._let_in() else None
            finally:
                self._hang_up()

    def _let_in(self) -> bool:
        """Wait for this command's turn; False where the watch ended."""
        try:
            message = self._heard.get(timeout=_WAIT_TOLD_S)
        except Empty:
            print(f"waiting for {self._watch}: it is at work", file=sys.stderr, flush=True)  # noqa: T201
            message = self._heard.get()
        match message:
            case {"refused": str(text)}:
                raise StateError(text, hint=message.get("hint"))
            case {"interrupted": True}:
                raise KeyboardInterrupt
            case {"ready": True}:
                self._say(go=True)
                return True
            case _:
                return False

    def _ended(self) -> int | None:
        begun = interrupted = False
        while True:
            match self._heard.get():
                case {"begun": True}:
                    begun = True
                case {"interrupted": True}:
                    interrupted = True
                    self._say(cancel=True)
                case {"code": int(code)}:
                    if code == ExitCode.INTERRUPTED:
                        raise KeyboardInterrupt
                    return code
                case {"out": str(text)}:
                    _print(text, "out")
                case {"err": str(text)}:
                    _print(text, "err")
                case _ if interrupted and not begun:
                    raise KeyboardInterrupt
                case _ if not begun:
                    return None
                case _:
                    raise StateError(
                        f"{self._watch} ended before this command was done",
                        hint="`regen status` tells where things stand; run the command again: it first brings to its "
                        "end what was cut off",
                    )

    def _say(self, **message: object) -> None:
        with suppress(OSError):  # where it hung up, that is heard next
            self._client.sendall(json.dumps(message).encode() + b"\n")

    def _hang_up(self) -> None:
        """Closing would not do: the thread that listens keeps the socket open."""
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        """Hand on what the watch says, and that it hung up."""
        with suppress(OSError, ValueError), self._client.makefile("rb") as lines:
            for line in lines:
                self._heard.put(json.loads(line))
        self._heard.put(_HUNG_UP)


def _print(text: str, channel: terminal.Channel) -> None:
    stream = terminal.stream(channel)
    stream.write(text)
    stream.flush()


@contextmanager
def _signals(heard: SimpleQueue[dict[str, Any]]) -> Iterator[None]:
    """Take the first SIGINT or SIGTERM as a message; a second one ends the process at once, as it does alone."""

    def hear(number: int, frame: object) -> None:
        del frame
        heard.put(_INTERRUPTED)
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
