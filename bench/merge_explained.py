"""Whether both sides explain what people committed: they only settled conflicts of git, with lines of the sides.

A merge commit may hold more than a merge, or less: a line that neither side had, or an edit of one side taken back
that the other did not touch, as when a conflict is settled by taking all of one side. No merger can give such answers,
and none should.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_MARK = 40  # characters of a conflict marker: none of these stands in a file
Lines = list[bytes]


def explained(base: bytes, ours: bytes, theirs: bytes, expected: bytes) -> bool:
    """Whether the answer is git's merge, each conflict filled by lines of the sides, and has every edit of both.

    Blanks at the ends of lines, and indentation in conflicts, are left aside.
    """
    if _taken_back(base, ours, theirs, expected):
        return False
    settled, clashing = _parts(_marked(base, ours, theirs))
    lines = [line.rstrip() for line in expected.splitlines()]
    at = 0
    for number, part in enumerate(settled):
        place = _find(lines, part, at, last=number == len(settled) - 1)
        if place is None or (number == 0 and place):
            return False
        if number:
            known = {line.strip() for line in clashing[number - 1]}
            if not {line.strip() for line in lines[at:place]} <= known | {b""}:
                return False
        at = place + len(part)
    return at == len(lines)


def _taken_back(base: bytes, ours: bytes, theirs: bytes, expected: bytes) -> bool:
    """Whether a line that one side alone added or removed is not so often in the answer as in that side."""
    before, mine, other, got = (Counter(map(bytes.strip, side.splitlines())) for side in (base, ours, theirs, expected))
    return any(
        got[line] != (other[line] if mine[line] == before[line] else mine[line])
        for line in {*before, *mine, *other} - {b""}
        if before[line] in {mine[line], other[line]}
    )


def _marked(base: bytes, ours: bytes, theirs: bytes) -> Lines:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            (Path(folder) / name).write_bytes(content)
        command = ["git", "merge-file", "-p", "--diff3", f"--marker-size={_MARK}", "ours", "base", "theirs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return [line.rstrip() for line in done.stdout.splitlines()]


def _parts(lines: Lines) -> tuple[list[Lines], list[Lines]]:
    """Stretches outside of conflicts, one more than there are conflicts, and what stands in each conflict."""
    settled: list[Lines] = [[]]
    clashing: list[Lines] = []
    inside = False
    for line in lines:
        if line.startswith((b"<" * _MARK, b">" * _MARK)):
            inside = line.startswith(b"<")
            (clashing if inside else settled).append([])
        elif inside:
            clashing[-1].append(line)
        else:
            settled[-1].append(line)
    return settled, clashing


def _find(lines: Lines, part: Sequence[bytes], start: int, *, last: bool) -> int | None:
    """Where a stretch stands at or after a place; the last one at the end."""
    places = (len(lines) - len(part),) if last else range(start, len(lines) - len(part) + 1)
    return next((at for at in places if at >= start and lines[at : at + len(part)] == list(part)), None)
