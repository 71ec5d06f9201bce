"""Another process edits files while they are deployed, and no edit is ever lost."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.deploy_world import ENVIRONMENT, Renders, World, in_child, killed, opened, scratch, sound

from regen.state import faults
from regen.state.releases import kept_edits

BEFORE: Renders = {
    "u": ("u.py", b"one\ntwo\nthree\n"),
    "d": ("d.py", b"delete\n"),
    "m": ("m.py", b"move\nalong\n"),
}
AFTER: Renders = {
    "u": ("u.py", b"ONE\ntwo\nthree\n"),
    "m": ("sub/m.py", b"move\nalong\n"),
    "c": ("c.py", b"create\n"),
}
PATHS = ("u.py", "d.py", "m.py", "sub/m.py", "c.py")
MARK = b"edited by hand\n"


def in_place(file: Path) -> None:
    """Append to the file that is there, as a shell does."""
    with file.open("ab") as out:
        out.write(MARK)


def atomically(file: Path) -> None:
    """Write another file and rename it over this one, as most editors do."""
    old = file.read_bytes() if file.exists() else b""
    file.parent.mkdir(parents=True, exist_ok=True)
    other = file.with_name(".editor-save")
    other.write_bytes(old + MARK)
    other.replace(file)


def kept(world: World) -> list[bytes]:
    """What regen keeps of files that it took off the disk."""
    return [world.state.blobs.read(edit.content) for edit in kept_edits(world.state.db, ENVIRONMENT)]


def deploy_it(folder: Path) -> None:
    with opened(folder) as world:
        world.commit(AFTER)


def points_of(folder: Path) -> int:
    with opened(folder) as world:
        world.commit(BEFORE)
        faults.arm("none@never")
        world.commit(AFTER)
        count = len(faults.passed())
        faults.arm(None)
    return count


def stop_and_edit(folder: Path, number: int, edit: Callable[[Path], None], path: str) -> None:
    """Stop a commit at a point, edit a file, let it go on; the edit is on disk in the end, merged or left alone."""
    editors: list[int] = []
    with opened(folder) as world:
        world.commit(BEFORE)

    def edit_it() -> None:
        file = folder / "out" / path
        if file.exists() or edit is atomically:
            editors.append(os.fork())
            if editors[-1] == 0:
                try:
                    edit(file)
                finally:
                    os._exit(0)
            for _ in range(20):  # it may have to wait for a lease; then the deployment goes on first
                if os.waitid(os.P_PID, editors[-1], os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                    break
                time.sleep(0.01)

    status = in_child(lambda: deploy_it(folder), fault=f"stop@{number}", stopped=edit_it)
    assert os.WIFEXITED(status)
    assert os.WEXITSTATUS(status) == 0
    for pid in editors:
        os.waitpid(pid, 0)
    with opened(folder) as world:
        world.recover()
        sound(world)
        on_disk = any(MARK in data for data, _ in world.tree().values())
        assert on_disk or not editors, (number, edit.__name__, path)


@pytest.fixture(scope="module")
def count() -> Iterator[int]:
    with scratch() as folder:
        yield points_of(folder)


def every_stop(count: int, cases: list[tuple[Callable[[Path], None], str]], first: int, stride: int) -> None:
    for number in range(1 + first, count + 1, stride):
        for edit, path in cases:
            with scratch() as folder:
                stop_and_edit(folder, number, edit, path)


def test_replaced_file_edited_at_every_step(count: int) -> None:
    """An edit in place, and one by an atomic save, of the file that is being replaced."""
    every_stop(count, [(in_place, "u.py")], 0, 3)
    every_stop(count, [(atomically, "u.py")], 1, 3)


def test_other_files_edited_at_steps(count: int) -> None:
    """A file that goes, one that moves away, one that arrives, one that is created."""
    for first, path in enumerate(("d.py", "m.py", "sub/m.py", "c.py")):
        every_stop(count, [(in_place, path)], first, 12)
        every_stop(count, [(atomically, path)], first + 6, 12)


def test_two_edits_on_both_sides_of_the_exchange() -> None:
    """One save just before the file is replaced, an edit of the new file just after: one is merged, the other kept."""
    with scratch() as folder:
        with opened(folder) as world:
            world.commit(BEFORE)
        file = folder / "out" / "u.py"
        stops = iter((1, 2))

        def edit_it() -> None:
            if next(stops) == 1:
                atomically(file)
            else:
                with file.open("ab") as out:
                    out.write(b"second edit\n")

        fault = "stop@renameat2#3,stop@switch.placed#3"  # c.py and sub/m.py are placed before u.py
        assert not killed(in_child(lambda: deploy_it(folder), fault=fault, stopped=edit_it))
        with opened(folder) as world:
            sound(world)
            assert world.read("u.py") == AFTER["u"][1] + MARK
            assert kept(world) == [AFTER["u"][1] + b"second edit\n"]


@pytest.mark.long
def test_every_file_edited_at_every_step(count: int) -> None:
    """All paths, both kinds of edit, all steps."""
    every_stop(count, [(edit, path) for edit in (in_place, atomically) for path in PATHS], 0, 1)


def test_without_exchange_no_edit_is_lost(count: int) -> None:
    """A file system that cannot swap two names: the old file steps aside for a moment."""
    with scratch() as folder, opened(folder) as world:
        world.commit(BEFORE)
        faults.arm("EINVAL@renameat2*")
        world.commit(AFTER)
        faults.arm(None)
        sound(world)
        assert {p: d for p, (d, _) in world.tree().items()} == dict(AFTER.values())


def test_killed_without_exchange(count: int) -> None:
    """The same, killed while the old file stands aside: the next start finds it."""
    for point in ("switch.aside#1", "switch.aside#2"):
        with scratch() as folder:
            with opened(folder) as world:
                world.commit(BEFORE)
            assert killed(in_child(lambda folder=folder: deploy_it(folder), fault=f"EINVAL@renameat2*,kill@{point}"))
            with opened(folder) as world:
                world.recover()
                sound(world)
                assert {p: d for p, (d, _) in world.tree().items()} == dict(AFTER.values())


def test_an_editor_that_keeps_the_file_open(tmp_path: Path) -> None:
    """A process that has the file open for writing all the time keeps it; it ends as a conflict, not as a loss."""
    with opened(tmp_path) as world:
        world.commit(BEFORE)
        with (world.root / "u.py").open("ab", buffering=0) as editor:
            done = world.commit(AFTER)
            editor.write(MARK)
        assert done.conflicts == ("u.py",)
        assert done.release is not None
        assert not done.release.complete
        assert world.read("u.py") == BEFORE["u"][1] + MARK
        assert world.read("c.py") == b"create\n"
        sound(world)


def test_a_writer_on_a_file_system_without_leases(tmp_path: Path) -> None:
    """Where nobody can say who has a file open, the old file waits in the trash, and a late edit is found there."""
    with opened(tmp_path) as world:
        world.commit(BEFORE)
        with (world.root / "u.py").open("ab", buffering=0) as editor:
            faults.arm("ENOTSUP@lease*")
            world.commit(AFTER)
            faults.arm(None)
            assert world.read("u.py") == AFTER["u"][1]
            editor.write(MARK)
        world.recover()
        (edit,) = kept_edits(world.state.db, ENVIRONMENT, "u.py")
        assert world.state.blobs.read(edit.content) == BEFORE["u"][1] + MARK
        assert list((tmp_path / ".regen" / "trash").iterdir()) == []


def hammer(root: Path, seconds: float, seed: int) -> int:
    """Append numbered lines to one file by both kinds of saving, until the time is over; gives how many."""
    chance = random.Random(seed)
    file = root / "u.py"
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        line = f"edit {number}\n".encode()
        try:
            if chance.random() < 0.5:
                with file.open("ab") as out:
                    out.write(line)
            else:
                with file.open("rb") as source:
                    read, text = os.fstat(source.fileno()), source.read()
                other = file.with_name(".editor-save")
                other.write_bytes(text + line)
                now = file.stat()
                if (now.st_ino, now.st_mtime_ns, now.st_size) != (read.st_ino, read.st_mtime_ns, read.st_size):
                    continue  # as an editor does: what it has read is not what is there now, so it reads again
                other.replace(file)
        except FileNotFoundError:
            continue
        number += 1
        time.sleep(chance.uniform(0, 0.003))
    return number


def hammered(seconds: float, seed: int) -> None:
    with scratch() as folder, opened(folder) as world:
        world.commit({"u": ("u.py", b"0\n" + b"x\n" * 50)})
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(write, str(hammer(world.root, seconds, seed)).encode())
            finally:
                os._exit(0)
        os.close(write)
        turn = 0
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            turn += 1
            world.commit({"u": ("u.py", b"%d\n" % turn + b"x\n" * 50)})
        sound(world)
        edits = int(os.read(read, 100))
        os.close(read)
        world.recover()
        text = b"".join(data for data, _ in world.tree().values())
        text += b"".join(world.state.blobs.read(e.content) for e in kept_edits(world.state.db, ENVIRONMENT))
        lines = set(text.split(b"\n"))
        missing = [n for n in range(edits) if f"edit {n}".encode() not in lines]
        assert turn > 1
        assert edits > 1
        assert missing == []


def test_hammered_while_deploying() -> None:
    """One process saves a file without pause, another one deploys to it without pause."""
    hammered(1.5, seed=3)


@pytest.mark.long
def test_hammered_for_long() -> None:
    """The same for a minute."""
    for seed in range(12):
        hammered(5.0, seed)
