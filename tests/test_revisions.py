"""Git revisions as graphs: a plan of what the graph files were, and deltas between revisions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, World, actions
from tests.source_world import serving
from tests.test_cycle_past import commit, git
from tests.test_sources import CARL, configure

from regen import Project
from regen.cli.main import run
from regen.errors import ExitCode, GraphError, UsageError
from regen.model.plan import Action

pytestmark = pytest.mark.anyio
ROBERT = PEOPLE.replace('"Bob"', '"Robert"')
DELTA = [("-", '  rdfs:label "Bob"'), ("+", '  rdfs:label "Robert"')]


@pytest.fixture(params=["", "deep/er"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """A project, in a folder of its repository, with two revisions of its graph; a third state is on disk."""
    top = tmp_path / "top"
    top.mkdir()
    git(top, "init")
    found = World(top / str(request.param))
    found.write(".gitignore", ".regen/\n")
    commit(found, "one")
    git(top, "tag", "one")
    found.graph(ROBERT)
    commit(found, "two")
    found.graph(ROBERT.replace('"Ada"', '"Countess"'))
    return found


def everything(world: World) -> dict[str, bytes]:
    """Files of the project beside the state."""
    paths = [path for path in world.root.rglob("*") if path.is_file() and ".regen" not in path.parts]
    return {str(path): path.read_bytes() for path in paths if ".git" not in path.parts}


async def test_a_plan_of_a_revision_says_what_its_graph_files_would_do(world: World) -> None:
    """With the templates of now; nothing is written, and what is planned next is of the files on disk."""
    await world.apply()
    before = everything(world)
    async with world.open() as project:
        revision = project.revision
        plan = await project.plan(graph_at="one")
        assert {item.path: item.action for item in plan.items} == dict.fromkeys(["ada.txt", "bob.txt"], Action.UPDATE)
        assert plan.graph_at == git(world.root, "rev-parse", "one").strip()
        assert [item.path for item in (await project.plan(graph_at="HEAD")).items] == ["ada.txt"]
        assert project.revision == revision
        with pytest.raises(UsageError, match="this plan is of the graph files of git"):
            await project.apply(plan)
        assert (await project.plan()).items == ()
        assert (await project.apply()).release is None
    assert everything(world) == before
    assert git(world.root, "status", "--porcelain", "--untracked-files=no").split() == [
        "M",
        git(world.root, "ls-files", "--full-name", "graphs").strip(),
    ]


async def test_a_plan_of_the_revision_on_disk_is_not_applied_either(world: World) -> None:
    """Though it would do the same."""
    world.graph(ROBERT)
    async with world.open() as project:
        plan = await project.plan(graph_at="HEAD")
        assert plan.inputs == (await project.plan()).inputs
        with pytest.raises(UsageError):
            await project.apply(plan)
        assert not (world.root / "out").exists()


async def test_what_was_taken_in_and_not_applied_is_not_lost_by_such_a_plan(world: World) -> None:
    await world.apply()
    world.graph(PEOPLE.replace('"Ada"', '"Adele"'))
    async with world.open() as project:
        await project.plan()
        await project.plan(graph_at="one")
        assert set(actions(await project.apply())) == {"ada.txt", "bob.txt"}
    assert world.read("ada.txt").startswith("name: Adele")


async def test_sources_are_those_of_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        server.graph(CARL)
        configure(world, f'endpoint = "{server.url}/sparql"')
        await world.apply()
        async with world.open() as project:
            assert {item.path for item in (await project.plan(graph_at="one")).items} == {"ada.txt", "bob.txt"}


async def test_a_fresh_clone_plans_a_revision(world: World) -> None:
    async with world.open() as project:
        plan = await project.plan(graph_at="one")
    assert {item.path: (item.content or b"")[:10] for item in plan.items} == {
        "ada.txt": b"name: Ada\n",
        "bob.txt": b"name: Bob\n",
    }
    assert not (world.root / "out").exists()


@pytest.mark.parametrize("name", ["nope", "--all", "one:graphs", ""])
async def test_what_is_no_revision_is_told(world: World, name: str) -> None:
    async with world.open() as project:
        with pytest.raises(UsageError, match="no git revision"):
            await project.plan(graph_at=name)
        assert set(actions(await project.apply())) == {"ada.txt", "bob.txt"}


async def test_a_revision_before_the_graph_is_told(world: World) -> None:
    world.write("regen.toml", '[project]\ngraphs = ["other"]\n')
    world.graph(PEOPLE)
    (world.root / "graphs").rename(world.root / "other")
    async with world.open() as project:
        with pytest.raises(UsageError, match="has no graph files at other"):
            await project.plan(graph_at="one")


async def test_without_git_there_is_no_revision(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.open() as project:
        with pytest.raises(UsageError, match="git keeps no repository here"):
            await project.plan(graph_at="HEAD")


async def test_deltas_between_revisions_and_files(world: World) -> None:
    """Two revisions; one and what stands there now, folder or file."""
    async with Project.open(world.root) as project:
        assert [line for line in (await project.diff("one", "HEAD")).lines if line[0] in "+-"][-2:] == DELTA
        assert (await project.diff("HEAD", "HEAD")).lines == ()
        assert (await project.diff("one", "HEAD")).patch.count("Robert") == 1
        for name in ("graphs", "graphs/people.ttl"):
            found = await project.diff("HEAD", name)
            assert (found.added, found.removed) == (1, 1)
            assert "Countess" in found.patch
            back = await project.diff(name, "HEAD")
            assert [event["data"] for event in back.events] != [event["data"] for event in found.events]
        with pytest.raises(UsageError, match="no git revision 'nope'"):
            await project.diff("nope", "graphs")
        world.write("new.ttl", "")
        with pytest.raises(UsageError, match=r"has no graph files at new\.ttl"):
            await project.diff("one", "new.ttl")


async def test_a_broken_file_of_a_revision_is_named_with_it(world: World) -> None:
    world.graph("oops")
    commit(world, "three")
    with pytest.raises(GraphError, match=r"HEAD:graphs/people\.ttl:\d"):
        async with Project.open(world.root) as project:
            await project.diff("one", "HEAD")


def test_the_command_line(world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    here = ("-C", str(world.root))
    assert run(["diff", "one", "HEAD", *here]) == ExitCode.DONE
    assert "1 triples added, 1 removed" in capsys.readouterr().out
    assert run(["diff", "HEAD", "graphs", "--exit-code", *here]) == ExitCode.CHECK_FAILED
    capsys.readouterr()
    assert run(["diff", "one", "nope", *here]) == ExitCode.USAGE
    assert "no file and no git revision 'nope'" in capsys.readouterr().err
    assert run(["diff", "a.ttl", "b.ttl", "-C", str(tmp_path)]) == ExitCode.USAGE
    assert "a.ttl does not exist" in capsys.readouterr().err
    assert run(["plan", "--graph-at", "one", *here]) == ExitCode.DONE
    assert "as if the graph files were those of git" in capsys.readouterr().out
    assert run(["plan", "--graph-at", "one", "--json", *here]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["graph_at"]
    assert run(["plan", "--graph-at", "one", "--check", *here]) == ExitCode.USAGE
    assert "--check looks at the graph files on disk" in capsys.readouterr().err
