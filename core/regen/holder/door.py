"""Door: the socket in `.regen/` at which a watch takes commands of other processes; both sides find it here.

Why by way of `/proc/self/fd`: the path of a socket ends at 108 bytes, and a project may lie deeper than that. An open
folder makes it short, without changing the folder that the whole process works in.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

STATE_FOLDER = ".regen"
NAME = "watch.sock"
_WAITING = 64  # clients that the system keeps waiting for their turn; more of them wait to connect
_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7)


class Peer(NamedTuple):
    """Who is at the other end, as the system says; at a client's end, who listens."""

    pid: int
    uid: int
    gid: int


class Door:
    """The listening end. Only the holder of the lock opens it, so that a socket which is there was left by a dead one.

    Args:
        folder: `.regen`.

    Raises:
        OSError: the file system has no sockets, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._place = folder / NAME
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(self.socket.fileno(), 0o600)  # before it has a name: nobody else ever connects
            with _short(folder) as path:
                self._place.unlink(missing_ok=True)
                self.socket.bind(path)
            self.socket.listen(_WAITING)
            self.socket.setblocking(False)
        except OSError:
            self.socket.close()
            raise

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self.socket.fileno() < 0

    def accept(self) -> socket.socket | None:
        """The next client that waits; None where none does any more."""
        try:
            client, _ = self.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        client.setblocking(False)
        return client

    def close(self) -> None:
        """Take it away while the lock is still held; a second time does nothing. Who waits is hung up on."""
        if not self.closed:
            with suppress(OSError):
                self._place.unlink()
            self.socket.close()


def connect(folder: Path) -> socket.socket | None:
    """Connect to the watch that holds a project; waits only where very many do.

    Returns:
        None where nobody listens: no socket, one that a killed watch left, or one of another user.
    """
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(folder) as path:
            client.connect(path)
        if peer(client).uid == os.geteuid():
            return client
    except OSError:
        pass
    except BaseException:
        client.close()
        raise
    client.close()
    return None


def listening(folder: Path) -> bool:
    """Whether a watch of this user holds a project and takes commands."""
    client = connect(folder)
    if client is not None:
        client.close()
    return client is not None


def foreign(folder: Path) -> bool:
    """Whether the socket that is there was made by another user."""
    try:
        return (folder / NAME).lstat().st_uid != os.geteuid()
    except OSError:
        return False


def peer(end: socket.socket) -> Peer:
    """Who is at the other end. Raises OSError where it is gone."""
    return Peer(*_CREDENTIALS.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)))


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A path of the socket that is short enough, while the block runs."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
