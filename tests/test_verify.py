"""`regen verify`: what stands fits its records; whatever is tampered with is seen, and named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, World
from tests.deploy_world import in_child, killed, scratch
from tests.test_receipts import write_key

from regen import Project
from regen.cli.main import run
from regen.errors import ConfigError, StateError, UsageError
from regen.model.verification import Verification
from regen.orchestrator.verify import verify
from regen.state.blobs import digest_of
from regen.state.db import Database
from regen.state.envelope import enclosed, opened

pytestmark = pytest.mark.anyio
SIGNED = '[receipts]\nkey = "key.pem"\n'


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


@cache
def made(*, signed: bool) -> dict[str, bytes]:
    """The files of a project with four releases, the last one a rollback, made once."""
    with scratch() as place:
        world = World(place / "project")
        if signed:
            write_key(world.root / "key.pem")
            world.write("regen.toml", SIGNED)
        with Project.open_sync(world.root) as project:
            for name in ("Ada", "Countess", "Lady"):
                world.graph(PEOPLE.replace("Ada", name) + (':eve a :Person ; rdfs:label "Eve" .' * (name == "Lady")))
                project.apply()
            project.rollback(2)
        return {p.relative_to(world.root).as_posix(): p.read_bytes() for p in world.root.rglob("*") if p.is_file()}


def project(place: Path, *, signed: bool = False) -> World:
    """A copy of it."""
    root = place / "project"
    for path, data in made(signed=signed).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    if signed:
        (root / "key.pem").chmod(0o600)
    return World(root, {})


def quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def verified(world: World, number: int | None = None, *, exact: bool = False) -> Verification:
    return verify(world.root, None, number, exact=exact, progress=quiet)


def wrong(world: World, number: int | None = None) -> str:
    """What is wrong, in the words that a person reads."""
    return "\n".join(one.message for one in verified(world, number).remarks if one.wrong)


def change_state(world: World, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """What somebody does who has the database: drop its triggers, then anything."""
    with closing(sqlite3.connect(world.root / ".regen/state.db", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement, values)


def replace_receipt(world: World, number: int, change: Callable[[bytes], bytes]) -> None:
    """Put another envelope in the place of a release's, as a blob and in its row."""
    with closing(Database(world.root / ".regen/state.db")) as database:
        row = database.one("SELECT receipt FROM release WHERE number = ?", (number,))
        assert row is not None
        from regen.state.blobs import BlobStore

        blobs = BlobStore(world.root / ".regen/blobs", database)
        digest = blobs.put(change(blobs.read(row[0])))
        database.execute("UPDATE release SET receipt = ? WHERE number = ?", (digest, number))


@pytest.mark.parametrize("signed", [False, True])
def test_what_nobody_touched_is_clean(folder: Path, signed: bool) -> None:
    world = project(folder, signed=signed)
    for number in (None, 1, 2, 3, 4):
        found = verified(world, number)
        assert found.clean, found.remarks
        assert bool(found.signed_by) == signed
        assert found.receipts == 4
    assert verified(world).files == 2
    assert verified(world).receipt is not None


async def test_a_new_project_has_nothing_to_verify(folder: Path) -> None:
    world = World(folder / "project")
    assert verified(world).release is None
    assert run(["verify", "-C", str(world.root)]) == 0
    with pytest.raises(UsageError, match="no release 3"):
        verified(world, 3)


def test_there_is_no_such_release(folder: Path) -> None:
    with pytest.raises(UsageError, match="no release 9"):
        verified(project(folder), 9)


def test_verifying_touches_nothing(folder: Path) -> None:
    world = project(folder)
    verified(world)
    left = {p.relative_to(world.root).as_posix(): p.read_bytes() for p in world.root.rglob("*") if p.is_file()}
    assert {path: data for path, data in left.items() if "state.db-" not in path} == {
        path: data for path, data in made(signed=False).items() if "state.db-" not in path
    }


def test_a_hand_edit_is_said_and_is_no_failure_unless_all_has_to_be_exact(folder: Path) -> None:
    world = project(folder)
    world.edit("ada.txt", "two", "mine")
    found = verified(world)
    assert found.clean
    assert [(one.path, one.wrong) for one in found.remarks] == [("ada.txt", False)]
    assert not verified(world, exact=True).clean
    assert run(["verify", "-C", str(world.root)]) == 0
    assert run(["verify", "--exact", "-C", str(world.root)]) == 1


def test_missing_files_and_links_are_named(folder: Path) -> None:
    world = project(folder)
    (world.root / "out/bob.txt").unlink()
    (world.root / "out/ada.txt").rename(folder / "elsewhere")
    (world.root / "out/ada.txt").symlink_to(folder / "elsewhere")
    (world.root / "out/mine.txt").write_text("the output folder is the user's")
    found = {one.path: one.message for one in verified(world).remarks if one.wrong}
    assert set(found) == {"ada.txt", "bob.txt"}
    assert "link" in found["ada.txt"]
    assert "missing" in found["bob.txt"]
    shutil.rmtree(world.root / "out")
    assert {one.path for one in verified(world).remarks} == {"ada.txt", "bob.txt"}


async def test_a_foreign_file_in_a_folder_that_regen_made_is_named(folder: Path) -> None:
    world = World(folder / "project")
    world.write("templates/deep.j2", "---\nto: pkg/all.txt\n---\nall\n")
    await world.apply()
    assert verified(world).clean
    (world.root / "out/pkg/evil.txt").write_text("x")
    (world.root / "out/pkg/evil").mkdir()
    assert [(one.path, one.wrong) for one in verified(world).remarks] == [("pkg/evil.txt", True)]


async def test_what_a_person_deleted_and_a_release_knows_of_is_not_missing(folder: Path) -> None:
    world = project(folder)
    (world.root / "out/bob.txt").unlink()
    assert "bob.txt is missing" in wrong(world)
    world.graph(PEOPLE.replace("Bob", "Robert"))
    await world.apply()
    assert verified(world).clean, verified(world).remarks


ROWS = [
    ("UPDATE release SET note = 'nothing happened' WHERE number = 2", "`note` of release 2"),
    ("UPDATE release SET at = at - 86400 WHERE number = 3", "`at` of release 3"),
    ("UPDATE release SET inputs = 'x' WHERE number = 1", "release 1"),
    ("UPDATE release SET created = 7 WHERE number = 1", "`counts` of release 1"),
    ("UPDATE release SET restores = 1 WHERE number = 4", "`restores` of release 4"),
    ("UPDATE release SET state = 'deployed' WHERE number = 3", "release 3 was rolled back from"),
    ("UPDATE release SET receipt = NULL WHERE number = 2", "receipt of release 2 was removed"),
    ("UPDATE release SET receipt = NULL", "receipt of release 1 was removed"),
    ("DELETE FROM release WHERE number = 2", "release 2 of dev is missing"),
    ("DELETE FROM release WHERE number = 4", "audit says that release 4 is"),
    ("DELETE FROM release WHERE number = 1", "no prune"),
    ("DELETE FROM release", "audit says that release 4 is"),
    (
        "UPDATE release SET receipt = (SELECT receipt FROM release WHERE number = 2) WHERE number = 4",
        "that of release 2",
    ),
    ("UPDATE version SET content = 'ff' WHERE path = 'ada.txt' AND since = 2", "ada.txt of release 2"),
    ("UPDATE version SET base = 'ff' WHERE path = 'ada.txt' AND since = 1", "ada.txt of release 1"),
    ("UPDATE version SET until = NULL WHERE path = 'eve.txt'", "eve.txt of release 4"),
    ("UPDATE version SET since = 1 WHERE path = 'eve.txt'", "eve.txt of release 1"),
    ("DELETE FROM version WHERE path = 'bob.txt'", "bob.txt of release 1"),
    ("UPDATE version SET path = 'bib.txt' WHERE path = 'bob.txt'", "bib.txt of release 1"),
    ("UPDATE release SET version = '9.9.9' WHERE number = 2", "`version` of release 2"),
    ("UPDATE evaluation SET results = '[]' WHERE release = 2", "what the gates said of release 2"),
    ("UPDATE evaluation SET results = 'x' WHERE release = 2", "what the gates said of release 2"),
    ("UPDATE tree_node SET data = zeroblob(128)", "kept tree"),
    ("DELETE FROM tree_node", "kept tree"),
    ("UPDATE audit SET why = '' WHERE sequence = 3", "row 3 of the audit"),
    ("DELETE FROM audit WHERE sequence = 4", "no rows 4 to 4"),
    ("DELETE FROM audit WHERE sequence >= 6", "cut off"),
    ("DELETE FROM audit", "row 3 of the audit, which release 1 follows, was removed"),
]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("statement", "text"), ROWS)
def test_a_row_that_was_changed_is_named(folder: Path, statement: str, text: str, signed: bool) -> None:
    world = project(folder, signed=signed)
    change_state(world, statement)
    assert text in wrong(world)
    assert run(["verify", "-C", str(world.root)]) == 1


def test_an_audit_that_was_cut_off_with_its_count_is_found_by_the_newest_receipt(folder: Path) -> None:
    world = project(folder)
    change_state(
        world, "DELETE FROM audit WHERE sequence >= 6", "UPDATE sqlite_sequence SET seq = 5 WHERE name = 'audit'"
    )
    assert "row 6 of the audit, which release 4 follows, was removed" in wrong(world)


def test_a_blob_that_was_changed_is_named_with_the_file_that_needs_it(folder: Path) -> None:
    world = project(folder)
    digest = digest_of((world.root / "out/ada.txt").read_bytes())
    change_state(world, "UPDATE small_blob SET data = x'00' WHERE digest = ?", values=(digest,))
    assert "ada.txt of release 2 needs them" in wrong(world), "where it came first"
    change_state(world, "DELETE FROM small_blob WHERE digest = ?", values=(digest,))
    assert "missing" in wrong(world)


def test_a_receipt_that_was_changed_is_named(folder: Path) -> None:
    """Unsigned: by what follows it and by its rows."""
    world = project(folder)

    def other_tool(data: bytes) -> bytes:
        statement = json.loads(opened(data).payload)
        statement["predicate"]["tool"]["version"] = "9"
        return enclosed(json.dumps(statement).encode())

    replace_receipt(world, 2, other_tool)
    assert "the receipt of release 3 does not follow from that of release 2" in wrong(world)


@pytest.mark.parametrize(
    "bytes_", [b"", b"{}", b"[]", b"null", b'{"payload":"","payloadType":"x","signatures":[]}', b"\xff"]
)
def test_what_is_no_receipt_is_named(folder: Path, bytes_: bytes) -> None:
    world = project(folder)
    replace_receipt(world, 4, lambda _: bytes_)
    assert "the receipt of release 4 is none" in wrong(world)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"_type":1,"predicateType":2}', b'{"subject":[[]]}'])
def test_what_is_no_statement_is_named(folder: Path, payload: bytes) -> None:
    world = project(folder)
    replace_receipt(world, 4, lambda _: enclosed(payload))
    assert "the receipt of release 4 is none" in wrong(world)


def test_signatures_that_are_missing_swapped_or_wrong_are_named(folder: Path) -> None:
    world = project(folder, signed=True)
    replace_receipt(world, 4, lambda data: enclosed(opened(data).payload))
    assert "release 4 is not signed, and a release before it is" in wrong(world)

    world = project(folder, signed=True)
    others: list[tuple[tuple[str, bytes], ...]] = []
    replace_receipt(world, 3, lambda data: [others.append(opened(data).signatures), data][1])  # type: ignore[func-returns-value]
    replace_receipt(world, 4, lambda data: enclosed(opened(data).payload, others[0]))
    assert "the signature of release 4" in wrong(world)

    world = project(folder, signed=True)
    replace_receipt(world, 4, lambda data: enclosed(opened(data).payload, (("unknown", b"x"),)))
    assert "release 4 is signed by the key unknown, which nothing says to trust" in wrong(world)


def test_a_whole_forged_chain_fails_by_its_signatures_alone(folder: Path) -> None:
    """Somebody without the key makes everything anew, so that it fits: unsigned, it would be clean."""
    world = project(folder, signed=True)
    shutil.copy(world.root / "key.pub.pem", folder / "trusted.pem")
    shutil.rmtree(world.root / ".regen")
    shutil.rmtree(world.root / "out")
    write_key(world.root / "key.pem")
    with Project.open_sync(world.root) as forged:
        forged.apply()
    assert verified(world).clean
    (world.root / "key.pem").unlink()
    world.write("regen.toml", f'[receipts]\ntrust = "{folder}/trusted.pem"\n')
    assert "which nothing says to trust" in wrong(world)


async def test_releases_from_before_there_was_a_key_may_be_unsigned(folder: Path) -> None:
    world = project(folder)
    write_key(world.root / "key.pem")
    world.write("regen.toml", SIGNED)
    assert "though a key is configured" in wrong(world)
    world.graph(PEOPLE.replace("Ada", "Baroness"))
    await world.apply()
    assert verified(world).clean, verified(world).remarks


def test_a_signed_project_is_verified_without_its_private_key(folder: Path) -> None:
    world = project(folder, signed=True)
    (world.root / "key.pem").unlink()
    world.write("regen.toml", '[receipts]\ntrust = ["key.pub.pem"]\n')
    found = verified(world)
    assert found.clean
    assert found.signed_by
    world.write("regen.toml", "")
    found = verified(world)
    assert found.clean, "no key is wanted"
    assert "nothing says to trust" in found.remarks[0].message
    world.write("regen.toml", '[receipts]\ntrust = ["regen.toml"]\n')
    with pytest.raises(ConfigError, match="trust"):
        verified(world)


def test_the_lock_is_compared(folder: Path) -> None:
    world = project(folder)
    (shard,) = (world.root / "regen.lock").rglob("*.lock")
    text = shard.read_text("utf-8")
    shard.write_text(text.replace("ada.txt", "eda.txt"), "utf-8")
    assert "line of ada.txt" in wrong(world)
    shard.write_text("<<<<<<< mine\n" + text, "utf-8")
    assert "no line of a lock" in wrong(world)
    shard.write_bytes(b"\xff\n")
    assert "regen.lock" in wrong(world)


def test_an_interrupted_deployment_is_said_and_is_clean_after_the_next_start(folder: Path) -> None:
    world = project(folder)

    def child() -> None:
        with Project.open_sync(world.root) as again:
            again.rollback(1)

    assert killed(in_child(child, fault="kill@settle.finish"))
    found = verified(world)
    assert [one.part for one in found.remarks if one.wrong] == ["deployment"]
    assert "release 5 was cut off" in wrong(world)
    with Project.open_sync(world.root) as again:
        assert again.verify().clean
    assert verified(world).clean


def test_a_damaged_state_ends_with_6(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = project(folder)
    file = world.root / ".regen/state.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    for start in range(8192, len(data), 4096):
        data[start : start + 64] = os.urandom(64)
    file.write_bytes(data)
    with pytest.raises(StateError, match="damaged"):
        verified(world)
    assert run(["verify", "-C", str(world.root)]) == 6
    assert "damaged" in capsys.readouterr().err


async def test_pruned_releases_are_not_missed(folder: Path) -> None:
    world = project(folder)
    async with world.open() as again:
        await again.prune(keep_releases=2)
    assert verified(world).clean, verified(world).remarks


async def test_beside_one_who_works(folder: Path) -> None:
    world = project(folder)
    async with world.open() as holder:
        assert verified(world).clean
        await holder.resume()
        await holder.apply()
        assert verified(world).clean


@dataclass(frozen=True)
class Tampering:
    """One change to what is recorded or stands; `pick` and `flip` say which."""

    kind: str
    pick: int
    flip: int

    def __call__(self, world: World) -> None:
        if self.kind == "output":
            (world.root / "out/ada.txt").unlink()
        elif self.kind == "lock":
            file = next((world.root / "regen.lock").rglob("*.lock"))
            data = bytearray(file.read_bytes())
            data[self.pick % len("ada.txt")] ^= 1 << self.flip  # digests of inputs may be those of an earlier cycle
            file.write_bytes(data)
        else:
            change_row(world, self.kind, self.pick, self.flip)


KINDS = ["release", "version", "audit", "tree_node", "evaluation", "blob", "row gone", "output", "lock"]
COLUMNS = {
    "release": ("number", "parent", "revision", "inputs", "at", "complete", "created", "note", "restores", "receipt"),
    "version": ("path", "since", "until", "content", "base"),
    "audit": ("at", "action", "outcome", "environment", "why", "before", "after", "user", "uid", "machine", "digest"),
    "tree_node": ("prefix", "files", "inner", "data"),
    "evaluation": ("release", "results"),
}


def change_row(world: World, kind: str, pick: int, flip: int) -> None:
    table = kind if kind in COLUMNS else ("release", "audit", "version")[flip % 3]
    with closing(sqlite3.connect(world.root / ".regen/state.db", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        if kind == "blob":
            named = connection.execute("SELECT content FROM version UNION SELECT receipt FROM release").fetchall()
            digest = named[pick % len(named)][0]
            connection.execute("UPDATE small_blob SET data = data || x'00' WHERE digest = ?", (digest,))
            return
        key = {"release": "number", "version": "path || since", "audit": "sequence", "tree_node": "prefix"}.get(
            table, "release"
        )
        rows = connection.execute(f"SELECT {key} FROM {table}").fetchall()  # noqa: S608
        row = rows[pick % len(rows)][0]
        if kind == "row gone":
            connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (row,))  # noqa: S608
            return
        column = COLUMNS[table][pick % len(COLUMNS[table])]
        (value,) = connection.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (row,)).fetchone()  # noqa: S608
        if column == "complete":
            value = -10 - flip  # it is read as true or false
        other = value + 10 + flip if isinstance(value, int | float) else f"{value or ''}x"
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (other, row))  # noqa: S608


@settings(max_examples=100, deadline=None)
@given(st.builds(Tampering, st.sampled_from(KINDS), st.integers(0, 1000), st.integers(0, 7)), st.booleans())
def test_no_tampering_is_clean(change: Tampering, signed: bool) -> None:
    with scratch() as place:
        world = project(place, signed=signed)
        change(world)
        with suppress(StateError):  # SQLite itself found it
            assert not verified(world).clean
