"""Deployers that show a release whole, killed at any step: `current` leads to the old release or to the new one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.deploy_world import Tree, in_child, killed, scratch, tree_of
from tests.test_deploy_kill import (
    SAME_AS_BEFORE,
    Case,
    deploy_it,
    kill_at_random_times,
    kill_everywhere,
    kill_recovery,
    make_case,
    prepare,
    prepare_two,
    roll_back,
)
from tests.whole_world import KINDS, opened_whole

Act = Callable[[Path], None]


def case_of(place: Path, kind: str, prepared: Callable[..., None], act: Callable[..., None]) -> Case:
    opened = partial(opened_whole, kind=kind)
    return make_case(place, partial(prepared, opened=opened), partial(act, opened=opened), opened)


@pytest.fixture(scope="module", params=KINDS)
def deploying(request: pytest.FixtureRequest) -> Iterator[Case]:
    with scratch() as place:
        yield case_of(place, request.param, prepare, deploy_it)


@pytest.fixture(scope="module", params=KINDS)
def rolling_back(request: pytest.FixtureRequest) -> Iterator[Case]:
    with scratch() as place:
        yield case_of(place, request.param, prepare_two, roll_back)


def test_kill_at_every_step_of_a_deployment(deploying: Case) -> None:
    with scratch() as place:
        kill_everywhere(deploying, place / "work")


def test_kill_at_every_step_of_a_rollback(rolling_back: Case) -> None:
    with scratch() as place:
        kill_everywhere(rolling_back, place / "work")


def shown_by(root: Path) -> Tree:
    """What `current` leads to; a link that leads nowhere is an error."""
    link = root / "current"
    if not os.path.lexists(link):
        return {}
    assert link.is_dir(), "the link dangles"
    return tree_of(link)


def test_a_reader_never_sees_a_mixture(deploying: Case, rolling_back: Case) -> None:
    """Right after a kill at any step, before anybody recovers, the old release is shown, or the new one."""
    for case in (deploying, rolling_back):
        with scratch() as place:
            for number, name in enumerate(case.points, start=1):
                if name in SAME_AS_BEFORE:
                    continue
                folder = case.copy(place / "work")
                assert killed(in_child(lambda case=case, folder=folder: case.act(folder), fault=f"kill@{number}"))
                assert shown_by(folder / "out") in (case.before.tree, case.after.tree)


def test_kill_in_recovery(deploying: Case, rolling_back: Case) -> None:
    """Recovery is killed at its steps, after a deployment and a rollback that were killed in different phases."""
    for case in (deploying, rolling_back):
        for name in ("settle.switch", "current.rename", "settle.finish"):
            with scratch() as place:
                kill_recovery(case, 1 + case.points.index(name), place, stride=3)


@pytest.mark.long
def test_kill_in_recovery_after_every_step(deploying: Case, rolling_back: Case) -> None:
    for case in (deploying, rolling_back):
        for first in range(1, len(case.points) + 1, 3):
            with scratch() as place:
                kill_recovery(case, first, place, stride=2 + first % 3)


def test_kill_at_random_times(deploying: Case) -> None:
    kill_at_random_times(deploying, 15, seed=1)


@pytest.mark.long
def test_kill_at_many_random_times(deploying: Case, rolling_back: Case) -> None:
    for case in (deploying, rolling_back):
        assert kill_at_random_times(case, 300, seed=2) == {False, True}


def test_an_edit_made_after_the_kill_is_not_lost(deploying: Case) -> None:
    """It is merged where the old release still stood, and stays as an edit where the new one did."""
    with scratch() as place:
        for number in range(1, len(deploying.points) + 1, 5):
            folder = deploying.copy(place / "work")
            assert killed(in_child(lambda folder=folder: deploying.act(folder), fault=f"kill@{number}"))
            with deploying.opened(folder) as world:
                world.write("update.py", (world.read("update.py") or b"") + b"by hand\n")
                world.recover()
                assert (world.read("update.py") or b"").endswith(b"three\nby hand\n")


def test_what_stands_is_rebuilt_when_it_was_removed_after_the_kill(deploying: Case) -> None:
    with scratch() as place:
        folder = deploying.copy(place / "work")
        assert killed(in_child(lambda: deploying.act(folder), fault="kill@commit.recorded"))
        shutil.rmtree(folder / "out")
        with deploying.opened(folder) as world:
            world.recover()
            assert world.read("new/create.py") == b"create\n"
            assert world.read("same.py") == b"same\n"
