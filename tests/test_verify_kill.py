"""Killed at every step of a release and of a rollback, a project verifies as clean after the next start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, World
from tests.deploy_world import in_child, killed, scratch

from regen import Project
from regen.model.verification import Verification
from regen.orchestrator.verify import verify
from regen.project.sync import SyncProject

DEPLOYERS = ["workspace", "releases", "bluegreen"]
EVE = ':eve a :Person ; rdfs:label "Eve" .'
LATER = PEOPLE.replace("Ada", "Countess") + EVE


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


def project(folder: Path, deployer: str) -> World:
    """A project with two releases."""
    world = World(folder)
    world.write("regen.toml", f'[[environment]]\nname = "dev"\ndeployer = "{deployer}"\n')
    for label in ("Bob", "Robert"):
        world.graph(PEOPLE.replace("Bob", label))
        with Project.open_sync(world.root) as opened:
            opened.apply()
    return world


def verified(world: World, number: int | None = None) -> Verification:
    return verify(world.root, None, number, progress=lambda what, done, total: None)


def apply(project: SyncProject) -> None:
    project.apply()


def rollback(project: SyncProject) -> None:
    project.rollback(1)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.long), 5])
@pytest.mark.parametrize("work", [apply, rollback])
@pytest.mark.parametrize("deployer", DEPLOYERS)
def test_killed_at_every_step(folder: Path, deployer: str, work: Callable[[SyncProject], None], every: int) -> None:
    cut_off = 0
    for number in count(1, every):
        world = project(folder / str(number), deployer)
        world.graph(LATER)

        def child(world: World = world) -> None:
            with Project.open_sync(world.root) as opened:
                work(opened)

        if not killed(in_child(child, fault=f"kill@{number}")):
            break
        wrong = [one.part for one in verified(world).remarks if one.wrong]
        assert set(wrong) <= {"deployment", "lock"}, verified(world).remarks
        cut_off += "deployment" in wrong
        with Project.open_sync(world.root):
            pass
        assert verified(world).clean, (number, verified(world).remarks)
    assert number > 20
    assert cut_off


def test_a_release_that_is_shown_whole_is_verified_to_the_last_file(folder: Path) -> None:
    world = project(folder, "releases")
    assert verified(world).clean, verified(world).remarks
    assert verified(world, 1).clean, verified(world, 1).remarks
    assert verified(world, 1).files == 2, "its folder is still there"
    (world.root / "out/current/evil.txt").write_text("x")
    file = (world.root / "out/current").resolve() / "ada.txt"
    file.chmod(0o644)
    file.write_text("edited")
    assert [(one.path, one.wrong) for one in verified(world).remarks] == [("ada.txt", True), ("evil.txt", True)]
    assert [one.path for one in verified(world, 1).remarks] == ["ada.txt"], "both releases have it by one inode"


@pytest.mark.parametrize("deployer", DEPLOYERS)
def test_beside_one_who_deploys_all_the_time(folder: Path, deployer: str) -> None:
    """A release that comes in the middle of a look is looked at again, and is no failure."""
    world = project(folder, deployer)

    def child() -> None:
        with Project.open_sync(world.root) as opened:
            for number in range(60):
                world.graph(PEOPLE.replace("Ada", f"Ada {number}") + EVE * (number % 2))
                opened.apply()

    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            child()
            code = 0
        finally:
            os._exit(code)
    done = 0
    while not done:
        found = verified(world)
        assert found.clean, found.remarks
        done, status = os.waitpid(pid, os.WNOHANG)
    assert os.waitstatus_to_exitcode(status) == 0
    assert verified(world).release == 62
