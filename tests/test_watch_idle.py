"""An idle watch looks at one view at a time; what it finds is told, and repaired by a full cycle of the template."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterable, Mapping
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from pyoxigraph import Store
from tests.cycle_world import PEOPLE, PERSON, World

from regen import watch as watching
from regen.config import load_config
from regen.holder import Lobby
from regen.hooks import hookimpl
from regen.hooks.protocols import Affected
from regen.model.delta import Delta
from regen.model.plan import Plan
from regen.model.rows import Rows
from regen.model.term import Iri, Term
from regen.orchestrator.idle import ViewMismatch, check
from regen.orchestrator.outcome import Applied, Turn
from regen.telemetry import Trigger
from regen_plugins.select_sparql import regen_select

pytestmark = pytest.mark.anyio
WAIT_S = 20.0
COUNT = "---\nto: count.txt\nwith:\n  people: SELECT ?p WHERE { ?p a :Person }\n---\n{{ people | length }} people\n"


@dataclass(frozen=True)
class Nothing:
    """No key is affected, whatever changes."""

    keys: Mapping[Term, object]
    whole: None = None
    loose: None = None


@dataclass(frozen=True)
class Blind:
    """A selector that sees no change."""

    real: Any

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(object.__getattribute__(self, "real"), name)

    def affected(self, store: Store, delta: Delta) -> Affected:
        return Nothing({})  # type: ignore[return-value]

    def rows(self, store: Store, keys: Iterable[Term]) -> Mapping[Term, Rows]:
        return self.real.rows(store, keys)


class BlindPlugin:
    """Compiles views that have the word `friend` or `label` in them into blind ones."""

    def __init__(self, word: str) -> None:
        self.word = word

    @hookimpl
    def regen_select(self, text: str, prefixes: Mapping[str, str], where: str) -> Blind | None:
        return Blind(regen_select(text, prefixes, where)) if self.word in text else None


class Chosen(Random):
    """Takes the view of a name, and says what there was to choose from."""

    def __init__(self, view: str) -> None:
        super().__init__()
        self.view = view
        self.asked: list[list[tuple[str, str]]] = []

    def choice(self, seq: Any) -> Any:
        self.asked.append(list(seq))
        return next(pair for pair in seq if pair[1] == self.view)


def project(root: Path, idle_s: float = 0.01) -> World:
    world = World(root)
    world.write("regen.toml", f"[engine]\ndebounce_ms = 5\nidle_check_s = {idle_s}\n")
    return world


async def next_turn(turns: Any) -> Turn:
    with anyio.fail_after(WAIT_S):
        turn: Turn = await anext(turns)
        return turn


async def test_a_view_that_missed_a_change_is_told_and_repaired(tmp_path: Path) -> None:
    """As a finding of a turn of its own and as an event; the template's files are those of a full run then."""
    world, chance = project(tmp_path), Chosen("friends")
    async with (
        world.open(plugins=[("blind", BlindPlugin("?friend"))]) as opened,
        opened.notifier.subscribe(types="view.mismatch") as events,
        aclosing(opened.watch(chance=chance)) as turns,
    ):
        assert (await next_turn(turns)).trigger == "start"
        world.graph(PEOPLE.replace(":knows :bob", ":knows :ada"))
        turn = await next_turn(turns)
        assert turn.applied is not None
        assert turn.applied.plan.items == (), "the fault: nobody saw it"
        turn = await next_turn(turns)
        assert turn.trigger == "idle check"
        assert turn.applied is not None
        assert [item.path for item in turn.applied.plan.items] == ["ada.txt"]
        assert turn.applied.plan.items[0].because[0].kind == "repair"
        assert turn.applied.plan.evaluated == 2, "all of the template"
        (finding,) = turn.applied.plan.findings
        assert (finding.gate, finding.severity, finding.path) == ("idle check", "warning", "templates/person.j2")
        assert "'friends' has other rows than" in finding.message
        event = await anext(events)
        ada = Iri("http://example.org/ada")
        assert event.data == ViewMismatch("dev", "person.j2", "friends", 1, (ada,))
    assert "knows ada" in world.read("ada.txt")
    assert set(chance.asked[0]) == {("person.j2", "each"), ("person.j2", "friends")}


@pytest.mark.parametrize(
    ("word", "view", "change"),
    [
        ("?label }", "each", lambda text: text + ':carl a :Person ; rdfs:label "Carl" .'),
        ("?label }", "each", lambda text: text.replace(":bob a :Person", ":bob a :Cat")),
        ("?p WHERE", "people", lambda text: text + ":carl a :Person ."),
    ],
)
async def test_keys_that_came_or_went_unseen(tmp_path: Path, word: str, view: str, change: Any) -> None:
    """And views without keys."""
    world = project(tmp_path)
    world.write("templates/count.j2", COUNT)
    async with world.open(plugins=[("blind", BlindPlugin(word))]) as opened:
        async with aclosing(opened.watch(chance=Chosen(view))) as turns:
            await next_turn(turns)
            world.graph(change(PEOPLE))
            while (await next_turn(turns)).trigger != "idle check":
                pass
        after = world.tree()
        assert (await opened.apply(full=True)).plan.items == ()
    assert world.tree() == after


async def test_where_all_is_well_nothing_is_told_or_written(tmp_path: Path) -> None:
    """However often it is looked at; the next turn is that of the next change."""
    world = project(tmp_path)
    world.write("templates/count.j2", COUNT)
    world.write("templates/quiet.j2", PERSON.replace("each:", "when: 'false'\neach:").replace(".txt", ".none"))
    looked = anyio.Event()

    class Counting(Random):
        left = 40

        def choice(self, seq: Any) -> Any:
            self.left -= 1
            if not self.left:
                looked.set()
            return super().choice(seq)

    async with world.open() as opened, aclosing(opened.watch(chance=Counting(1))) as turns:
        await next_turn(turns)
        world.edit("ada.txt", "three", "mine")
        (world.root / "out/bob.txt").unlink()
        before = world.stamps()
        found: list[Turn] = []

        async def read() -> None:
            found.append(await next_turn(turns))

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            with anyio.fail_after(WAIT_S):
                await looked.wait()
            assert (found, world.stamps()) == ([], before)
            world.graph(PEOPLE.replace("Bob", "Rob"))
        assert found[0].trigger == "graphs/people.ttl"


async def test_what_is_stale_is_not_compared(tmp_path: Path) -> None:
    """Such as what a gate stopped: a cycle speaks of it."""
    world, chance = project(tmp_path), Chosen("friends")
    async with world.open(plugins=[("blind", BlindPlugin("nothing"))]) as opened:
        await opened.apply()
        world.graph(PEOPLE.replace(":knows :bob", ":knows :ada"))
        await opened.plan()
        session = opened._session
        assert check(session, session.place(None), chance) is None
        session.pending.stale.clear()
        found = check(session, session.place(None), chance)
        assert found is not None
        assert [str(key) for key in found.keys] == ["http://example.org/ada"]


async def test_zero_turns_it_off(tmp_path: Path) -> None:
    """While it is off, nothing is chosen; the setting is read again when the configuration changes."""
    world, chance = project(tmp_path, 0), Chosen("friends")
    async with world.open() as opened, aclosing(opened.watch(chance=chance)) as turns:
        await next_turn(turns)
        world.graph(PEOPLE.replace("Bob", "Rob"))
        await next_turn(turns)
        assert chance.asked == []


async def test_a_change_goes_before_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one comes during a look, the views of the next environment wait."""
    world, seen, looks = project(tmp_path), threading.Event(), []

    class Loud(watching.Changes):
        """Says when it was told of a change."""

        def add(self, path: str) -> None:
            super().add(path)
            seen.set()

    async def look(environment: str) -> None:
        looks.append(environment)
        world.graph(PEOPLE.replace("Bob", "Rob"))
        assert await anyio.to_thread.run_sync(seen.wait, WAIT_S)

    async def cycle(environment: str, trigger: Trigger, changed: Collection[str] | None) -> Applied:
        await anyio.lowlevel.checkpoint()
        return Applied(Plan(environment, None, 1, ()))

    async def reload() -> None:
        raise AssertionError("the configuration is what it was")

    monkeypatch.setattr(watching, "Changes", Loud)

    async def serve(lobby: Lobby, give_way: object) -> None:
        raise AssertionError("there is no door")

    async def gave_way(environment: str) -> None:
        raise AssertionError("nobody asks for a rollback")

    async def health() -> list[Turn]:
        raise AssertionError("no probe says anything")

    config = load_config(world.root)
    calls = watching.Calls(
        config=lambda: config,
        reload=reload,
        cycle=cycle,
        gave_way=gave_way,
        stays=lambda _: False,
        look=look,
        environments=lambda: ["one", "two"],
        serve=serve,
        polled=lambda _: nullcontext(),
        probed=lambda _: nullcontext(),
        breached=lambda: None,
        health=health,
        rollout_due_in=lambda: math.inf,
        rollouts=health,
        debounce_s=lambda: 0.005,
    )
    async with aclosing(watching.watch(calls, None, "start")) as turns:
        told = [await next_turn(turns) for _ in range(3)]
    assert [turn.trigger for turn in told] == ["start", "start", "graphs/people.ttl"]
    assert looks == ["one"]
