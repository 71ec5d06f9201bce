"""Keyed: a path in a data file as a person calls it, and what both sides did there."""

from __future__ import annotations

from collections.abc import Hashable

from regen_plugins.keyed.node import Path
from regen_plugins.keyed.rules import Clash, Dotted


def called(path: Path) -> str:
    """A place in a file, such as `people[3].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_word(part)}" if text else _word(part)
    return f"`{text}`" if text else "the file"


def _word(part: Hashable) -> str:
    if isinstance(part, Dotted):
        return ".".join(part)
    while isinstance(part, tuple) and part:  # a value comes with its type
        part = part[-1]
    return str(part)


def both_changed(path: Path, *, added: bool) -> Clash:
    """The usual conflict of two values."""
    if added:
        return Clash("content", f"you and the template both added {called(path)}, and they differ")
    return Clash("content", f"your edit and the template both changed {called(path)}")
