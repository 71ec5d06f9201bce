"""What cannot be written ends in one clear message, with the old tree or the new one, and nothing between."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.deploy_world import World, in_child, killed, opened, scratch, sound
from tests.test_deploy_kill import AFTER, BEFORE, Case, deploy_it, make_case, prepare

from regen.errors import DeployError, PathError, RegenError, StateError
from regen.state import faults

NO_CALL = {"stage.noted", "commit.recorded", "settle.switch", "settle.finish", "settle.clear"}  # between the steps
TOLERATED = {"db.commit", "db.committed", "lease", "tree.rmdir"}  # an OSError there means something else, or nothing


@pytest.fixture(scope="module")
def deploying() -> Iterator[Case]:
    with scratch() as place:
        yield make_case(place, prepare, deploy_it)


def refused(world: World, error: type[RegenError], match: str) -> RegenError:
    """Commit AFTER, which must fail and leave everything as it was."""
    tree, folders, rows = world.tree(), world.folders(), world.rows()
    with pytest.raises(error, match=match) as caught:
        world.commit(AFTER)
    assert (world.tree(), world.folders(), world.rows()) == (tree, folders, rows)
    sound(world)
    assert caught.value.hint
    return caught.value


def link_file(root: Path) -> None:
    (root / "update.py").unlink()
    (root / "update.py").symlink_to(root / "same.py")


def link_folder(root: Path) -> None:
    (root / "moved").symlink_to(root.parent)


def broken_link(root: Path) -> None:
    (root / "new").symlink_to("nowhere")


def folder_with_strangers(root: Path) -> None:
    (root / "new" / "create.py").mkdir(parents=True)
    (root / "new" / "create.py" / "mine.txt").write_text("mine")


def file_for_a_folder(root: Path) -> None:
    (root / "new").write_text("a file of the user's")


def a_pipe(root: Path) -> None:
    (root / "new").mkdir()
    os.mkfifo(root / "new" / "create.py")


@pytest.mark.parametrize(
    "obstacle", [link_file, link_folder, broken_link, folder_with_strangers, file_for_a_folder, a_pipe]
)
def test_something_in_the_way(tmp_path: Path, obstacle: Callable[[Path], None]) -> None:
    """Links are never followed, strangers never removed."""
    prepare(tmp_path)
    with opened(tmp_path) as world:
        plan = world.plan(AFTER)
        obstacle(world.root)
        tree, rows = world.tree(), world.rows()
        with pytest.raises(PathError) as caught:
            world.commit(AFTER, plan=plan)
        assert caught.value.hint
        assert (world.tree(), world.rows()) == (tree, rows)
        sound(world)


def test_output_folder_is_a_link(tmp_path: Path) -> None:
    """The root itself may be no link either."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to("elsewhere")
    with opened(tmp_path) as world, pytest.raises(PathError, match="is a link"):
        world.commit(BEFORE)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("path", ["../out.py", "/etc/x.py", "a//b", "a/../b", "./a", "", "a\nb", "a/", ".."])
def test_paths_that_leave_the_output_folder(tmp_path: Path, path: str) -> None:
    """A `to:` that is no plain path below the output folder is refused before anything is read."""
    with opened(tmp_path) as world:
        plan = world.plan({"x": ("fine", b"x")})
        from dataclasses import replace

        plan = replace(plan, items=(replace(plan.items[0], path=path),))
        with pytest.raises(PathError):
            world.commit({}, plan=plan)
        assert not world.root.exists()


def test_two_artifacts_one_path(tmp_path: Path) -> None:
    """Two owners of a path are named."""
    with opened(tmp_path) as world, pytest.raises(PathError, match=r"two artifacts would write same.py.*one.*two"):
        world.commit({"one": ("same.py", b"1"), "two": ("same.py", b"2")})


def test_a_read_only_file(tmp_path: Path) -> None:
    """A file without any write permission was protected on purpose."""
    prepare(tmp_path)
    with opened(tmp_path) as world:
        (world.root / "update.py").chmod(0o444)
        error = refused(world, DeployError, "read-only")
        assert error.where == "update.py"


def as_nobody(folder: Path, work: Callable[[], object]) -> int:
    """Run in a child without root's rights."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            os.chown(path, 65534, 65534)

    def dropped() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        work()

    return in_child(dropped)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_not_be_written(deploying: Case) -> None:
    """Permission is looked at before anything is written."""
    with scratch() as place:
        place.chmod(0o755)
        folder = deploying.copy(place / "work")

        def work() -> None:
            (folder / "out" / "pkg").chmod(0o555)
            with opened(folder) as world:
                refused(world, DeployError, "does not let regen write")

        assert as_nobody(folder, work) == 0


def full(world: World) -> None:
    with pytest.raises((DeployError, StateError)) as caught:
        world.commit({**AFTER, **{f"big{i}": (f"big/{i}.bin", os.urandom(40_000)) for i in range(40)}})
    assert caught.value.hint


def test_a_file_size_limit(deploying: Case) -> None:
    """The system refuses a large file at the first write; everything is as it was, and a smaller commit works."""
    with scratch() as place:
        folder = deploying.copy(place / "work")

        def work() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            with opened(folder) as world:
                tree, rows = world.tree(), world.rows()
                full(world)
                assert (world.tree(), world.rows()) == (tree, rows)
                sound(world)

        assert in_child(work) == 0
        deploy_it(folder)


def test_a_full_disk(deploying: Case) -> None:
    """A real file system without space: the old tree stands, and after some was freed the same commit works."""
    with scratch() as place:
        folder = place / "small"
        folder.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", folder], capture_output=True, check=False
        )
        if made.returncode != 0:
            pytest.skip("this user may not mount a small file system")
        try:
            shutil.copytree(deploying.start, folder, dirs_exist_ok=True)
            with opened(folder) as world:
                tree, rows = world.tree(), world.rows()
                full(world)
                assert (world.tree(), world.rows()) == (tree, rows)
                sound(world)
                world.commit(AFTER)
                sound(world)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def test_the_system_fails_at_every_step(deploying: Case) -> None:
    """No space at each step: one message, and the old tree with the old records, or the new ones."""
    with scratch() as place:
        for number, name in enumerate(deploying.points, start=1):
            if name in NO_CALL | TOLERATED:
                continue
            folder = deploying.copy(place / "work")
            with opened(folder) as world:
                faults.arm(f"ENOSPC@{number}")
                with pytest.raises((DeployError, StateError)) as caught:
                    world.commit(AFTER)
                faults.arm(None)
                assert "No space left" in str(caught.value)
                assert caught.value.hint
                world.recover()
                sound(world)
                recorded = deploying.points.index("settle.clear")
                expected = deploying.after if number > recorded else deploying.before
                assert (world.tree(), world.folders(), world.rows()) == (expected.tree, expected.folders, expected.rows)


def test_interrupted_at_every_step(deploying: Case) -> None:
    """Ctrl-C: nothing half done."""
    with scratch() as place:
        for number in range(1, len(deploying.points) + 1, 4):
            folder = deploying.copy(place / "work")
            with opened(folder) as world:
                faults.arm(f"interrupt@{number}")
                with pytest.raises(KeyboardInterrupt):
                    world.commit(AFTER)
                faults.arm(None)
                world.recover()
                sound(world)
                assert world.tree() in (deploying.before.tree, deploying.after.tree)


def test_putting_back_fails_too(deploying: Case) -> None:
    """The record stays, the message says so, and the next start brings it to its end."""
    with scratch() as place:
        folder = deploying.copy(place / "work")
        with opened(folder) as world:
            faults.arm("EIO@switch.placed#2,EIO@switch.remove*")
            with pytest.raises(DeployError, match="nor could it be put back"):
                world.commit(AFTER)
            faults.arm(None)
            with pytest.raises(StateError, match="interrupted"):
                world.commit(AFTER)
        with opened(folder) as world:
            world.recover()
            sound(world)
            assert world.tree() in (deploying.before.tree, deploying.after.tree)


def test_a_failed_commit_can_be_done_again(deploying: Case) -> None:
    """The stale set is what it was, the number of the release is free again."""
    with scratch() as place:
        folder = deploying.copy(place / "work")
        with opened(folder) as world:
            faults.arm("EIO@switch.placed")
            with pytest.raises(DeployError, match="everything was put back"):
                world.commit(AFTER)
            faults.arm(None)
            assert len(world.rows()["stale"]) == 3
            done = world.commit(AFTER)
            assert done.release is not None
            assert done.release.number == 2
            assert world.tree() == deploying.after.tree


def test_a_link_put_in_the_way_of_a_recovery(deploying: Case) -> None:
    """Neither end can be reached over a link: one message with the path, and it goes on when the link is gone."""
    with scratch() as place:
        folder = deploying.copy(place / "work")
        assert killed(in_child(lambda: deploy_it(folder), fault="kill@switch.placed"))
        file = folder / "out" / "update.py"
        saved = file.read_bytes()
        file.unlink()
        file.symlink_to("same.py")
        with opened(folder) as world:
            with pytest.raises(DeployError, match=r"nor could it be put back") as caught:
                world.recover()
            assert caught.value.where == "update.py"
            file.unlink()
            file.write_bytes(saved)
            world.recover()
            sound(world)
            assert world.tree() in (deploying.before.tree, deploying.after.tree)


@pytest.mark.parametrize("first", [True, False])
def test_a_path_that_would_be_a_file_and_a_folder_is_refused(tmp_path: Path, *, first: bool) -> None:
    """Before anything is written, with both paths."""
    with opened(tmp_path) as world:
        if not first:
            world.commit({"a": ("other", b"1")})
        before = world.tree()
        with pytest.raises(PathError, match="d is a file, and d/b needs a folder of that name") as caught:
            world.commit({"a": ("d", b"1"), "b": ("d/b", b"2")})
        assert caught.value.where == "d/b"
        assert world.tree() == before
