"""What is kept of cycles that are over, and what the bus tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, PREFIXES, World

from regen import telemetry
from regen.errors import RegenError
from regen.model.cycle import Counts, CycleRecord, Share, StageTime
from regen.model.event import Payload
from regen.model.measure import Measure
from regen.state import cycles, measures
from regen.state.db import Database
from regen.state.opening import read_state

pytestmark = pytest.mark.anyio

_NAMES = st.text("abcä ", min_size=1, max_size=5)
_SECONDS = st.integers(0, 10**9).map(lambda number: number / 1e6)
RECORDS = st.builds(
    CycleRecord,
    number=st.just(0),
    environment=st.sampled_from(["dev", "live"]),
    kind=st.sampled_from(["apply", "watch"]),
    trigger=_NAMES,
    at=_SECONDS,
    duration_s=_SECONDS,
    cpu_s=_SECONDS,
    result=st.sampled_from(["success", "failure", "error", "cancellation", "skip"]),
    error=st.none() | _NAMES,
    exit_code=st.integers(0, 7),
    release=st.none() | st.integers(1, 9),
    delay_s=st.none() | _SECONDS,
    counts=st.builds(Counts, triples=st.integers(0, 9), conflicts=st.integers(0, 9)),
    stages=st.lists(st.builds(StageTime, _NAMES, _SECONDS, _SECONDS)).map(tuple),
    shares=st.lists(st.builds(Share, st.sampled_from(["template", "view"]), _NAMES, _SECONDS, st.just(3))).map(tuple),
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "project")


@contextmanager
def database() -> Iterator[Database]:
    with TemporaryDirectory() as folder, closing(Database(Path(folder) / "state.db")) as db:
        yield db


def kept(world: World) -> list[CycleRecord]:
    """Records, the oldest first."""
    with read_state(world.root / ".regen") as state:
        assert state is not None
        return cycles.cycles(state.db)[::-1]


async def test_a_cycle_leaves_its_stages_shares_and_counts(world: World) -> None:
    async with world.open() as project:
        await project.plan()
        await project.apply()
    (record,) = kept(world)
    assert (record.kind, record.environment, record.result, record.exit_code) == ("apply", "dev", "success", 0)
    assert (record.release, record.revision, record.counts.files, record.counts.rendered) == (1, 1, 2, 2)
    assert {"load", "render", "deploy"} <= {stage.name for stage in record.stages}
    assert [stage.start_s for stage in record.stages] == sorted(stage.start_s for stage in record.stages)
    assert all(stage.start_s + stage.duration_s <= record.duration_s for stage in record.stages)
    assert {(share.kind, share.name, share.count) for share in record.shares if share.kind == "template"} == {
        ("template", "person.j2", 2)
    }
    assert {share.name for share in record.shares if share.kind == "view"} == {"person.j2 each", "person.j2 friends"}
    assert record.delay_s is None


async def test_a_cycle_that_fails_leaves_its_error_and_its_exit_code(world: World) -> None:
    world.write("templates/person.j2", "---\nto: x.txt\n---\n{{ nothing.at.all }}")
    async with world.open() as project:
        with pytest.raises(RegenError):
            await project.apply()
    (record,) = kept(world)
    assert (record.result, record.exit_code, record.release) == ("failure", 2, None)
    assert record.error is not None
    assert record.error.startswith("templates/person.j2")
    assert record.failed


async def test_the_bus_tells_of_cycles_releases_and_conflicts(world: World) -> None:
    seen: list[Payload] = []
    async with world.open() as project:
        await project.apply()
        file = world.root / "out/ada.txt"
        file.write_text(file.read_text().replace("name: Ada", "name: Countess"))
        world.write("graphs/people.ttl", PREFIXES + PEOPLE.replace('"Ada"', '"Ada L."'))
        async with project.notifier.subscribe(types=("cycle.*", "release.*", "conflict.*")) as events:
            await project.apply()
            await project.resolve("ada.txt", "theirs")
            while not seen or seen[-1].type != "conflict.resolved":
                seen.append((await anext(events)).data)
    assert [data.type for data in seen] == ["cycle.started", "conflict.opened", "cycle.completed", "conflict.resolved"]
    assert kept(world)[-1].counts.merge_conflicts == 1


async def test_an_unreadable_graph_file_is_told_once(world: World) -> None:
    seen: list[Payload] = []
    async with world.open() as project:
        await project.apply()
        async with project.notifier.subscribe(types=("graph.unreadable", "cycle.completed")) as events:
            world.write("graphs/people.ttl", "this is no Turtle")
            await project.apply()
            await project.apply()
            while len(seen) < 3:
                seen.append((await anext(events)).data)
    assert [(data.type, data.about) for data in seen] == [
        ("graph.unreadable", "graphs/people.ttl"),
        ("cycle.completed", "dev"),
        ("cycle.completed", "dev"),
    ]


async def test_observers_see_cycles_and_stages_as_they_happen(world: World) -> None:
    seen: list[telemetry.Happening] = []
    with telemetry.watching(seen.append):
        async with world.open() as project:
            await project.apply()
    assert isinstance(seen[0], telemetry.CycleBegan)
    assert isinstance(seen[-1], telemetry.CycleEnded)
    assert seen[-1].record == kept(world)[0]
    began = [one.name for one in seen if isinstance(one, telemetry.StageBegan)]
    ended = [one.stage.name for one in seen if isinstance(one, telemetry.StageEnded)]
    assert sorted(began) == sorted(ended)


async def test_an_observer_that_raises_fails_no_cycle(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def observer(what: telemetry.Happening) -> None:
        raise ValueError(str(what))

    with telemetry.watching(observer):
        async with world.open() as project:
            assert (await project.apply()).release is not None
    assert "an observer of cycles failed" in caplog.text


@given(st.lists(RECORDS, max_size=8))
def test_records_come_back_as_they_went_in_the_newest_first(records: list[CycleRecord]) -> None:
    with database() as db:
        numbers = [cycles.note(db, record) for record in records]
        found = cycles.cycles(db)
        assert [one.number for one in found] == numbers[::-1]
        assert [cycles.cycle(db, number) for number in numbers] == found[::-1]
        for one, record in zip(found[::-1], records, strict=True):
            assert (one.counts, one.stages, one.shares, one.at) == (
                record.counts,
                record.stages,
                record.shares,
                record.at,
            )
        live = cycles.cycles(db, environment="live", limit=None)
        assert [one.number for one in live] == [one.number for one in found if one.environment == "live"]


def test_measures_come_back_by_metric_time_and_label() -> None:
    with database() as db:
        values = [Measure("delay", float(at), "s", float(at), None, "ab"[at % 2]) for at in range(6)]
        measures.record(db, [*values, Measure("other", 1, "number", 0.0, "dev")])
        assert measures.measures(db, "delay") == values
        assert measures.measures(db, "delay", since=2, until=5, label="a") == values[2:5:2]
        assert measures.metrics(db) == ["delay", "other"]
