"""A rollback restores exact bytes, deletions and permissions included, and says what it does with edits made since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.deploy_world import ENVIRONMENT, Renders, Tree, World, opened, scratch, sound

from regen.errors import UsageError
from regen.model.release import ReleaseState
from regen.state import holds, releases

ONE: Renders = {"a": ("a.py", b"one\ntwo\nthree\n"), "b": ("pkg/b.py", b"bee\n"), "c": ("gone/c.py", b"see\n")}
TWO: Renders = {"a": ("a.py", b"ONE\ntwo\nthree\n"), "b": ("moved/b.py", b"bee\n"), "d": ("new/d.py", b"dee\n")}


def two_releases(world: World) -> Tree:
    world.commit(ONE)
    tree = world.tree()
    world.commit(TWO)
    return tree


def test_exact_bytes_and_deletions(tmp_path: Path) -> None:
    """The old tree stands again, as a new release; the one that was left is bad, its inputs are held."""
    with opened(tmp_path) as world:
        first = two_releases(world)
        left = releases.current(world.state.db, ENVIRONMENT)
        assert left is not None
        done = world.rollback()
        assert world.tree() == first
        assert world.folders() == {"pkg", "gone"}
        assert (done.release.number, done.release.restores, done.release.parent) == (3, 1, 2)
        assert done.left.state is ReleaseState.BAD
        assert done.edits == ()
        hold = holds.held(world.state.db, ENVIRONMENT)
        assert hold is not None
        assert (hold.inputs, hold.release) == (left.inputs, 3)
        sound(world)


def test_bases_come_back_and_what_differs_is_stale(tmp_path: Path) -> None:
    """After the hold is lifted the same work is done again, and edits merge against the restored base."""
    with opened(tmp_path) as world:
        two_releases(world)
        world.rollback()
        assert world.state.db.execute("SELECT count(*) FROM stale") == [(4,)]
        version = releases.at_path(world.state.db, ENVIRONMENT, "a.py")
        assert version is not None
        assert world.state.blobs.read(version.base) == ONE["a"][1]
        world.write("a.py", b"one\ntwo\nthree\nmine\n")
        assert holds.let_go(world.state.db, ENVIRONMENT)
        assert not holds.let_go(world.state.db, ENVIRONMENT)
        world.commit(TWO)
        assert world.read("a.py") == b"ONE\ntwo\nthree\nmine\n"
        assert world.state.db.execute("SELECT count(*) FROM stale") == [(0,)]


def test_an_edit_made_since_is_merged_onto_what_is_restored(tmp_path: Path) -> None:
    """It is listed, too."""
    with opened(tmp_path) as world:
        two_releases(world)
        world.write("a.py", b"ONE\ntwo\nthree\nmine\n")
        done = world.rollback()
        assert world.read("a.py") == b"one\ntwo\nthree\nmine\n"
        (edit,) = done.edits
        assert (edit.path, edit.outcome) == ("a.py", "merged onto what was restored")
        assert edit.content is not None
        assert world.state.blobs.read(edit.content) == b"ONE\ntwo\nthree\nmine\n"


def test_an_edit_that_does_not_fit_is_set_aside(tmp_path: Path) -> None:
    """What is restored stands; the edit is a blob, listed."""
    with opened(tmp_path) as world:
        two_releases(world)
        world.write("a.py", b"MINE\ntwo\nthree\n")
        done = world.rollback()
        assert world.read("a.py") == ONE["a"][1]
        assert [(edit.path, edit.outcome) for edit in done.edits] == [("a.py", "set aside")]
        (kept,) = releases.kept_edits(world.state.db, ENVIRONMENT)
        assert world.state.blobs.read(kept.content) == b"MINE\ntwo\nthree\n"


def test_discarded_edits_are_kept_as_blobs(tmp_path: Path) -> None:
    """`--discard-edits` gives the bytes of the release and keeps what it took."""
    with opened(tmp_path) as world:
        first = two_releases(world)
        world.write("a.py", b"ONE\ntwo\nthree\nmine\n")
        world.write("new/d.py", b"dee\nmine\n")
        world.rollback(discard_edits=True)
        assert world.tree() == first
        kept = {world.state.blobs.read(e.content) for e in releases.kept_edits(world.state.db, ENVIRONMENT)}
        assert kept == {b"ONE\ntwo\nthree\nmine\n", b"dee\nmine\n"}
        sound(world)


def test_an_edited_file_that_the_release_did_not_have_stays(tmp_path: Path) -> None:
    """It becomes an orphan: reported, not removed."""
    with opened(tmp_path) as world:
        two_releases(world)
        world.write("new/d.py", b"dee\nmine\n")
        done = world.rollback()
        assert world.read("new/d.py") == b"dee\nmine\n"
        assert [(edit.path, edit.outcome) for edit in done.edits] == [("new/d.py", "left in place")]
        assert world.state.db.execute("SELECT state FROM artifact WHERE path = 'new/d.py'") == [("orphan",)]
        assert "new/d.py" not in {v.path for v in releases.contents(world.state.db, ENVIRONMENT, 3)}
        sound(world)


def test_a_file_deleted_since_stays_deleted(tmp_path: Path) -> None:
    """Deleting is an edit; with `--discard-edits` the file comes back."""
    for discard in (False, True):
        with opened(tmp_path / str(discard)) as world:
            two_releases(world)
            (world.root / "a.py").unlink()
            done = world.rollback(discard_edits=discard)
            assert world.read("a.py") == (ONE["a"][1] if discard else None)
            assert [edit.outcome for edit in done.edits] == ([] if discard else ["kept deleted"])
            sound(world)


def test_edits_from_before_the_release_come_back(tmp_path: Path) -> None:
    """What the left release merged is undone to the byte, edits included."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.write("a.py", b"one\ntwo\nthree\nmine\n")
        (world.root / "a.py").chmod(0o700)
        before = world.tree()
        world.commit(TWO)
        assert world.read("a.py") == b"ONE\ntwo\nthree\nmine\n"
        world.rollback()
        assert world.tree() == before


def test_a_cleaned_output_folder_is_restored_whole(tmp_path: Path) -> None:
    """Where the root is gone, everything of the release is written."""
    with opened(tmp_path) as world:
        first = two_releases(world)
        shutil.rmtree(world.root)
        world.rollback()
        assert world.tree() == first


def test_a_file_of_the_users_in_the_way_is_left(tmp_path: Path) -> None:
    """It is a conflict; regen never owned it."""
    with opened(tmp_path) as world:
        two_releases(world)
        world.write("gone/c.py", b"something of mine\n")
        done = world.rollback()
        assert done.conflicts == ("gone/c.py",)
        assert not done.release.complete
        assert world.read("gone/c.py") == b"something of mine\n"
        assert world.read("pkg/b.py") == b"bee\n"


def test_a_file_that_stood_before_regen_wrote_there_comes_back(tmp_path: Path) -> None:
    """A file of the user's that a release took over is what the rollback leaves."""
    with opened(tmp_path) as world:
        world.commit(ONE)
        world.write("new/d.py", b"dee\n")
        before = world.tree()
        world.commit(TWO)
        world.rollback()
        assert world.tree() == before


def test_which_release_a_rollback_goes_to(tmp_path: Path) -> None:
    """The newest good one below; never a bad one unless forced; errors name the way out."""
    with opened(tmp_path) as world:
        with pytest.raises(UsageError, match="no release yet"):
            world.rollback()
        world.commit(ONE)
        world.commit(TWO)
        world.commit({**TWO, "a": ("a.py", b"third\n")})
        assert world.rollback().release.restores == 2
        with pytest.raises(UsageError, match="marked bad"):
            world.rollback(3)
        with pytest.raises(UsageError, match="what stands now"):
            world.rollback(2)
        with pytest.raises(UsageError, match="no release 77"):
            world.rollback(77)
        assert world.rollback().release.restores == 1
        hold = holds.held(world.state.db, ENVIRONMENT)
        third = releases.release(world.state.db, ENVIRONMENT, 3)
        assert hold is not None
        assert hold.inputs == third.inputs
        assert world.rollback(3, force=True).release.restores == 3
        assert world.read("a.py") == b"third\n"


def test_it_costs_what_differs(tmp_path: Path) -> None:
    """Files that do not differ are neither written nor looked at."""
    many: Renders = {f"n{i}": (f"many/{i}", b"%d" % i) for i in range(50)}
    with opened(tmp_path) as world:
        world.commit({**many, **ONE})
        world.commit({**many, **TWO})
        before = {i: (world.root / f"many/{i}").stat() for i in range(50)}
        (world.root / "many" / "7").unlink()
        (world.root / "many" / "7").symlink_to("nowhere")  # looking at it would fail
        world.rollback()
        for i in set(range(50)) - {7}:
            now = (world.root / f"many/{i}").stat()
            assert (now.st_ino, now.st_mtime_ns, now.st_atime_ns) == (
                before[i].st_ino,
                before[i].st_mtime_ns,
                before[i].st_atime_ns,
            )


PATHS = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", "f"])
LINES = st.lists(st.sampled_from([b"red\n", b"green\n", b"blue\n", b"black\n"]), min_size=1, max_size=6).map(b"".join)


@st.composite
def renders(draw: st.DrawFn) -> Renders:
    paths = draw(st.lists(PATHS, unique=True, max_size=6))
    names = draw(st.permutations(["k1", "k2", "k3", "k4", "k5", "k6"]))
    return {name: (path, draw(LINES)) for name, path in zip(names, paths, strict=False)}


EDITS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["append", "prepend", "chmod", "delete"])), max_size=3)


def edit_some(world: World, edits: list[tuple[int, str]]) -> None:
    for number, how in edits:
        paths = sorted(world.tree())
        if not paths:
            return
        file = world.root / paths[number % len(paths)]
        match how:
            case "append":
                file.write_bytes(file.read_bytes() + b"mine\n")
            case "prepend":
                file.write_bytes(b"mine\n" + file.read_bytes())
            case "chmod":
                file.chmod(0o711)
            case _:
                file.unlink()


def restores(history: list[Renders], edits: list[tuple[int, str]], back: int) -> None:
    """The tree before a deployment is the tree after its rollback; older releases come back as they were."""
    with scratch() as folder, opened(folder) as world:
        trees = []
        for wanted in history[:-1]:
            world.commit(wanted)
            trees.append((releases.current(world.state.db, ENVIRONMENT), world.tree()))
        edit_some(world, edits)
        before = world.tree()
        done = world.commit(history[-1])
        sound(world)
        if done.release is None or done.release.parent is None:
            return
        world.rollback()
        sound(world)
        assert world.tree() == before
        release, tree = trees[back % len(trees)]
        now = releases.current(world.state.db, ENVIRONMENT)
        if release is None or now is None or release.number in (now.number, now.restores):
            return
        differing = set(releases.differing(world.state.db, ENVIRONMENT, release.number))
        world.rollback(release.number, discard_edits=True, force=True)
        sound(world)
        held = releases.contents(world.state.db, ENVIRONMENT, release.number)
        restored = {v.path: world.state.blobs.read(v.content) for v in held if v.path in differing}
        assert {p: d for p, (d, _) in world.tree().items() if p in differing} == restored
        if not edits:
            assert world.tree() == tree


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@example(  # the bytes that move are those that stand there, and only the permissions differ
    [{"k1": ("b", b"red\n"), "k2": ("a", b"red\nred\n")}, {"k1": ("a", b"red\nred\n")}], [(0, "chmod")], 0
)
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(st.lists(renders(), min_size=2, max_size=4), EDITS, st.integers(0, 3))
def test_rollback_of_a_deployment_is_what_was_before(
    history: list[Renders], edits: list[tuple[int, str]], back: int
) -> None:
    """rollback(deploy(x)) == x, byte for byte, permissions included, for any history with any edits."""
    restores(history, edits, back)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(st.lists(renders(), min_size=2, max_size=6), EDITS, st.integers(0, 5))
def test_rollback_of_many_deployments(history: list[Renders], edits: list[tuple[int, str]], back: int) -> None:
    """The same, thousands of times."""
    restores(history, edits, back)
