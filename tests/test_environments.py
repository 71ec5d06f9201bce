"""Several environments of one project: each has its releases, and status says how each of them stands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, World

from regen import Project
from regen.errors import PathError
from regen.orchestrator.opening import rebuild_state

pytestmark = pytest.mark.anyio

CONFIG = """\
[[environment]]
name = "dev"
[[environment]]
name = "stage"
deployer = "bluegreen"
target = "stage"
[[environment]]
name = "prod"
deployer = "releases"
target = "deploy/prod"
automatic = false
[[environment]]
name = "old"
target = "old"
enabled = false
"""


def regen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regen", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def made(folder: Path) -> World:
    world = World(folder)
    world.write("regen.toml", CONFIG)
    return world


def deployed_rows(folder: Path) -> list[str]:
    lines = regen(folder, "status").stdout.splitlines()
    return [line.removeprefix("deployed").strip() for line in lines if line.startswith("deployed")]


async def test_each_environment_has_its_own_releases(tmp_path: Path) -> None:
    """A change goes where it is asked to go; the others stay stale and lose nothing."""
    world = made(tmp_path)
    async with Project.open(tmp_path) as project:
        assert project.environments == ("dev", "stage", "prod")
        for name in project.environments:
            await project.apply(environment=name)
        world.write("graphs/people.ttl", (tmp_path / "graphs/people.ttl").read_text().replace('"Ada"', '"Ida"'))
        await project.apply(environment="prod")
        assert [len(project.history(name)) for name in project.environments] == [1, 1, 2]
        await project.rollback(environment="prod")
        await project.apply()
    heads = {
        tree: (tmp_path / tree / "ada.txt").read_text().splitlines()[0]
        for tree in ("out", "stage/current", "deploy/prod/current")
    }
    assert heads == {"out": "name: Ida", "stage/current": "name: Ada", "deploy/prod/current": "name: Ada"}


def test_status_lists_all_of_them(tmp_path: Path) -> None:
    """With release and health; a cut-off or vanished deployment is told of."""
    made(tmp_path)
    assert [row.split(":")[0] for row in deployed_rows(tmp_path)] == [
        "dev → out by workspace",
        "stage → stage by bluegreen",
        "prod → deploy/prod by releases",
    ]
    for name in ("dev", "stage", "prod"):
        assert regen(tmp_path, "apply", "--env", name).returncode == 0
    shutil.rmtree(tmp_path / "stage" / "blue")
    dev, stage, prod = deployed_rows(tmp_path)
    assert "release 1 (deployed)" in dev
    assert dev.endswith("; stands")
    assert stage.endswith("; gone")
    assert prod.startswith("prod → deploy/prod/current by releases: release 1 (deployed)")
    assert prod.endswith("; stands; by hand")
    document = json.loads(regen(tmp_path, "status", "--json").stdout)
    assert [(one["environment"], one["health"]) for one in document["environments"]] == [
        ("dev", "stands"), ("stage", "gone"), ("prod", "stands"),
    ]  # fmt: skip
    assert json.loads(regen(tmp_path, "status", "--json", "--env", "prod").stdout)["environments"] == []


def test_what_is_held_is_told_with_the_command_for_that_environment(tmp_path: Path) -> None:
    """A hint that is followed to the letter means the environment that it is about."""
    world = made(tmp_path)
    regen(tmp_path, "apply", "--env", "prod")
    world.graph(PEOPLE.replace("Ada", "Countess"))
    regen(tmp_path, "apply", "--env", "prod")
    assert "run `regen resume --env prod`" in regen(tmp_path, "rollback", "--env", "prod").stdout
    assert "run `regen resume --env prod`" in regen(tmp_path, "apply", "--env", "prod").stderr
    status = regen(tmp_path, "status", "--env", "prod").stdout
    assert "run `regen apply --env prod`" in status
    assert "run `regen resume --env prod`" in status
    assert "`regen apply --env prod` goes on" in regen(tmp_path, "resume", "--env", "prod").stdout


def test_a_cut_off_deployment_is_told_of(tmp_path: Path) -> None:
    import os

    made(tmp_path)
    killed = subprocess.run(
        [sys.executable, "-m", "regen", "apply", "--env", "prod"],
        cwd=tmp_path, env={**os.environ, "REGEN_FAULT": "kill@current.rename"}, capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode < 0
    assert "prod" in deployed_rows(tmp_path)[2]
    assert "; interrupted" in deployed_rows(tmp_path)[2]
    assert regen(tmp_path, "apply", "--env", "dev").returncode == 0  # whoever opens the project ends it first
    assert "; stands" in deployed_rows(tmp_path)[2]
    assert (tmp_path / "deploy/prod/current/ada.txt").exists()


def test_a_vanished_slot_comes_back_with_the_next_cycle(tmp_path: Path) -> None:
    """A clean, as for every other environment: what is missing is written again."""
    made(tmp_path)
    assert regen(tmp_path, "apply", "--env", "stage").returncode == 0
    shutil.rmtree(tmp_path / "stage")
    done = regen(tmp_path, "apply", "--env", "stage")
    assert done.returncode == 0, done.stderr
    assert sorted(place.name for place in (tmp_path / "stage" / "current").iterdir()) == ["ada.txt", "bob.txt"]


def test_another_deployer_for_an_environment_that_has_releases(tmp_path: Path) -> None:
    """What regen wrote before stays where it is; the new deployer shows the same files."""
    world = made(tmp_path)
    assert regen(tmp_path, "apply").returncode == 0
    world.write("regen.toml", '[[environment]]\nname = "dev"\ndeployer = "releases"\n')
    done = regen(tmp_path, "apply")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/current/ada.txt").read_text().startswith("name: Ada")
    world.write("regen.toml", '[[environment]]\nname = "dev"\n')
    done = regen(tmp_path, "apply")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/ada.txt").read_text().startswith("name: Ada")


@pytest.mark.parametrize("loss", ["cut off", "removed", "rebuilt"])
@pytest.mark.parametrize("kind", ["releases", "bluegreen"])
async def test_a_lost_database_does_not_take_an_old_release_for_a_new_one(tmp_path: Path, kind: str, loss: str) -> None:
    """Numbers begin anew, so what is remembered of release 1 is of another one."""
    world = World(tmp_path / "p")
    world.write("regen.toml", f"[[environment]]\nname = 'prod'\ndeployer = '{kind}'\ntarget = 'deploy'\n")
    await world.apply()
    database = world.root / ".regen/state.db"
    for log in database.parent.glob("state.db-*"):
        log.unlink()
    match loss:
        case "cut off":
            database.unlink()
            database.touch()
        case "removed":
            database.unlink()
        case _:
            database.write_bytes(database.read_bytes()[:5000])
            rebuild_state(world.root)
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    bob = world.root / "deploy/current/bob.txt"
    if kind == "bluegreen":
        await world.apply()
        assert "Robert" in bob.read_text()
        return
    with pytest.raises(PathError, match="releases/1 stands already, and this project's state does not know it"):
        await world.apply()
    assert "Bob" in bob.read_text()
    (world.root / "deploy").rename(world.root / "before")
    await world.apply()
    assert "Robert" in bob.read_text()
