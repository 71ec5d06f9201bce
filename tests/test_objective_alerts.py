"""A watch judges its objectives soon after each cycle; what is missed is an alert, told once and listed."""

from __future__ import annotations

import json
import logging
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.beside_world import watched
from tests.cycle_world import World
from tests.health_world import ROB, Heard, until

from regen.cli.main import run
from regen.errors import StateError
from regen.hooks import hookimpl
from regen.model.cycle import CycleRecord
from regen.model.measure import Measure
from regen.orchestrator.alerts import read_alerts
from regen.project import guarding
from regen.state import cycles, measures
from regen.state.db import NAME, Database

OWN = """
[[objective]]
metric = "basket_errors"
means = "share of baskets that fail"
target = "< 2%"
critical = "5%"
"""


def project(folder: Path) -> World:
    """One whose last cycles failed, and whose user recorded bad values."""
    world = World(folder)
    world.write("regen.toml", OWN)
    assert run(["-C", str(world.root), "apply"]) == 0
    now = time.time()
    with closing(Database(world.root / ".regen" / NAME)) as db:
        for index in range(20):
            at = now - 60 - index
            cycles.note(db, CycleRecord(0, "dev", "watch", "t", at, 0.1, 0.1, "failure" if index < 5 else "success"))
        measures.record(db, [Measure("basket_errors", 0.1, "share", now - index) for index in range(20)])
    return world


def test_what_is_missed_is_told_once_and_listed(
    tmp_path: Path, anyio_backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world, heard = project(tmp_path / "project"), Heard()
    wanted = {"dev/objective basket_errors", "dev/objective error_rate"}
    with watched(world, anyio_backend, plugins=[("heard", heard)]) as watch:
        until(lambda: wanted <= {one.key for one in heard.alerts})
        world.graph(ROB)
        while watch.turn().applied is None:
            pass
    told = {one.key: one for one in heard.alerts if one.key in wanted}
    assert len(told) == sum(one.key in wanted for one in heard.alerts)
    assert {one.severity for one in told.values()} == {"critical"}
    message = told["dev/objective basket_errors"].message
    assert message == "basket_errors is 10% over the last 1 h, critical from 5% on"
    capsys.readouterr()
    assert run(["-C", str(world.root), "alerts", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert wanted <= {one["key"] for one in found["open"]}
    assert {(one["key"], one["what"]) for one in found["told"]} >= {(key, "critical") for key in wanted}


class Stuck:
    """A plugin that never ends."""

    @hookimpl
    async def regen_alert(self) -> None:
        await anyio.sleep_forever()


def test_a_channel_that_hangs_holds_no_cycle_up(tmp_path: Path, anyio_backend: str) -> None:
    """Nor the end of the watch for long."""
    world = project(tmp_path / "project")
    with watched(world, anyio_backend, plugins=[("stuck", Stuck())]) as watch:
        until(lambda: read_alerts(world.root).open)
        world.graph(ROB)
        while (turn := watch.turn()).applied is None or turn.trigger == "start":
            pass
        assert turn.error is None
        assert "Rob" in (world.root / "out/bob.txt").read_text()


def test_an_alert_ends_with_its_objective(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world, heard = project(tmp_path / "project"), Heard()
    with watched(world, plugins=[("heard", heard)]):
        until(lambda: "dev/objective basket_errors" in {one.key for one in heard.alerts})
        world.write("regen.toml", "")
        until(lambda: ("dev/objective basket_errors", True) in {(one.key, one.recovered) for one in heard.alerts})
    over = next(one for one in heard.alerts if one.recovered)
    assert over.message == "basket_errors has no objective any more"


def test_a_state_that_cannot_be_read_now_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the watch nor its probes end with it."""
    world, heard, asked = project(tmp_path / "project"), Heard(), list[str]()
    read = guarding.facts_of

    def unsure(folder: Path, window: Any, environment: str, *arguments: Any, **keys: Any) -> Any:
        asked.append(environment)
        if len(asked) == 1:
            raise StateError("the disk coughs")
        return read(folder, window, environment, *arguments, **keys)

    monkeypatch.setattr(guarding, "facts_of", unsure)
    with caplog.at_level(logging.WARNING, "regen.alert"), watched(world, plugins=[("heard", heard)]) as watch:
        until(lambda: asked)
        assert not heard.alerts
        world.graph(ROB)
        while watch.turn().applied is None:
            pass
        until(lambda: heard.alerts)
    assert "the objectives cannot be judged: the disk coughs" in caplog.text
