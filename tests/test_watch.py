"""Watching: every change of an input runs a cycle, whatever way editors and git write; nothing else does."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import pytest
from tests.cycle_world import PEOPLE, PERSON, PREFIXES, World

from regen import Project
from regen.errors import ConfigError, GraphError, TemplateError
from regen.orchestrator.outcome import Turn

pytestmark = pytest.mark.anyio
WAIT_S = 20.0
CARL = ':carl a :Person ; rdfs:label "Carl" .'


class Watched:
    """A watch whose turns are waited for."""

    def __init__(self, project: Project, turns: AsyncIterator[Turn]) -> None:
        self.project = project
        self._turns = turns

    async def turn(self) -> Turn:
        """The next turn."""
        with anyio.fail_after(WAIT_S):
            return await anext(self._turns)

    async def paths(self) -> list[str]:
        """What the next turn that does something writes; one slow save may give several turns before it."""
        while True:
            turn = await self.turn()
            if turn.applied is not None and turn.applied.plan.items:
                return [item.path for item in turn.applied.plan.items]

    async def failure(self, kind: type[Exception]) -> Exception:
        """The next error of a class."""
        while True:
            turn = await self.turn()
            if isinstance(turn.error, kind):
                return turn.error


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project that a watch opens quickly."""
    found = World(tmp_path)
    found.write("regen.toml", "[engine]\ndebounce_ms = 5\n")
    return found


@asynccontextmanager
async def watching(world: World) -> AsyncIterator[Watched]:
    """A watch, past its first turn."""
    async with world.open() as project, aclosing(project.watch()) as turns:
        watched = Watched(project, turns)
        assert (await watched.turn()).trigger.startswith("start")
        yield watched


async def test_an_atomic_save_is_seen(world: World) -> None:
    """As editors do it: a temporary file, and a rename over the old one."""
    async with watching(world) as watched:
        temporary = world.write("graphs/.people.ttl.swp", PREFIXES + PEOPLE.replace('"Bob"', '"Robert"'))
        temporary.replace(world.root / "graphs/people.ttl")
        assert await watched.paths() == ["bob.txt"]


async def test_a_turn_is_named_after_a_file_that_is_there(world: World) -> None:
    """Not after the temporary one that `sed -i` and many editors write first."""
    async with watching(world) as watched:
        temporary = world.write("graphs/sedA1b2", PREFIXES + PEOPLE.replace('"Bob"', '"Robert"'))
        temporary.replace(world.root / "graphs/people.ttl")
        turn = await watched.turn()
        assert turn.trigger.startswith("graphs/people.ttl")


async def test_a_burst_of_changes_ends_in_the_last_state(world: World) -> None:
    """However many cycles it takes."""
    async with watching(world) as watched:
        for number in range(30):
            text = PREFIXES + PEOPLE.replace('"Bob"', f'"Bob {number}"')
            (world.root / "graphs/people.ttl").write_text(text)  # as careless editors do: emptied first
            world.graph(f':p{number % 3} a :Person ; rdfs:label "P{number}" .', f"f{number % 3}")
        while "Bob 29" not in world.read("bob.txt") or "P29" not in (world.tree().get("p2.txt") or b"").decode():
            await watched.turn()
        assert sorted(world.tree()) == ["ada.txt", "bob.txt", "p0.txt", "p1.txt", "p2.txt"]


async def test_own_writes_and_edits_of_outputs_start_nothing(world: World) -> None:
    """The next turn is that of the next change of an input."""
    async with watching(world) as watched:
        world.edit("ada.txt", "three", "three\nmine")
        (world.root / "regen.lock/note.txt").write_text("x")
        (world.root / "graphs/people.ttl~").write_text("x")
        world.graph(CARL, "carl")
        turn = await watched.turn()
        assert turn.trigger == "graphs/carl.ttl"
        assert turn.applied is not None
        assert [item.path for item in turn.applied.plan.items] == ["carl.txt"]


async def test_a_broken_file_is_told_and_mended(world: World) -> None:
    """The watch goes on."""
    async with watching(world) as watched:
        world.write("graphs/people.ttl", PREFIXES + PEOPLE + "oops")
        turn = await watched.turn()
        assert turn.applied is not None
        assert [finding.path for finding in turn.applied.plan.findings] == ["graphs/people.ttl"]
        world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
        assert await watched.paths() == ["bob.txt"]


async def test_templates_and_configuration_are_inputs(world: World) -> None:
    """A faulty one is told, and the watch goes on with what it had."""
    async with watching(world) as watched:
        world.write("templates/person.j2", PERSON.replace("{% endfor %}", ""))
        await watched.failure(TemplateError)
        world.write("templates/person.j2", PERSON.replace("one", "uno"))
        assert await watched.paths() == ["ada.txt", "bob.txt"]
        world.write("regen.toml", "[engine\n")
        await watched.failure(ConfigError)
        world.write("templates/person.j2", PERSON.replace("one", "{{ vars.word }}"))
        await watched.failure(TemplateError)
        world.write("regen.toml", '[engine]\ndebounce_ms = 5\n[vars]\nword = "un"\n')
        assert await watched.paths() == ["ada.txt", "bob.txt"]
        assert "\nun\n" in world.read("ada.txt")
        world.write("more/carl.ttl", PREFIXES + CARL)
        world.write(
            "regen.toml", '[project]\ngraphs = ["graphs", "more"]\n[engine]\ndebounce_ms = 5\n[vars]\nword = "un"\n'
        )
        assert await watched.paths() == ["carl.txt"]
        world.write("more/carl.ttl", PREFIXES + CARL.replace('"Carl"', '"Karl"'))
        assert await watched.paths() == ["carl.txt"]


async def test_new_folders_are_watched_too(world: World) -> None:
    """And what is in them."""
    async with watching(world) as watched:
        world.write("graphs/deep/er/carl.ttl", PREFIXES + CARL)
        assert await watched.paths() == ["carl.txt"]
        world.write("graphs/deep/er/carl.ttl", PREFIXES + CARL.replace('"Carl"', '"Karl"'))
        assert await watched.paths() == ["carl.txt"]
        shutil.rmtree(world.root / "graphs/deep")
        assert await watched.paths() == ["carl.txt"]
        assert sorted(world.tree()) == ["ada.txt", "bob.txt"]


async def test_a_graph_folder_that_goes_and_comes_back(world: World) -> None:
    """Its absence is told, nothing is deleted, and its return is seen, with what happens in it afterwards."""
    async with watching(world) as watched:
        before = world.tree()
        (world.root / "graphs").rename(world.root / "away")
        assert "neither a folder nor a file" in str(await watched.failure(GraphError))
        assert world.tree() == before
        (world.root / "away").rename(world.root / "graphs")
        while (turn := await watched.turn()).error is not None:
            pass
        assert turn.applied is not None
        assert not turn.applied.plan.items
        world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
        assert await watched.paths() == ["bob.txt"]


async def test_globs_and_outputs_beside_inputs(tmp_path: Path, anyio_backend: str) -> None:
    """Graphs by a glob in the root, outputs in the root too."""
    world = World(tmp_path, {"people.ttl": PREFIXES + PEOPLE, "templates/person.j2": PERSON})
    world.write("regen.toml", '[project]\ngraphs = ["*.ttl"]\noutput = "."\n[engine]\ndebounce_ms = 5\n')
    async with watching(world) as watched:
        assert (tmp_path / "bob.txt").exists()
        world.write("people.ttl", PREFIXES + PEOPLE.replace('"Bob"', '"Robert"'))
        assert await watched.paths() == ["bob.txt"]
        world.write("templates/person.j2", PERSON.replace("one", "uno"))
        assert await watched.paths() == ["ada.txt", "bob.txt"]


async def test_a_branch_switch_gives_the_outputs_of_the_branch(world: World) -> None:
    """Graphs, templates and outputs change at once, by git."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *identity, *arguments], cwd=world.root, check=True, capture_output=True)

    git("init")
    world.write(".gitignore", ".regen/\nout/\nregen.lock/\n")
    git("add", "."), git("commit", "-m", "one")
    git("checkout", "-b", "two")
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    world.graph(CARL, "carl")
    world.write("templates/person.j2", PERSON.replace("one", "uno"))
    git("add", "."), git("commit", "-m", "two")
    git("checkout", "main")
    async with watching(world) as watched:
        one = world.tree()
        git("checkout", "two")
        while b"uno" not in world.tree()["ada.txt"] or "carl.txt" not in world.tree():
            await watched.turn()
        assert world.read("bob.txt").startswith("name: Robert")
        git("checkout", "main")
        while world.tree() != one:
            await watched.turn()


async def test_the_watch_ends_while_events_come_in(world: World) -> None:
    """Its threads do not wait for each other."""
    with anyio.fail_after(WAIT_S):
        async with watching(world):
            for number in range(200):
                world.write(f"graphs/n{number}.ttl", PREFIXES)
