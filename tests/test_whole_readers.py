"""Readers that resolve `current` once see one release, however many are shown meanwhile; two regens never mix."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.cycle_world import World as Project
from tests.whole_world import KINDS, opened_whole


def renders(number: int, files: int) -> dict[str, tuple[str, bytes]]:
    return {f"a{i}": (f"d{i % 3}/f{i}.txt", f"{number}\n".encode()) for i in range(files)}


class Reader(threading.Thread):
    """Resolves the link, opens the folder, and reads all of it, again and again."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.seen: set[frozenset[bytes]] = set()
        self.trees = 0
        self.dangling = 0
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                tree = (self.root / "current").resolve(strict=True)
            except FileNotFoundError:
                self.dangling += 1
                continue
            found = set()
            for folder, _, names in os.walk(tree):
                for name in names:
                    found.add((Path(folder) / name).read_bytes())
            self.seen.add(frozenset(found))
            self.trees += 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_that_resolves_once_sees_no_mixture(tmp_path: Path, kind: str) -> None:
    """Between two switches, as long as a reader is not older than the slot that it reads."""
    with opened_whole(tmp_path, kind, **({"keep": 100} if kind == "releases" else {})) as world:
        world.commit(renders(0, 12))
        readers = [Reader(world.target.root) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for number in range(1, 31):
                world.commit(renders(number, 12))
                if kind == "bluegreen":
                    before = [reader.trees for reader in readers]
                    while any(r.trees < b + 2 for r, b in zip(readers, before, strict=True)):
                        threading.Event().wait(0.001)  # who began in the old slot has left it
        finally:
            for reader in readers:
                reader.stop.set()
                reader.join()
        for reader in readers:
            assert reader.trees > 0
            assert reader.dangling == 0
            assert {len(seen) for seen in reader.seen} == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_two_regens_at_once(tmp_path: Path, kind: str) -> None:
    """One waits for the other, or says who holds the project; one release comes out, whole."""
    world = Project(tmp_path)
    world.write("regen.toml", f"[[environment]]\nname = 'dev'\ndeployer = '{kind}'\n")
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "regen", "apply", "--wait", wait],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for wait in ("60", "0")
    ]  # fmt: skip
    output = [process.communicate(timeout=120)[0] for process in both]
    codes = [process.returncode for process in both]
    assert codes[0] == 0, output
    assert codes[1] in (0, 6), output
    if codes[1] == 6:
        assert b"apply" in output[1]
    assert sorted(place.name for place in (tmp_path / "out" / "current").iterdir()) == ["ada.txt", "bob.txt"]
