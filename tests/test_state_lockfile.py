"""`regen.lock`: stable lines in small shards, that git merges and a clone can read."""

from __future__ import annotations

import os
import shutil
from errno import ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deploy_world import ENVIRONMENT, Renders, artifact, in_child, killed, opened, scratch

from regen.errors import StateError
from regen.state import lockfile
from regen.state.blobs import digest_of
from regen.state.flushing import Flushing
from regen.state.lockfile import read_lock, shard_stem, write_dirty


def shards(folder: Path) -> dict[str, bytes]:
    root = folder / "regen.lock"
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def test_one_sorted_line_an_artifact(tmp_path: Path) -> None:
    """Path, template, key, inputs, base; one shard for each folder."""
    wanted: Renders = {"b": ("pkg/b.py", b"b"), "a": ("pkg/a.py", b"a"), "r": ("root.py", b"r")}
    with opened(tmp_path) as world:
        world.commit(wanted)
        found = shards(tmp_path)
        assert list(found) == ["dev/%root.lock", "dev/pkg.lock"]
        lines = found["dev/pkg.lock"].decode().splitlines()
        assert [line.split("\t")[:3] for line in lines] == [
            ["pkg/a.py", "page.j2", "<http://example.org/a>"],
            ["pkg/b.py", "page.j2", "<http://example.org/b>"],
        ]
        line = read_lock(tmp_path / "regen.lock", ENVIRONMENT)[artifact("a")]
        row = world.state.db.one("SELECT template_digest, rows, base FROM artifact WHERE path = 'pkg/a.py'")
        assert row is not None
        assert line.inputs == digest_of(f"{row[0]}\n{row[1]}".encode())
        assert line.base == row[2]


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """Other shards keep inode and time; an empty folder's shard goes."""
    wanted: Renders = {"a": ("one/a", b"a"), "b": ("two/b", b"b")}
    with opened(tmp_path) as world:
        world.commit(wanted)
        before = (tmp_path / "regen.lock/dev/two.lock").stat()
        world.commit({**wanted, "a": ("one/a", b"other")})
        after = (tmp_path / "regen.lock/dev/two.lock").stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
        world.commit({"b": wanted["b"]})
        assert list(shards(tmp_path)) == ["dev/two.lock"]


def test_large_folders_are_spread(tmp_path: Path) -> None:
    """Past the limit lines go to shards by a hash of the path, and one change writes one small file; and back again."""
    wanted: Renders = {f"n{i}": (f"big/{i}", b"%d" % i) for i in range(600)}
    with opened(tmp_path) as world:
        world.commit(wanted)
        before = shards(tmp_path)
        assert len(before) == 16
        assert len(read_lock(tmp_path / "regen.lock", ENVIRONMENT)) == 600
        world.commit({**wanted, "n7": ("big/7", b"other")})
        after = shards(tmp_path)
        assert sum(before[name] != after[name] for name in before) == 1
        world.commit({name: wanted[name] for name in list(wanted)[:10]})
        assert list(shards(tmp_path)) == ["dev/big.lock"]


@settings(max_examples=100, deadline=None)
@given(st.sets(st.lists(st.text("ab%x.lock0", min_size=1, max_size=8), min_size=1, max_size=3).map(tuple), max_size=8))
def test_no_shard_is_in_the_way_of_another(folders: set[tuple[str, ...]]) -> None:
    """Whatever folders are called, "x.lock" and "x%" included, their shards are different files and no folders."""
    stems = {shard_stem(Path("root"), "/".join(parts) + "/") for parts in folders}
    files = {stem.with_name(stem.name + mark + ".lock") for stem in stems for mark in ("", "%x0", "%xab")}
    files.add(shard_stem(Path("root"), "").with_name("%root.lock"))
    assert len(files) == 3 * len(folders) + 1
    assert not files & {parent for file in files for parent in file.parents}


def test_strange_names_survive(tmp_path: Path) -> None:
    """Backslashes in a path are escaped and come back."""
    with opened(tmp_path) as world:
        world.commit({"a": ("back\\slash\\n.txt", b"a"), "b": ("x.lock/y", b"b"), "c": ("x/y", b"c")})
        paths = {line.path for line in read_lock(tmp_path / "regen.lock", ENVIRONMENT).values()}
        assert paths == {"back\\slash\\n.txt", "x.lock/y", "x/y"}


def test_a_conflict_of_git_in_the_lock_is_named(tmp_path: Path) -> None:
    """With file and line."""
    with opened(tmp_path) as world:
        world.commit({"a": ("a", b"a")})
    file = tmp_path / "regen.lock" / "dev" / "%root.lock"
    file.write_text("<<<<<<< HEAD\n" + file.read_text())
    with pytest.raises(StateError, match="no line of a lock") as caught:
        read_lock(tmp_path / "regen.lock", ENVIRONMENT)
    assert caught.value.where is not None
    assert caught.value.where.endswith("%root.lock:1")


def test_no_lock_is_empty(tmp_path: Path) -> None:
    """A project that never committed one."""
    assert read_lock(tmp_path / "regen.lock", ENVIRONMENT) == {}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sets(st.integers(0, 24), max_size=20), min_size=1, max_size=6), st.integers(1, 12))
def test_editing_lines_gives_the_files_that_writing_all_gives(steps: list[set[int]], shard: int) -> None:
    """After any commits the shards are those of a lock that is made anew, however few lines a shard holds."""
    with (
        TemporaryDirectory() as place,
        patch.object(lockfile, "_LINES_A_SHARD", shard),
        opened(Path(place)) as world,
    ):
        for number, names in enumerate(steps):
            world.commit({f"n{i}": (f"{'xyz'[i % 3]}/{i}", b"%d" % (i * (number % 2))) for i in names})
            edited = shards(Path(place))
            world.state.db.execute("DELETE FROM lock_folder")
            shutil.rmtree(Path(place) / "regen.lock", ignore_errors=True)
            world.state.db.execute(
                "INSERT INTO lock_dirty SELECT environment, folder, path FROM artifact WHERE path IS NOT NULL"
            )
            write_dirty(world.state, ENVIRONMENT)
            assert shards(Path(place)) == edited


def test_a_lost_lock_file_is_written_with_the_next_commit_of_its_folder() -> None:
    """The lock is made from the records, so nothing is lost with it."""
    with scratch() as folder, opened(folder) as world:
        world.commit({"a": ("d/a", b"a"), "b": ("d/b", b"b")})
        (folder / "regen.lock/dev/d.lock").unlink()
        world.commit({"a": ("d/a", b"new"), "b": ("d/b", b"b")})
        assert len(read_lock(folder / "regen.lock", ENVIRONMENT)) == 2


@pytest.mark.parametrize("point", ["blobs.write", "blobs.rename"])
def test_nothing_of_a_shard_is_left_by_a_kill(point: str) -> None:
    """People commit this folder."""
    with scratch() as folder:

        def commit() -> None:
            with opened(folder) as world:
                world.commit({"a": ("d/a", b"a")})

        assert killed(in_child(commit, fault=f"kill@{point}"))
        assert not (folder / "regen.lock/dev/d.lock").exists()
        with opened(folder) as world:
            world.recover()
        assert list(shards(folder)) == ["dev/d.lock"]


@pytest.mark.parametrize("link", ["regen.lock", "regen.lock/dev", "regen.lock/dev/d"])
def test_the_lock_is_not_written_through_links(link: str) -> None:
    """A clone may bring one that leads anywhere. The release is deployed, and the lock is written once it is gone."""
    with scratch() as folder, opened(folder) as world:
        outside = folder / "outside"
        outside.mkdir()
        (folder / link).parent.mkdir(parents=True, exist_ok=True)
        (folder / link).symlink_to(outside)
        with pytest.raises(StateError, match="is a symbolic link"):
            world.commit({"a": ("d/e/a", b"a")})
        assert list(world.tree()) == ["d/e/a"]
        assert list(outside.iterdir()) == []
        (folder / link).unlink()
        assert write_dirty(world.state, ENVIRONMENT) == 1
        assert list(shards(folder)) == ["dev/d/e.lock"]


def test_a_pipe_for_a_shard_is_not_waited_for() -> None:
    """It holds no lines, and gives way to the shard."""
    with scratch() as folder, opened(folder) as world:
        world.commit({"a": ("d/a", b"a")})
        shard = folder / "regen.lock/dev/d.lock"
        shard.unlink()
        os.mkfifo(shard)
        assert read_lock(folder / "regen.lock", ENVIRONMENT) == {}
        world.commit({"a": ("d/a", b"b")})
        assert len(read_lock(folder / "regen.lock", ENVIRONMENT)) == 1


def test_shards_that_were_not_flushed_are_written_anew_as_a_whole() -> None:
    """Many shards are flushed together; a power cut before that may leave any of them empty."""
    with scratch() as folder, opened(folder) as world, patch.object(lockfile, "_TOGETHER_FROM", 2):
        names = {name: (f"d/{name}", b"1") for name in "abc"}
        world.commit(names)
        with patch.object(Flushing, "end", side_effect=OSError(ENOSPC, "full")), pytest.raises(StateError):
            world.commit({**names, "a": ("d/a", b"2"), "b": ("d/b", b"2")})
        (folder / "regen.lock/dev/d.lock").write_bytes(b"")
        assert write_dirty(world.state, ENVIRONMENT) == 1
        assert len(read_lock(folder / "regen.lock", ENVIRONMENT)) == 3
        assert write_dirty(world.state, ENVIRONMENT) == 0
