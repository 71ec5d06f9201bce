"""The state: database, lock, blobs and packs, in sound and in damaged condition."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deploy_world import in_child, killed, scratch

from regen.errors import LockedError, StateError
from regen.state import faults, lock
from regen.state.blobs import BlobStore, digest_of
from regen.state.db import Database
from regen.state.opening import open_state, read_state, set_aside
from regen.state.schema import MIGRATIONS


def database(folder: Path) -> Database:
    return Database(folder / "state.db")


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """An exception takes all back, that of an inner transaction too."""
    db = database(tmp_path)

    def fails() -> None:
        with db.transaction():
            db.execute("INSERT INTO meta VALUES ('a', '1')")
            with db.transaction():
                db.execute("INSERT INTO meta VALUES ('b', '2')")
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert db.execute("SELECT * FROM meta") == []
    with db.transaction(durable=False):
        db.many("INSERT INTO meta VALUES (?, ?)", [("a", "1"), ("b", "2")])
    assert list(db.iterate("SELECT name FROM meta ORDER BY name", batch=1)) == [("a",), ("b",)]
    assert db.one("SELECT name FROM meta WHERE name = 'c'") is None
    db.close()


def test_settings_of_the_database(tmp_path: Path) -> None:
    """Write-ahead log, full synchronisation, the newest schema; opening again changes nothing."""
    db = database(tmp_path)
    assert db.one("PRAGMA journal_mode") == ("wal",)
    assert db.one("PRAGMA synchronous") == (2,)
    assert db.one("PRAGMA user_version") == (len(MIGRATIONS),)
    db.execute("INSERT INTO meta VALUES ('a', '1')")
    db.close()
    again = database(tmp_path)
    assert again.one("SELECT value FROM meta") == ("1",)
    assert again.check() == ()
    again.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """With the way out."""
    database(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "state.db")
    raw.execute("PRAGMA user_version = 999")
    raw.close()
    with pytest.raises(StateError, match="newer regen") as caught:
        database(tmp_path)
    assert caught.value.hint is not None
    assert "newer" in caught.value.hint


def damage(path: Path) -> None:
    """Overwrite the middle of a database, and all but the first page's head."""
    data = bytearray(path.read_bytes())
    data[100:] = os.urandom(len(data) - 100)
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["no database", "malformed"])
def test_a_damaged_database_says_what_is_lost(tmp_path: Path, how: str) -> None:
    """And is set aside only when asked, deleting nothing; the blobs are found again."""
    folder = tmp_path / ".regen"
    with open_state(folder, command="test") as state:
        digests = state.blobs.put_many([b"blob %d" % i for i in range(100)])
    file = folder / "state.db"
    if how == "no database":
        file.write_bytes(b"this is a text " * 500)
    else:
        damage(file)
    with pytest.raises(StateError, match="damaged") as caught, open_state(folder, command="test"):
        pass
    assert "safe are all your files" in caught.value.message
    assert caught.value.hint is not None
    assert "prune --rebuild" in caught.value.hint
    bytes_before = file.read_bytes()
    aside = set_aside(folder)
    assert aside.read_bytes() == bytes_before
    with open_state(folder, command="test") as state:
        assert [state.blobs.read(digest) for digest in digests] == [b"blob %d" % i for i in range(100)]


def test_check_finds_damage(tmp_path: Path) -> None:
    """`verify` asks SQLite itself."""
    db = database(tmp_path)
    with db.transaction():
        db.many("INSERT INTO meta VALUES (?, ?)", [(f"{i:06}", "x" * 50) for i in range(5000)])
    db.close()
    file = tmp_path / "state.db"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20000] = b"\xff" * 20000
    file.write_bytes(data)
    hurt = database(tmp_path)
    assert found(hurt) != ()
    hurt.close()


def found(db: Database) -> tuple[str, ...]:
    """What the check finds; its error where the damage is such that it does not come to its end."""
    try:
        return db.check()
    except StateError as error:
        return (error.message,)


def test_readers_work_while_it_is_held(tmp_path: Path) -> None:
    """Status commands read without the lock; where nothing is there yet they get None."""
    folder = tmp_path / ".regen"
    with read_state(folder) as state:
        assert state is None
    with open_state(folder, command="watch") as holder:
        holder.db.execute("INSERT INTO meta VALUES ('a', '1')")
        with read_state(folder) as state:
            assert state is not None
            assert state.db.one("SELECT value FROM meta") == ("1",)
            with pytest.raises(StateError, match="writing"):
                state.db.execute("INSERT INTO meta VALUES ('b', '2')")


def test_one_holder(tmp_path: Path) -> None:
    """The second is told who holds it, since when, and what it can do."""
    with lock.hold(tmp_path, command="watch"):
        who = rf"`regen watch` \(process {os.getpid()} on .*since 20"
        with pytest.raises(LockedError, match=who) as caught, lock.hold(tmp_path, command="apply"):
            pass
        assert caught.value.hint is not None
        with pytest.raises(LockedError, match=r"waited 0\.1 s"), lock.hold(tmp_path, command="apply", wait_s=0.1):
            pass


def test_waiting_for_the_holder(tmp_path: Path) -> None:
    """Who waits gets it when it is let go."""
    held = threading.Event()
    let_go = threading.Event()

    def hold_it() -> None:
        with lock.hold(tmp_path, command="watch"):
            held.set()
            let_go.wait(30)

    thread = threading.Thread(target=hold_it)
    thread.start()
    held.wait(30)
    threading.Timer(0.1, let_go.set).start()
    with lock.hold(tmp_path, command="apply", wait_s=30):
        pass
    thread.join()


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    """The system releases the lock; what was written in it does not matter."""

    def hold_and_die() -> None:
        with lock.hold(tmp_path, command="watch"):
            os.kill(os.getpid(), signal.SIGKILL)

    assert killed(in_child(hold_and_die))
    with lock.hold(tmp_path, command="apply"):
        pass


def store(folder: Path) -> BlobStore:
    return BlobStore(folder / "blobs", database(folder))


CONTENTS = st.lists(st.one_of(st.binary(max_size=60), st.binary(max_size=4).map(lambda b: b * 900)), max_size=60)


@settings(max_examples=40, deadline=None)
@given(CONTENTS, CONTENTS)
def test_blobs_come_back(first: list[bytes], second: list[bytes]) -> None:
    """Any bytes, few or many at once, compressed or not; twice is once."""
    with scratch() as folder:
        blobs = store(folder)
        digests = blobs.put_many(first) + blobs.put_many(second)
        assert digests == [digest_of(data) for data in first + second]
        assert [blobs.read(digest) for digest in digests] == first + second
        files = sum(1 for _ in blobs.folder.rglob("*"))
        blobs.put_many(second)
        assert sum(1 for _ in blobs.folder.rglob("*")) == files


def test_few_blobs_are_files_and_many_are_a_pack(tmp_path: Path) -> None:
    """Full regenerations do not make thousands of files."""
    blobs = store(tmp_path)
    digest = blobs.put(b"x" * 5000)
    file = blobs.folder / digest[:2] / digest[2:]
    assert file.stat().st_size < 100
    blobs.put_many([b"%d" % i for i in range(3000)])
    assert len(list((blobs.folder / "packs").iterdir())) == 1


@pytest.mark.parametrize("count", [1, 100])
def test_a_damaged_blob_is_named(tmp_path: Path, count: int) -> None:
    """Reading checks the digest; cut off, changed or missing bytes are an error, never a wrong file."""
    blobs = store(tmp_path)
    digests = blobs.put_many([b"%d" % i + b"content" * 100 for i in range(count)])
    files = [file for file in blobs.folder.rglob("*") if file.is_file()]
    for file in files:
        data = file.read_bytes()
        file.write_bytes(data[:-40] + b"\x00" * 40)
    with pytest.raises(StateError, match=f"{digests[-1][:12]}.*damaged"):
        blobs.read(digests[-1])
    for file in files:
        file.write_bytes(b"")
    with pytest.raises(StateError, match=digests[-1][:12]):
        blobs.read(digests[-1])
    for file in files:
        file.unlink()
    with pytest.raises(StateError, match=f"{digests[-1][:12]}.*missing"):
        blobs.read(digests[-1])


def test_prune_keeps_what_is_reachable(tmp_path: Path) -> None:
    """Files go one by one, packs are written anew when less than half of them is needed."""
    blobs = store(tmp_path)
    few = blobs.put_many([b"few %d" % i for i in range(4)])
    many = blobs.put_many([b"many %d" % i for i in range(200)])
    more = blobs.put_many([b"more %d" % i for i in range(200)])
    keep = {*few[:2], *many[:20], *more[:150]}
    done = blobs.prune(keep)
    assert done.blobs == 2 + 180
    assert done.bytes > 0
    for digest in keep:
        blobs.read(digest)
    assert not blobs.has(few[3])
    assert not blobs.has(many[100])
    assert blobs.has(more[199])  # its pack is mostly needed, so it stays whole
    blobs.prune(set())
    assert [file for file in blobs.folder.rglob("*") if file.is_file()] == []


def test_small_blobs_are_rows_until_there_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They read like any other, are pruned like any other, and a file or a pack of the same bytes is enough."""
    blobs = store(tmp_path)
    monkeypatch.setattr("regen.state.blobs._ROWS", 10)
    known = blobs.put(b"known")
    assert blobs.put_soon([b"known", b"a" * 2000, b"b"]) == [known, digest_of(b"a" * 2000), digest_of(b"b")]
    assert [file.name for file in blobs.folder.rglob("*") if file.is_file()] == [known[2:]]
    assert (blobs.read(digest_of(b"a" * 2000)), blobs.read(digest_of(b"b"))) == (b"a" * 2000, b"b")
    assert blobs.has(digest_of(b"b"))
    assert blobs.prune({digest_of(b"b")}).blobs == 2
    assert not blobs.has(digest_of(b"a" * 2000))
    digests = [digest for n in range(20) for digest in blobs.put_soon([b"%d" % n])]
    assert len(list((blobs.folder / "packs").iterdir())) == 1
    assert [blobs.read(digest) for digest in digests] == [b"%d" % n for n in range(20)]


def test_large_blobs_are_never_rows(tmp_path: Path) -> None:
    blobs = store(tmp_path)
    (digest,) = blobs.put_soon([bytes(300_000)])
    assert blobs.folder.joinpath(digest[:2], digest[2:]).is_file()


def test_a_killed_pack_is_whole_or_not_there(tmp_path: Path) -> None:
    """Killed while a pack is written, before and after its index: the next holder finds sound blobs only."""
    contents = [b"%d" % i for i in range(100)]

    def put_them(folder: Path) -> None:
        with open_state(folder, command="test") as state:
            state.blobs.put_many(contents)

    for point in ("blobs.write", "blobs.rename", "blobs.pack", "db.commit", "db.committed"):
        folder = tmp_path / point / ".regen"
        with open_state(folder, command="test"):
            pass
        assert killed(in_child(lambda folder=folder: put_them(folder), fault=f"kill@{point}"))
        with open_state(folder, command="test") as state:
            for data in contents:
                if state.blobs.has(digest_of(data)):
                    assert state.blobs.read(digest_of(data)) == data
            state.blobs.put_many(contents)
            assert state.blobs.read(digest_of(contents[50])) == contents[50]


def test_no_space_for_blobs(tmp_path: Path) -> None:
    """One sentence, and no half-written file."""
    blobs = store(tmp_path)
    faults.arm("ENOSPC@blobs.write")
    with pytest.raises(StateError, match="No space left"):
        blobs.put(b"data")
    faults.arm(None)
    assert [file for file in blobs.folder.rglob("*") if file.is_file()] == []
    assert blobs.put(b"data") == digest_of(b"data")


def test_state_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / ".regen").write_text("a file")
    with pytest.raises(StateError, match="cannot be made"), open_state(tmp_path / ".regen", command="test"):
        pass
