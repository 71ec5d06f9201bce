"""What a deployment costs, counted: in place that of the change alone, whatever stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.deploy_world import Renders, World, opened
from tests.whole_world import opened_whole

from regen.state import faults


def renders(files: int, changed: int) -> Renders:
    return {f"a{i}": (f"d{i // 50}/f{i}.py", f"{i} {'new' if i < changed else 'old'}\n".encode()) for i in range(files)}


def counted(world: World, files: int, changed: int) -> tuple[tuple[str, ...], int]:
    """Writes of a commit, in their order, and rows that it changed."""
    world.commit(renders(files, 0))
    plan = world.plan(renders(files, changed))
    before = world.state.db.one("SELECT total_changes()")
    faults.arm("none@never")
    world.commit(renders(files, changed), plan=plan)
    points = faults.passed()
    faults.arm(None)
    after = world.state.db.one("SELECT total_changes()")
    assert before is not None
    assert after is not None
    return points, after[0] - before[0]


def test_in_place_the_change_alone_costs(tmp_path: Path) -> None:
    """The same writes in 100 files and in 800, and the same rows, but for a level of the tree of receipts."""
    found = []
    for files in (100, 800):
        with opened(tmp_path / str(files)) as world:
            found.append(counted(world, files, 10))
    assert found[0][0] == found[1][0]
    assert 0 <= found[1][1] - found[0][1] <= 10
    assert found[0][0].count("switch.placed") == 10


@pytest.mark.parametrize("files", [100, 400])
def test_releases_link_the_others_and_write_the_change(tmp_path: Path, files: int) -> None:
    with opened_whole(tmp_path, "releases") as world:
        points, _ = counted(world, files, 10)
        assert points.count("file.write") == 10
        assert points.count("build.link") == files - 10


@pytest.mark.parametrize("files", [100, 400])
def test_bluegreen_writes_what_differs_from_the_slot(tmp_path: Path, files: int) -> None:
    """The idle slot holds the release before the one that stands: two releases' changes, and no more."""
    with opened_whole(tmp_path, "bluegreen") as world:
        counted(world, files, 10)
        plan = world.plan(renders(files, 15))
        faults.arm("none@never")
        world.commit(renders(files, 15), plan=plan)
        points = faults.passed()
        faults.arm(None)
        assert points.count("file.write") == 15
        faults.arm("none@never")
        world.rollback()
        points = faults.passed()
        faults.arm(None)
        assert points.count("file.write") == 0
