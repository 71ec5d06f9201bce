"""Hub and edge are killed, and nothing is lost, counted twice or half there."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import World
from tests.deploy_world import in_child, killed, scratch
from tests.edge_world import Fleet, Way, make_fleet
from tests.serve_world import Server, served_elsewhere

from regen.access import TokenStore
from regen.fleet.executions import Execution, note_execution
from regen.state import edges, faults, merkle, outbox, releases
from regen.state.blobs import digest_of
from regen.state.opening import read_state

HEALTH = "health = \"sh -c '! grep -q Broken $REGEN_TREE/ada.txt'\"\n"


def prepared(place: Path, label: str, edge: str, deployer: str) -> Fleet:
    """A hub with a release that the edge does not have yet, and an edge with an edit and a record that wait."""

    async def prepare() -> Fleet:
        fleet = await make_fleet(place)
        fleet.settings(edge, deployer)
        await fleet.sync()
        file = fleet.site / "bob.txt"
        text = file.read_bytes()
        file.unlink()
        file.write_bytes(text + b"mine\n")
        note_execution(fleet.edge, Execution("import"))
        await fleet.release(label)
        return fleet

    return anyio.run(prepare)


def moved(fleet: Fleet, place: Path) -> Fleet:
    """A copy of both, elsewhere."""
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(["cp", "-a", fleet.hub.root.parent, place], check=True)
    hub = World(place / "hub", {})
    return Fleet(hub, place / "edge", Way(hub.root / ".regen", bundles=fleet.way.bundles))


CASES = {
    "releases": ("Ada L.", "", 'deployer = "releases"', ["deployed", "execution", "edit", "deployed"]),
    "workspace": ("Ada L.", "", 'deployer = "workspace"\ntarget = "site/current"', None),
    "unhealthy": ("Broken", HEALTH, 'deployer = "bluegreen"', None),
}


@pytest.mark.parametrize("case", ["releases", "unhealthy", pytest.param("workspace", marks=pytest.mark.long)])
def test_a_round_that_is_killed_at_any_step_is_ended_by_the_next(case: str) -> None:
    kill_a_round(case, stride=13)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_a_round_that_is_killed_at_every_step_is_ended_by_the_next(case: str) -> None:
    kill_a_round(case, stride=1)


def kill_a_round(case: str, *, stride: int) -> None:
    """Kill hub and edge, which are one process here, at each `stride`-th step of a round."""
    label, edge, deployer, _ = CASES[case]
    with scratch() as place:
        start = prepared(place / "start", label, edge, deployer)
        before = start.stands()
        whole = moved(start, place / "whole")
        faults.arm("none@never")
        anyio.run(whole.sync)
        points = faults.passed()
        faults.arm(None)
        expected, after = told(whole), whole.stands()
        assert len(points) > 60
        for number in range(1, len(points) + 1, stride):
            fleet = moved(start, place / "work")
            assert killed(in_child(lambda fleet=fleet: anyio.run(fleet.sync), fault=f"kill@{number}")), points[
                number - 1
            ]
            if case == "releases":  # what is read is whole at any moment
                assert fleet.stands() in (before, after), points[number - 1]
            anyio.run(fleet.sync)
            anyio.run(fleet.sync)
            assert fleet.stands() == after, points[number - 1]
            assert told(fleet) == expected, points[number - 1]


def told(fleet: Fleet) -> tuple[list[str], int | None, dict[str, int], list[tuple[str, str | None]]]:
    """What the hub knows, in any order; every record of the edge is there once."""
    with read_state(fleet.hub.root / ".regen") as hub, read_state(fleet.edge / ".regen") as edge:
        assert hub is not None
        assert edge is not None
        rows = edges.messages(hub.db, "e1", limit=1000)
        records = {name for (name,) in edge.db.execute("SELECT id FROM edge_record")}
        assert {row[0] for row in rows} == records
        (node,) = edges.nodes(hub.db)
        assert node.messages == len(rows)
        edits = sorted((one.path, one.digest) for one in edges.edits(hub.db))
        return sorted(row[2] for row in rows), node.release, dict(outbox.counts(edge.db)), edits


class Field:
    """A hub that is served and an edge that meets it, in processes that are killed at random.

    Args:
        place: a folder.
        seed: of what happens when.
    """

    def __init__(self, place: Path, seed: int, stack: ExitStack) -> None:
        self.random = random.Random(seed)
        self.stack = stack
        self.hub, self.edge = World(place / "hub"), place / "edge"
        self.server: Server | None = None
        self.noted = self.labels = self.kills_hub = self.kills_edge = self.rounds = 0
        self.acknowledged: set[str] = set()
        anyio.run(self.hub.apply)
        secret = TokenStore(self.hub.root / ".regen").create("edge", "system")
        self.edge.mkdir()
        (self.edge / "token").write_text(secret)

    def up(self) -> str:
        """Serve the hub, with the watch in it, where nobody does; gives the address."""
        if self.server is None or self.server.process is None or self.server.process.poll() is not None:
            self.server = self.stack.enter_context(served_elsewhere(self.hub.root))
            text = f'[edge]\nname = "e1"\nhub = "{self.server.address}"\ntoken_file = "token"\n'
            (self.edge / "edge.toml").write_text(f'{text}[[environment]]\nname = "dev"\ndeployer = "releases"\n')
        return self.server.address

    def release(self) -> None:
        """Change the graph; the watch makes a release of it, or the one after its next start does."""
        self.labels += 1
        people = "".join(f':p{n} a :Person ; rdfs:label "P {self.labels * n}" .\n' for n in range(12))
        self.hub.graph(people)

    def round(self) -> None:
        """One round in a process of its own, which may be killed, and so may the hub."""
        self.rounds += 1
        for _ in range(self.random.randint(0, 2)):
            if (self.edge / ".regen/state.db").exists():
                self.noted += 1
                note_execution(self.edge, Execution(f"n{self.noted}"))
        command = [sys.executable, "-m", "regen", "edge", "sync", "-C", str(self.edge)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        victim = self.random.choice(["edge", "hub", "nobody"])
        with process:
            if victim != "nobody":
                time.sleep(self.random.uniform(0.3, 0.9))  # when it is killed is what is tried here, no result
            if victim == "edge" and process.poll() is None:
                process.kill()
                self.kills_edge += 1
            if victim == "hub" and self.server is not None and self.server.process is not None:
                self.server.process.send_signal(signal.SIGKILL)
                self.server.process.wait()
                self.kills_hub += 1
            _, said = process.communicate(timeout=120)
        assert process.returncode in (0, 1, -signal.SIGKILL), said
        assert "Traceback" not in said, said
        self.look()

    def look(self) -> None:
        """What stands is a release of the hub, whole; what the edge takes for done is there."""
        with read_state(self.hub.root / ".regen") as hub:
            assert hub is not None
            known = {
                merkle.root_of((one.path, one.content) for one in releases.contents(hub.db, "dev", release.number))
                for release in releases.history(hub.db, "dev")
            }
            there = [row[0] for row in edges.messages(hub.db, "e1", limit=100_000)]
            assert len(there) == len(set(there))
        current = self.edge / "site/current"
        if current.exists():
            root = current.resolve()
            files = [
                (p.relative_to(root).as_posix(), digest_of(p.read_bytes())) for p in root.rglob("*") if p.is_file()
            ]
            assert merkle.root_of(files) in known
        with read_state(self.edge / ".regen") as edge:
            if edge is not None:
                rows = edge.db.execute("SELECT id FROM edge_record JOIN outbox USING (sequence) WHERE state = 'synced'")
                self.acknowledged |= {name for (name,) in rows}
        assert self.acknowledged <= set(there)

    def end(self) -> None:
        """Two rounds that nobody disturbs: all is there, once."""
        self.up()
        assert self.server is not None
        self.server.ready()
        for _ in range(2):
            command = [sys.executable, "-m", "regen", "edge", "sync", "-C", str(self.edge)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
        self.look()
        with read_state(self.hub.root / ".regen") as hub, read_state(self.edge / ".regen") as edge:
            assert hub is not None
            assert edge is not None
            assert outbox.counts(edge.db)["pending"] == outbox.counts(edge.db)["error"] == 0
            records = [name for (name,) in edge.db.execute("SELECT id FROM edge_record ORDER BY id")]
            rows = edges.messages(hub.db, "e1", limit=100_000)
            assert sorted(row[0] for row in rows) == records
            assert sum(row[2] == "execution" for row in rows) == self.noted
            (node,) = edges.nodes(hub.db)
            assert node.messages == len(records)
            newest = releases.current(hub.db, "dev")
            assert newest is not None
            assert node.release == newest.number


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends every process."""
    with ExitStack() as found:
        yield found


def campaign(place: Path, stack: ExitStack, *, rounds: int, seed: int) -> Field:
    """So many rounds with a release now and then."""
    field = Field(place, seed, stack)
    for _ in range(rounds):
        field.up()
        if field.random.random() < 0.5:
            field.release()
        field.round()
    field.end()
    return field


def test_killed_at_random_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path, stack: ExitStack) -> None:
    field = campaign(tmp_path, stack, rounds=10, seed=7)
    assert field.kills_edge
    assert field.kills_hub


@pytest.mark.long
def test_killed_at_random_during_two_hundred_rounds(tmp_path: Path, stack: ExitStack) -> None:
    started = time.monotonic()
    field = campaign(tmp_path, stack, rounds=200, seed=200)
    assert field.kills_edge > 30
    assert field.kills_hub > 30
    print(
        f"\n{field.rounds} rounds, {field.labels} changes of the graph, edge killed {field.kills_edge} times, hub"
        f" {field.kills_hub} times, {len(field.acknowledged)} records, {time.monotonic() - started:.0f} s"
    )
