"""The feedback loop in a project: what it chooses takes effect, is told, lasts, and stays where it is fixed."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import PREFIXES, World

from regen import Project
from regen.cli.main import run
from regen.config import load_config
from regen.errors import ConfigError, ExitCode, UsageError
from regen.feedback import Frame, Known, Loop, frame_of, known_of
from regen.feedback.control import Control
from regen.feedback.frame import Range
from regen.hooks.abilities import Resizes
from regen.model.cycle import Counts, CycleRecord, Share, StageTime
from regen.model.event import SettingChanged
from regen.model.tuning import Decision
from regen.orchestrator.outcome import Turn
from regen.orchestrator.tuning import read_tuning
from regen.state import tuning
from regen.state.db import Database
from regen.state.opening import read_state
from regen_plugins.executor_processes import regen_executor

pytestmark = pytest.mark.anyio
MANY = 120
TEMPLATE = """---
to: "{{ this | local_name }}.txt"
each: SELECT ?this WHERE { ?this a :Thing }
with:
  title: SELECT ?title WHERE { :all rdfs:label ?title }
---
{% for row in title %}{{ row.title }}{% endfor %} {% for n in range(2000) %}{{ n }} {% endfor %}
"""
TIGHT = "[engine]\ntarget_cycle_s = 0.1\ndebounce_ms = 5\n[tune]\nmax_workers = 3\n"


def things(title: str) -> str:
    return f':all rdfs:label "{title}" .\n' + "\n".join(f":t{number} a :Thing ." for number in range(MANY))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project whose whole work cannot be done in a tenth of a second."""
    return World(
        tmp_path / "project",
        {"regen.toml": TIGHT, "graphs/things.ttl": PREFIXES + things("one"), "templates/thing.j2": TEMPLATE},
    )


async def grown(world: World) -> None:
    """Apply once, and let the loop believe that one worker was enough so far."""
    async with world.open() as project:
        await project.apply()
    with closing(Database(world.root / ".regen/state.db")) as db:
        tuning.write(db, {"control": {"workers": 1}})


@asynccontextmanager
async def watching(world: World) -> AsyncIterator[tuple[Project, AsyncIterator[Turn]]]:
    async with Project.open(world.root) as project, aclosing(project.watch()) as turns:
        await anext(turns)
        yield project, turns


async def changed(world: World, turns: AsyncIterator[Turn], title: str) -> Turn:
    """Change what every artifact depends on; gives the turn that wrote them."""
    world.write("graphs/things.ttl", PREFIXES + things(title))
    with anyio.fail_after(60):
        while True:
            turn = await anext(turns)
            if turn.applied is not None and turn.applied.plan.items:
                return turn


def decided(world: World) -> list[Decision]:
    with read_state(world.root / ".regen") as state:
        assert state is not None
        return tuning.decisions(state.db)


async def test_workers_of_a_watch_go_up_at_once_and_it_is_told(world: World) -> None:
    await grown(world)
    async with watching(world) as (project, turns):
        async with project.notifier.subscribe(types="setting.*") as events:
            await changed(world, turns, "two")
            with anyio.fail_after(10):
                told = [(await anext(events)).data for _ in range(2)]
        executors = project._session.executors
        now = executors["processes"].workers
        assert now > 1
    by_name = {one.name: one for one in told if isinstance(one, SettingChanged)}
    assert (by_name["workers"].old, by_name["workers"].new) == ("1", str(now))
    assert "of work wait" in by_name["workers"].because
    (up,) = [one for one in decided(world) if one.setting == "workers"]
    assert (up.before, up.after, up.environment) == (1, now, "dev")
    assert up.waiting_s is not None
    assert up.waiting_s > 0
    with read_state(world.root / ".regen") as state:
        assert state is not None
        assert known_of(tuning.read(state.db), frame(world)).control.workers == now
    assert len(list((world.root / "out").glob("t*.txt"))) == MANY


async def test_workers_are_added_in_the_midst_of_a_map(monkeypatch: pytest.MonkeyPatch) -> None:
    running, go_on, three = 0, anyio.Event(), anyio.Event()

    async def stand_in(work: object, *arguments: object, cancellable: bool, limiter: anyio.CapacityLimiter) -> int:
        nonlocal running
        async with limiter:
            running += 1
            if running == 3:
                three.set()
            await go_on.wait()
            return running

    async def work(chunk: int) -> int:
        raise AssertionError("the stand-in does it")

    monkeypatch.setattr("anyio.to_process.run_sync", stand_in)
    executor = regen_executor("processes", 1)
    assert isinstance(executor, Resizes)
    with anyio.fail_after(10):
        async with executor.open(), anyio.create_task_group() as group:
            group.start_soon(executor.map, work, [1, 2, 3], lambda _: None)
            await anyio.wait_all_tasks_blocked()
            assert running == 1
            executor.resize(3)
            await three.wait()
            go_on.set()
    assert executor.workers == 3


TRACED = """
import json, sys
from pathlib import Path
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from regen import Project

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
file = Path(sys.argv[1]) / "graphs/things.ttl"
with Project.open_sync(sys.argv[1]) as project:
    turns = project.watch()
    next(turns)
    file.write_text(file.read_text().replace('"one"', '"two"'))
    while (turn := next(turns)).applied is None or not turn.applied.plan.items:
        pass
    turns.close()
roots = [span for span in memory.get_finished_spans() if span.name == "RUN regen"]
print(json.dumps([{**event.attributes, "name": event.name} for root in roots for event in root.events]))
"""


async def test_each_change_is_an_event_of_the_cycle_s_root_span(world: World) -> None:
    await grown(world)
    done = await anyio.run_process([sys.executable, "-c", TRACED, str(world.root)])
    told = {one["regen.setting"]: one for one in json.loads(done.stdout.splitlines()[-1])}
    assert {one["name"] for one in told.values()} == {"regen.setting.changed"}
    workers = told["workers"]
    assert workers["regen.setting.before"] == "1"
    assert int(workers["regen.setting.after"]) > 1
    assert workers["regen.setting.waiting_s"] > 0
    assert "of work wait" in workers["regen.setting.reason"]


async def test_what_is_fixed_is_never_overridden(world: World) -> None:
    world.write(
        "regen.toml", TIGHT.replace("[tune]\nmax_workers = 3\n", 'workers = 2\nexecutor = "inline"\nchunk = 7\n')
    )
    await grown(world)
    async with watching(world) as (_, turns):
        await changed(world, turns, "two")
    assert decided(world) == []
    found = {one.name: one for one in read_tuning(world.root).settings}
    assert (found["executor"].value, found["executor"].fixed) == ("inline", "regen.toml")
    assert (found["chunk"].value, found["debounce_ms"].value) == (7, 5)


async def test_off_by_the_configuration_and_by_a_switch(world: World) -> None:
    world.write("regen.toml", TIGHT.replace("[engine]\n", "[engine]\nadaptive = false\n"))
    await grown(world)
    async with watching(world) as (project, turns):
        await changed(world, turns, "two")
        with pytest.raises(UsageError, match="adaptive = false"):
            await project.adapt(on=True)
    assert decided(world) == []
    world.write("regen.toml", TIGHT)
    assert run(["tune", "--off", "-C", str(world.root)]) == ExitCode.DONE
    assert not read_tuning(world.root).adaptive
    async with watching(world) as (project, turns):
        await changed(world, turns, "three")
        assert decided(world) == []
        assert run(["tune", "--on", "-C", str(world.root)]) == ExitCode.DONE
        await changed(world, turns, "four")
        assert decided(world)


async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await grown(world)
    async with watching(world) as (_, turns):
        await changed(world, turns, "two")
    with closing(Database(world.root / ".regen/state.db")) as db:
        tuning.write(db, {**tuning.read(db), "control": {"workers": 1}})
    before = decided(world)
    found = read_tuning(world.root, dry_run=True)
    (up,) = [one for one in found.decisions if one.setting == "workers"]
    assert (up.before, up.number) == (1, 0)
    assert up.after in {2, 3}
    assert {one.name: one.value for one in found.settings}["workers"] == 1
    assert decided(world) == before
    assert run(["tune", "--dry-run", "-C", str(world.root)]) == ExitCode.DONE
    assert "workers 1 → " in capsys.readouterr().out
    assert run(["tune", "--history", "--json", "-C", str(world.root)]) == ExitCode.DONE
    assert {one["setting"] for one in json.loads(capsys.readouterr().out)} >= {"workers"}


async def test_a_command_has_all_workers_and_decides_nothing(world: World) -> None:
    await grown(world)
    world.write("graphs/things.ttl", PREFIXES + things("two"))
    async with world.open() as project:
        await project.apply()
    assert decided(world) == []


def frame(world: World) -> Frame:
    return frame_of(load_config(world.root), 4)


def record(number: int, at: float, duration_s: float, **more: object) -> CycleRecord:
    shares = (Share("template", "a", 3.0, 10, 0.4),)
    plain = CycleRecord(number, "dev", "watch", "x", at, duration_s, 0.0, "success", shares=shares)
    values = {"counts": Counts(files=1), "stages": (StageTime("render", 0.0, duration_s),), **more}
    return CycleRecord(**{**{name: getattr(plain, name) for name in plain.__dataclass_fields__}, **values})  # type: ignore[arg-type]


def test_bounds_come_from_the_configuration(world: World) -> None:
    found = frame(world)
    assert (found.workers.least, found.workers.most, found.debounce_ms.fixed) == (1, 3, True)
    world.write("regen.toml", "")
    assert (frame(world).workers.most, frame(world).debounce_ms.most, frame(world).target_s) == (4, 375, 30.0)
    world.write("regen.toml", "[tune]\nmin_workers = 3\nmax_workers = 2\n")
    with pytest.raises(ConfigError, match=r"regen\.toml:3: .*max_workers.* is 2, less than `min_workers`"):
        frame(world)


def test_chunks_of_a_slow_template_become_smaller_at_once(world: World) -> None:
    world.write("regen.toml", "")
    loop = Loop(frame(world), Known(Control(workers=2)))
    loop.take_in([record(1, 0.0, 3.0)], 5.0)
    assert loop.chunk("a") == 1
    assert loop.chunk("other") == 64
    assert [(one.setting, one.before, one.after) for one in loop.decisions] == [("chunk a", 64, 1)]


def test_bursts_that_are_cut_are_waited_for_longer(world: World) -> None:
    world.write("regen.toml", "[engine]\nchunk = 64\n")
    loop = Loop(frame(world), Known(Control(workers=1)))
    loop.take_in([record(number, number * 1.1, 1.0) for number in range(1, 14)], 20.0)
    assert [(one.setting, one.before, one.after) for one in loop.decisions] == [("debounce_ms", 50, 100)]
    assert loop.debounce_ms == 100


def test_what_was_kept_comes_back_within_the_bounds_of_now(world: World) -> None:
    world.write("regen.toml", "[tune]\nmax_workers = 3\n")
    known = Known(Control(8, 1, 2, 1.3, 4), "processes", 1, 200, 3, 5, {"a": 4}, {"a": 1}, 0.5, 17)
    again = known_of(json.loads(json.dumps(known.document())), frame(world))
    assert (again.control.workers, again.control.trim, again.chunks, again.seen) == (3, 1.3, {"a": 4}, 17)
    assert known_of({"control": {"later": 1}}, frame(world)).control.workers == 3
    assert known_of({}, frame(world)).control.workers == 3


@settings(deadline=None, max_examples=15)
@given(st.integers(5, 400), st.floats(0.02, 1.0), st.floats(0.0, 3.0), st.floats(0.5, 2.0))
def test_a_constant_load_is_met_by_a_constant_number_of_workers(
    count: int, each_s: float, latency_s: float, wrong: float
) -> None:
    """Though sending work takes its time, and the first measure was wrong: nothing goes up and down for ever."""
    bounds = Range(1, 8), Range(1, 64), Range(50, 375)
    loop = Loop(Frame(True, 30.0, *bounds, "processes", "regen.toml"), Known(Control(8)))
    loop.learn([record(0, 0.0, 1.0, shares=(Share("template", "a", count * each_s * wrong, count, each_s),))])
    history = []
    for number in range(1, 61):
        at = number * 100.0
        loop.size({"a": count}, 0.5, at, "dev", watching=True, first=True)
        elapsed_s, left = 0.5 + latency_s, count
        while left:
            done = min(loop.chunk("a"), left)
            left -= done
            elapsed_s += done * each_s / loop.known.control.workers
            loop.done("a", done, elapsed_s, at, "dev")
        history.append(loop.known.control.workers)
        shares = (Share("template", "a", count * each_s, count, each_s),)
        loop.take_in(
            [record(number, at, elapsed_s + 0.5, shares=shares, stages=(StageTime("render", 0.5, elapsed_s),))], at
        )
    assert len(set(history[-25:])) == 1
