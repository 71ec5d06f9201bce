"""The deployer `bluegreen`: the idle slot gets what differs, is asked whether it is well, and is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.deploy_world import ENVIRONMENT, Renders, tree_of
from tests.whole_world import WholeWorld, opened_whole

from regen.errors import DeployError
from regen.state import releases

ONE: Renders = {"a": ("a.py", b"a\nb\nc\n"), "b": ("pkg/b.py", b"1\n2\n3\n"), "c": ("pkg/c.py", b"x\n")}


def with_b(text: bytes) -> Renders:
    return {**ONE, "b": ("pkg/b.py", text)}


def slot(world: WholeWorld, name: str) -> dict[str, bytes]:
    return {path: data for path, (data, _) in tree_of(world.target.root / name).items()}


def kept(world: WholeWorld) -> list[tuple[str, bytes]]:
    return [(e.path, world.state.blobs.read(e.content)) for e in releases.kept_edits(world.state.db, ENVIRONMENT)]


def test_slots_take_turns(tmp_path: Path) -> None:
    """Each holds a release whole; the idle one the release before."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        assert world.shown() == "blue"
        world.commit(with_b(b"2\n"))
        assert world.shown() == "green"
        assert slot(world, "blue") == dict(ONE.values())
        assert slot(world, "green") == dict(with_b(b"2\n").values())


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    """A file that both slots hold alike stays the file that it was."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.commit(with_b(b"2\n"))
        before = {path: (world.target.root / "blue" / path).stat().st_ino for path in dict(ONE.values())}
        world.commit({**with_b(b"2\n"), "a": ("a.py", b"A\n")})
        after = {path: (world.target.root / "blue" / path).stat().st_ino for path in dict(ONE.values())}
        assert {path for path in after if after[path] != before[path]} == {"a.py", "pkg/b.py"}


def test_a_rollback_shows_the_other_slot(tmp_path: Path) -> None:
    """It holds the bytes already: nothing is written."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.commit({"a": ("moved/a.py", b"A\n"), "d": ("d.py", b"d\n")})
        before = {path: (world.target.root / "blue" / path).stat().st_ino for path in dict(ONE.values())}
        world.rollback()
        assert world.shown() == "blue"
        assert slot(world, "blue") == dict(ONE.values())
        assert before == {path: (world.target.root / "blue" / path).stat().st_ino for path in dict(ONE.values())}


def health(folder: Path, text: str) -> str:
    place = folder / "health"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return str(place)


def test_a_slot_that_is_not_well_is_not_shown(tmp_path: Path) -> None:
    """The check runs in the new slot; the old one stays, nothing is lost, and the next release is asked again."""
    check = health(tmp_path, 'test "$(pwd)" = "$REGEN_TREE" && echo checked >> ../../log && grep -q well a.py')
    with opened_whole(tmp_path, "bluegreen", health=check) as world:
        world.commit({"a": ("a.py", b"well\n")})
        tree, rows = world.tree(), world.rows()
        with pytest.raises(DeployError, match=r"`health` of dev: .* ended with exit code 1; everything was put back"):
            world.commit({"a": ("a.py", b"sick\n")})
        assert (world.shown(), world.tree(), world.rows()) == ("blue", tree, rows)
        world.commit({"a": ("a.py", b"well again\n")})
        assert (world.shown(), world.read("a.py")) == ("green", b"well again\n")
        assert kept(world) == []
    assert (tmp_path / "log").read_text() == "checked\n" * 3


def test_the_first_release_that_is_not_well_leaves_nothing_to_read(tmp_path: Path) -> None:
    with opened_whole(tmp_path, "bluegreen", health="false") as world:
        with pytest.raises(DeployError, match="everything was put back"):
            world.commit(ONE)
        assert not os.path.lexists(tmp_path / "out" / "current")
    with opened_whole(tmp_path, "bluegreen", health="true") as world:
        world.commit(ONE)
        assert world.read("a.py") == b"a\nb\nc\n"


def test_a_check_that_hangs_is_ended(tmp_path: Path) -> None:
    slow = opened_whole(tmp_path, "bluegreen", health="sleep 100", health_timeout_s=0.2)
    with slow as world, pytest.raises(DeployError, match=r"took more than 0.2 s"):
        world.commit(ONE)


def test_the_way_back_is_asked_and_does_not_stop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.commit(with_b(b"2\n"))
    with opened_whole(tmp_path, "bluegreen", health="false") as world:
        world.rollback()
        assert world.read("pkg/b.py") == b"1\n2\n3\n"
    assert "the way back goes on" in caplog.text


def test_edits_are_merged_and_come_along(tmp_path: Path) -> None:
    """Of files that the release touches, and of others; what a person removed stays removed."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.write("pkg/b.py", b"1\n2\n3\nmine\n")
        world.write_in_place("a.py", b"a\nb\nc\nmine\n")
        (world.root / "pkg/c.py").unlink()
        for first in (b"one", b"ONE", b"One"):
            world.commit(with_b(first + b"\n2\n3\n"))
            assert {path: data for path, (data, _) in world.tree().items()} == {
                "a.py": b"a\nb\nc\nmine\n",
                "pkg/b.py": first + b"\n2\n3\nmine\n",
            }


def test_an_edit_in_the_idle_slot_is_kept(tmp_path: Path) -> None:
    """Somebody saved there who was late: it is set aside before the slot is used again; other files stay."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.commit(with_b(b"2\n"))
        (world.target.root / "blue" / "a.py").write_bytes(b"late\n")
        (world.target.root / "blue" / "notes.txt").write_bytes(b"notes\n")
        done = world.commit(with_b(b"3\n"))
        assert [edit.path for edit in done.kept] == ["a.py"]
        assert kept(world) == [("a.py", b"late\n")]
        assert slot(world, "blue") == {**dict(with_b(b"3\n").values()), "notes.txt": b"notes\n"}


def test_a_slot_of_which_nothing_is_known_steps_aside(tmp_path: Path) -> None:
    """No byte of it is overwritten."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.commit(with_b(b"2\n"))
        (tmp_path / ".regen" / "deploy" / ENVIRONMENT / "blue").unlink()
        world.commit(with_b(b"3\n"))
        assert slot(world, "blue") == dict(with_b(b"3\n").values())
        assert slot(world, "blue.1") == dict(ONE.values())


def test_a_conflict_and_an_orphan_come_along(tmp_path: Path) -> None:
    """They wait for a person where people read them."""
    with opened_whole(tmp_path, "bluegreen") as world:
        world.commit(ONE)
        world.write("pkg/b.py", b"1\nmine\n3\n")
        world.write("pkg/c.py", b"mine\n")
        for text in (b"A\n", b"B\n"):
            world.commit({"a": ("a.py", text), "b": ("pkg/b.py", b"1\ntheirs\n3\n")})
            assert {path: data for path, (data, _) in world.tree().items()} == {
                "a.py": text,
                "pkg/b.py": b"1\nmine\n3\n",
                "pkg/c.py": b"mine\n",
            }
