"""Deployers that show a release whole: what cannot be written ends in one message, with the old release or the new."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.deploy_world import in_child, scratch
from tests.test_deploy_failure import NO_CALL, TOLERATED, as_nobody, full
from tests.test_deploy_kill import AFTER, BEFORE, Case, deploy_it, prepare
from tests.test_whole_kill import case_of
from tests.whole_world import KINDS, opened_whole

from regen.errors import DeployError, PathError, StateError
from regen.state import faults

QUIET = TOLERATED | {"clear.rmdir"}  # a folder that cannot be removed is left


@pytest.fixture(scope="module", params=KINDS)
def deploying(request: pytest.FixtureRequest) -> Iterator[Case]:
    with scratch() as place:
        yield case_of(place, request.param, prepare, deploy_it)


@pytest.mark.parametrize("code", ["ENOSPC", "EACCES", "EROFS"])
def test_the_system_fails_at_every_step(deploying: Case, code: str) -> None:
    """One message with a way out; the old release stands with the old records, or the new one with the new ones."""
    with scratch() as place:
        for number, name in enumerate(deploying.points, start=1):
            if name in NO_CALL | QUIET:
                continue
            folder = deploying.copy(place / "work")
            with deploying.opened(folder) as world:
                faults.arm(f"{code}@{number}")
                with pytest.raises((DeployError, StateError)) as caught:
                    world.commit(AFTER)
                faults.arm(None)
                assert caught.value.hint
                world.recover()
                recorded = deploying.points.index("settle.clear")
                expected = deploying.after if number > recorded else deploying.before
                assert (world.tree(), world.rows()) == (expected.tree, expected.rows), name
                done = world.commit(AFTER)
                assert world.tree() == deploying.after.tree
                assert (done.release is None) == (number > recorded)


def test_interrupted_at_every_step(deploying: Case) -> None:
    """Ctrl-C: nothing half done."""
    with scratch() as place:
        for number in range(1, len(deploying.points) + 1, 4):
            folder = deploying.copy(place / "work")
            with deploying.opened(folder) as world:
                faults.arm(f"interrupt@{number}")
                with pytest.raises(KeyboardInterrupt):
                    world.commit(AFTER)
                faults.arm(None)
                world.recover()
                assert world.tree() in (deploying.before.tree, deploying.after.tree)


def test_a_full_disk(deploying: Case) -> None:
    """A real file system without space: the old release stands, and after some was freed the same commit works."""
    with scratch() as place:
        folder = place / "small"
        folder.mkdir()
        options = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)]
        if subprocess.run(options, capture_output=True, check=False).returncode != 0:
            pytest.skip("this user may not mount a small file system")
        try:
            subprocess.run(["cp", "-a", f"{deploying.start}/.", folder], check=True)
            with deploying.opened(folder) as world:
                tree, rows = world.tree(), world.rows()
                full(world)
                assert (world.tree(), world.rows()) == (tree, rows)
                world.commit(AFTER)
                assert world.tree() == deploying.after.tree
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def test_a_read_only_mount(deploying: Case) -> None:
    """One message before anything is written; mounted for writing, the same commit works."""
    with scratch() as place:
        folder = deploying.copy(place / "work")
        subprocess.run(["cp", "-a", folder / "out", place / "saved"], check=True)
        mount = ["mount", "-t", "tmpfs", "tmpfs", str(folder / "out")]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("this user may not mount a file system")
        try:
            subprocess.run(["cp", "-a", f"{place}/saved/.", folder / "out"], check=True)
            subprocess.run(["mount", "-o", "remount,ro", folder / "out"], check=True)
            with deploying.opened(folder) as world:
                tree, rows = world.tree(), world.rows()
                with pytest.raises(DeployError, match="nothing was written") as caught:
                    world.commit(AFTER)
                assert "mount" in (caught.value.hint or "")
                assert (world.tree(), world.rows()) == (tree, rows)
                subprocess.run(["mount", "-o", "remount,rw", folder / "out"], check=True)
                world.commit(AFTER)
                assert world.tree() == deploying.after.tree
        finally:
            subprocess.run(["umount", "-l", folder / "out"], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_target_that_may_not_be_written(deploying: Case) -> None:
    """Permission is looked at before anything is written."""
    with scratch() as place:
        place.chmod(0o755)
        folder = deploying.copy(place / "work")

        def work() -> None:
            (folder / "out").chmod(0o555)
            with deploying.opened(folder) as world:
                rows = world.rows()
                with pytest.raises(DeployError, match="does not let regen write; nothing was written"):
                    world.commit(AFTER)
                assert world.rows() == rows

        assert as_nobody(folder, work) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_without_rights_of_root_deploys_and_rolls_back(deploying: Case) -> None:
    """Read-only files are linked, replaced and removed by their owner."""
    with scratch() as place:
        place.chmod(0o755)
        folder = deploying.copy(place / "work")

        def work() -> None:
            with deploying.opened(folder) as world:
                before = {path: data for path, (data, _) in world.tree().items() if path != "pkg/untouched.txt"}
                world.commit(AFTER)
                assert world.tree() == deploying.after.tree
                world.rollback()
                now = {path: data for path, (data, _) in world.tree().items() if path != "pkg/untouched.txt"}
                assert now == before
                world.commit(AFTER)
                world.commit(BEFORE)

        assert as_nobody(folder, work) == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["folder", "file", "link", "absolute link"])
def test_something_else_stands_for_the_link(tmp_path: Path, kind: str, what: str) -> None:
    """What regen did not make is never replaced."""
    place = tmp_path / "out" / "current"
    place.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    match what:
        case "folder":
            place.mkdir()
        case "file":
            place.write_text("mine")
        case "link":
            place.symlink_to("../elsewhere")
        case _:
            place.symlink_to(tmp_path / "elsewhere")
    with opened_whole(tmp_path, kind) as world:
        with pytest.raises(PathError, match=r"current is .*; nothing was written") as caught:
            world.commit(BEFORE, plan=None)
        assert caught.value.hint
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert world.rows()["release"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_is_a_link_out_of_the_project(tmp_path: Path, kind: str) -> None:
    project = tmp_path / "project"
    (tmp_path / "elsewhere").mkdir()
    project.mkdir()
    (project / "out").symlink_to(tmp_path / "elsewhere")
    with opened_whole(project, kind) as world, pytest.raises(PathError, match="is a link"):
        world.commit(BEFORE)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_and_a_folder_of_one_name(tmp_path: Path, kind: str) -> None:
    """Nothing of such a release is shown."""
    with opened_whole(tmp_path, kind) as world:
        world.commit({"a": ("a.py", b"1\n")})
        tree, rows = world.tree(), world.rows()
        with pytest.raises(DeployError, match=r"a.py is a file, and a.py/b.py needs a folder of that name"):
            world.commit({"a": ("a.py", b"1\n"), "b": ("a.py/b.py", b"2\n")})
        assert (world.tree(), world.rows()) == (tree, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_differ_by_case_only(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that takes them for one, one message says so; on others both are written."""
    both = {"a": ("Pkg/A.py", b"1\n"), "b": ("pkg/a.py", b"2\n")}
    with opened_whole(tmp_path / "one", kind) as world:
        world.commit(both)
        assert {path: data for path, (data, _) in world.tree().items()} == {"Pkg/A.py": b"1\n", "pkg/a.py": b"2\n"}
    monkeypatch.setattr("regen_plugins.whole.look.ignores_case", lambda tree, folder: True)
    with opened_whole(tmp_path / "two", kind) as world:
        with pytest.raises(DeployError, match=r"Pkg/A.py and pkg/a.py differ by case only, and are one file here"):
            world.commit(both)
        assert not (world.target.root / "current").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_first_release_that_fails_leaves_no_link(tmp_path: Path, kind: str) -> None:
    """Putting the first release back leaves what was before: nothing to read, and no record."""

    def work() -> None:
        with opened_whole(tmp_path, kind) as world:
            faults.arm("EIO@current.sync")
            with pytest.raises(DeployError, match="everything was put back"):
                world.commit(BEFORE)
            faults.arm(None)
            assert not os.path.lexists(tmp_path / "out" / "current")
            assert world.rows()["release"] == []
            world.commit(BEFORE)

    assert in_child(partial(work)) == 0
