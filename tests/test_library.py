"""The library: what `Project` promises, on asyncio and on trio."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import PEOPLE, PERSON, World, actions

from regen import Project, SyncProject
from regen.errors import (
    ConfigError,
    GateError,
    GraphError,
    LockedError,
    QueryError,
    RegenError,
    StateError,
    TemplateError,
    UsageError,
)
from regen.events import GraphChangeNotifier
from regen.hooks import hookimpl
from regen.model.delta import Delta, Quad
from regen.model.event import Event, NodeAdded
from regen.model.plan import Action
from regen.model.term import Iri, Literal
from regen.project.sync_bus import SyncNotifier
from regen.state.opening import read_state

pytestmark = pytest.mark.anyio

EX = "http://example.org/"
RDFS_LABEL = Iri("http://www.w3.org/2000/01/rdf-schema#label")
CARA = frozenset(
    {
        Quad(Iri(EX + "cara"), Iri("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), Iri(EX + "Person")),
        Quad(Iri(EX + "cara"), RDFS_LABEL, Literal('Cara\u2028née \\ "C"')),
    }
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "project")


def everything(world: World) -> dict[str, bytes]:
    """All files of the project, those of the state too, apart from the lock."""
    paths = (path for path in sorted(world.root.rglob("*")) if path.is_file() and path.name != "lock")
    return {path.relative_to(world.root).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("kinds", [(Project, SyncProject), (GraphChangeNotifier, SyncNotifier)])
def test_without_an_event_loop_there_is_all_that_there_is_with_one(kinds: tuple[type, type]) -> None:
    """And the same arguments, with the same defaults; what only the engine calls is left out."""
    one, other = kinds
    engine = {"open", "open_sync", "announce", "close"}
    names = {name for part in one.__mro__[:-1] for name in vars(part) if not name.startswith("_")} - engine
    assert names - set(dir(other)) <= {"notifier"}
    for name in names - {"notifier"}:
        ours, theirs = getattr(one, name), getattr(other, name)
        if callable(ours):
            parameters = [dict(inspect.signature(method).parameters) for method in (ours, theirs)]
            if name == "subscribe":
                assert parameters[1].pop("overflow").default == "drop_oldest", "one thread cannot block itself"
                parameters[0].pop("overflow")
            assert parameters[0] == parameters[1], name


async def test_a_plan_touches_nothing(world: World) -> None:
    await world.apply()
    world.graph(PEOPLE.replace("Ada", "Countess"))
    before, stamps = everything(world), world.stamps()
    async with world.open() as project:
        plan = await project.plan()
        await project.plan(full=True)
    assert [item.path for item in plan.items] == ["ada.txt"]
    assert everything(world) == before
    assert world.stamps() == stamps


async def test_a_plan_of_a_new_project_makes_no_output(world: World) -> None:
    async with world.open() as project:
        plan = await project.plan()
    assert {item.action for item in plan.items} == {Action.CREATE}
    assert not (world.root / "out").exists()
    assert not (world.root / "regen.lock").exists()


async def test_apply_does_exactly_what_the_plan_says(world: World) -> None:
    """A change that comes after the plan waits for the next one."""
    async with world.open() as project:
        plan = await project.plan()
        world.graph(PEOPLE.replace("Ada", "Countess"))
        applied = await project.apply(plan)
        assert applied.plan is plan
        assert world.tree() == {item.path: item.content for item in plan.items}
        assert [item.path for item in (await project.plan()).items] == ["ada.txt"]


async def test_a_plan_is_refused_when_the_graph_has_changed_since(world: World) -> None:
    async with world.open() as project:
        old = await project.plan()
        await project.notifier.publish(Delta(CARA))
        with pytest.raises(UsageError, match="made before the graph, a template"):
            await project.apply(old)
        assert not (world.root / "out").exists()
        assert set(actions(await project.apply())) == {"ada.txt", "bob.txt", "cara.txt"}


async def test_a_plan_is_refused_when_a_template_has_changed_since(world: World) -> None:
    async with world.open() as project:
        old = await project.plan()
        world.write("templates/person.j2", PERSON.replace("one", "eins"))
        await project.plan()
        with pytest.raises(UsageError):
            await project.apply(old)
        await project.apply()
    assert "eins" in world.read("ada.txt")


async def test_a_plan_is_refused_after_another_one_was_applied(world: World) -> None:
    async with world.open() as project:
        plan = await project.plan()
        await project.apply(plan)
        with pytest.raises(UsageError):
            await project.apply(plan)


async def test_a_plan_comes_alone(world: World) -> None:
    async with world.open() as project:
        plan = await project.plan()
        with pytest.raises(UsageError, match="says itself"):
            await project.apply(plan, full=True)


async def test_a_published_delta_is_kept_in_a_file_that_a_full_regeneration_sees(world: World, tmp_path: Path) -> None:
    async with world.open() as project:
        await project.apply()
        await project.notifier.publish(Delta(CARA))
        applied = await project.apply()
    assert actions(applied) == {"cara.txt": Action.CREATE}
    assert len((world.root / "graphs/published.nq").read_bytes().decode().strip().split("\n")) == 2
    clone = World(tmp_path / "clone", {})
    for folder in ("graphs", "templates"):
        shutil.copytree(world.root / folder, clone.root / folder)
    await clone.apply()
    assert clone.tree() == world.tree()


async def test_what_was_published_can_be_published_again_and_taken_back(world: World) -> None:
    async with world.open() as project:
        before = (await project.apply()).plan.total
        await project.notifier.publish(Delta(CARA))
        revision = project.revision
        await project.notifier.publish(Delta(CARA))
        assert project.revision == revision
        await project.notifier.publish(Delta(removed=CARA))
        assert (await project.apply()).plan.total == before
    assert (world.root / "graphs/published.nq").read_bytes() == b""


async def test_what_an_event_says_can_be_taken_back_however_it_was_spelt(world: World) -> None:
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    age = [Quad(Iri(EX + "ada"), Iri(EX + "age"), Literal(text, integer)) for text in ("036", "36")]
    async with world.open() as project:
        await project.apply()
        await project.notifier.publish(Delta(frozenset(age[:1])))
        await project.notifier.publish(Delta(removed=frozenset(age[1:])))
    assert (world.root / "graphs/published.nq").read_bytes() == b""


async def test_what_another_file_states_cannot_be_taken_back(world: World) -> None:
    ada = Quad(Iri(EX + "ada"), RDFS_LABEL, Literal("Ada"))
    async with world.open() as project:
        with pytest.raises(UsageError, match="cannot be taken back here"):
            await project.notifier.publish(Delta(removed=frozenset({ada})))


async def test_what_is_no_rdf_is_refused_and_not_kept(world: World) -> None:
    wrong = Quad(Literal("no subject"), RDFS_LABEL, Literal("x"))
    async with world.open() as project:
        with pytest.raises(UsageError, match="is no quad"):
            await project.notifier.publish(Delta(frozenset({wrong})))
    assert not (world.root / "graphs/published.nq").exists()


async def test_a_subscriber_gets_the_events_of_published_deltas_and_of_changed_files(world: World) -> None:
    async with world.open() as project:
        await project.apply()
        async with project.notifier.subscribe(types="node.*") as events:
            await project.notifier.publish(Delta(CARA))
            world.graph(PEOPLE + ':dan a :Person ; rdfs:label "Dan" .\n')
            await project.apply()
            got = [await anext(events), await anext(events)]
    assert [(type(event.data), event.data.about, event.origin) for event in got] == [
        (NodeAdded, f"<{EX}cara>", "graphs/published.nq"),
        (NodeAdded, f"<{EX}dan>", "graphs/people.ttl"),
    ]


async def test_who_reads_events_may_use_the_project_though_the_queue_is_full(world: World) -> None:
    """The cycle that waits for room in the queue has given its turn away before it waits."""
    plans = 0

    async def listen(project: Project, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        nonlocal plans
        async with project.notifier.subscribe(types="node.*", size=1) as events:
            task_status.started()
            async for _ in events:
                await project.plan()
                plans += 1

    with anyio.fail_after(30):
        async with world.open() as project, anyio.create_task_group() as tasks:
            await tasks.start(listen, project)
            for name in ("Ada", "Countess", "Lovelace"):
                world.graph(PEOPLE.replace("Ada", name))
                await project.apply()
            tasks.cancel_scope.cancel()
    assert plans >= 2


def test_one_thread_that_subscribes_and_applies_does_not_wait_for_itself(world: World) -> None:
    with Project.open_sync(world.root) as project, project.notifier.subscribe(size=1) as events:
        for name in ("Ada", "Countess", "Lovelace"):
            world.graph(PEOPLE.replace("Ada", name))
            project.apply()
        assert next(events).type == "bus.overflow"
        assert events.dropped


async def test_closing_the_project_ends_subscriptions(world: World) -> None:
    got: list[Event] = []

    async def listen(project: Project, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        async with project.notifier.subscribe() as events:
            task_status.started()
            got.extend([event async for event in events])

    async with anyio.create_task_group() as tasks, world.open() as project:
        await tasks.start(listen, project)
        await project.apply()
    assert got


async def test_tasks_that_use_one_project_wait_for_each_other(world: World) -> None:
    async with world.open() as project, anyio.create_task_group() as tasks:
        for number in range(4):
            fact = Quad(Iri(f"{EX}p{number}"), RDFS_LABEL, Literal(str(number)))
            tasks.start_soon(project.notifier.publish, Delta(frozenset({fact})))
            tasks.start_soon(project.apply)
    lines = (world.root / "graphs/published.nq").read_text().splitlines()
    assert len(lines) == 4
    async with world.open() as project:
        assert not (await project.check(exact=True)).problems


async def test_closing_the_project_waits_for_a_task_that_uses_it(world: World) -> None:
    async def work(project: Project, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        task_status.started()
        await project.apply()

    async with anyio.create_task_group() as tasks, world.open() as project:
        await tasks.start(work, project)
    assert set(world.tree()) == {"ada.txt", "bob.txt"}


async def test_a_project_is_open_once(world: World) -> None:
    async with world.open(command="first"):
        with pytest.raises(LockedError, match="regen first"):
            async with world.open():
                pass
    async with world.open():
        pass


async def test_opening_waits_for_another_task_of_the_same_program(world: World) -> None:
    async def hold(*, task_status: anyio.abc.TaskStatus[None]) -> None:
        async with world.open() as project:
            task_status.started()
            await project.apply()

    async with anyio.create_task_group() as tasks:
        await tasks.start(hold)
        async with world.open(wait_s=30) as project:
            assert not (await project.plan()).items


async def test_two_projects_are_open_at_a_time(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "other")
    async with world.open() as one, other.open() as two:
        await one.apply()
        await two.apply()
    assert world.tree() == other.tree()


async def test_a_folder_that_is_no_project_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        async with Project.open(tmp_path):
            pass


@pytest.mark.parametrize(
    ("path", "text", "error"),
    [
        ("regen.toml", "[enigne]\n", ConfigError),
        ("templates/person.j2", PERSON.replace("{% endfor %}", ""), TemplateError),
        ("templates/person.j2", PERSON.replace("a :Person", "a :Person ;;; {"), QueryError),
        ("templates/person.j2", PERSON.replace("each[0].label", "each[9].label.x"), TemplateError),
    ],
)
async def test_an_input_that_is_wrong_raises_the_error_of_its_kind(
    world: World, path: str, text: str, error: type[RegenError]
) -> None:
    world.write(path, text)
    with pytest.raises(error) as caught:
        async with world.open() as project:
            await project.apply()
    assert caught.value.where
    assert path in caught.value.where
    assert not (world.root / "out").exists()


async def test_a_broken_graph_file_is_a_finding_and_no_error(world: World) -> None:
    await world.apply()
    world.write("graphs/people.ttl", "@prefix : <oops\n")
    async with world.open() as project:
        plan = await project.plan()
    assert not plan.items
    (finding,) = plan.findings
    assert (finding.path, finding.severity) == ("graphs/people.ttl", "error")
    assert GraphError.exit_code == 2


async def test_a_gate_that_says_no_raises_and_writes_nothing(world: World) -> None:
    world.write("templates/broken.j2", "---\nto: broken.json\n---\n{{ '{' }}\n")
    async with world.open() as project:
        with pytest.raises(GateError):
            await project.apply()
        assert not (world.root / "out").exists()
        (world.root / "templates/broken.j2").unlink()
        assert set(actions(await project.apply())) == {"ada.txt", "bob.txt"}


async def test_a_state_that_cannot_be_read_is_a_state_error(world: World) -> None:
    await world.apply()
    for path in (world.root / ".regen").glob("state.db*"):
        path.unlink()
    (world.root / ".regen/state.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StateError):
        async with world.open():
            pass


async def test_calls_that_cannot_be_meant_are_usage_errors(world: World) -> None:
    await world.apply()
    async with world.open() as project:
        for call in (
            lambda: project.plan("nowhere"),
            lambda: project.why("stranger.txt"),
            lambda: project.why("out/ada.txt:999"),
            lambda: project.resolve("ada.txt", "ours"),
            lambda: project.restore("stranger.txt"),
            lambda: project.rollback(99),
        ):
            with pytest.raises(UsageError):
                await call()
        with pytest.raises(UsageError):
            project.show(99)


async def test_a_watch_yields_a_turn_a_change_and_ends_when_it_is_left(world: World) -> None:
    async with world.open() as project:
        turns = project.watch()
        with anyio.fail_after(30):
            first = await anext(turns)
            world.graph(PEOPLE.replace("Ada", "Countess"))
            second = await anext(turns)
        await turns.aclose()
    assert first.applied is not None
    assert second.applied is not None
    assert (first.trigger, second.trigger) == ("start", "graphs/people.ttl")
    assert actions(second.applied) == {"ada.txt": Action.UPDATE}


class Shouts:
    @hookimpl
    def regen_format(self, content: bytes) -> bytes:
        return content.upper()


async def test_plugins_that_are_given_as_objects_stay_when_a_watch_reads_a_changed_configuration(world: World) -> None:
    async with world.open(plugins=[("shouts", Shouts())]) as project:
        turns = project.watch()
        with anyio.fail_after(30):
            await anext(turns)
            world.write("regen.toml", '[engine]\nworkers = 1\n[vars]\nx = "y"\n')
            await anext(turns)
            world.graph(PEOPLE.replace("Ada", "Countess"))
            last = await anext(turns)
        await turns.aclose()
        assert project.plugins()[-1].name == "shouts"
    assert last.error is None
    assert "COUNTESS" in world.read("ada.txt")


def test_a_program_sees_what_status_and_health_show(world: World) -> None:
    """Where things stand now, while the project is open; and a probe that is asked on the spot."""
    world.write("regen.toml", '[[probe]]\nname = "web"\nrun = "test -e well"\n')
    with Project.open_sync(world.root) as project:
        assert project.status().release is None
        applied = project.apply()
        status = project.status()
        assert (status.release, status.stale) == (applied.release, 0)
        assert [one.environment for one in status.environments] == ["dev"]
        assert project.health().probes[0].readings == ()
        assert project.health(once=True).failed
        world.write("well", "")
        assert not project.health("dev", once=True).failed
        with pytest.raises(UsageError, match="no enabled environment 'prod'"):
            project.status("prod")


def test_all_of_it_without_an_event_loop(world: World) -> None:
    with Project.open_sync(world.root) as project:
        assert project.root == world.root
        assert project.environments == ("dev",)
        first = project.apply(project.plan())
        with project.notifier.subscribe(types=["node.added"]) as events:
            project.notifier.publish(Delta(CARA))
            assert next(events).data.about == f"<{EX}cara>"
        assert project.notifier.revision == project.revision == 2
        world.edit("ada.txt", "one", "uno")
        assert actions(project.apply()) == {"cara.txt": Action.CREATE}
        assert project.check(exact=True).problems == (("ada.txt", "edited"),)
        assert project.why("out/cara.txt").template == "templates/person.j2"
        assert [release.number for release in project.history(limit=1)] == [2]
        assert project.show(2).release.number == 2
        world.write("templates/person.j2", PERSON.replace("one", "eins"))
        plan = project.plan()
        assert project.on_disk(plan).keys() == {"ada.txt", "bob.txt", "cara.txt"}
        assert project.apply(plan).open_conflicts == 1
        (conflict,) = project.conflicts()
        assert "ada.txt" in project.resolve(conflict.path, "ours")
        (world.root / "out/bob.txt").unlink()
        project.apply()
        assert project.restore("bob.txt").plan.items[0].path == "bob.txt"
        assert project.rollback(1).release.restores == 1
        assert project.apply().held
        assert project.resume()
        assert project.prune()
        assert project.plugins()
        for turn in project.watch():
            assert turn.trigger == "start"
            break
    assert first.release is not None


def test_a_file_that_has_many_patches_is_written_anew(world: World) -> None:
    """Small changes are kept beside a file's blob, but not without end; the project opens as before."""
    facts = "".join(f":n{number} :is {number} .\n" for number in range(60))
    counts = []
    with Project.open_sync(world.root) as project:
        for label in range(23):
            world.graph(f'{facts}:ada a :Person ; rdfs:label "Ada {label}" .\n')
            project.apply()
            with read_state(world.root / ".regen") as state:
                assert state is not None
                counts.append(state.db.execute("SELECT count(*) FROM file_patch")[0][0])
    assert counts[20] == 20
    assert counts[21:] == [0, 1]
    with Project.open_sync(world.root) as project:
        assert not project.plan()
    assert "Ada 22" in world.read("ada.txt")


def test_errors_come_out_as_they_are_without_an_event_loop(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError), Project.open_sync(tmp_path):
        pass
    with Project.open_sync(world.root) as project, pytest.raises(UsageError, match="nowhere"):
        project.plan("nowhere")
    with pytest.raises(ZeroDivisionError), Project.open_sync(world.root):
        raise ZeroDivisionError
    with Project.open_sync(world.root) as project, pytest.raises(LockedError), Project.open_sync(world.root):
        pass


def test_the_build_script_of_the_guide_works(world: World) -> None:
    guide = (Path(__file__).parents[1] / "docs/library.md").read_text("utf-8")
    (script,) = re.findall(r"<!-- build script -->\n```python\n(.*?)```\n<!-- end -->", guide, re.DOTALL)
    first = subprocess.run(
        [sys.executable, "-c", script], cwd=world.root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (first.returncode, first.stderr) == (0, "")
    assert [line.split()[:2] for line in first.stdout.splitlines()] == [["create", "ada.txt"], ["create", "bob.txt"]]
    world.write("templates/person.j2", "---\nto: {{\n---\n")
    broken = subprocess.run(
        [sys.executable, "-c", script], cwd=world.root, capture_output=True, text=True, timeout=60, check=False
    )
    assert broken.returncode == 1
    assert "templates/person.j2" in broken.stderr
    assert "Traceback" not in broken.stderr


INTERRUPTED = """
import os, signal, sys
from regen import Project

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are started without it

def progress(what, done, total):
    if what == "render":
        os.kill(os.getpid(), signal.SIGINT)

try:
    with Project.open_sync(sys.argv[1], progress=progress) as project:
        project.apply()
except KeyboardInterrupt:
    with Project.open_sync(sys.argv[1]) as project:
        print(project.apply().plan.total, project.check(exact=True).problems)
"""


def test_ctrl_c_without_an_event_loop_stops_the_work_before_the_project_is_closed(world: World) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(world.root)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("2 ()\n", "")
