"""A process that is killed at any step leaves, after the next start, the old tree or the new one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.deploy_world import ENVIRONMENT, Renders, Tree, World, in_child, killed, opened, scratch, sound

from regen.stages.deploy import interrupted
from regen.state import faults

BEFORE: Renders = {
    "same": ("same.py", b"same\n"),
    "update": ("update.py", b"one\ntwo\nthree\n"),
    "merge": ("pkg/merge.py", b"one\ntwo\nthree\n"),
    "delete": ("gone/deep/delete.py", b"delete\n"),
    "move": ("pkg/move.py", b"move\n"),
    "swap1": ("swap1.py", b"first\n"),
    "swap2": ("swap2.py", b"second\n"),
    "becomes": ("becomes", b"a file\n"),
}
AFTER: Renders = {
    "same": ("same.py", b"same\n"),
    "update": ("update.py", b"one\n2\nthree\n"),
    "merge": ("pkg/merge.py", b"ONE\ntwo\nthree\n"),
    "move": ("moved/here/move.py", b"move\n"),
    "swap1": ("swap2.py", b"first\n"),
    "swap2": ("swap1.py", b"second\n"),
    "inside": ("becomes/inside.py", b"in a folder\n"),
    "create": ("new/create.py", b"create\n"),
}


@dataclass(frozen=True)
class State:
    """All that a test compares: files, folders, tables."""

    tree: Tree
    folders: set[str]
    rows: dict[str, list[str]]


def state_of(world: World) -> State:
    return State(world.tree(), world.folders(), world.rows())


Opened = Callable[[Path], AbstractContextManager[World]]
"""Opens the world of a folder, with one deployer or another."""


def prepare(folder: Path, opened: Opened = opened) -> None:
    """The first release, with hand edits and a mode of its own."""
    with opened(folder) as world:
        world.commit(BEFORE)
        world.write("pkg/merge.py", b"one\ntwo\nthree\nmine\n")
        (world.root / "swap1.py").chmod(0o755)
        world.write("pkg/untouched.txt", b"the user's own\n")
        world.stale("update", "merge", "create")


def prepare_two(folder: Path, opened: Opened = opened) -> None:
    """The second release too, with an edit on top of it."""
    prepare(folder, opened)
    with opened(folder) as world:
        world.commit(AFTER)
        world.write("update.py", b"one\n2\nthree\nlater\n")


def deploy_it(folder: Path, opened: Opened = opened) -> None:
    with opened(folder) as world:
        world.commit(AFTER)


def roll_back(folder: Path, opened: Opened = opened) -> None:
    with opened(folder) as world:
        world.rollback()


@dataclass(frozen=True)
class Case:
    """Something that is killed: from `before` by `act` to `after`, passing `points` fault points."""

    start: Path
    act: Callable[[Path], None]
    before: State
    after: State
    points: tuple[str, ...]
    opened: Opened

    def recover(self, folder: Path) -> None:
        with self.opened(folder) as world:
            world.recover()

    def copy(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", self.start, folder], check=True)  # as it is: files with two names stay one file
        return folder


def make_case(
    place: Path, prepared: Callable[[Path], None], act: Callable[[Path], None], opened: Opened = opened
) -> Case:
    start = place / "start"
    prepared(start)
    with opened(start) as world:
        before = state_of(world)
    end = place / "end"
    subprocess.run(["cp", "-a", start, end], check=True)
    faults.arm("none@never")
    act(end)
    points = faults.passed()
    faults.arm(None)
    with opened(end) as world:
        after = state_of(world)
        sound(world)
    return Case(start, act, before, after, points, opened)


@pytest.fixture(scope="module")
def deploying() -> Iterator[Case]:
    with scratch() as place:
        yield make_case(place, prepare, deploy_it)


@pytest.fixture(scope="module")
def rolling_back() -> Iterator[Case]:
    with scratch() as place:
        yield make_case(place, prepare_two, roll_back)


def check_end(case: Case, folder: Path) -> bool:
    """Recover and check; whether the new tree stands."""
    with case.opened(folder) as world:
        world.recover()
        sound(world)
        end = state_of(world)
        assert end in (case.before, case.after)
        times = {p: (world.root / p).stat().st_mtime_ns for p in end.tree}
        assert world.recover() is None
        assert state_of(world) == end
        assert {p: (world.root / p).stat().st_mtime_ns for p in end.tree} == times
    return end == case.after


SAME_AS_BEFORE = {"lease", "renameat2"}  # nothing happens between the point before and these


def kill_everywhere(case: Case, work: Path) -> None:
    """Kill at each point; the end is the old state before the record is durable, and the new one after."""
    ends: dict[int, bool] = {}
    for number, name in enumerate(case.points, start=1):
        if name in SAME_AS_BEFORE:
            continue
        folder = case.copy(work)
        assert killed(in_child(lambda folder=folder: case.act(folder), fault=f"kill@{number}"))
        ends[number] = check_end(case, folder)
    recorded = 1 + next(i for i, name in enumerate(case.points) if name in ("commit.recorded", "rollback.recorded"))
    committed = recorded - 1  # the point "db.committed": killed there, the record is durable as well
    assert [number for number, new in ends.items() if new != (number >= committed)] == []


def test_kill_at_every_step_of_a_deployment(deploying: Case) -> None:
    """Old tree and old records before the commit record, new ones after it, at every fault point."""
    assert len(deploying.points) > 40
    with scratch() as place:
        kill_everywhere(deploying, place / "work")


def test_kill_at_every_step_of_a_rollback(rolling_back: Case) -> None:
    """The same for a rollback."""
    assert len(rolling_back.points) > 40
    with scratch() as place:
        kill_everywhere(rolling_back, place / "work")


def kill_recovery(case: Case, first: int, place: Path, *, stride: int = 1) -> None:
    """Kill a deployment at one step, and its recovery at each step, or each `stride`-th."""
    broken = case.copy(place / "broken")
    killed(in_child(lambda: case.act(broken), fault=f"kill@{first}"))
    number = 0
    while True:
        number += stride
        folder = place / "work"
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", broken, folder], check=True)
        if not killed(in_child(lambda folder=folder: case.recover(folder), fault=f"kill@{number}")):
            break
        check_end(case, folder)
    check_end(case, folder)


def steps(case: Case, *names: str) -> list[int]:
    """The first, and the middle one, of the points of each name."""
    found = []
    for name in names:
        at = [i for i, point in enumerate(case.points, start=1) if point == name]
        found += [at[0], at[len(at) // 2]]
    return sorted(set(found))


def test_kill_in_recovery(deploying: Case) -> None:
    """Recovery is killed at each of its steps, after deployments that were killed in different phases."""
    with scratch() as place:
        for first in steps(deploying, "stage.write", "switch.placed")[1:]:
            kill_recovery(deploying, first, place, stride=4)


def test_kill_in_recovery_of_a_rollback(rolling_back: Case) -> None:
    """The same for a rollback that was killed half-way."""
    with scratch() as place:
        for first in steps(rolling_back, "switch.placed")[1:]:
            kill_recovery(rolling_back, first, place, stride=4)


@pytest.mark.long
def test_kill_in_recovery_after_every_step(deploying: Case, rolling_back: Case) -> None:
    """Steps of a deployment and steps of its recovery, in pairs that differ from case to case."""
    for case in (deploying, rolling_back):
        for first in range(1, len(case.points) + 1, 3):
            with scratch() as place:
                kill_recovery(case, first, place, stride=2 + first % 3)


def test_status_says_that_a_deployment_was_interrupted(deploying: Case) -> None:
    """Until the next start by a holder, a reader sees which paths may not be done."""
    from regen.state.opening import read_state

    with scratch() as place:
        folder = deploying.copy(place / "work")
        assert killed(in_child(lambda: deploy_it(folder), fault="kill@switch.placed"))
        with read_state(folder / ".regen") as state:
            assert state is not None
            found = interrupted(state, ENVIRONMENT)
        assert found is not None
        assert found.release == 2
        assert "update.py" in found.paths
        assert "same.py" not in found.paths


def test_an_edit_made_after_the_kill_is_merged(deploying: Case) -> None:
    """What a person did between the kill and the next start is merged onto the new tree, whatever was done before."""
    with scratch() as place:
        for number in range(1, len(deploying.points) + 1, 6):
            folder = deploying.copy(place / "work")
            assert killed(in_child(lambda folder=folder: deploy_it(folder), fault=f"kill@{number}"))
            with opened(folder) as world:
                edited = (world.read("update.py") or b"") + b"by hand\n"
                world.write("update.py", edited)
                world.recover()
                sound(world)
                now = world.read("update.py") or b""
                assert b"by hand" in now
                stays = world.rows()["release"] == deploying.before.rows["release"]
                assert now == (BEFORE if stays else AFTER)["update"][1] + b"by hand\n"


def test_a_file_deleted_after_the_kill_stays_deleted(deploying: Case) -> None:
    """Deleting is an edit too."""
    with scratch() as place:
        folder = deploying.copy(place / "work")
        assert killed(in_child(lambda: deploy_it(folder), fault="kill@commit.recorded"))
        with opened(folder) as world:
            (world.root / "update.py").unlink()
            world.recover()
            sound(world)
            assert world.read("update.py") is None
            assert world.state.db.execute("SELECT state FROM artifact WHERE path = 'update.py'") == [("deleted",)]


def test_output_folder_cleaned_after_the_kill_is_rebuilt(deploying: Case) -> None:
    """A root that is gone was cleaned; what the commit was about to write is written."""
    with scratch() as place:
        folder = deploying.copy(place / "work")
        assert killed(in_child(lambda: deploy_it(folder), fault="kill@commit.recorded"))
        shutil.rmtree(folder / "out")
        with opened(folder) as world:
            world.recover()
            sound(world)
            assert world.read("update.py") == AFTER["update"][1]
            assert world.read("new/create.py") == b"create\n"


_PROCESS = """
import sys
from pathlib import Path
from tests.test_deploy_kill import deploy_it
deploy_it(Path(sys.argv[1]))
"""


def test_kill_of_a_real_process_by_the_environment_variable(deploying: Case) -> None:
    """`REGEN_FAULT` is read by a process of its own; it dies of SIGKILL."""
    with scratch() as place:
        for fault in ("kill@db.committed", "kill@switch.placed#2"):
            folder = deploying.copy(place / "work")
            done = start(folder, {faults.ENVIRONMENT_VARIABLE: fault})
            assert done.wait() == -signal.SIGKILL
            check_end(deploying, folder)


def start(folder: Path, more: dict[str, str]) -> subprocess.Popen[bytes]:
    here = Path(__file__).parent.parent
    path = os.pathsep.join(str(here / part) for part in ("core", "plugins", "."))
    return subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(folder)], env={**os.environ, "PYTHONPATH": path, **more}, cwd=here
    )


def kill_at_random_times(case: Case, times: int, seed: int) -> set[bool]:
    chance = random.Random(seed)
    ends = set()
    with scratch() as place:
        for _ in range(times):
            folder = case.copy(place / "work")
            pid = os.fork()
            if pid == 0:
                try:
                    case.act(folder)
                finally:
                    os._exit(0)
            time.sleep(chance.uniform(0.0, 0.04))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            ends.add(check_end(case, folder))
    return ends


def test_kill_at_random_times(deploying: Case) -> None:
    """From outside, at whatever the process is doing."""
    kill_at_random_times(deploying, 25, seed=1)


@pytest.mark.long
def test_kill_at_many_random_times(deploying: Case, rolling_back: Case) -> None:
    """The same, hundreds of times, for deployments and rollbacks; both ends are seen."""
    for case in (deploying, rolling_back):
        assert kill_at_random_times(case, 400, seed=2) == {False, True}
