"""A commit writes what a plan says, and the history says what was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.deploy_world import ENVIRONMENT, Renders, World, artifact, opened

from regen.errors import UsageError
from regen.model.plan import Action, Inputs, Plan, PlanItem
from regen.model.release import ReleaseState
from regen.stages import deploy
from regen.stages.deploy import interrupted
from regen.state import releases
from regen.state.lockfile import read_lock

ONE: Renders = {"a": ("a.py", b"one\ntwo\nthree\n"), "b": ("pkg/b.py", b"bee\n"), "c": ("pkg/sub/c.py", b"see\n")}


def test_first_release(tmp_path: Path) -> None:
    """New files, folders for them, a release, versions, the lock; nothing hidden is left."""
    with opened(tmp_path) as world:
        world.stale("a", "b", "c")
        done = world.commit(ONE)
        assert done.release is not None
        assert (done.release.number, done.release.created, done.release.state) == (1, 3, ReleaseState.DEPLOYED)
        assert {path: data for path, (data, _) in world.tree().items()} == dict(ONE.values())
        held = [version.path for version in releases.contents(world.state.db, ENVIRONMENT, 1)]
        assert held == ["a.py", "pkg/b.py", "pkg/sub/c.py"]
        assert world.state.db.execute("SELECT * FROM stale") == []
        assert interrupted(world.state, ENVIRONMENT) is None
        lock = read_lock(world.state.lock_folder, ENVIRONMENT)
        assert {line.path for line in lock.values()} == {path for path, _ in ONE.values()}
        assert lock[artifact("b")].base == world.digest("pkg/b.py")


def test_nothing_changed_is_no_release(tmp_path: Path) -> None:
    """An empty plan makes no release and touches no file."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        before = {p: (world.root / p).stat().st_mtime_ns for p in world.tree()}
        assert world.commit(ONE).release is None
        assert {p: (world.root / p).stat().st_mtime_ns for p in world.tree()} == before
        assert len(releases.history(world.state.db, ENVIRONMENT)) == 1


def test_unchanged_files_keep_inode_and_time(tmp_path: Path) -> None:
    """One change writes one file."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        before = (world.root / "pkg/b.py").stat()
        world.commit({**ONE, "a": ("a.py", b"one\n2\nthree\n")})
        after = (world.root / "pkg/b.py").stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
        assert world.read("a.py") == b"one\n2\nthree\n"


def test_mode_and_attributes_stay(tmp_path: Path) -> None:
    """A replaced file keeps its permissions and extended attributes, a moved one takes them along."""
    import os

    with opened(tmp_path) as world:
        world.commit(ONE)
        (world.root / "a.py").chmod(0o751)
        os.setxattr(world.root / "a.py", "user.note", b"mine")
        world.commit({**ONE, "a": ("a.py", b"1\n")})
        assert (world.root / "a.py").stat().st_mode & 0o7777 == 0o751
        assert os.getxattr(world.root / "a.py", "user.note") == b"mine"
        world.commit({**ONE, "a": ("new/a.py", b"1\n")})
        assert (world.root / "new/a.py").stat().st_mode & 0o7777 == 0o751
        assert os.getxattr(world.root / "new/a.py", "user.note") == b"mine"
        assert not (world.root / "a.py").exists()


def test_swap_of_two_paths(tmp_path: Path) -> None:
    """Two artifacts that change places keep their bytes and permissions."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        (world.root / "a.py").chmod(0o755)
        world.commit({**ONE, "a": ("pkg/b.py", ONE["a"][1]), "b": ("a.py", ONE["b"][1])})
        tree = world.tree()
        assert tree["pkg/b.py"] == (ONE["a"][1], 0o755)
        assert tree["a.py"][0] == ONE["b"][1]
        assert tree["a.py"][1] != 0o755


def test_a_path_goes_to_a_new_owner(tmp_path: Path) -> None:
    """One artifact goes and another one takes its path in the same plan."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.commit({"b": ONE["b"], "c": ONE["c"], "d": ("a.py", b"dee\n")})
        assert world.read("a.py") == b"dee\n"
        version = releases.at_path(world.state.db, ENVIRONMENT, "a.py")
        assert version is not None
        assert version.artifact == artifact("d")


def test_file_becomes_folder_and_folder_becomes_file(tmp_path: Path) -> None:
    """`x` makes room for `x/y`, and back again."""
    with opened(tmp_path) as world:
        world.commit({"x": ("x", b"file\n"), "o": ("o", b"o\n")})
        world.commit({"y": ("x/y", b"inside\n"), "o": ("o", b"o\n")})
        assert {p: d for p, (d, _) in world.tree().items()} == {"x/y": b"inside\n", "o": b"o\n"}
        world.commit({"x": ("x", b"file again\n"), "o": ("o", b"o\n")})
        assert {p: d for p, (d, _) in world.tree().items()} == {"x": b"file again\n", "o": b"o\n"}


def test_empty_folders_go_if_regen_made_them(tmp_path: Path) -> None:
    """A folder that regen made goes with its last file; one of the user's, or with a file of the user's, stays."""
    with opened(tmp_path) as world:
        (world.root / "mine").mkdir(parents=True)
        world.commit({"a": ("mine/a", b"a"), "b": ("made/deep/b", b"b"), "c": ("shared/c", b"c")})
        world.write("shared/notes.txt", b"my notes")
        world.commit({"d": ("d", b"d")})
        assert world.folders() == {"mine", "shared"}
        assert world.read("shared/notes.txt") == b"my notes"


def test_edits_merge_and_bases_move(tmp_path: Path) -> None:
    """A hand edit survives; the version holds the merge and the new render as its base."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.write("a.py", b"one\ntwo\nthree\nmine\n")
        world.commit({**ONE, "a": ("a.py", b"ONE\ntwo\nthree\n")})
        assert world.read("a.py") == b"ONE\ntwo\nthree\nmine\n"
        version = releases.at_path(world.state.db, ENVIRONMENT, "a.py")
        assert version is not None
        assert world.state.blobs.read(version.content) == b"ONE\ntwo\nthree\nmine\n"
        assert world.state.blobs.read(version.base) == b"ONE\ntwo\nthree\n"
        first = releases.at_path(world.state.db, ENVIRONMENT, "a.py", 1)
        assert first is not None
        assert first.last is not None
        assert world.state.blobs.read(first.last) == b"one\ntwo\nthree\nmine\n"


def test_conflict_leaves_the_file_and_the_rest_is_written(tmp_path: Path) -> None:
    """The release is incomplete, the three sides are stored, the artifact waits."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.write("a.py", b"one\nMINE\nthree\n")
        done = world.commit({**ONE, "a": ("a.py", b"one\nTHEIRS\nthree\n"), "b": ("pkg/b.py", b"new\n")})
        assert done.conflicts == ("a.py",)
        assert done.release is not None
        assert not done.release.complete
        assert world.read("a.py") == b"one\nMINE\nthree\n"
        assert world.read("pkg/b.py") == b"new\n"
        row = world.state.db.one("SELECT base, ours, theirs, marked FROM conflict")
        assert row is not None
        sides = [world.state.blobs.read(digest) for digest in row]
        assert sides[:3] == [b"one\ntwo\nthree\n", b"one\nMINE\nthree\n", b"one\nTHEIRS\nthree\n"]
        assert b"<<<<<<<" in sides[3]
        assert world.state.db.execute("SELECT state FROM artifact WHERE path = 'a.py'") == [("conflict",)]


def test_deleted_by_the_user_stays_deleted(tmp_path: Path) -> None:
    """The history ends there; the artifact is remembered as deleted."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        (world.root / "a.py").unlink()
        done = world.commit({**ONE, "a": ("a.py", b"new\n")})
        assert world.read("a.py") is None
        assert done.release is not None
        assert releases.at_path(world.state.db, ENVIRONMENT, "a.py") is None
        assert world.state.db.execute("SELECT state FROM artifact WHERE path = 'a.py'") == [("deleted",)]
        assert world.commit({**ONE, "a": ("a.py", b"newer\n")}).release is None


def test_an_edit_between_plan_and_commit_is_merged(tmp_path: Path) -> None:
    """The plan read other bytes than the disk holds at the commit."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        wanted = {**ONE, "a": ("a.py", b"ONE\ntwo\nthree\n")}
        plan = world.plan(wanted)
        world.write("a.py", b"one\ntwo\nthree\nmine\n")
        done = world.commit(wanted, plan=plan)
        assert world.read("a.py") == b"ONE\ntwo\nthree\nmine\n"
        assert done.again == ("a.py",)


def test_a_file_that_appears_between_plan_and_commit_is_a_conflict(tmp_path: Path) -> None:
    """Two sides that differ without a base are for a person."""
    with opened(tmp_path) as world:
        plan = world.plan(ONE)
        world.write("a.py", b"quite another thing\n")
        done = world.commit(ONE, plan=plan)
        assert world.read("a.py") == b"quite another thing\n"
        assert done.conflicts == ("a.py",)
        assert world.read("pkg/b.py") == b"bee\n"


def test_an_edit_of_a_file_that_was_to_go_keeps_it(tmp_path: Path) -> None:
    """Its artifact becomes an orphan."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        wanted = {k: v for k, v in ONE.items() if k != "a"}
        plan = world.plan(wanted)
        world.write("a.py", b"mine\n")
        world.commit(wanted, plan=plan)
        assert world.read("a.py") == b"mine\n"
        assert world.state.db.execute("SELECT state FROM artifact WHERE path = 'a.py'") == [("orphan",)]


def test_history_and_comparison(tmp_path: Path) -> None:
    """Contents of every release, what differs, bad numbers."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.commit({**ONE, "a": ("a.py", b"2\n")})
        world.commit({"a": ("a.py", b"2\n"), "b": ONE["b"], "d": ("d", b"d\n")})
        db = world.state.db
        assert [r.number for r in releases.history(db, ENVIRONMENT)] == [3, 2, 1]
        assert [r.number for r in releases.history(db, ENVIRONMENT, limit=1, before=3)] == [2]
        assert [releases.count(db, ENVIRONMENT, n) for n in (1, 2, 3)] == [3, 3, 3]
        assert [v.path for v in releases.contents(db, ENVIRONMENT, 2, prefix="pkg/")] == ["pkg/b.py", "pkg/sub/c.py"]
        pairs = releases.compare(db, ENVIRONMENT, 1, 3)
        assert [(old and old.path, new and new.path) for old, new in pairs] == [
            ("a.py", "a.py"),
            (None, "d"),
            ("pkg/sub/c.py", None),
        ]
        with pytest.raises(UsageError, match="no release 9; it has releases 1 to 3"):
            releases.release(db, ENVIRONMENT, 9)
        with pytest.raises(UsageError, match="none yet"):
            releases.release(db, "prod", 1)


def test_equal_artifacts_leave_the_stale_set(tmp_path: Path) -> None:
    """Items that came out equal make no release; their inputs are stored, and one without a file gets its row."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.stale("a", "silent")
        because = world.plan({**ONE, "a": ("a.py", b"x")}).items[0].because
        nothing = [
            PlanItem(artifact("a"), Action.NOTHING, "a.py", because, inputs=Inputs("newer", (("view", "1"),))),
            PlanItem(artifact("silent"), Action.NOTHING, "", because, inputs=Inputs("newer", (("view", "2"),))),
        ]
        seen: list[int | None] = []
        done = deploy.commit(
            world.state,
            world.target,
            world.plan(ONE),
            inputs="same",
            at=world.now(),
            remerge=world.remerge,
            nothing=nothing,
            within=seen.append,
        )
        assert done.release is None
        assert seen == [None]
        assert world.state.db.execute("SELECT * FROM stale") == []
        rows = world.state.db.execute("SELECT path, rows FROM artifact WHERE template_digest = 'newer' ORDER BY id")
        assert rows == [("a.py", '[["view","1"]]'), (None, '[["view","2"]]')]


def test_a_block_taken_out_of_a_file_that_stays(tmp_path: Path) -> None:
    """A deletion with content rewrites the file and forgets the artifact; the rollback brings both back."""
    with opened(tmp_path) as world:
        world.write("mine.txt", b"head\ntail\n")
        plan = world.plan({"block": ("mine.txt", b"block\n")})
        (item,) = plan.items
        world.commit({}, plan=replace(plan, items=(replace(item, content=b"head\nblock\ntail\n"),)))
        (gone,) = world.plan({}).items
        taken = replace(gone, action=Action.DELETE, content=b"head\ntail\n")
        world.commit({}, plan=replace(plan, items=(taken,)), inputs="other")
        assert world.read("mine.txt") == b"head\ntail\n"
        assert world.state.db.execute("SELECT * FROM artifact") == []
        world.rollback()
        assert world.read("mine.txt") == b"head\nblock\ntail\n"


def test_what_runs_within_the_transaction_may_fail(tmp_path: Path) -> None:
    """Then nothing was written, and nothing is left beside the targets."""

    def fails(number: int | None) -> None:
        raise KeyError(number)

    with opened(tmp_path) as world:
        with pytest.raises(KeyError):
            deploy.commit(
                world.state,
                world.target,
                world.plan(ONE),
                inputs="i",
                at=world.now(),
                remerge=world.remerge,
                within=fails,
            )
        assert not world.root.exists()
        assert releases.history(world.state.db, ENVIRONMENT) == []


def test_a_path_held_by_an_edited_file_is_a_conflict(tmp_path: Path) -> None:
    """An orphan keeps its path; who wants it waits."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.write("a.py", b"edited\n")
        done = world.commit({"b": ONE["b"], "c": ONE["c"], "new": ("a.py", b"new owner\n")}, plan=_keeping(world))
        assert done.conflicts == ("a.py",)
        assert world.read("a.py") == b"edited\n"
        states = world.state.db.execute("SELECT key, state FROM artifact WHERE state <> 'ok' ORDER BY key")
        assert states == [("<http://example.org/a>", "orphan"), ("<http://example.org/new>", "conflict")]


def _keeping(world: World) -> Plan:
    plan = world.plan({"b": ONE["b"], "c": ONE["c"], "new": ("a.py", b"new owner\n")})
    items = [replace(i, action=Action.KEEP) if i.action is Action.DELETE else i for i in plan.items]
    return replace(plan, items=tuple(items))
