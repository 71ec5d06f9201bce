"""The deployer `releases`: a folder for each release, files that did not change shared, edits never shared."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.deploy_world import ENVIRONMENT, Renders
from tests.whole_world import WholeWorld, opened_whole

from regen.errors import DeployError
from regen.model.plan import Action, Plan
from regen.state import releases

ONE: Renders = {"a": ("a.py", b"a\nb\nc\n"), "b": ("pkg/b.py", b"1\n2\n3\n"), "c": ("pkg/c.py", b"x\n")}


def with_b(text: bytes) -> Renders:
    return {**ONE, "b": ("pkg/b.py", text)}


def inode(world: WholeWorld, number: int, path: str) -> int:
    return (world.target.root / "releases" / str(number) / path).stat().st_ino


def kept(world: WholeWorld) -> list[tuple[str, bytes]]:
    return [(e.path, world.state.blobs.read(e.content)) for e in releases.kept_edits(world.state.db, ENVIRONMENT)]


def bytes_of(world: WholeWorld, number: int) -> dict[str, bytes]:
    return {path: data for path, (data, _) in world.release(number).items()}


def test_a_release_is_a_folder_that_shares_what_did_not_change(tmp_path: Path) -> None:
    """New bytes are new files; everything is read-only; the link leads to the newest."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.commit(with_b(b"1\n2\nthree\n"))
        assert world.shown() == "releases/2"
        assert bytes_of(world, 1) == dict(ONE.values())
        assert bytes_of(world, 2) == {**bytes_of(world, 1), "pkg/b.py": b"1\n2\nthree\n"}
        assert {mode for _, mode in world.release(2).values()} == {0o444}
        assert inode(world, 1, "a.py") == inode(world, 2, "a.py")
        assert inode(world, 1, "pkg/b.py") != inode(world, 2, "pkg/b.py")


def test_a_file_that_may_be_run_stays_so(tmp_path: Path) -> None:
    """The bits of the file that it replaces decide; writing is nobody's."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        (world.root / "pkg/b.py").chmod(0o755)
        world.commit(with_b(b"1\n"))
        assert stat.S_IMODE((world.root / "pkg/b.py").stat().st_mode) == 0o555


def test_an_edit_of_an_affected_file_is_merged(tmp_path: Path) -> None:
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.write("pkg/b.py", b"1\n2\n3\nmine\n")
        world.commit(with_b(b"one\n2\n3\n"))
        assert world.read("pkg/b.py") == b"one\n2\n3\nmine\n"
        assert bytes_of(world, 1)["pkg/b.py"] == b"1\n2\n3\nmine\n"  # where it was made


def test_an_edit_of_another_file_comes_along_in_a_file_of_its_own(tmp_path: Path) -> None:
    """As everywhere, an edit stays until its file is affected; two releases never share an edited file."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.write("a.py", b"a\nb\nc\nmine\n")
        for number, text in ((2, b"2\n"), (3, b"3\n")):
            world.commit(with_b(text))
            assert world.read("a.py") == b"a\nb\nc\nmine\n"
            assert inode(world, number, "a.py") != inode(world, number - 1, "a.py")
        world.commit({**with_b(b"3\n"), "a": ("a.py", b"A\nb\nc\n")})
        assert world.read("a.py") == b"A\nb\nc\nmine\n"


def test_an_edit_of_a_shared_file_never_reaches_another_release(tmp_path: Path) -> None:
    """It is found by its time or size, set aside and told of once, and the path is written anew."""
    with opened_whole(tmp_path, "releases", keep=0) as world:
        world.commit(ONE)
        world.commit(with_b(b"2\n"))
        world.write_in_place("a.py", b"a\nb\nX\n")  # of equal length
        assert bytes_of(world, 1)["a.py"] == b"a\nb\nX\n"  # one file, two names
        done = world.commit(with_b(b"3\n"))
        assert [(edit.path, edit.why) for edit in done.kept] == [("a.py", "edited while release 3 was written")]
        assert kept(world) == [("a.py", b"a\nb\nX\n")]
        assert world.read("a.py") == b"a\nb\nc\n"
        world.commit(with_b(b"4\n"))
        assert world.read("a.py") == b"a\nb\nc\n"
        assert len(kept(world)) == 1
        assert inode(world, 4, "a.py") == inode(world, 3, "a.py")


def test_a_shared_file_that_somebody_writes_to_is_not_shared_further(tmp_path: Path) -> None:
    """Who has it open for writing could write into every release that has it."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        (world.root / "a.py").chmod(0o644)
        with (world.root / "a.py").open("r+b") as file:
            world.commit(with_b(b"2\n"))
            file.write(b"LATER")
        assert bytes_of(world, 2)["a.py"] == b"a\nb\nc\n"
        assert inode(world, 1, "a.py") != inode(world, 2, "a.py")


def test_a_shared_edited_file_does_not_come_back_by_a_rollback(tmp_path: Path) -> None:
    """Exact bytes are restored from blobs where the old folder does not hold them any more."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.commit({**ONE, "a": ("a.py", b"new\n")})
        shared = world.target.root / "releases" / "1"
        (shared / "a.py").chmod(0o644)
        (shared / "a.py").write_bytes(b"tampered\n")
        world.rollback()
        assert world.read("a.py") == b"a\nb\nc\n"
        assert kept(world) == [("a.py", b"tampered\n")]


def test_a_rollback_shares_the_files_of_the_release_that_it_restores(tmp_path: Path) -> None:
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.commit({**ONE, "a": ("a.py", b"new\n")})
        world.rollback()
        assert world.shown() == "releases/3"
        assert bytes_of(world, 3) == bytes_of(world, 1)
        assert inode(world, 3, "a.py") == inode(world, 1, "a.py")


def test_without_its_memory_every_file_is_compared_by_its_bytes(tmp_path: Path) -> None:
    """The memory is a cache: without it, edits are found all the same, and files are shared."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.write("a.py", b"mine\n")
        shutil.rmtree(tmp_path / ".regen" / "deploy")
        world.commit(with_b(b"2\n"))
        assert world.read("a.py") == b"mine\n"
        assert inode(world, 1, "pkg/c.py") == inode(world, 2, "pkg/c.py")


def test_a_memory_that_was_cut_off_is_none(tmp_path: Path) -> None:
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        memory = tmp_path / ".regen" / "deploy" / ENVIRONMENT / "1"
        memory.write_bytes(memory.read_bytes()[:-5])
        world.write_in_place("a.py", b"mine\n")
        world.commit(with_b(b"2\n"))
        assert world.read("a.py") == b"mine\n"


def test_a_file_that_a_person_removed_stays_removed(tmp_path: Path) -> None:
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        (world.root / "pkg/c.py").unlink()
        world.commit(with_b(b"2\n"))
        assert sorted(world.tree()) == ["a.py", "pkg/b.py"]


def test_a_conflict_leaves_the_persons_file_in_the_next_release(tmp_path: Path) -> None:
    """It waits where people read it, through any number of releases, until it is settled."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.write("pkg/b.py", b"1\nmine\n3\n")
        done = world.commit({**with_b(b"1\ntheirs\n3\n"), "a": ("a.py", b"A\n")})
        assert done.conflicts == ("pkg/b.py",)
        assert (world.read("pkg/b.py"), world.read("a.py")) == (b"1\nmine\n3\n", b"A\n")
        world.write("pkg/b.py", b"1\nmine, again\n3\n")
        world.commit({**with_b(b"1\ntheirs\n3\n"), "a": ("a.py", b"B\n")})
        assert world.read("pkg/b.py") == b"1\nmine, again\n3\n"


def test_an_edited_file_whose_key_is_gone_stays(tmp_path: Path) -> None:
    """An orphan comes along, an unedited file goes."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        world.write("pkg/b.py", b"mine\n")
        for text in (b"1\n", b"2\n"):
            world.commit({"a": ("a.py", text)})
            assert {path: data for path, (data, _) in world.tree().items()} == {"a.py": text, "pkg/b.py": b"mine\n"}


def test_old_folders_go_but_the_way_back_stays(tmp_path: Path) -> None:
    """`keep` counts old folders; the one that a rollback goes to stays beside them."""
    with opened_whole(tmp_path, "releases", keep=2) as world:
        for number in range(1, 7):
            world.commit(with_b(f"{number}\n".encode()))
        assert world.numbers() == [4, 5, 6]
        world.rollback()
        world.rollback()
        world.rollback(2)
        assert world.shown() == "releases/9"
        assert world.numbers()[-3:] == [7, 8, 9]
    with opened_whole(tmp_path, "releases", keep=0) as world:
        world.commit(with_b(b"new\n"))
        back = world.rollback().release.restores
        assert back in (2, 9)
        assert world.read("pkg/b.py") == b"2\n"


def test_an_edit_in_an_old_folder_is_kept_when_the_folder_goes(tmp_path: Path) -> None:
    """Saved there by somebody who was late; files of others stay with their folder."""
    with opened_whole(tmp_path, "releases", keep=0) as world:
        world.commit(ONE)
        world.commit(with_b(b"2\n"))
        old = world.target.root / "releases" / "1"
        (old / "pkg/b.py").unlink()
        (old / "pkg/b.py").write_bytes(b"late\n")
        (old / "pkg/notes.txt").write_text("mine")
        world.commit(with_b(b"3\n"))
        world.commit(with_b(b"4\n"))
        assert kept(world) == [("pkg/b.py", b"late\n")]
        assert bytes_of(world, 1) == {"pkg/notes.txt": b"mine"}
        assert world.numbers() == [1, 3, 4]


def test_a_folder_that_this_state_does_not_know_is_left(tmp_path: Path) -> None:
    """After `.regen` was lost, numbers begin anew: what stands there is not overwritten."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        tree = world.tree()
    shutil.rmtree(tmp_path / ".regen")
    with opened_whole(tmp_path, "releases") as world:
        with pytest.raises(Exception, match="stands already, and this project's state does not know it") as caught:
            world.commit({**ONE, "a": ("a.py", b"new\n")})
        assert "move" in str(caught.value)
        assert world.tree() == tree
        (tmp_path / "out").rename(tmp_path / "old")
        world.commit({**ONE, "a": ("a.py", b"new\n")})
        assert world.read("a.py") == b"new\n"


def test_a_vanished_folder_is_built_anew(tmp_path: Path) -> None:
    """`current` leads to it again; no file of it is read anywhere else."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        shutil.rmtree(world.target.root / "releases")
        with pytest.raises(DeployError, match="is gone since the plan was made"):
            world.commit(with_b(b"2\n"), plan=planned(world))
        world.commit({**with_b(b"2\n"), "d": ("d.py", b"d\n")}, plan=only_new(world))
        assert world.read("d.py") == b"d\n"
        assert world.read("a.py") == b"a\nb\nc\n"


def planned(world: WholeWorld) -> Plan:
    """A plan that read a file which is gone now."""
    plan = only_new(world)
    [item] = plan.items
    return replace(plan, items=(replace(item, old="0" * 64, action=Action.UPDATE),))


def only_new(world: WholeWorld) -> Plan:
    """A plan for one new file alone."""
    plan = world.plan({"d": ("d.py", b"d\n")})
    return replace(plan, items=tuple(item for item in plan.items if item.path == "d.py"))


def test_links_and_devices_that_a_person_put_there_are_not_followed(tmp_path: Path) -> None:
    """The next release has the file; what the link leads to is untouched."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        (tmp_path / "secret").write_bytes(b"secret\n")
        (world.root / "a.py").unlink()
        (world.root / "a.py").symlink_to(tmp_path / "secret")
        (world.root / "pkg/c.py").unlink()
        os.mkfifo(world.root / "pkg/c.py")
        plan = world.plan(with_b(b"2\n"))
        affected = tuple(item for item in plan.items if item.path == "pkg/b.py")
        world.commit(with_b(b"2\n"), plan=replace(plan, items=affected))
        assert (world.read("a.py"), world.read("pkg/c.py")) == (b"a\nb\nc\n", b"x\n")
        assert (tmp_path / "secret").read_bytes() == b"secret\n"


def test_a_folder_that_became_a_link_is_refused(tmp_path: Path) -> None:
    """Nothing is read or written through it."""
    with opened_whole(tmp_path, "releases") as world:
        world.commit(ONE)
        (tmp_path / "elsewhere").mkdir()
        for name in ("b.py", "c.py"):
            (tmp_path / "elsewhere" / name).write_bytes(b"1\n2\n3\n")
        plan = world.plan(with_b(b"2\n"))
        shutil.rmtree(world.root / "pkg")
        (world.root / "pkg").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(Exception, match="symbolic link") as caught:
            world.commit(with_b(b"2\n"), plan=plan)
        assert "move the link away" in str(caught.value)
        assert world.shown() == "releases/1"
