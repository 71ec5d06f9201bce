"""How long answers of the interface took, and when it was there, join the figures of the project."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from random import Random

import pytest
from tests.cycle_world import World
from tests.health_world import until
from tests.serve_world import served_elsewhere, serving

from regen.cli.main import run
from regen.health import read_served
from regen.orchestrator.figures import read_figures
from regen.serve.answers import KEPT, Answers
from regen.state import measures
from regen.state.opening import read_state


def made(folder: Path) -> World:
    world = World(folder)
    assert run(["-C", str(world.root), "apply"]) == 0
    return world


def test_answers_of_the_interface_are_measured(tmp_path: Path) -> None:
    """A page, or a stream that goes on and on, is none."""
    world = made(tmp_path / "project")
    with serving(world.root) as server, server.client() as client:
        for _ in range(3):
            client.get("/api/v1/cycles").raise_for_status()
        client.get("/healthz").raise_for_status()
        with client.stream("GET", "/api/v1/stream") as stream:
            stream.raise_for_status()
    with read_state(world.root / ".regen") as state:
        assert state is not None
        found = measures.measures(state.db, "api_latency")
    assert [one.label for one in found] == ["/api/v1/cycles"] * 3
    assert all(0 < one.value < 30 for one in found)
    figure = read_figures(world.root, "1h").stats().figure("api_latency_p95")
    assert figure is not None
    assert (figure.value, figure.samples) == (max(one.value for one in found), 3)
    (alive,) = read_served(world.root / ".regen")
    assert alive.stopped
    assert alive.since <= found[0].at <= alive.until


def test_of_many_answers_a_sample_is_kept(tmp_path: Path) -> None:
    world = made(tmp_path / "project")
    answers = Answers(world.root / ".regen", lambda: 0.0, Random(1))
    for number in range(1000):
        answers.took("/api/v1/status", float(number))
    answers.took("/static/{path}", 5000.0)
    answers.keep()
    answers.keep()
    with read_state(world.root / ".regen") as state:
        assert state is not None
        values = sorted(one.value for one in measures.measures(state.db, "api_latency"))
    assert len(values) == KEPT
    assert len(set(values)) == KEPT
    assert 300 < sum(values) / KEPT < 700, "early and late ones are as likely"


def test_without_a_state_nothing_is_kept(tmp_path: Path) -> None:
    """Making it is the holder's."""
    answers = Answers(tmp_path / ".regen", lambda: 0.0)
    answers.took("/api/v1/status", 1.0)
    answers.end()
    assert not (tmp_path / ".regen").exists()


@pytest.mark.long
def test_one_that_was_killed_was_to_be_there_until_the_next(tmp_path: Path) -> None:
    world = made(tmp_path / "project")
    with served_elsewhere(world.root) as server:
        server.ready()
        until(lambda: read_served(world.root / ".regen"))
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGKILL)
    with served_elsewhere(world.root) as server:
        server.ready()
        until(lambda: len(read_served(world.root / ".regen")) == 2)
    first, second = read_served(world.root / ".regen")
    assert (first.stopped, second.stopped) == (False, True)
    figure = read_figures(world.root, "1h").stats().figure("availability")
    assert figure is not None
    assert figure.value is not None
    assert figure.value < 1.0


def test_the_interface_gives_what_the_commands_give(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = made(tmp_path / "project")
    with serving(world.root) as server, server.client() as client:
        for route, options in (("stats", []), ("objectives", ["--objectives"])):
            capsys.readouterr()
            run(["-C", str(world.root), "stats", "--window", "2026-01-01..2026-01-31", *options, "--json"])
            told = json.loads(capsys.readouterr().out)
            assert client.get(f"/api/v1/{route}", params={"window": "2026-01-01..2026-01-31"}).json() == told
        assert client.get("/api/v1/stats", params={"window": "1h"}).json()["cycles"] == 1
        assert client.get("/api/v1/stats", params={"environment": "dev"}).json()["environment"] == "dev"
        assert client.get("/api/v1/stats", params={"environment": "nowhere"}).status_code == 404
        for window, status in (("soon", 400), ("0h", 400), ("2026-02-01..2026-01-01", 404), ("2026-02-31..", 404)):
            refused = client.get("/api/v1/stats", params={"window": window})
            assert refused.status_code == status
            assert "window" in refused.json()["detail"]
        assert client.get("/api/v1/alerts").json()["items"] == []
