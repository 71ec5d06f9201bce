"""After a switch the files are read back from where readers see them; what is not as it should be has a name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE
from tests.cycle_world import World as Project
from tests.deploy_world import Renders, World, opened

from regen.cli.main import run
from regen.model.deploy import Change, Switched
from regen.model.verified import Wrong
from regen.state.blobs import digest_of
from regen_plugins.deploy_workspace import WorkspaceDeployer

MANY: Renders = {f"n{number}": (f"many/{number}.txt", b"%d\n" % number) for number in range(50)}
ONE: Renders = {**MANY, "a": ("a.txt", b"one\n"), "b": ("b.txt", b"bee\n"), "gone": ("gone.txt", b"g\n")}
TWO: Renders = {**MANY, "a": ("a.txt", b"two\n"), "b": ("b.txt", b"bee\n"), "new": ("new.txt", b"n\n")}


class Spoiling(WorkspaceDeployer):
    """Switches, and then does something to the files as if it had been so all along.

    Args:
        spoil: gets the folder.
        whole: whether it shows a tree as a whole, below `current`.
    """

    def __init__(self, spoil: Callable[[Path], object], *, whole: bool = False) -> None:
        self.spoil, self.whole = spoil, whole

    def tree(self, root: Path) -> Path:
        if not self.whole:
            return root
        link = root.parent / "current"
        if not link.is_symlink():
            link.symlink_to(root)
        return link

    def switch(self, root: Path, changes: Sequence[Change], *arguments: object, **options: object) -> Switched:
        done = super().switch(root, changes, *arguments, **options)  # type: ignore[arg-type]
        self.spoil(root)
        return done


def old(path: Path, data: bytes) -> None:
    """Write a file that seems to be written long ago."""
    path.write_bytes(data)
    os.utime(path, (1_600_000_000, 1_600_000_000))


def spoil(root: Path) -> None:
    old(root / "a.txt", b"t0o\n")
    (root / "new.txt").unlink(missing_ok=True)
    old(root / "gone.txt", b"here\n")


def nothing(root: Path) -> None:
    """Leave it."""


def through(world: World, spoil: Callable[[Path], object], *, whole: bool = False) -> None:
    world.target = replace(world.target, deployer=Spoiling(spoil, whole=whole))


def test_what_a_deployment_changed_is_read_back(tmp_path: Path) -> None:
    """And nothing else: it costs what the change costs."""
    with opened(tmp_path) as world:
        first = world.commit(ONE).verified
        assert first is not None
        assert (first.checked, first.passed, str(first)) == (53, True, "53 files read back")
        second = world.commit(TWO).verified
        assert second is not None
        assert (second.checked, second.wrong, second.edited) == (3, (), ())
        assert world.commit(TWO).verified is None
        assert world.rollback().verified.checked == 3


def test_each_way_to_be_wrong_is_named(tmp_path: Path) -> None:
    """Other bytes, a file that is gone, and one that should be."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        through(world, spoil)
        found = world.commit(TWO).verified
        assert found is not None
        assert sorted(found.wrong, key=lambda wrong: wrong.path) == [
            Wrong("a.txt", "other bytes", digest_of(b"two\n"), digest_of(b"t0o\n")),
            Wrong("gone.txt", "still there", None, digest_of(b"here\n")),
            Wrong("new.txt", "gone", digest_of(b"n\n"), None),
        ]
        assert "a.txt (other bytes)" in str(found)


def test_an_edit_in_the_very_moment_is_no_fault_where_people_work(tmp_path: Path) -> None:
    """Where readers see a release that nobody edits it is one."""
    for whole in (False, True):
        with opened(tmp_path / str(whole)) as world:
            world.commit(ONE)
            through(world, lambda root: (root / "a.txt").write_bytes(b"two\nmine\n"), whole=whole)
            found = world.commit(TWO).verified
            assert found is not None
            assert (found.edited, [wrong.path for wrong in found.wrong]) == (
                ((), ["a.txt"]) if whole else (("a.txt",), [])
            )


def test_a_rollback_of_a_whole_tree_reads_all_of_it(tmp_path: Path) -> None:
    """A file that nothing changed may be missing in the tree that is shown now."""
    with opened(tmp_path) as world:
        through(world, nothing, whole=True)
        world.commit(ONE)
        found = world.commit(TWO).verified
        assert found is not None
        assert found.checked == 3
        through(world, lambda root: (root / "many/7.txt").unlink(), whole=True)
        back = world.rollback().verified
        assert (back.checked, [str(wrong) for wrong in back.wrong]) == (54, ["many/7.txt (gone)"])


def test_links_and_folders_in_the_place_of_files_are_found(tmp_path: Path) -> None:
    """They are not followed."""

    def linked(root: Path) -> None:
        (root / "a.txt").unlink()
        (root / "a.txt").symlink_to("b.txt")

    with opened(tmp_path) as world:
        world.commit(ONE)
        through(world, linked, whole=True)
        found = world.commit(TWO).verified
        assert found is not None
        assert [str(wrong) for wrong in found.wrong] == ["a.txt (unreadable)"]


def test_a_command_ends_with_5_and_names_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of `apply` and `rollback`; the result is in what they print as JSON."""
    project = Project(tmp_path / "project")
    place = ("-C", str(project.root))
    assert run(["apply", *place]) == 0
    assert "2 files read back" in capsys.readouterr().out
    finish = WorkspaceDeployer.finish

    def finished(self: WorkspaceDeployer, root: Path, *arguments: object) -> None:
        finish(self, root, *arguments)  # type: ignore[arg-type]
        old(root / "bob.txt", b"something else\n")

    with monkeypatch.context() as patched:
        patched.setattr(WorkspaceDeployer, "finish", finished)
        project.graph(PEOPLE.replace('"Bob"', '"Robert"'))
        assert run(["apply", *place]) == 5
        assert "bob.txt (other bytes)" in capsys.readouterr().err
        assert run(["rollback", "--discard-edits", "--json", *place]) == 5
    said = capsys.readouterr()
    assert [one["path"] for one in json.loads(said.out)["verified"]["wrong"]] == ["bob.txt"]
    assert "does not stand as it should" in said.err
