"""Looking at graph files: a watch that knows what changed looks at nothing else, and misses nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from tests.cycle_world import PEOPLE, World

from regen import Project
from regen.dataset.files import find_graph_files
from regen.errors import TemplateError
from regen.orchestrator import looking
from regen.orchestrator.advance import take_in
from regen.orchestrator.looking import look
from regen.orchestrator.session import Session

pytestmark = pytest.mark.anyio


@contextmanager
def listings() -> Iterator[list[None]]:
    """How often all files are listed while the context is open."""
    found: list[None] = []

    def listed(*arguments: object) -> object:
        found.append(None)
        return find_graph_files(*arguments)  # type: ignore[arg-type]

    with mock.patch.object(looking, "find_graph_files", listed):
        yield found


def session_of(project: Project) -> Session:
    return project._session


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.graph(':eve a :Person ; rdfs:label "Eve" .', "deep/more")
    os.utime(world.root / "templates/person.j2", (1_000_000_000, 1_000_000_000))  # a young one is read again each time
    return world


async def test_a_change_of_a_known_file_is_all_that_is_looked_at(world: World) -> None:
    async with Project.open(world.root) as project:
        await project.apply()
        session = session_of(project)
        changed = str(world.root / "graphs/people.ttl")
        world.graph(PEOPLE.replace("Bob", "Rob"))
        with listings() as listed:
            found = look(session, {changed})
            await take_in(session, {changed})
        assert [file.path for file in found.files] == ["graphs/people.ttl"]
        assert found.only_graphs
        assert not listed
        assert len(session.pending.changes) == 1


@pytest.mark.parametrize("what", ["new", "gone", "folder gone", "link", "ignore", "ignore gone"])
async def test_what_is_no_plain_change_makes_all_be_listed(world: World, what: str) -> None:
    async with Project.open(world.root) as project:
        await project.apply()
        session, people = session_of(project), world.root / "graphs/people.ttl"
        path = people
        if what == "new":
            path = world.root / "graphs/new.ttl"
            shutil.copyfile(people, path)
        elif what == "gone":
            people.unlink()
        elif what == "folder gone":
            path = world.root / "graphs/deep"
            shutil.rmtree(path)
        elif what == "link":
            people.rename(world.root / "graphs/other.ttl")
            people.symlink_to("other.ttl")
        else:
            path = world.write(".regenignore", "graphs/deep/\n")
            if what == "ignore gone":
                path.unlink()
        with listings() as listed:
            found = look(session, {str(path)})
        assert listed
        assert not found.only_graphs


async def test_what_came_and_went_is_nothing_to_the_graph_but_may_have_been_a_template(world: World) -> None:
    async with Project.open(world.root) as project:
        await project.apply()
        with listings() as listed:
            found = look(session_of(project), {str(world.root / "graphs/4913")})
        assert (found.files, found.gone, found.only_graphs, listed) == ((), (), False, [])


async def test_after_an_error_everything_is_looked_at_again(world: World) -> None:
    """The graph's change is not taken in while a template cannot be read, and nobody will name it a second time."""
    async with Project.open(world.root) as project:
        await project.apply()
        session = session_of(project)
        world.graph(PEOPLE.replace("Bob", "Rob"))
        good = (world.root / "templates/person.j2").read_text()
        broken = world.write("templates/person.j2", "---\nto: [\n---\n")
        with pytest.raises(TemplateError):
            await take_in(session, {str(world.root / "graphs/people.ttl"), str(broken)})
        world.write("templates/person.j2", good)
        await take_in(session, {str(broken)})
        assert len(session.pending.changes) == 1
