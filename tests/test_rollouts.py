"""Canary environments: releases reach their targets step by step, and come back."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import PEOPLE, PERSON, PREFIXES, World

from regen import Project
from regen.cli.main import run
from regen.errors import ConfigError, DeployError, ExitCode, UsageError
from regen.hooks.abilities import Spreads
from regen.model.alert import Alert
from regen.model.event import RollbackCompleted
from regen.model.rollout import RolloutState
from regen.orchestrator.checkup import check_up
from regen.orchestrator.reaching import RETRY_S
from regen.orchestrator.rollouts import RolloutStatus, advance
from regen.stages.deploy.spread import bring
from regen.state import faults

pytestmark = pytest.mark.anyio

TARGETS = [f"targets/{name}" for name in ("one", "two", "three", "four", "five")]
HEAD = f"""\
[[environment]]
name = "fleet"
deployer = "canary"
target = "deploy"
targets = {TARGETS!r}
salt = "a"
"""
STEPS = "steps = [{ set_weight = 20 }, { pause = true }, { set_weight = 60 }, { pause_s = 60 }]\n"


class Fleet(World):
    """A project with a canary environment of five folders, and a clock that a test sets."""

    def __init__(self, root: Path, steps: str = STEPS, rest: str = "") -> None:
        files = {"graphs/people.ttl": PREFIXES + PEOPLE, "templates/person.j2": PERSON}
        super().__init__(root, {**files, "regen.toml": HEAD + steps + rest})
        self.now = 1_800_000_000.0

    def clock(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def name_bob(self, name: str) -> None:
        """Change one file of the release."""
        self.write("graphs/people.ttl", PREFIXES + PEOPLE.replace('"Bob"', f'"{name}"'))

    def bobs(self) -> dict[str, str | None]:
        """What each target says of Bob; None where it has no release."""
        found = {}
        for target in TARGETS:
            file = self.root / target / "current" / "bob.txt"
            found[target] = file.read_text().splitlines()[0].removeprefix("name: ") if file.exists() else None
        return found

    def having(self, name: str) -> int:
        """How many targets have it."""
        return list(self.bobs().values()).count(name)

    async def on(self, project: Project) -> RolloutStatus:
        """Do what is due by the test's clock."""
        session = project._session
        found = await advance(session, session.place(None), self.clock)
        assert found is not None
        return found


@asynccontextmanager
async def two_releases(fleet: Fleet) -> AsyncIterator[Project]:
    """A first release everywhere, and a second one after its first step."""
    async with fleet.open() as project:
        await project.apply()
        fleet.name_bob("Bobby")
        await project.apply()
        yield project


async def alerts_of(fleet: Fleet) -> tuple[Alert, ...]:
    """Those that are open."""
    return (await check_up(fleet.root, None, now=False)).alerts


def state_of(status: RolloutStatus | None) -> RolloutState:
    """Of the newest rollout."""
    assert status is not None
    assert status.rollout is not None
    return status.rollout.state


async def test_the_first_release_goes_to_everybody(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    async with fleet.open() as project:
        applied = await project.apply()
    assert fleet.having("Bob") == 5
    assert state_of(applied.rollout) is RolloutState.COMPLETED
    for target in TARGETS:
        assert (fleet.root / target / "current").readlink() == Path("releases/1")


async def test_a_release_goes_out_step_by_step(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project:
        assert (fleet.having("Bobby"), fleet.having("Bob")) == (1, 4)
        first = {target for target, bob in fleet.bobs().items() if bob == "Bobby"}
        assert state_of(await project.rollout()) is RolloutState.PAUSED, "only a person goes on"
        status = await project.promote()
        assert (fleet.having("Bobby"), fleet.having("Bob")) == (3, 2)
        assert fleet.bobs()[first.pop()] == "Bobby", "a smaller share is inside a larger one"
        assert status.waits_until is not None
        fleet.now = status.waits_until - 1
        await fleet.on(project)
        assert fleet.having("Bobby") == 3
        fleet.now = status.waits_until
        assert state_of(await fleet.on(project)) is RolloutState.COMPLETED
        assert fleet.having("Bobby") == 5


async def test_a_rollout_goes_on_in_another_process_with_the_same_targets(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", STEPS.replace("60 }, {", "60 }, { pause = true }, {"))
    async with two_releases(fleet):
        before = fleet.bobs()
    async with fleet.open() as project:
        assert state_of(await project.rollout()) is RolloutState.PAUSED
        assert fleet.bobs() == before
        await project.promote(whole=True)
        assert fleet.having("Bobby") == 5


async def test_an_aborted_rollout_gives_every_target_the_stable_release_again(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project:
        await project.promote()
        status = await project.abort(why="it looks wrong")
        assert fleet.having("Bob") == 5
        assert state_of(status) is RolloutState.COMPLETED, "the way back is a release of its own"
        newest, bad, _ = project.history()
        assert (newest.restores, bad.state.value) == (1, "bad")
        assert "it looks wrong" in project.audit()[0].why
        applied = await project.apply()
        assert applied.held, "what was aborted does not come again"
        with pytest.raises(UsageError, match="no rollout of fleet is under way"):
            await project.promote()


async def test_a_rollout_that_is_taken_back_is_told_on_the_bus(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project, project.notifier.subscribe(types="rollback.*") as events:
        await project.abort(why="it looks wrong")
        with anyio.fail_after(10):
            told = (await anext(events)).data
    assert isinstance(told, RollbackCompleted)
    assert (told.release, told.restored, told.because, told.trigger) == (3, 1, "it looks wrong", "manual")


async def test_a_rollback_by_hand_goes_to_what_every_target_had(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project:
        fleet.name_bob("Rob")
        await project.apply()
        assert fleet.having("Rob") == 1, "a newer release takes the place of one that is not through"
        assert (fleet.having("Bob"), fleet.having("Bobby")) == (4, 0)
        done = await project.rollback()
        assert done.release.restores == 1
        assert fleet.having("Bob") == 5


async def test_a_target_that_cannot_be_reached_is_told_and_tried_again(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", "")
    (fleet.root / "targets").mkdir()
    (fleet.root / "targets/three").write_text("in the way\n")
    async with fleet.open() as project:
        status = (await project.apply()).rollout
        assert status is not None
        assert fleet.having("Bob") == 4
        assert [row.target for row in status.targets if row.error] == ["targets/three"]
        assert state_of(status) is RolloutState.PROGRESSING
        (fleet.root / "targets/three").unlink()
        fleet.now = max(row.at for row in status.targets) + RETRY_S + 1
        assert state_of(await fleet.on(project)) is RolloutState.COMPLETED
        assert fleet.having("Bob") == 5


def test_a_target_that_waits_to_be_tried_again_is_told_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By each `regen apply`, though there is nothing else to do: the exit code says that something is wrong."""
    fleet = Fleet(tmp_path / "p", "")
    (fleet.root / "targets").mkdir()
    (fleet.root / "targets/three").write_text("in the way\n")
    for _ in range(2):
        assert run(["apply", "-C", str(fleet.root)]) == ExitCode.ROLLED_BACK
        said = capsys.readouterr().out
        assert "could not be reached: targets/three\n" in said
        assert "targets/three: " in said.replace("reached: targets/three\n", "")


async def test_an_edit_at_a_target_is_kept_told_and_reaches_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(tmp_path / "p", "")
    async with fleet.open() as project:
        await project.apply()
        edited = fleet.root / "targets/two/current/ada.txt"
        edited.chmod(0o644)
        edited.write_text("mine\n")
        fleet.name_bob("Bobby")
        await project.apply()
        texts = {(fleet.root / target / "current/ada.txt").read_text() for target in TARGETS}
        assert texts == {(fleet.root / "deploy/current/ada.txt").read_text()}
        assert "mine\n" not in texts
        (kept,) = project.kept_edits()
        assert "targets/two" in kept.why
        assert (
            f"targets/two: an edit of ada.txt was set aside: `regen restore ada.txt --edit {kept.name}" in caplog.text
        )


async def test_what_stands_at_targets_is_verified(tmp_path: Path) -> None:
    """And a target that the configuration names no longer is forgotten with the next step."""
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project:
        assert (await project.verify()).clean
        edited = fleet.root / "targets/two/current/ada.txt"
        edited.chmod(0o644)
        edited.write_text("mine\n")
        shutil.rmtree(fleet.root / "targets/four")
        found = [remark.message for remark in (await project.verify()).remarks if remark.wrong]
        number = {target: bob == "Bobby" for target, bob in fleet.bobs().items()}["targets/two"] + 1
        assert f"targets/two: ada.txt is not as release {number} left it" in found
        assert [message.split(":")[0] for message in found if message.endswith("is missing")] == ["targets/four"] * 2
    config = fleet.root / "regen.toml"
    config.write_text(config.read_text().replace(", 'targets/four'", ""))
    async with fleet.open() as project:
        await project.promote(whole=True)
        assert (await project.verify()).clean


async def test_a_release_with_open_conflicts_goes_to_no_target(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", "")
    async with fleet.open() as project:
        await project.apply()
        edited = fleet.root / "deploy/current/bob.txt"
        edited.chmod(0o644)
        edited.write_text(edited.read_text().replace("name: Bob", "name: Robert"))
        fleet.name_bob("Bobby")
        fleet.write("graphs/more.ttl", PREFIXES + ':eve a :Person ; rdfs:label "Eve" .\n')
        applied = await project.apply()
        assert applied.rollout is not None
        assert applied.rollout.incomplete == 2
        assert not (fleet.root / "targets/one/current/eve.txt").exists()


async def test_a_watch_goes_on_when_a_step_is_due(tmp_path: Path) -> None:
    fleet = Fleet(
        tmp_path / "p", "steps = [{ set_weight = 20 }, { pause_s = 0.3 }, { set_weight = 60 }, { pause = true }]\n"
    )
    async with fleet.open() as project:
        await project.apply()
        fleet.name_bob("Bobby")
        with anyio.fail_after(60):
            async with aclosing(project.watch()) as turns:
                first = await anext(turns)
                assert first.applied is not None
                assert state_of(first.applied.rollout) is RolloutState.PAUSED
                second = await anext(turns)
        assert second.trigger == "rollout"
        assert state_of(second.rolled) is RolloutState.PAUSED
        assert fleet.having("Bobby") == 3


async def test_what_was_cut_off_goes_on_with_the_next_command(tmp_path: Path) -> None:
    """The release was committed, and no target had it: nothing but the release says that it is to go out."""
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project:
        database = project._session.state.db
        with database.transaction():
            database.execute("DELETE FROM rollout WHERE release = 2")
            database.execute("UPDATE rollout_target SET release = 1")
        status = await project.rollout()
        assert state_of(status) is RolloutState.PAUSED
        assert fleet.having("Bobby") == 1


async def test_a_way_back_that_failed_is_tried_again(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    async with two_releases(fleet) as project:
        database = project._session.state.db
        with database.transaction():
            database.execute("UPDATE rollout SET state = 'aborted', why = 'cut off' WHERE release = 2")
        assert state_of(await project.rollout()) is RolloutState.COMPLETED
        assert fleet.having("Bob") == 5
        assert project.history()[0].restores == 1


async def test_whatever_fails_on_the_way_a_target_has_one_release_whole(tmp_path: Path) -> None:
    """At every step that writes: the target has the old one or the new one, and the next try ends well."""
    first = Fleet(tmp_path / "first")
    async with two_releases(first):
        pass
    left = next(target for target, bob in first.bobs().items() if bob == "Bob")
    number, passed = 0, True
    while passed:
        number += 1
        fleet = Fleet(tmp_path / str(number))
        shutil.rmtree(fleet.root)
        shutil.copytree(first.root, fleet.root, symlinks=True)
        async with fleet.open() as project:
            session = project._session
            place = session.place(None)
            spreads = place.target.deployer
            assert isinstance(spreads, Spreads)
            faults.arm(f"EIO@{number}")
            with suppress(DeployError):
                await bring(session.state, place.target, spreads, left, 2, 1, at=0.0)
                passed = False
            faults.arm(None)
            current = fleet.root / left / "current"
            assert current.readlink() in (Path("releases/1"), Path("releases/2"))
            texts = {file.name: file.read_text().splitlines()[0] for file in current.iterdir()}
            assert texts in (
                {"ada.txt": "name: Ada", "bob.txt": "name: Bob"},
                {"ada.txt": "name: Ada", "bob.txt": "name: Bobby"},
            )
            assert state_of(await project.promote(whole=True)) is RolloutState.COMPLETED
            assert fleet.having("Bobby") == 5
    assert number > 5, "it writes more often than that"


ANALYSIS = """\
steps = [{ set_weight = 40 }, { analysis = "well", count = 3, interval_s = 1, failure_limit = 1 }]
[[probe]]
name = "well"
run = "%s check.py {target}"
interval_s = 1
timeout_s = 5
"""
CHECK = """\
import pathlib, sys
text = pathlib.Path(sys.argv[1], "current", "bob.txt").read_text()
sys.exit("bad" in text)
"""


async def test_an_analysis_lets_a_good_release_through(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", ANALYSIS % sys.executable)
    fleet.write("check.py", CHECK)
    async with two_releases(fleet) as project:
        status = await project.rollout()
        assert fleet.having("Bobby") == 2
        assert status is not None
        assert status.rollout is not None
        assert status.rollout.rounds == ("pass",)
        for _ in range(2):
            assert status.waits_until is not None
            fleet.now = status.waits_until
            status = await fleet.on(project)
        assert state_of(status) is RolloutState.COMPLETED
        assert fleet.having("Bobby") == 5


async def test_an_analysis_takes_a_bad_release_back(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", ANALYSIS % sys.executable)
    fleet.write("check.py", CHECK)
    async with fleet.open() as project:
        await project.apply()
        fleet.name_bob("bad")
        status = (await project.apply()).rollout
        assert fleet.having("bad") == 2
        assert status is not None
        assert status.waits_until is not None
        fleet.now = status.waits_until
        assert state_of(await fleet.on(project)) is RolloutState.COMPLETED
        assert fleet.having("Bob") == 5
        assert project.audit()[0].why.startswith("health_check_failed: rollout aborted: the analysis of well failed")
        assert (await project.apply()).held
        status = await project.rollout()
        assert status is not None
        assert status.left is not None
        assert (status.left.release, status.left.refuted) == (2, True)


def test_a_command_that_sees_its_release_taken_back_ends_with_5(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An analysis of one round says no at once; what an earlier cycle came to is not the next one's fault."""
    fleet = Fleet(
        tmp_path / "p", ANALYSIS.replace(", count = 3, interval_s = 1, failure_limit = 1", "") % sys.executable
    )
    fleet.write("check.py", CHECK)
    here = ["-C", str(fleet.root)]
    assert run(["apply", *here]) == 0
    fleet.name_bob("bad")
    capsys.readouterr()
    for words, code in ((["apply"], 5), (["rollout", "wait"], 5)):
        assert run([*words, *here]) == code
        said = [line for line in capsys.readouterr().out.splitlines() if "aborted" in line]
        assert len(said) == 1
        assert said[0].startswith("rollout of release 2 aborted: the analysis of well failed: well of targets/")
        assert said[0].endswith("; release 1 stands again as 3")
    assert fleet.having("Bob") == 5
    assert [alert.key for alert in anyio.run(alerts_of, fleet)] == ["fleet/rollout"]
    assert run(["apply", *here]) == 0
    fleet.name_bob("Bobby")
    assert run(["apply", *here]) == 0
    assert fleet.having("Bobby") == 5
    assert anyio.run(alerts_of, fleet) == ()
    assert run(["rollout", *here]) == 0


def test_who_aborts_a_rollout_gets_what_was_asked_for(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p")
    here = ["-C", str(fleet.root)]
    assert run(["apply", *here]) == 0
    fleet.name_bob("Bobby")
    assert run(["apply", *here]) == 0
    assert run(["rollout", "abort", *here]) == 0
    assert anyio.run(alerts_of, fleet) == ()
    assert run(["rollout", *here]) == 5


async def test_hosts_are_reached_by_a_command(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", 'push = "sh push.sh"\n')
    fleet.write(
        "push.sh",
        'test "$REGEN_TARGET" != targets/four || exit 3\nmkdir -p "$REGEN_TARGET"\n'
        'rm -rf "$REGEN_TARGET/current"\ncp -rL "$REGEN_TREE" "$REGEN_TARGET/current"\n',
    )
    async with fleet.open() as project:
        status = (await project.apply()).rollout
        assert status is not None
        assert fleet.having("Bob") == 4
        assert [(row.target, row.error) for row in status.targets if row.error] == [
            ("targets/four", "`push` ended with exit code 3")
        ]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("steps = [{ set_weight = 20, pause = true }]\n", "step 1 does more than one thing"),
        ("steps = [{ count = 2 }]\n", "step 1 does nothing"),
        ("steps = [{ set_weight = 120 }]\n", "has to be at most 100"),
        ('steps = [{ analysis = "no" }]\n', "asks the probe 'no'"),
        ("stages = []\n", "there is no setting `environment.stages`"),
    ],
)
async def test_steps_that_cannot_be_meant_are_refused(tmp_path: Path, steps: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        async with Fleet(tmp_path / "p", steps).open():
            pass
    assert str(caught.value.where).startswith("regen.toml:")


@pytest.mark.parametrize("target", ["graphs", "deploy/current", "targets/one", "targets", ".", ".regen/x", "out"])
async def test_targets_that_overlap_others_are_refused(tmp_path: Path, target: str) -> None:
    fleet = Fleet(tmp_path / "p")
    config = fleet.root / "regen.toml"
    config.write_text(config.read_text().replace("'targets/five'", repr(target)) + '\n[[environment]]\nname = "dev"\n')
    with pytest.raises(ConfigError, match=r"overlaps|twice"):
        async with fleet.open():
            pass


async def test_a_folder_that_regen_did_not_make_is_left_alone(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", "")
    strange = fleet.write("targets/one/releases/1/mine.txt", "mine\n")
    async with fleet.open() as project:
        status = (await project.apply()).rollout
    assert status is not None
    assert [row.target for row in status.targets if row.error] == ["targets/one"]
    assert strange.read_text() == "mine\n"


async def test_a_lost_state_does_not_take_targets_for_its_own(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "p", "")
    async with fleet.open() as project:
        await project.apply()
    shutil.rmtree(fleet.root / ".regen")
    shutil.rmtree(fleet.root / "deploy")
    async with fleet.open() as project:
        status = (await project.apply()).rollout
    assert status is not None
    assert all("stands already" in (row.error or "") for row in status.targets)
    assert fleet.having("Bob") == 5
