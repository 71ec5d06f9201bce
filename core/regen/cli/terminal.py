"""Terminal: where a command prints and reads: this process's standard streams, or those of whom it is run for."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO, cast

Channel = Literal["out", "err"]
_LOOKS = ("COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
# What rich looks at, the trace that a command continues, and who stands behind it.
_VARIABLES = (*_LOOKS, "TRACEPARENT", "TRACESTATE", "SUDO_USER")


@dataclass(frozen=True, slots=True)
class _Terminal:
    """Another process's."""

    out: TextIO
    err: TextIO
    environment: Mapping[str, str]
    folder: Path


_GIVEN: ContextVar[bytes | None] = ContextVar("given", default=None)
_THERE: ContextVar[_Terminal | None] = ContextVar("terminal", default=None)


def stream(channel: Channel) -> TextIO:
    """Standard output or standard error."""
    there = _THERE.get()
    if there is None:
        return sys.stdout if channel == "out" else sys.stderr
    return there.out if channel == "out" else there.err


def environment() -> Mapping[str, str]:
    """The variables that say how to print."""
    there = _THERE.get()
    return os.environ if there is None else there.environment


def folder() -> Path:
    """The folder that the command was typed in; paths among its arguments are relative to it."""
    there = _THERE.get()
    return Path() if there is None else there.folder


def given() -> bytes:
    """All of standard input; a second time the same."""
    there = _THERE.get()
    if there is not None:
        return Path(there.environment["in"]).read_bytes()
    found = _GIVEN.get()
    if found is None:
        found = sys.stdin.buffer.read()
        _GIVEN.set(found)
    return found


@contextmanager
def handed_on() -> Iterator[dict[str, str]]:
    """This process's terminal with what was read from it, which lies in a file while the block runs."""
    found = _GIVEN.get()
    if found is None:
        yield described()
        return
    with tempfile.NamedTemporaryFile(prefix="regen-") as file:
        file.write(found)
        file.flush()
        yield {**described(), "in": file.name}


def described() -> dict[str, str]:
    """This process's terminal, for `elsewhere` in another one."""
    found = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    for channel in ("out", "err"):
        here = stream(channel)
        found[channel] = "tty" if here.isatty() else ""
        found[f"{channel}.encoding"] = here.encoding
    return found


@contextmanager
def elsewhere(description: Mapping[str, str], post: Callable[[str, str], None], folder: Path) -> Iterator[None]:
    """Print to another process's terminal inside the block, and read from it.

    Args:
        description: of the terminal.
        post: sends a text to its "out" or "err".
        folder: that the other process was started in.
    """
    out, err = (cast("TextIO", _Stream(channel, description, post)) for channel in ("out", "err"))
    token = _THERE.set(_Terminal(out, err, description, folder))
    try:
        yield
    finally:
        _THERE.reset(token)


class _Stream(io.TextIOBase):
    """One channel of another process's terminal."""

    def __init__(self, channel: Channel, description: Mapping[str, str], post: Callable[[str, str], None]) -> None:
        super().__init__()
        self._channel = channel
        self._description = description
        self._post = post

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute in typeshed
        """That of the other process: rich draws with the letters that it has."""
        return self._description.get(f"{self._channel}.encoding", "utf-8")

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._description.get(self._channel) == "tty"

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Send it on."""
        self._post(self._channel, text)
        return len(text)
