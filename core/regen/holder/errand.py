"""Errand: the client's side of a command beside a watch, for programs: what the command prints comes back as text.

`regen.holder.host` says how the two talk; `regen.cli.beside` is the same for a person at a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from regen.errors import StateError
from regen.holder.door import connect
from regen.holder.line import Line
from regen.version import __version__


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code.
        out, err: what it printed.
    """

    code: int
    out: str
    err: str


async def ask(folder: Path, arguments: Sequence[str], *, variables: Mapping[str, str]) -> Ended | None:
    """Have the watch that holds a project run a command; where this is cancelled, so is the command.

    Args:
        folder: `.regen`.
        arguments: as typed; paths among them are relative to the project.
        variables: that the command sees of this side's environment, such as TRACEPARENT.

    Returns:
        None where no watch takes commands, or it ended before it began with this one.

    Raises:
        StateError: the watch is another user's or of another version, or ended before the command was done.
    """
    client = connect(folder)
    if client is None:
        return None
    with closing(client):
        client.setblocking(False)
        line = Line(client)
        terminal = {"out": "", "err": "", "out.encoding": "utf-8", "err.encoding": "utf-8", **variables}
        greeting = {"regen": __version__, "arguments": list(arguments), "folder": str(folder.parent)}
        if not await line.send({**greeting, "terminal": terminal}):
            return None
        match await line.receive():
            case {"refused": str(text), **rest}:
                raise StateError(text, hint=str(rest.get("hint") or "") or None)
            case {"ready": True}:
                await line.send({"go": True})
            case _:
                return None
        return await _ended(line)


async def _ended(line: Line) -> Ended | None:
    begun, printed = False, {"out": "", "err": ""}
    while True:
        match await line.receive():
            case {"begun": True}:
                begun = True
            case {"code": int(code)}:
                return Ended(code, printed["out"], printed["err"])
            case {"out": str(text)}:
                printed["out"] += text
            case {"err": str(text)}:
                printed["err"] += text
            case None if begun:
                raise StateError(
                    "the watch ended before this command was done",
                    hint="`regen status` tells where things stand; the next start brings to its end what was cut off",
                )
            case None:
                return None
            case _:
                continue
