"""A base whose bytes are lost is rendered again at the git revision of the lock; else two sides meet."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, PERSON, World, actions
from tests.deploy_world import scratch

from regen.model.plan import Action

pytestmark = pytest.mark.anyio
CONFLICT, MERGE = {"ada.txt": Action.CONFLICT}, {"ada.txt": Action.MERGE}
NEXT = PEOPLE.replace('"Ada"', '"Countess"')


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


def git(where: Path, *arguments: str) -> str:
    """Run git as somebody."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *arguments], cwd=where, check=True, capture_output=True, text=True)
    return done.stdout


def commit(world: World, message: str = "more") -> None:
    git(world.root, "add", "-A"), git(world.root, "commit", "-m", message)


async def committed(folder: Path, inside: str = "") -> World:
    """A project in a repository whose graph, outputs, one of them edited, and lock were committed."""
    top = folder / "origin"
    top.mkdir()
    git(top, "init")
    world = World(top / inside)
    await world.apply()
    world.edit("ada.txt", "three", "three\nmine")
    commit(world)
    return world


def cloned(world: World, inside: str = "", *options: str) -> World:
    """A fresh clone: no `.regen/`."""
    top = world.root.parents[len(Path(inside).parts) - 1] if inside else world.root
    place = top.with_name("clone")
    git(top.parent, "clone", *options, f"file://{top}", str(place))
    clone = World(place / inside, {})
    assert not (clone.root / ".regen").exists()
    return clone


@pytest.mark.parametrize("inside", ["", "some/project"])
async def test_a_fresh_clone_merges_on_the_render_that_the_lock_names(folder: Path, inside: str) -> None:
    """Wherever the project is in its repository; the user's checkout is not touched by it."""
    clone = cloned(await committed(folder, inside), inside)
    clone.graph(NEXT)
    index = Path(git(clone.root, "rev-parse", "--absolute-git-dir").strip()) / "index"
    before = index.read_bytes()
    async with clone.open() as project:
        plan = await project.plan()
        assert {item.path: item.action for item in plan.items if item.action is not Action.ADOPT} == MERGE
        (note,) = [finding for finding in plan.findings if finding.gate == "merge"]
        assert note.severity == "note"
        assert note.message.startswith(
            "the last render of person.j2 for <http://example.org/ada> was made again from git "
        )
        status = git(clone.root, "--no-optional-locks", "status", "--porcelain")
        assert index.read_bytes() == before
        await project.apply()
    assert [line for line in status.splitlines() if "people.ttl" not in line] == []
    text = clone.read("ada.txt")
    assert text.startswith("name: Countess\n")
    assert text.endswith("three\nmine\n")


async def test_edits_of_many_revisions_merge_each_on_its_own(folder: Path) -> None:
    """Also after the graph, the folder of the templates and the configuration changed."""
    world = await committed(folder)
    world.graph(PEOPLE.replace('"Bob"', '"Robert"'))
    await world.apply()
    world.edit("bob.txt", "three", "three\nmine too")
    commit(world)
    git(world.root, "mv", "templates", "mine")
    world.write("regen.toml", '[project]\ntemplates = ["mine"]\n')
    await world.apply()
    commit(world)
    clone = cloned(world)
    clone.graph(PEOPLE.replace('"Bob"', '"Rob"').replace('"Ada"', '"Countess"'))
    assert actions(await clone.apply()) == {"ada.txt": Action.MERGE, "bob.txt": Action.MERGE}
    assert (clone.read("ada.txt")[:14], clone.read("bob.txt")[:9]) == ("name: Countess", "name: Rob")
    assert clone.read("ada.txt").endswith("mine\n")
    assert clone.read("bob.txt").endswith("mine too\n")


async def test_without_git_or_with_another_render_two_sides_meet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository, a shallow clone that lacks the revision, inputs that were never committed, no git at all."""
    world = await committed(folder)
    clone = cloned(world)
    clone.graph(NEXT)
    shutil.rmtree(clone.root / ".git")
    assert actions(await clone.apply())["ada.txt"] == Action.CONFLICT
    assert clone.read("ada.txt").endswith("mine\n")

    world.graph(NEXT)  # committed before anybody applied it: the newest revision makes other bytes than the lock says
    commit(world)
    for number, (options, action) in enumerate(((("--depth", "1"), Action.CONFLICT), ((), Action.MERGE))):
        shutil.rmtree(clone.root)
        clone = cloned(world, "", *options)
        assert actions(await clone.apply())["ada.txt"] == action, number

    shutil.rmtree(clone.root)
    clone = cloned(world)
    monkeypatch.setenv("PATH", str(folder / "nothing"))
    assert actions(await clone.apply())["ada.txt"] == Action.CONFLICT


async def test_inputs_that_were_not_committed_with_the_lock(folder: Path) -> None:
    """Their render has another digest, so it is no base."""
    world = await committed(folder)
    world.graph(PEOPLE.replace('"Ada"', '"Adele"'))
    await world.apply()
    world.graph(PEOPLE)  # as somebody who commits parts
    commit(world)
    clone = cloned(world)
    clone.graph(NEXT)
    applied = await clone.apply()
    assert actions(applied)["ada.txt"] == Action.CONFLICT
    assert [finding for finding in applied.plan.findings if finding.gate == "merge"] == []


async def test_git_is_asked_only_for_what_needs_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And once while a project is open, where it knows nothing."""
    world = await committed(folder)
    calls = folder / "calls"
    fake = folder / "bin/git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexit 1\n')
    fake.chmod(0o755)
    cloned(world).root.rename(folder / "first")
    clones = [World(folder / "first", {}), cloned(world)]
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    clones[0].graph(PEOPLE.replace('"Bob"', '"Rob"'))
    assert actions(await clones[0].apply())["bob.txt"] == Action.UPDATE
    assert not calls.exists()
    clones[1].graph(NEXT)
    async with clones[1].open() as project:
        assert actions(await project.apply())["ada.txt"] == Action.CONFLICT
        clones[1].edit("ada.txt", "mine", "mine more")
        assert actions(await project.apply()) == CONFLICT
    assert len(calls.read_text().splitlines()) == 1


async def test_a_block_in_a_file_of_the_users_is_found_again(folder: Path) -> None:
    """Without its base it would be put there a second time."""
    top = folder / "origin"
    top.mkdir()
    git(top, "init")
    view = "with:\n  people: SELECT ?l WHERE { ?p a :Person ; rdfs:label ?l }"
    body = "{% for p in people %}\n- {{ p.l }}\n{% endfor %}\n"
    front = f'to: list.txt\ninject: true\nafter: "# names"\n{view}'
    world = World(top, {"templates/block.j2": f"---\n{front}\n---\n{body}"})
    world.graph(PEOPLE)
    world.write("out/list.txt", "# names\n# end\n")
    await world.apply()
    assert world.read("list.txt") == "# names\n- Ada\n- Bob\n# end\n"
    commit(world)
    clone = cloned(world)
    clone.graph(NEXT)
    await clone.apply()
    assert clone.read("list.txt") == "# names\n- Bob\n- Countess\n# end\n"
    shutil.rmtree(clone.root)
    clone = cloned(world)
    clone.graph(NEXT)
    shutil.rmtree(clone.root / ".git")
    assert actions(await clone.apply()) == {"list.txt": Action.CONFLICT}
    assert clone.read("list.txt") == world.read("list.txt")


async def test_a_file_taken_over_by_another_template(folder: Path) -> None:
    """Its base is what the template made that had it then."""
    world = await committed(folder)
    clone = cloned(world)
    git(clone.root, "mv", "templates/person.j2", "templates/human.j2")
    clone.write("templates/human.j2", PERSON.replace("one", "uno"))
    assert actions(await clone.apply())["ada.txt"] == Action.MERGE
    assert clone.read("ada.txt").endswith("uno\ntwo\nthree\nmine\n")
