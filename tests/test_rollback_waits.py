"""A rollback waits for no cycle: what is under way is stopped with nothing written, and stays stale."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.cycle_world import World
from tests.health_world import ROBERT, done, started, stop, until

from regen.orchestrator.reading import read_history
from regen.orchestrator.status import read_status
from regen.state import lock

FORMAT = """[format]
markdown = "sh -c 'test ! -e slow || { touch formatting; sleep 600; }; cat'"
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two releases; a cycle takes ten minutes where there is a file `slow`, for its formatter waits."""
    world = World(tmp_path / "project")
    template = (world.root / "templates/person.j2").read_text().replace(".txt", ".md")
    world.write("templates/person.j2", template)
    world.write("regen.toml", FORMAT)
    assert done(world, "apply")[0] == 0
    world.graph(ROBERT)
    assert done(world, "apply")[0] == 0
    return world


def slowly(world: World) -> None:
    """Begin a cycle that does not end."""
    world.write("slow", "")
    world.graph(ROBERT.replace('"Ada"', '"Countess"'))


def at_work(world: World) -> bool:
    return (world.root / "formatting").exists()


def rolled_back(world: World, before: dict[str, bytes], said: str) -> None:
    """Release 1 stands, nothing of the cycle that was stopped does, and what it was for is stale still."""
    assert "restored release 1 as release 3" in said
    assert world.read("bob.md")[:9] == "name: Bob"
    assert world.tree()["ada.md"] == before["ada.md"]
    assert [release.number for release in read_history(world.root, None)] == [3, 2, 1]


def test_a_command_that_holds_the_project_is_asked_to_stop(world: World) -> None:
    """It ends with 130, as by Ctrl-C, and the rollback goes ahead."""
    before = world.tree()
    slowly(world)
    apply = started(world, "apply")
    try:
        until(lambda: at_work(world), "the cycle never began")
        code, said = done(world, "rollback", "--why", "it burns")
        assert code == 0, said
        assert f"`regen apply` (process {apply.pid}" in said
        assert apply.wait(timeout=60) == 130
    finally:
        apply.kill()
        told, _ = apply.communicate()
    assert "interrupted; nothing is half done" in told
    rolled_back(world, before, said)
    (world.root / "slow").unlink()
    code, text = done(world, "plan", "--json")
    assert sorted(item["path"] for item in json.loads(text)["items"]) == ["ada.md", "bob.md"]


def test_a_cycle_of_a_watch_makes_way(world: World) -> None:
    """And is not run after it: the environment is held on the inputs that it would have brought, too."""
    before = world.tree()
    watch = started(world, "watch")
    try:
        until(lambda: _serves(world), "the watch never began")
        slowly(world)
        until(lambda: at_work(world), "the cycle never began")
        code, said = done(world, "rollback")
        assert code == 0, said
        rolled_back(world, before, said)
        status = read_status(world.root, None)
        assert status.hold is not None
        assert status.hold.interrupted is not None
        assert done(world, "history")[1].count("deployed") == 2
    finally:
        said = stop(watch)
    assert "was stopped for `regen rollback` of process" in said
    (world.root / "slow").unlink()
    code, text = done(world, "apply")
    assert (code, "is held since a rollback" in text) == (0, True)
    assert world.read("ada.md")[:9] == "name: Ada"
    assert done(world, "resume")[0] == done(world, "apply")[0] == 0
    assert world.read("ada.md")[:14] == "name: Countess"
    assert watch.returncode == 0


def test_a_command_beside_a_watch_makes_way(world: World) -> None:
    """It is told that it was interrupted."""
    world.write("regen.toml", f'[[environment]]\nname = "dev"\nautomatic = false\n{FORMAT}')
    before = world.tree()
    watch = started(world, "watch")
    apply: subprocess.Popen[str] | None = None
    try:
        until(lambda: _serves(world), "the watch never began")
        slowly(world)
        apply = started(world, "apply")
        until(lambda: at_work(world), "the cycle never began")
        code, said = done(world, "rollback")
        assert code == 0, said
        assert apply.wait(timeout=60) == 130
        rolled_back(world, before, said)
    finally:
        if apply is not None:
            apply.kill()
            apply.communicate()
        stop(watch)


def _serves(world: World) -> bool:
    from regen.holder import listening

    return listening(world.root / ".regen")


def test_nobody_is_stopped_that_would_not_end_well(tmp_path: Path) -> None:
    """A program that uses the library, a holder that is gone, and a lock of another machine."""
    tmp_path.joinpath("lock").write_text("")
    assert lock.ask_to_stop(tmp_path) is None
    for command in ("library", "watch", "rollback"):
        with lock.hold(tmp_path, command=command):
            assert lock.ask_to_stop(tmp_path) is None
    gone = json.dumps({"pid": 2**22 + 1, "host": "elsewhere", "command": "apply", "since": 0.0})
    tmp_path.joinpath("lock").write_text(gone)
    assert lock.ask_to_stop(tmp_path) is None
    with lock.hold(tmp_path, command="apply") as holder:
        pass
    assert lock.last_holder(tmp_path) == holder
    assert lock.ask_to_stop(tmp_path) is None, "it holds nothing any more"
