"""One changed triple in a file of 100, warm watch: from the saved file to the last rename, on a disk and in memory.

On a disk most of that is waiting for it. In memory, where flushing costs nothing, what is left is regen's own.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from anyio.abc import TaskStatus

from bench.conftest import report
from bench.scale import change, make_project
from bench.scale_watch import by_hand
from regen.orchestrator.outcome import Turn
from regen.project import Project
from regen.state import switch

ROUNDS = 41
TRIPLES = 10_000  # the size of the graph does not matter: test_scale.py
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the point is where it lies
_LONG_AGO = 1_700_000_000.0
_WAIT_S = 0.1  # nobody saves sooner: the watch frees what it replaced, and looks ahead, meanwhile


class Seen:
    """Stamps each output that is put in its place, and counts and times what flushes files; SQLite's own aside."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.renamed: list[tuple[float, float, int, float]] = []
        self.start()
        for name in ("fsync", "fdatasync"):
            monkeypatch.setattr(os, name, self._timed(getattr(os, name)))
        for name in ("exchange", "rename_new"):
            monkeypatch.setattr(switch, name, self._stamped(getattr(switch, name)))

    def start(self) -> None:
        """A round begins."""
        self.renamed.clear()
        self._count, self._seconds = 0, 0.0

    def _timed(self, call: Callable[[int], None]) -> Callable[[int], None]:
        def timed(fd: int) -> None:
            started = time.perf_counter()
            call(fd)
            self._seconds += time.perf_counter() - started
            self._count += 1

        return timed

    def _stamped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stamped(*names: Any) -> Any:
            result = call(*names)
            self.renamed.append((time.perf_counter(), self._seconds, self._count, time.process_time()))
            return result

        return stamped


@pytest.mark.long
@pytest.mark.parametrize("where", ["disk", "memory"])
def test_one_triple_in_a_small_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    if where == "memory" and not os.access(_IN_MEMORY, os.W_OK):
        pytest.skip(f"{_IN_MEMORY} is not there")
    seen = Seen(monkeypatch)
    with TemporaryDirectory(dir=tmp_path if where == "disk" else _IN_MEMORY) as place:
        folder = Path(place)
        file = make_project(folder, TRIPLES)
        for template in ("minus.j2", "grouped.j2"):
            (folder / "templates" / template).unlink()
        config = folder / "regen.toml"
        config.write_text(config.read_text().replace(', "pack:python"', ""))
        for template in (folder / "templates").iterdir():
            os.utime(template, (_LONG_AGO, _LONG_AGO))  # one that is younger than two seconds is read in each cycle
        rounds = anyio.run(_measure, folder, file, seen)
        hand = by_hand(folder, file, ["plain/s0.txt"])
    waits = [waited for _, waited, _, _ in rounds]
    own = [whole - waited for whole, waited, _, _ in rounds]
    spent = [seconds for _, _, _, seconds in rounds]
    report(
        f"one changed triple in a file of 100, warm watch, debounce 0, {where}",
        [
            ("saved file to last rename, median", f"{statistics.median(w for w, _, _, _ in rounds) * 1e3:.1f} ms"),
            ("of it in fsync and fdatasync, median", f"{statistics.median(waits) * 1e3:.1f} ms"),
            ("flushes of regen, SQLite's aside", f"{sorted({count for _, _, count, _ in rounds})}"),
            ("without them, median (min)", f"{statistics.median(own) * 1e3:.1f} ms ({min(own) * 1e3:.1f})"),
            ("processor time of it, median (min)", f"{statistics.median(spent) * 1e3:.1f} ms ({min(spent) * 1e3:.1f})"),
            ("by hand: parse, render, write, sync", f"{hand * 1e3:.1f} ms"),
        ],
    )


async def _measure(folder: Path, file: Path, seen: Seen) -> list[tuple[float, float, int, float]]:
    """(seconds from the saved file to the last rename, those in flushes, how many of these, processor time), a round
    each."""
    found = []
    async with Project.open(folder) as opened, anyio.create_task_group() as group:
        turns = await group.start(_turns_of, opened)
        for number in range(ROUNDS):
            await anyio.sleep(_WAIT_S)
            seen.start()
            change(file, number)
            saved, before = time.perf_counter(), time.process_time()
            while not seen.renamed:
                turn = await turns.receive()
                assert turn.error is None, turn.error
            at, waited, flushes, after = seen.renamed[-1]
            found.append((at - saved, waited, flushes, after - before))
        group.cancel_scope.cancel()
    return found


async def _turns_of(project: Project, *, task_status: TaskStatus[Any]) -> None:
    """Run a watch as `regen watch` does, which goes on as soon as it has said what it did."""
    send, receive = anyio.create_memory_object_stream[Turn](10)
    async with send, receive, aclosing(project.watch()) as turns:
        await anext(turns)
        task_status.started(receive)
        async for turn in turns:
            await send.send(turn)
