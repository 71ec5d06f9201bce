"""Deployments that are killed at random times while another process edits the files: no edit is lost, no mixture."""

from __future__ import annotations

import os
import random
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from tests.deploy_world import ENVIRONMENT, Renders, World, opened, scratch
from tests.test_deploy_kill import Opened
from tests.whole_world import KINDS, opened_whole

from regen.state import releases

NAMES = ("a.txt", "d/b.txt", "d/c.txt", "d/e/f.txt")


def renders(number: int) -> Renders:
    """The first line of some files says which release made it; edits come after the last one."""
    changed = {name: number if at % 2 == number % 2 else 0 for at, name in enumerate(NAMES)}
    return {
        name: (name, f"release {changed[name]}\nbetween\nmore\nthe last line of the template\n".encode())
        for name in NAMES
    }


def keep_editing(tree: Path, log: Path, seed: int) -> None:
    """Add a line to a file, as an editor does that renames, until killed; what was saved is noted."""
    chance = random.Random(seed)
    number = 0
    with log.open("a") as noted:
        while True:
            number += 1
            time.sleep(chance.uniform(0.0, 0.004))
            line = f"edit {seed} {number}"
            try:
                place = (tree / chance.choice(NAMES)).resolve(strict=True)
                data = place.read_bytes()
                fresh = place.with_name(f".{place.name}.swp")
                fresh.write_bytes(data + f"{line}\n".encode())
                fresh.rename(place)
            except OSError:
                continue  # its folder went, or comes
            noted.write(f"{line}\n")
            noted.flush()


def everything(world: World) -> bytes:
    """All that a person can find again: files below the target, edits set aside, sides of conflicts."""
    files = [place for place in world.target.root.rglob("*") if place.is_file() and not place.is_symlink()]
    found = [place.read_bytes() for place in files]
    kept = [edit.content for edit in releases.kept_edits(world.state.db, ENVIRONMENT)]
    sides = [ours for (ours,) in world.state.db.execute("SELECT ours FROM conflict WHERE ours IS NOT NULL")]
    return b"\n".join([*found, *map(world.state.blobs.read, [*kept, *sides])])


def forked(work: object) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work()  # type: ignore[operator]
        finally:
            os._exit(0)
    return pid


def killed_while_editing(opened: Opened, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    with scratch() as place:
        folder, log = place / "work", place / "log"
        with opened(folder) as world:
            world.commit(renders(0))
            tree = world.root
        for number in range(1, rounds + 1):

            def deploy_it(number: int = number) -> None:
                with opened(folder) as world:
                    world.recover()
                    world.commit(renders(number))

            editor = forked(partial(keep_editing, tree, log, number))
            deployer = forked(deploy_it)
            time.sleep(chance.uniform(0.0, 0.12))
            for pid in (deployer, editor):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            with opened(folder) as world:
                world.recover()
                assert tree.is_dir()
                assert world.state.db.execute("SELECT * FROM commit_record") == []
                there = everything(world)
                saved = log.read_text().splitlines() if log.exists() else []
                assert [line for line in saved if f"{line}\n".encode() not in there] == []
                standing = world.state.db.one("SELECT max(number) FROM release")
                assert standing is not None


OPENED = {"workspace": opened, **{kind: partial(opened_whole, kind=kind) for kind in KINDS}}


@pytest.mark.parametrize("kind", OPENED)
def test_killed_at_random_times_while_somebody_edits(kind: str) -> None:
    """Every line that the editor saved is in a file, or set aside, or a side of a conflict."""
    killed_while_editing(OPENED[kind], 8, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("kind", OPENED)
def test_killed_often_while_somebody_edits(kind: str) -> None:
    killed_while_editing(OPENED[kind], 500, seed=2)
