"""Line: messages to and from one client, one JSON object a line."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

import anyio

_LONGEST_LINE = 1 << 20  # bytes; arguments and an environment are shorter
_MOST = 1 << 16  # bytes read at once


class Line:
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
