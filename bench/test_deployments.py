"""Deployments of 10,000 files: what a release with 10 changed files costs, rollbacks, and readers during switches."""

from __future__ import annotations

import importlib
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.deploy_world import Renders, World, opened
from tests.whole_world import opened_whole

from bench.conftest import report
from regen.state import faults
from regen_plugins.whole import shelf, slots
from regen_plugins.whole.build import Build
from regen_plugins.whole.slot import Slot

rolling = importlib.import_module("regen.stages.deploy.rollback")  # the package has a function of that name
FILES = 10_000
SWITCHES = 1_000


def renders(files: int, changed: range | None, number: int) -> Renders:
    """Files of a kilobyte, 100 in a folder."""
    hit = changed or range(0)
    return {
        f"a{i}": (f"d{i // 100}/f{i}.py", f"{i} {number if i in hit else 0}\n".encode() * 128) for i in range(files)
    }


@contextmanager
def of_kind(folder: Path, kind: str, **keys: Any) -> Iterator[World]:
    with opened(folder) if kind == "workspace" else opened_whole(folder, kind, **keys) as world:
        yield world


class Timed:
    """Adds up the seconds that calls take."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.seconds: dict[str, float] = {}

    def watch(self, owner: Any, name: str, label: str) -> None:
        call = getattr(owner, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self.seconds[label] = self.seconds.get(label, 0.0) + time.perf_counter() - started

        self._patch.setattr(owner, name, timed)


def watched(monkeypatch: pytest.MonkeyPatch) -> Timed:
    timed = Timed(monkeypatch)
    timed.watch(Build, "fill", "files")
    timed.watch(Slot, "bring", "files")
    timed.watch(shelf, "point", "link")
    timed.watch(slots, "point", "link")
    timed.watch(rolling, "verified_whole", "reading all of it back")
    return timed


@pytest.mark.long
@pytest.mark.parametrize("kind", ["workspace", "releases", "bluegreen"])
def test_ten_changed_files(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = []
    for files in (1_000, FILES):
        with of_kind(tmp_path / str(files), kind) as world:
            world.commit(renders(files, None, 0))
            world.commit(renders(files, range(5), 1))  # the second slot is full, too
            wanted = renders(files, range(10, 20), 2)
            plan = world.plan(wanted)
            timed = watched(monkeypatch)
            before = world.state.db.one("SELECT total_changes()") or (0,)
            faults.arm("none@never")
            started, cpu = time.perf_counter(), time.process_time()
            world.commit(wanted, plan=plan)
            wall, cpu = time.perf_counter() - started, time.process_time() - cpu
            writes = len(faults.passed())
            faults.arm(None)
            after = world.state.db.one("SELECT total_changes()") or (0,)
            monkeypatch.undo()
            parts = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in timed.seconds.items())
            told = f"{wall * 1000:.0f} ms of wall, {cpu * 1000:.0f} ms of processor; {parts}"
            rows.append((f"{files:,} files", f"{told}; {writes} writes, {after[0] - before[0]} rows"))
    report(f"{kind}: a release with 10 changed files", rows)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["workspace", "releases", "bluegreen"])
@pytest.mark.parametrize("changed", [100, FILES])
def test_rollback(tmp_path: Path, kind: str, changed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with of_kind(tmp_path, kind) as world:
        world.commit(renders(FILES, None, 0))
        world.commit(renders(FILES, range(changed), 1))
        timed = watched(monkeypatch)
        started, cpu = time.perf_counter(), time.process_time()
        done = world.rollback()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        rows = [("from the command to verified", f"{wall:.2f} s of wall, {cpu:.2f} s of processor")]
        rows += [(f"of it {name}", f"{seconds * 1000:.1f} ms") for name, seconds in timed.seconds.items()]
        rows.append(("verified", str(done.verified)))
    report(f"{kind}: rollback of {FILES:,} files of which {changed:,} differ", rows)


def _read(root: Path, out: Path) -> None:
    """Resolve `current` once, read all of it, again and again, until told to stop; write what was seen."""
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    counts = {"trees": 0, "mixed": 0, "gone": 0, "dangling": 0}
    while going:
        try:
            tree = (root / "current").resolve(strict=True)
        except FileNotFoundError:
            counts["dangling"] += 1
            continue
        try:
            found = {(Path(folder) / name).read_bytes() for folder, _, names in os.walk(tree) for name in names}
        except FileNotFoundError:
            counts["gone"] += 1  # its folder went while it was read
            continue
        counts["trees"] += 1
        counts["mixed"] += len(found) > 1
    out.write_text(json.dumps(counts))


@pytest.mark.long
def test_readers_during_switches(tmp_path: Path) -> None:
    """`releases`, two readers, each in a process of its own."""
    with opened_whole(tmp_path, "releases", keep=50) as world:

        def all_of(number: int) -> Renders:
            return {f"a{i}": (f"d{i % 4}/f{i}.txt", f"{number}\n".encode()) for i in range(20)}

        world.commit(all_of(0))
        readers = []
        for at in range(2):
            pid = os.fork()
            if pid == 0:
                _read(world.target.root, tmp_path / f"seen{at}")
                os._exit(0)
            readers.append(pid)
        started = time.perf_counter()
        for number in range(1, SWITCHES + 1):
            world.commit(all_of(number))
        wall = time.perf_counter() - started
        for pid in readers:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
        seen = [json.loads((tmp_path / f"seen{at}").read_text()) for at in range(2)]
    rows = [(name, " and ".join(f"{one[name]:,}" for one in seen)) for name in seen[0]]
    report(f"releases: {SWITCHES:,} switches in {wall:.0f} s, two readers that resolve `current` once", rows)
    assert [one["mixed"] + one["dangling"] for one in seen] == [0, 0]
