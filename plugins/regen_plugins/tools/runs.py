"""Runs: command lines one after another, within one limit of time; nothing that they start outlives them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regen.commands import Ran, run_beside


@dataclass(frozen=True, slots=True)
class Line:
    """One command line.

    Attributes:
        words: the program and its arguments.
        folder: that it works in.
        variables: of the environment, beside this process's own.
    """

    words: Sequence[str]
    folder: Path
    variables: Mapping[str, str]


async def run_all(lines: Iterable[Line], *, timeout_s: float, most: int) -> tuple[Ran, ...]:
    """Run them; the one at which the time is over is the last.

    Args:
        timeout_s: for all of them together, in seconds.
        most: bytes of output that are kept of each, the last ones.

    Raises:
        OSError: one cannot be started.
    """
    until = time.monotonic() + timeout_s
    ends: list[Ran] = []
    for line in lines:
        ran = await run_beside(
            line.words,
            folder=line.folder,
            variables=line.variables,
            timeout_s=max(until - time.monotonic(), 0.001),
            most=most,
            reaped=True,
        )
        ends.append(ran)
        if ran.code is None:
            break
    return tuple(ends)
