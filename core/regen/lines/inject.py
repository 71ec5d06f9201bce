"""Inject: a block of lines goes to a place in a file that belongs to somebody else, and is found there again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from regen.lines.text import Text, take_apart
from regen.model.template import Inject


def injected(host: bytes, block: bytes, inject: Inject) -> bytes | None:
    """The host with the block in it, its line ends as the host's; None where the host has no such place."""
    text = take_apart(host)
    at = _place(text.lines, inject)
    return None if at is None else _with(text, at, at, take_apart(block).lines)


def replaced(host: bytes, old: bytes, new: bytes) -> bytes | None:
    """The host with the old block replaced; None where it does not stand there, or more than once."""
    text = take_apart(host)
    lines = take_apart(old).lines
    found = _places(text.lines, lines)
    return _with(text, found[0], found[0] + len(lines), take_apart(new).lines) if len(found) == 1 else None


def holds(host: bytes, block: bytes) -> bool:
    """Whether the block stands in the host, line by line."""
    return bool(_places(take_apart(host).lines, take_apart(block).lines))


def _with(text: Text, start: int, end: int, lines: Sequence[bytes]) -> bytes:
    return bytes(Text((*text.lines[:start], *lines, *text.lines[end:]), text.bom, text.crlf, text.newline))


def _place(lines: Sequence[bytes], inject: Inject) -> int | None:
    match inject.place:
        case "prepend":
            return 0
        case "append":
            return len(lines)
        case "at_line":
            at = int(inject.pattern or "1") - 1
            return at if 0 <= at <= len(lines) else None
    wanted = re.compile((inject.pattern or "").encode())
    at_match = next((at for at, line in enumerate(lines) if wanted.search(line)), None)
    if at_match is None:
        return None
    return at_match + 1 if inject.place == "after" else at_match


def _places(lines: Sequence[bytes], block: Sequence[bytes]) -> list[int]:
    if not block:
        return []
    first = [at for at, line in enumerate(lines) if line == block[0]]
    return [at for at in first if tuple(lines[at : at + len(block)]) == tuple(block)]
