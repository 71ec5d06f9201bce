"""A watch asks probes beside its cycles; a release that fails them is left, verified, told of and held."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from tests.beside_world import Watch, watched
from tests.cycle_world import World
from tests.health_world import ROB, ROBERT, Heard, done, guarded, quick, says, server, started, stop, until

from regen.cli.main import run
from regen.hooks import hookimpl
from regen.model.event import RollbackCompleted
from regen.model.release import ReleaseState
from regen.orchestrator.outcome import Turn
from regen.orchestrator.reading import read_audit, read_history
from regen.orchestrator.status import read_status


def rescued(watch: Watch) -> Turn:
    """The next turn that is an automatic rollback."""
    while (turn := watch.turn()).rescued is None:
        assert turn.error is None, turn.error
    return turn


def passes(world: World) -> bool:
    """Whether the probe passed for the release that stands."""
    file = world.root / ".regen/health.json"
    known = json.loads(file.read_text()) if file.exists() else {"probes": {}}
    readings = known["probes"].get("web", {}).get("readings", [])
    return bool(readings) and readings[-1]["outcome"] == "pass"


def test_a_release_that_fails_is_left(tmp_path: Path, anyio_backend: str) -> None:
    """By itself, with the trigger everywhere, verified, held, and told of once; then it is well again."""
    world, heard = guarded(tmp_path / "project"), Heard()
    with watched(world, anyio_backend, plugins=[("heard", heard)]) as watch:
        until(lambda: passes(world))
        before = world.tree()
        world.graph(ROBERT)
        turn = rescued(watch)
        found = turn.rescued
        assert found is not None
        assert (found.breach.trigger, found.breach.release) == ("health_check_failed", 2)
        assert (found.done.release.restores, found.done.verified.checked) == (1, 1)
        assert 0 < found.rollback_s < 30
        assert world.tree() == before
        until(lambda: len(heard.alerts) == 2)
        assert heard.said() == [("critical", False), ("critical", True)]
        assert "release 2 was left, and release 1 stands again as 3" in heard.alerts[0].message
        status = read_status(world.root, None)
        assert status.hold is not None
        assert status.rescue is not None
        assert (status.rescue.release, status.stale, status.alerts) == (3, 1, ())
        world.graph(ROBERT + "# the same\n")  # held: nothing comes of it
        while (turn := watch.turn()).applied is None:
            pass
        assert turn.applied.held
    assert "health_check_failed: web: exit code 1" in read_audit(world.root, action="rollback")[0].why
    states = {release.number: release.state for release in read_history(world.root, None)}
    assert (states[2], states[3]) == (ReleaseState.BAD, ReleaseState.DEPLOYED)


def test_the_bus_is_told(tmp_path: Path, anyio_backend: str) -> None:
    """Of the rollback, with the time that it took, and of the alert."""
    world = guarded(tmp_path / "project")

    async def work() -> list[object]:
        found = []
        async with world.open(command="watch") as project, anyio.create_task_group() as group:

            async def watch() -> None:
                async for turn in project.watch():
                    if turn.trigger == "start":
                        await anyio.to_thread.run_sync(lambda: until(lambda: passes(world)))
                        world.graph(ROBERT)

            async with project.notifier.subscribe(types=("rollback.*", "monitoring.*")) as events:
                group.start_soon(watch)
                async for event in events:
                    found.append(event)
                    if event.type == "monitoring.recovery":
                        break
            group.cancel_scope.cancel()
        return found

    with anyio.from_thread.start_blocking_portal(anyio_backend) as portal:
        events = portal.call(work)
    assert [event.type for event in events] == ["rollback.completed", "monitoring.alert", "monitoring.recovery"]
    told = events[0].data
    assert isinstance(told, RollbackCompleted)
    assert (told.release, told.restored, told.trigger) == (3, 1, "health_check_failed")
    assert told.rollback_s is not None


@pytest.mark.parametrize("rollback", ["manual", "none"])
def test_without_a_wish_for_it_nothing_is_rolled_back(tmp_path: Path, rollback: str) -> None:
    """A person hears of it; `none` refuses what a person asks, too."""
    world, heard = guarded(tmp_path / "project", rollback=rollback), Heard()
    with watched(world, plugins=[("heard", heard)]) as watch:
        until(lambda: passes(world))
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]
        until(lambda: heard.alerts)
        assert "is left alone" in heard.alerts[0].message
        assert run(["health", "-C", str(world.root)]) == 1
        assert run(["rollback", "-C", str(world.root)]) == (2 if rollback == "none" else 0)
    assert world.read("bob.txt")[:9] == ("name: Rob" if rollback == "none" else "name: Bob")


def test_what_failed_before_a_release_came_is_no_reason_to_leave_it(tmp_path: Path) -> None:
    """Nor is a probe that cannot be run: a person hears of both."""
    world, heard = guarded(tmp_path / "project", run="grep -q Robert out/bob.txt"), Heard()
    more = quick("no-such-program").replace('"web"', '"gone"')
    world.write("regen.toml", (world.root / "regen.toml").read_text() + more)
    with watched(world, plugins=[("heard", heard)]) as watch:
        until(lambda: len(heard.alerts) >= 2)
        world.graph(ROB)
        assert watch.paths() == ["bob.txt"]
        until(lambda: run(["health", "-C", str(world.root)]) == 1)
    assert [release.number for release in read_history(world.root, None)] in ([1], [2, 1], [3, 2, 1])
    assert {(alert.key, alert.severity) for alert in heard.alerts} >= {("dev/gone", "warning")}


def test_without_a_good_release_the_environment_is_frozen(tmp_path: Path) -> None:
    """The first release fails: it stays, no watch deploys over it, and a person is told how to go on."""
    world, heard = guarded(tmp_path / "project", run="grep -q Robert out/bob.txt"), Heard()
    with watched(world, plugins=[("heard", heard)]) as watch:
        until(lambda: read_status(world.root, None).freeze is not None)
        until(lambda: len(heard.alerts) == 2)
        said = {alert.key: alert.message for alert in heard.alerts}
        assert said.keys() == {"dev/web", "dev/frozen"}
        assert said["dev/web"].endswith("; it could not be rolled back")
        assert "there is no release before it to go back to" in said["dev/frozen"]
        world.graph(ROB)
        while (turn := watch.turn()).applied is None:
            pass
        assert turn.applied.frozen is not None
        assert world.read("bob.txt")[:9] == "name: Bob"
        assert run(["resume", "-C", str(world.root)]) == 0
        until(lambda: world.read("bob.txt")[:9] == "name: Rob")
        until(lambda: heard.alerts[-1].key == "dev/frozen" and heard.alerts[-1].recovered)


def test_a_breach_does_not_wait_for_a_cycle(tmp_path: Path) -> None:
    """A gate that takes for ever is stopped; what it stopped stays stale, and does not come in after the rollback."""
    world = guarded(tmp_path / "project")
    waits = Waiting()
    with watched(world, plugins=[("waits", waits)]) as watch:
        until(lambda: passes(world))
        world.graph(ROBERT)
        assert watch.paths() == ["bob.txt"]
        waits.on = True
        world.graph(ROBERT.replace('"Ada"', '"Countess"'))
        turn = rescued_or_gave_way(watch)
        assert turn.gave_way is not None
        assert rescued(watch).rescued is not None
        waits.on = False
        world.graph(ROBERT.replace('"Ada"', '"Countess"') + "# the same\n")
        while (turn := watch.turn()).applied is None:
            pass
        assert turn.applied.held
        assert world.read("ada.txt")[:9] == "name: Ada"
        assert read_status(world.root, None).stale == 2


def rescued_or_gave_way(watch: Watch) -> Turn:
    while (turn := watch.turn()).gave_way is None and turn.rescued is None:
        pass
    return turn


class Waiting:
    """A gate that never answers while it is on."""

    on = False

    @hookimpl
    async def regen_evaluate(self) -> None:
        if self.on:
            await anyio.sleep_forever()


@pytest.mark.parametrize(
    "where", ["rescue.begun", "rollback.recorded", "settle.switch#2", "settle.clear#2", "rescue.verified"]
)
def test_a_watch_that_is_killed_while_it_rolls_back_is_followed_by_the_next_start(tmp_path: Path, where: str) -> None:
    """At any moment: then the old release stands, verified, and it is told why."""
    world = guarded(tmp_path / "project")
    assert done(world, "apply")[0] == 0
    before = world.tree()
    watch = started(world, "watch", REGEN_FAULT=f"kill@{where}")
    try:
        until(lambda: passes(world), "the probe never passed")
        world.graph(ROBERT)
        watch.wait(timeout=60)
        assert watch.returncode == -signal.SIGKILL
    finally:
        watch.kill()
        said, _ = watch.communicate()
    code, text = done(world, "plan")
    assert code == 0, (said, text)
    status = read_status(world.root, None)
    assert world.tree() == before
    assert status.rescue is not None
    assert (status.rescue.breach.release, status.rescue.release) == (2, 3)
    assert status.hold is not None
    assert "health_check_failed: web" in text
    assert done(world, "plan", "--check=exact")[0] == 1, "what was left is stale"


def test_a_figure_of_a_watch_and_its_alerts_go_to_a_command(tmp_path: Path) -> None:
    """With real processes, from the probe to the command that hears of it."""
    world = guarded(tmp_path / "project", more='[alerts]\nrun = "tee -a heard.jsonl"\n')
    watch = started(world, "watch")
    try:
        until(lambda: passes(world))
        world.graph(ROBERT)
        heard = world.root / "heard.jsonl"
        until(lambda: heard.exists() and len(heard.read_text().splitlines()) == 2)
        first, second = map(json.loads, heard.read_text().splitlines())
        assert (first["severity"], first["recovered"], second["recovered"]) == ("critical", False, True)
        assert first["key"] == "dev/web"
    finally:
        said = stop(watch)
    assert "release 2 was left: release 1 stands again as 3" in said
    code, text = done(world, "health", "--json")
    (rescue,) = json.loads(text)["rescues"]
    assert (code, rescue["release"]) == (0, 3)
    assert 0 < rescue["rollback_s"] < 30
    assert os.path.getsize(world.root / ".regen/health.json") < 20_000  # noqa: PTH202 - one word


def test_health_asks_once_where_no_watch_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what was never asked."""
    world = guarded(tmp_path / "project")
    place = ("-C", str(world.root))
    assert run(["health", *place]) == 0
    assert "never asked" in capsys.readouterr().out
    assert run(["health", "--once", *place]) == 1
    assert run(["apply", *place]) == 0
    capsys.readouterr()
    assert run(["health", "--once", "--env", "dev", "--json", *place]) == 0
    (probe,) = json.loads(capsys.readouterr().out)["probes"]
    assert probe["readings"][0]["outcome"] == "pass"
    assert run(["health", "--env", "prod", *place]) == 2


@pytest.mark.parametrize("deployer", ["releases", "bluegreen"])
def test_a_service_that_reads_a_whole_tree_gets_the_old_one_back(tmp_path: Path, deployer: str) -> None:
    """Asked over HTTP; every file of the tree that it sees then is read back."""
    world = World(tmp_path / "project")
    page = world.root / "out/current/bob.txt"

    def respond(handler: BaseHTTPRequestHandler) -> None:
        good = page.exists() and "Bob" in page.read_text()
        says("good" if good else "bad", 200 if good else 500)(handler)

    with server(respond) as url:
        probe = f'[[probe]]\nname = "web"\nurl = "{url}"\ncontains = "good"\ninterval_s = 0.1\nfailures = 2\n'
        environment = f'[[environment]]\nname = "live"\nrollback = "automatic"\ndeployer = "{deployer}"\n'
        world.write("regen.toml", environment + probe)
        with watched(world) as watch:
            until(lambda: passes(world))
            world.graph(ROBERT)
            found = rescued(watch).rescued
            assert found is not None
            assert (found.breach.message, found.done.verified.checked) == ("500 Internal Server Error", 2)
            assert found.done.verified.passed
            assert page.read_text().startswith("name: Bob")


def test_opening_a_project_loads_nothing_that_only_probes_need() -> None:
    """A command that asks none starts as fast as it did."""
    program = (
        "import sys, regen.project\nfrom regen.hooks.manager import PluginManager\nPluginManager()\n"
        "print(sorted({'regen.health', 'regen.web', 'ssl', 'http.client', 'urllib.request'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_cycles_that_fail_are_a_figure_of_the_watch(tmp_path: Path) -> None:
    """With enough of them, and nobody asked for more than an alert."""
    world, heard = World(tmp_path / "project"), Heard()
    probe = '[[probe]]\nname = "errors"\nmetric = "error_rate"\ninterval_s = 0.1\nfailures = 2\n'
    world.write("regen.toml", f"[engine]\ndebounce_ms = 0\n{probe}")
    with watched(world, plugins=[("heard", heard)]) as watch:
        for number in range(12):
            world.write("templates/bad.j2", "---\nto: x.txt\n---\n{{ oops(\n" + f"{number}\n")
            while watch.turn().error is None:
                pass
        until(lambda: heard.alerts)
    (alert,) = heard.alerts[:1]
    assert (alert.key, alert.severity) == ("dev/errors", "critical")
    assert "error_rate_exceeded: errors: " in alert.message
    assert "and has to be < 5%" in alert.message


def test_a_watch_that_is_asked_to_stop_leaves_no_outage_behind(tmp_path: Path) -> None:
    """Though it is asked by a signal; one that is killed does."""
    world = World(tmp_path / "project")
    memory = world.root / ".regen/health.json"
    for signal_number, stopped in [(signal.SIGTERM, True), (signal.SIGKILL, False)]:
        process = subprocess.Popen(
            [sys.executable, "-m", "regen", "-C", str(world.root), "watch"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            until(lambda lines=process.stdout: "to create" in (line := lines.readline()) or "nothing" in line)
            process.send_signal(signal_number)
            process.wait()
        assert json.loads(memory.read_text())["alive"][-1][2] is stopped
