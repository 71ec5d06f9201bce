"""Figures: what a command measured is found in what it printed, or in a file that it wrote."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from regen.errors import UsageError
from regen.model.evaluated import Figure
from regen.model.objective import parse_amount

_MOST = 32 * 1024 * 1024  # bytes of a file of figures that are read
_GRAIN_S = 0.05  # file systems keep times of a few milliseconds' grain
_UNITS = {"number": "", "share": "share", "s": "s"}


def measured(
    wanted: Iterable[tuple[str, str]], output: str, folder: Path, *, since: float
) -> tuple[list[Figure], list[str]]:
    """Find figures.

    Args:
        wanted: (name, where), as `[[gate]] figures` has them.
        output: what the command printed.
        folder: that it worked in.
        since: when it started; a file that is older is of an earlier run.

    Returns:
        Those that were found, and what is said of the others.
    """
    found, lost = [], []
    for name, where in wanted:
        try:
            text = _in_json(where.removeprefix("json:"), output, folder, since) if where.startswith("json:") else None
            value, unit = parse_amount(_in_text(where, output) if text is None else text)
        except (LookupError, ValueError, OSError, UsageError) as error:
            said = error.strerror if isinstance(error, OSError) else error.args[0] if error.args else error
            lost.append(f"{name} was not measured: {said}")
        else:
            found.append(Figure(name, value, _UNITS[unit]))
    return found, lost


def _in_text(pattern: str, output: str) -> str:
    """The group of the last place that fits; with the `%` that follows it, for it is a share then."""
    last = next(iter(deque(re.finditer(pattern, output, re.MULTILINE), maxlen=1)), None)
    if last is None or last[1] is None:
        raise LookupError("nothing that it printed fits the pattern")
    text = last[1].replace(",", "")
    share = not text.endswith("%") and output[last.end(1) :].lstrip(" ").startswith("%")
    return f"{text}%" if share else text


def _in_json(where: str, output: str, folder: Path, since: float) -> str:
    file, marked, pointer = where.rpartition("#")
    if marked:
        path = folder / file
        state = path.stat()
        if state.st_mtime < since - _GRAIN_S:
            raise LookupError(f"{file} is of an earlier run")
        if state.st_size > _MOST:
            raise LookupError(f"{file} has more than {_MOST >> 20} MiB")
        text = path.read_text("utf-8")
    else:
        text = output
    value = _at(_document(text), pointer)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise LookupError(f"{pointer} is no number")
    return value if isinstance(value, str) else f"{value:f}"


def _document(text: str) -> Any:
    """A JSON document: the text as a whole, else its last line that is one."""
    for piece in (text, *reversed(text.splitlines())):
        try:
            return json.loads(piece)
        except ValueError:
            continue
    raise LookupError("it printed no JSON")


def _at(document: Any, pointer: str) -> Any:
    """What a JSON pointer leads to (RFC 6901)."""
    value = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (LookupError, TypeError, ValueError):
            raise LookupError(f"there is nothing at {pointer}") from None
    return value
