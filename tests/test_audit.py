"""The audit: who did what, when, why; rows are only added, and what is changed or cut off is found."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, World
from tests.deploy_world import in_child, killed, scratch

from regen import Project
from regen.cli.account import moment
from regen.cli.main import run
from regen.errors import DeployError, GateError, UsageError
from regen.model.audit import Entry
from regen.orchestrator.reading import read_audit
from regen.state import audit, faults
from regen.state.db import Database

pytestmark = pytest.mark.anyio
CONFLICT = ("name: Ada", "name: mine")
BROKEN = """\
---
to: "{{ this | local_name }}.json"
each: SELECT ?this ?label WHERE { ?this a :Person ; rdfs:label ?label }
---
{"name": {{ each[0].label }}}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


@pytest.fixture
def world(folder: Path) -> World:
    """A project that did nothing yet."""
    return World(folder / "project")


def told(world: World, **asked: str) -> list[tuple[str, str, str | None, str, int | None, int | None]]:
    """The audit without what differs from run to run, the oldest first, without how it began."""
    rows = [one for one in reversed(read_audit(world.root, **asked)) if one.action not in {"begin", "configure"}]
    return [(one.action, one.outcome, one.environment, one.subject, one.before, one.after) for one in rows]


def newest(world: World) -> Entry:
    """The last row."""
    return read_audit(world.root, limit=1)[0]


async def change(world: World, name: str) -> None:
    """Another release."""
    world.graph(PEOPLE.replace("Ada", name))
    await world.apply()


async def test_a_release_is_noted_with_who_and_why(world: World) -> None:
    await world.apply()
    await world.apply()  # nothing to do: nothing to note
    entries = read_audit(world.root)
    assert [(one.action, one.environment, one.before, one.after) for one in reversed(entries)] == [
        ("begin", None, None, None),
        ("configure", "dev", None, None),
        ("apply", "dev", None, 1),
    ]
    entry = newest(world)
    assert entry.why
    assert (entry.who.user, entry.who.uid) == (pwd.getpwuid(os.getuid()).pw_name, os.geteuid())
    assert entry.who.machine == socket.gethostname()
    assert abs(entry.at - time.time()) < 600
    assert [one.sequence for one in entries] == [3, 2, 1]


async def test_every_decision_of_a_person_is_noted(world: World) -> None:
    await world.apply()
    await change(world, "Countess")
    async with world.open() as project:
        await project.rollback(1)
        with pytest.raises(UsageError, match="marked bad"):
            await project.rollback(2)
        await project.rollback(2, force=True, discard_edits=True)
        assert await project.resume()
        assert not await project.resume()
        (world.root / "out/bob.txt").unlink()
        await project.apply()
        await project.restore("bob.txt")
        await project.prune(keep_releases=2)
    rows = told(world)
    assert [row[:2] for row in rows] == [
        ("apply", "done"),
        ("apply", "done"),
        ("rollback", "done"),
        ("rollback", "refused"),
        ("rollback", "done"),
        ("resume", "done"),
        ("restore", "done"),
        ("apply", "done"),
        ("prune", "done"),
    ]
    assert rows[2][2:] == ("dev", "", 2, 3)
    assert rows[3][2:] == ("dev", "", 3, None)
    assert rows[6][3] == "bob.txt"
    reasons = [one.why for one in reversed(read_audit(world.root, action="rollback"))]
    assert reasons[0] == "manual: release 1 restored"
    assert reasons[1] == "manual: release 2 is marked bad: it was rolled back from"
    assert reasons[2] == "manual, forced, edits discarded: release 2 restored"
    assert len(read_audit(world.root)) == len(rows) + 2, "prune takes no row of the audit away"


def test_an_action_that_is_never_noted_is_an_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list would look like good news; one of an action that did not happen yet is one."""
    at = ["-C", str(world.root)]
    assert run(["audit", "--action", "rolback", *at]) == 2
    assert "did you mean `rollback`?" in capsys.readouterr().err
    assert run(["audit", "--action", "rollback", *at]) == 0
    assert capsys.readouterr().out == "nothing was done\n"


def test_a_refusal_names_its_gate_in_the_table(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """And in the document that a program reads."""
    world.write("regen.toml", '[[gate]]\nname = "tests"\nrun = "false"\n')
    assert run(["apply", "--json", "-C", str(world.root)]) == 4
    said = json.loads(capsys.readouterr().out)
    assert said["refused"].startswith("a gate said no")
    assert ("tests", "fail") in [(one["gate"], one["outcome"]) for one in said["evaluated"]]
    assert run(["audit", "-C", str(world.root)]) == 0
    assert "a gate said no, and nothing was written: tests: fail: exit code 1" in capsys.readouterr().out


async def test_a_conflict_that_is_settled_is_noted(world: World) -> None:
    await world.apply()
    world.edit("ada.txt", *CONFLICT)
    await change(world, "Countess")
    async with world.open() as project:
        await project.resolve("ada.txt", "markers")
        world.edit("ada.txt", world.read("ada.txt"), "settled\n")
        await project.resolve("ada.txt", "merged")
    assert [row for row in told(world) if row[0] == "resolve"] == [
        ("resolve", "done", "dev", "ada.txt", 1, 1),
        ("resolve", "done", "dev", "ada.txt", 1, 2),
    ]


async def test_an_edit_that_comes_back_is_noted(world: World) -> None:
    await world.apply()
    world.edit("ada.txt", "two", "mine")
    async with world.open() as project:
        world.graph(PEOPLE.replace("Ada", "Countess"))
        await project.apply()
        world.edit("ada.txt", "name: Countess", "name: yours")
        await project.rollback()
        (edit,) = project.kept_edits()
        await project.restore_edit("ada.txt", edit.name, how="replace")
    last = newest(world)
    assert (last.action, last.subject, last.before, last.after) == ("restore", "ada.txt", 3, 3)
    assert edit.name in last.why


async def test_a_gate_that_says_no_is_noted_as_refused(world: World) -> None:
    world.write("templates/broken.j2", BROKEN)
    with pytest.raises(GateError):
        await world.apply()
    assert told(world) == [("apply", "refused", "dev", "", None, None)]
    assert "json" in newest(world).why


async def test_a_failed_deployment_is_noted_and_takes_no_row_back(world: World) -> None:
    """The undo log of the commit gives the release back, not what was noted of it."""
    await world.apply()
    world.graph(PEOPLE.replace("Ada", "Countess"))
    async with world.open() as project:
        faults.arm("EIO@switch.placed")
        try:
            with pytest.raises(DeployError):
                await project.apply()
        finally:
            faults.arm(None)
        assert [one.number for one in project.history()] == [1]
    assert told(world)[1:] == [
        ("apply", "done", "dev", "", 1, 2),
        ("take back", "failed", "dev", "", 2, 1),
        ("apply", "failed", "dev", "", 1, None),
    ]
    assert "everything was put back" in newest(world).why


async def test_an_interrupted_deployment_that_is_brought_to_its_end_is_noted(world: World) -> None:
    await world.apply()
    world.graph(PEOPLE.replace("Ada", "Countess"))

    def child() -> None:
        with Project.open_sync(world.root) as project:
            project.apply()

    assert killed(in_child(child, fault="kill@settle.switch"))
    async with world.open():
        pass
    assert told(world)[1:] == [("apply", "done", "dev", "", 1, 2), ("recover", "done", "dev", "", 2, 2)]


async def test_other_settings_of_an_environment_are_noted(world: World) -> None:
    world.write("regen.toml", '[[environment]]\nname = "dev"\n')
    await world.apply()
    world.write("regen.toml", '[[environment]]\nname = "dev"\nautomatic = false\n')
    await world.apply()
    await world.apply()
    world.write("regen.toml", '[[environment]]\nname = "other"\ndeployer = "releases"\ntarget = "t"\nkeep = 2\n')
    await world.apply()
    world.write("regen.toml", '[[environment]]\nname = "other"\ndeployer = "releases"\ntarget = "t"\nkeep = 3\n')
    await world.apply()
    found = [(one.environment, one.why) for one in reversed(read_audit(world.root, action="configure"))][1:]
    assert found[0] == ("dev", "automatic: unset → false")
    assert found[1] == ("dev", "it is not in the configuration any more")
    assert found[2:] == [
        ("other", 'it is new: deployer "releases", keep 2, target "t"'),
        ("other", "keep: 2 → 3"),
    ]


async def test_a_deleted_state_begins_a_chain_that_says_so(world: World) -> None:
    await world.apply()
    assert "a new project" in read_audit(world.root, action="begin")[0].why
    shutil.rmtree(world.root / ".regen")
    await world.apply()
    (begun,) = read_audit(world.root, action="begin")
    assert "deleted" in begun.why


async def test_a_rebuilt_state_begins_a_chain_that_says_so(world: World) -> None:
    await world.apply()
    assert run(["prune", "--rebuild", "-C", str(world.root)]) == 0
    first = read_audit(world.root)[-1]
    assert (first.sequence, first.action) == (1, "rebuild")
    assert "state.db.damaged-1" in first.why


async def test_a_clock_that_jumps_back_changes_no_order_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.apply()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 7200)
    await change(world, "Countess")
    last = newest(world)
    assert (last.sequence, last.after) == (4, 2)
    assert last.clock_back_s == pytest.approx(7200, abs=60)
    assert run(["audit", "-C", str(world.root)]) == 0
    assert "the clock went back 7,2" in capsys.readouterr().out


async def test_the_command_filters_and_speaks_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await world.apply()
    async with world.open() as project:
        await project.prune()
    at = ["-C", str(world.root)]
    assert run(["audit", "--action", "prune", "--json", *at]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["action"], entry["who"]["uid"]) == ("prune", os.geteuid())
    assert run(["audit", "--limit", "1", "--since", "1h", *at]) == 0
    assert capsys.readouterr().out.count("\n") == 2, "a head and a row"
    assert run(["audit", "--since", "2100-01-01", *at]) == 0
    assert "nothing" in capsys.readouterr().out
    assert run(["audit", "--since", "yesterday", *at]) == 2
    assert run(["audit", "--env", "none", *at]) == 2


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("2h", 7200), ("7d", 604_800), ("1.5m", 90), ("2w", 1_209_600)]
)
def test_ages(text: str, seconds: float) -> None:
    assert moment(text, 2_000_000.0) == 2_000_000.0 - seconds


async def test_sudo_and_the_watch_name_who_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    assert audit.who().sudo == "ada"
    assert str(audit.who()).startswith("ada as ")
    with audit.on_behalf("bob"):
        assert audit.who().sudo == "bob"


@pytest.fixture
def chain(folder: Path) -> Iterator[Database]:
    """A database with five rows of audit."""
    database = Database(folder / "state.db")
    for number in range(5):
        audit.note(database, "apply", environment="dev", why=f"reason {number}", before=number, after=number + 1)
    yield database
    database.close()


def test_rows_are_neither_changed_nor_deleted(chain: Database) -> None:
    for statement in (
        "UPDATE audit SET why = ''",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT * FROM audit WHERE sequence = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            chain.execute(statement)
    assert list(audit.check(chain)) == []


def test_text_that_no_database_takes_is_noted(chain: Database) -> None:
    audit.note(chain, "apply", outcome="failed", why="\udcff is no letter " + "x" * 5000)
    assert list(audit.check(chain)) == []


@pytest.mark.parametrize(
    ("statement", "row", "text"),
    [
        ("UPDATE audit SET why = 'nothing' WHERE sequence = 3", 3, "row 3"),
        ("UPDATE audit SET user = 'eve' WHERE sequence = 1", 1, "row 1"),
        ("UPDATE audit SET digest = '' WHERE sequence = 5", 5, "row 5"),
        ("UPDATE audit SET sequence = 9 WHERE sequence = 5", 9, "no rows 5 to 8"),
        ("DELETE FROM audit WHERE sequence = 3", 4, "no rows 3 to 3"),
        ("DELETE FROM audit WHERE sequence = 1", 2, "no rows 1 to 1"),
        ("DELETE FROM audit WHERE sequence >= 4", 4, "its end was cut off"),
        ("DELETE FROM audit", 1, "its end was cut off"),
    ],
)
def test_what_was_tampered_with_is_named(chain: Database, statement: str, row: int, text: str) -> None:
    """Who has the file can drop the triggers; the chain tells all the same."""
    chain.execute("DROP TRIGGER audit_update")
    chain.execute("DROP TRIGGER audit_delete")
    chain.execute(statement)
    number, message = next(audit.check(chain))
    assert number == row
    assert text in message


COLUMNS = ("at", "action", "outcome", "environment", "subject", "why", "before", "after", "user", "uid", "machine")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.sampled_from(COLUMNS), st.one_of(st.integers(0, 99), st.text("abc", max_size=3)))
def test_no_change_of_a_row_goes_unseen(sequence: int, column: str, value: int | str) -> None:
    with scratch() as place:
        database = Database(place / "state.db")
        try:
            for number in range(5):
                audit.note(database, "apply", environment="dev", why=f"reason {number}", after=number)
            before = database.execute("SELECT * FROM audit")
            database.execute("DROP TRIGGER audit_update")
            database.execute(f"UPDATE audit SET {column} = ? WHERE sequence = ?", (value, sequence))  # noqa: S608
            changed = database.execute("SELECT * FROM audit") != before
            assert bool(list(audit.check(database))) == changed
        finally:
            database.close()
