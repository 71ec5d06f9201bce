"""The holder's side of commands beside a watch: a socket in `.regen/`, and the turns that clients get."""

from __future__ import annotations

from regen.holder.door import STATE_FOLDER, Door, connect, listening
from regen.holder.host import ROLLBACK, Lobby, Post, Request, Served

__all__ = ["ROLLBACK", "STATE_FOLDER", "Door", "Lobby", "Post", "Request", "Served", "connect", "listening"]
