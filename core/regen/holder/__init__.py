"""The holder's side of commands beside a watch: a socket in `.regen/`, and the turns that clients get."""

from __future__ import annotations

from regen.holder.door import STATE_FOLDER, Door, connect, listening
from regen.holder.host import Post, Request, Served, serve

__all__ = ["STATE_FOLDER", "Door", "Post", "Request", "Served", "connect", "listening", "serve"]
