"""A stored state that is old, new, cut short or garbage, and clocks that jump: a clear message, and nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, World
from tests.deploy_world import scratch
from tests.test_verify import change_state, project, verified, wrong

from regen import Project
from regen.cli.main import run
from regen.errors import ExitCode, StateError
from regen.orchestrator.reading import read_audit
from regen.state.db import Database
from regen.state.schema import MIGRATIONS

pytestmark = pytest.mark.anyio
READING = ("status", "history", "conflicts", "audit", "verify", "plan")
CHANGING = ("apply", "rollback", "resume", "prune")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


def files(world: World) -> dict[str, bytes]:
    """Everything that is a person's: graphs, templates, outputs."""
    places = (world.root / name for name in ("graphs", "templates", "out"))
    return {str(p): p.read_bytes() for place in places for p in sorted(place.rglob("*")) if p.is_file()}


def folded(world: World) -> Path:
    """The database, with all of it in one file."""
    file = world.root / ".regen/state.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        file.with_name(f"state.db{suffix}").unlink(missing_ok=True)
    return file


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_every_older_schema_is_brought_up(folder: Path, version: int) -> None:
    with closing(sqlite3.connect(folder / "state.db")) as raw:
        for script in MIGRATIONS[:version]:
            raw.executescript(script)
        raw.execute("INSERT INTO meta VALUES ('kept', 'yes')")
        raw.execute(f"PRAGMA user_version = {version}")
        raw.commit()
    with closing(Database(folder / "state.db")) as database:
        assert database.one("PRAGMA user_version") == (len(MIGRATIONS),)
        assert database.one("SELECT value FROM meta WHERE name = 'kept'") == ("yes",)


def test_an_older_schema_is_not_brought_up_by_who_only_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = project(folder)
    change_state(world, "PRAGMA user_version = 4")
    assert run(["verify", "-C", str(world.root)]) == ExitCode.STATE
    assert "run `regen apply` once" in capsys.readouterr().err


def test_a_newer_schema_is_refused_by_every_command_and_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = project(folder)
    change_state(world, "PRAGMA user_version = 999")
    before = files(world), folded(world).read_bytes()
    for command in (*READING, *CHANGING):
        assert run([command, "-C", str(world.root)]) == ExitCode.STATE, command
        assert capsys.readouterr().err.count("written by a newer regen") == 1
    assert (files(world), folded(world).read_bytes()) == before


async def test_a_state_from_before_there_were_receipts_goes_on(folder: Path) -> None:
    """Its releases need none; those that follow have them, and are chained from there."""
    world = project(folder)
    change_state(
        world,
        "DELETE FROM audit",
        "DELETE FROM sqlite_sequence WHERE name = 'audit'",
        "DELETE FROM tree_node",
        "DELETE FROM evaluation",
        "DELETE FROM meta WHERE name = 'environments'",
        "UPDATE release SET receipt = NULL",
    )
    async with world.open() as opened:
        await opened.resume()
        assert verified(world).clean, wrong(world)
        assert "older regen" in verified(world).remarks[0].message
        await opened.apply()
    assert "4 releases were made before" in read_audit(world.root, action="begin")[0].why
    found = verified(world)
    assert found.clean, wrong(world)
    assert (found.release, found.receipts) == (5, 1)
    async with world.open() as opened:
        await opened.rollback(1)
    assert verified(world).clean, wrong(world)
    assert verified(world, 1).clean


def garble(world: World, kind: str, random: Random) -> None:
    """Do harm to one stored file."""
    if kind == "lock":
        text = random.choice([b"", b"{}", b"null", b"\xff", b'{"pid": 1e9, "host": 1, "command": 2, "since": "x"}'])
        (world.root / ".regen/lock").write_bytes(text)
    elif kind == "regen.lock":
        file = next((world.root / "regen.lock").rglob("*.lock"))
        file.write_bytes(random.choice([b"", b"\xff\n", b"a\tb\n", b"a\tb\tc\td\te\n", file.read_bytes()[:-9]]))
    elif kind == "pack":
        packs = world.root / ".regen/blobs/packs"
        packs.mkdir(parents=True, exist_ok=True)
        (packs / f"{'0' * 24}.pack").write_bytes(random.choice([b"", b"regen", random.randbytes(200)]))
    else:
        file = folded(world)
        data = bytearray(file.read_bytes())
        page = random.randrange(len(data) // 4096) * 4096
        match kind:
            case "cut short":
                del data[random.randrange(1, len(data)) :]
            case "flipped":
                for _ in range(random.choice([1, 5, 200])):
                    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            case "a page of noise":
                data[page : page + 4096] = random.randbytes(4096)
            case _:
                data[page : page + 4096] = bytes(4096)
        file.write_bytes(data)


KINDS = ["lock", "regen.lock", "pack", "cut short", "flipped", "a page of noise", "a page of nothing"]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 2**32), st.permutations((*READING, *CHANGING)))
def test_whatever_is_stored_no_command_fails_without_a_word(kind: str, seed: int, commands: list[str]) -> None:
    """And no file of a person's goes: what is there afterwards is what was, or a render, or a release restored."""
    with scratch() as place:
        world = project(place)
        garble(world, kind, Random(seed))
        before = files(world)
        for command in commands[:4]:
            code = run([command, "-C", str(world.root)])  # raises for what is no message of regen's
            assert code in set(ExitCode)
        assert set(before) <= set(files(world))


@pytest.mark.parametrize("size", [100, 4096, 20_000])
async def test_a_database_that_was_cut_short_is_named_and_the_way_out_works(
    folder: Path, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    world = project(folder)
    world.edit("ada.txt", "two", "mine")
    before = files(world)
    file = folded(world)
    file.write_bytes(file.read_bytes()[:size])
    assert run(["status", "-C", str(world.root)]) == ExitCode.STATE
    said = capsys.readouterr().err
    assert "damaged" in said
    assert "prune --rebuild" in said
    assert run(["prune", "--rebuild", "-C", str(world.root)]) == 0
    await world.apply()
    assert before.items() <= files(world).items()
    assert verified(world).clean, wrong(world)


@pytest.mark.parametrize("size", [0, 1])
async def test_a_database_that_was_emptied_is_a_new_one_and_the_audit_says_so(folder: Path, size: int) -> None:
    """SQLite takes a file of a byte for an empty database."""
    world = project(folder)
    world.edit("ada.txt", "two", "mine")
    before = files(world)
    folded(world).write_bytes(b"x" * size)
    await world.apply()
    assert before.items() <= files(world).items()
    assert "regen.lock" in read_audit(world.root, action="begin")[0].why
    assert verified(world).clean, wrong(world)


async def test_a_receipt_whose_bytes_are_lost_stops_no_release(folder: Path) -> None:
    world = project(folder)
    change_state(world, "DELETE FROM small_blob")
    world.graph(PEOPLE.replace("Ada", "Baroness"))
    with suppress(StateError):  # a base may be among what is lost
        await world.apply()
    assert "missing" in wrong(world)


@pytest.mark.parametrize("clock", ["back", "forth", "stands still", "wild"])
def test_clocks_that_jump_lose_nothing(folder: Path, clock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(folder / "project")
    start, ticks, random = time.time(), count(1), Random(7)
    ways: dict[str, Callable[[], float]] = {
        "back": lambda: start - 3600.0 * next(ticks),
        "forth": lambda: start + 86_400.0 * 400 * next(ticks),
        "stands still": lambda: start,
        "wild": lambda: start + random.uniform(-1e8, 1e8),
    }
    monkeypatch.setattr(time, "time", ways[clock])
    with Project.open_sync(world.root) as opened:
        for name in ("Ada", "Countess", "Lady"):
            world.graph(PEOPLE.replace("Ada", name))
            opened.apply()
        world.edit("ada.txt", "name: Lady", "name: mine")
        opened.rollback(1)
        world.edit("ada.txt", "name: Ada", "name: mine too")
        opened.rollback(2)
        kept = {edit.content for edit in opened.kept_edits()}
        assert len(kept) == 2, "both edits wait"
        opened.resume()
        opened.prune(keep_releases=3)
        assert {edit.content for edit in opened.kept_edits()} == kept
        opened.restore_edit("ada.txt", opened.kept_edits()[0].name, how="replace")
        assert [one.number for one in opened.history()] == [5, 4, 3]
        assert [one.sequence for one in opened.audit()] == list(range(len(opened.audit()), 0, -1))
        assert opened.verify().clean, opened.verify().remarks


def test_a_state_folder_that_is_a_file_or_may_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(folder / "project")
    (world.root / ".regen").write_text("a file")
    assert run(["apply", "-C", str(world.root)]) == ExitCode.STATE
    assert "cannot be made" in capsys.readouterr().err
    (world.root / ".regen").unlink()
    (world.root / ".regen").mkdir()
    (world.root / ".regen/state.db").mkdir()
    assert run(["apply", "-C", str(world.root)]) == ExitCode.STATE
    assert str(os.sep) in capsys.readouterr().err
