"""Conflicts: loud, harmless, and settled for good in each of four ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import World, actions
from tests.deploy_world import scratch

from regen.errors import UsageError
from regen.model.plan import Action

pytestmark = pytest.mark.anyio
MODULE = """\
---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?n WHERE { ?this :n ?n }
---
first
n = {{ each[0].n }}

-

last
"""
OURS, THEIRS = "first\nn = mine\n\n-\n\nlast\n", "first\nn = 2\n\n-\n\nlast\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


@pytest.fixture
async def world(folder: Path, anyio_backend: str) -> World:
    """A project with one conflict, and one file that goes on without it."""
    found = World(folder, {"templates/n.j2": MODULE})
    found.graph(':a :n "1" . :b :n "1" .')
    await found.apply()
    found.edit("a.txt", "n = 1", "n = mine")
    found.graph(':a :n "2" . :b :n "2" .')
    applied = await found.apply()
    assert actions(applied) == {"a.txt": Action.CONFLICT, "b.txt": Action.UPDATE}
    assert applied.open_conflicts == 1
    assert applied.release is not None
    assert not applied.release.complete
    assert (found.read("a.txt"), found.read("b.txt")) == (OURS, THEIRS)
    return found


async def test_a_conflict_stays_open_and_is_listed_until_it_is_settled(world: World) -> None:
    """The next cycle does nothing, says so, and the check fails."""
    async with world.open() as project:
        applied = await project.apply()
        assert (applied.plan.items, applied.open_conflicts) == ((), 1)
        (found,) = await project.conflicts()
        assert (found.path, str(found.because)) == ("a.txt", ':a :n "1" became "2", graphs/people.ttl')
        assert (await project.check()).problems == (("a.txt", "conflict"),)


async def test_a_conflict_names_every_fact_behind_it(folder: Path) -> None:
    """Of each view, and of each pattern of one; a value that was replaced is one fact."""
    template = MODULE.replace("?n WHERE { ?this :n ?n }", "?n ?m WHERE { ?this :n ?n ; :m ?m }")
    world = World(folder, {"templates/n.j2": template.replace("{{ each[0].n }}", "{{ each[0].n }} {{ each[0].m }}")})
    world.graph(':a :n "1" ; :m "1" . :b :n "1" ; :m "1" .')
    await world.apply()
    world.edit("a.txt", "n = 1", "n = mine")
    world.graph(':a :n "2" ; :m "3" . :b :n "1" ; :m "3" .')
    applied = await world.apply()
    (item,) = (item for item in applied.plan.items if item.path == "a.txt")
    async with world.open() as project:
        (found,) = await project.conflicts()
    assert found.because == item.because[0]
    facts = {f':a :{name} "1" became "{value}", graphs/people.ttl' for name, value in (("n", 2), ("m", 3))}
    assert {str(found.because), *found.because.also} == facts
    (other,) = (item for item in applied.plan.items if item.path == "b.txt")
    assert other.because[0].also == ()


@pytest.mark.parametrize(("how", "content"), [("ours", OURS), ("theirs", THEIRS), ("merged", OURS)])
async def test_a_settled_conflict_does_not_come_back(world: World, how: str, content: str) -> None:
    """What settled it is the base: later renders that leave the line alone merge."""
    async with world.open() as project:
        await project.resolve("a.txt", how)
        assert world.read("a.txt") == content
        assert await project.conflicts() == ()
        assert not (await project.apply()).plan.items
        assert (await project.check()).problems == ()
    world.write("templates/n.j2", MODULE.replace("last", "at the very last"))
    applied = await world.apply()
    assert applied.open_conflicts == 0
    assert world.read("a.txt") == content.replace("last", "at the very last")


async def test_a_conflict_that_is_settled_does_not_end_a_hold(world: World) -> None:
    """Of a rollback to a release that had it."""
    world.graph(':a :n "2" . :b :n "3" .')
    async with world.open() as project:
        await project.apply()
        await project.rollback()
    async with world.open() as project:
        await project.resolve("a.txt", "ours")
    async with world.open() as project:
        assert (await project.apply()).held
        await project.resume()
        await project.apply()
    assert (world.read("a.txt"), world.read("b.txt")) == (OURS, THEIRS.replace("2", "3"))


async def test_a_rollback_from_a_settled_conflict_holds(world: World) -> None:
    """For the graph and the templates still say what was left."""
    async with world.open() as project:
        await project.resolve("a.txt", "theirs")
    async with world.open() as project:
        await project.rollback(1)
        assert (await project.apply()).held


async def test_markers_are_written_on_request_and_have_to_be_edited_away(world: World) -> None:
    """`--markers`, an edit, `--merged`."""
    async with world.open() as project:
        await project.resolve("a.txt", "markers")
        assert "<<<<<<< " in world.read("a.txt")
        for how in ("merged", "ours"):
            with pytest.raises(UsageError, match="still holds conflict markers"):
                await project.resolve("a.txt", how)
        (world.root / "out/a.txt").write_text(OURS.replace("mine", "both"))
        await project.resolve("out/a.txt", "merged")
        assert not (await project.apply()).plan.items
        assert await project.conflicts() == ()
    assert world.read("a.txt") == OURS.replace("mine", "both")


async def test_a_newer_render_replaces_only_the_other_side(world: World) -> None:
    """While a conflict is open the graph goes on; settling takes the newest."""
    world.graph(':a :n "3" . :b :n "2" .')
    async with world.open() as project:
        applied = await project.apply()
        assert actions(applied) == {"a.txt": Action.CONFLICT}
        assert world.read("a.txt") == OURS
        await project.resolve("a.txt", "theirs")
    assert world.read("a.txt") == OURS.replace("mine", "3")


async def test_a_newer_render_that_came_after_the_markers_keeps_the_file(world: World) -> None:
    """The file with markers is the person's; they end up with their own text and the newest base."""
    async with world.open() as project:
        await project.resolve("a.txt", "markers")
        marked = world.read("a.txt")
        world.graph(':a :n "3" . :b :n "2" .')
        assert (await project.apply()).open_conflicts == 1
        assert world.read("a.txt") == marked
        (world.root / "out/a.txt").write_text(OURS.replace("mine", "3 and mine"))
        await project.resolve("a.txt", "merged")
        assert not (await project.apply()).plan.items
    assert world.read("a.txt") == OURS.replace("mine", "3 and mine")


async def test_a_conflict_ends_by_itself_when_the_graph_takes_the_change_back(world: World) -> None:
    """The render is the base again: nothing is left to settle, and the edit stands."""
    world.graph(':a :n "1" . :b :n "2" .')
    async with world.open() as project:
        assert (await project.apply()).open_conflicts == 0
    assert world.read("a.txt") == OURS


async def test_a_conflict_ends_by_itself_when_the_file_is_edited_to_fit(world: World) -> None:
    """Typing what the template wants settles it at the next cycle that looks at the file."""
    (world.root / "out/a.txt").write_text(THEIRS)
    async with world.open() as project:
        assert (await project.apply()).open_conflicts == 0
        assert await project.conflicts() == ()


async def test_a_file_in_conflict_whose_key_goes_is_kept(world: World) -> None:
    """Somebody's work is never deleted."""
    world.graph(':b :n "2" .')
    applied = await world.apply()
    assert actions(applied) == {"a.txt": Action.KEEP}
    assert applied.open_conflicts == 0
    assert world.read("a.txt") == OURS


PAIR = ("one = 1\n\nn = {n}\n\nlast\n", "other = 2\n\nn = {n}\n\nend\n")


async def two_of_a_kind(folder: Path, config: str = "") -> World:
    """Two files of unlike text with the same conflict in them."""
    text = '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this ?n WHERE { ?this :n ?n }\n---\n'
    text += "{% if this | local_name == 'a' %}" + PAIR[0] + "{% else %}" + PAIR[1] + "{% endif %}"
    world = World(folder, {"templates/n.j2": text.replace("{n}", "{{ each[0].n }}"), "regen.toml": config})
    world.graph(':a :n "1" . :b :n "1" .')
    await world.apply()
    for name in "ab":
        world.edit(f"{name}.txt", "n = 1", "n = mine")
    world.graph(':a :n "2" . :b :n "2" .')
    assert (await world.apply()).open_conflicts == 2
    return world


@pytest.mark.parametrize("how", ["ours", "theirs", "merged"])
async def test_the_same_conflict_elsewhere_is_settled_alike(folder: Path, how: str) -> None:
    """As a person settled it the first time, whatever stands around it; it is said to be by a rule."""
    world = await two_of_a_kind(folder)
    async with world.open() as project:
        if how == "merged":
            world.edit("a.txt", "n = mine", "n = both")
        await project.resolve("a.txt", how)
        applied = await project.apply()
        assert applied.open_conflicts == 0
        (item,) = [item for item in applied.plan.items if item.path == "b.txt"]
        assert (item.how, str(item.because[0])) == ("rule", "the same conflict was settled, a.txt")
        assert not (await project.apply()).plan.items
    settled = {"ours": "mine", "theirs": "2", "merged": "both"}[how]
    assert [world.read(f"{name}.txt") for name in "ab"] == [text.format(n=settled) for text in PAIR]


async def test_a_conflict_that_comes_back_is_settled_as_before(folder: Path) -> None:
    """After a rollback, say; and what is remembered outlives a pruning."""
    world = await two_of_a_kind(folder)
    async with world.open() as project:
        await project.resolve("a.txt", "ours")
        await project.apply()
        await project.rollback(1)
        await project.prune(keep_releases=1)
        for name in "ab":
            world.edit(f"{name}.txt", world.read(f"{name}.txt").split("\n")[2], "n = mine")
        await project.resume()
        applied = await project.apply()
        assert applied.open_conflicts == 0
        assert "n = mine" in world.read("b.txt")


async def test_nothing_is_remembered_where_the_project_says_so(folder: Path) -> None:
    world = await two_of_a_kind(folder, "[merge]\nremember = false\n")
    async with world.open() as project:
        await project.resolve("a.txt", "ours")
        assert (await project.apply()).open_conflicts == 1


async def test_what_does_not_fit_the_same_conflict_any_more_stays_one(folder: Path) -> None:
    """Other sides are another conflict."""
    world = await two_of_a_kind(folder)
    async with world.open() as project:
        world.graph(':a :n "2" . :b :n "3" .')
        await project.apply()
        await project.resolve("a.txt", "ours")
        assert (await project.apply()).open_conflicts == 1


@pytest.mark.parametrize(
    ("how", "merged", "content"),
    [("ours", None, "mine\n"), ("theirs", None, "n = 1\n"), ("merged", b"both\n", "both\n")],
)
async def test_a_file_that_stood_before_the_first_render_is_settled(
    folder: Path, how: str, merged: bytes | None, content: str
) -> None:
    """Each way, and a rollback gives back what was there."""
    text = '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this ?n WHERE { ?this :n ?n }\n---\n'
    text += "n = {{ each[0].n }}\n"
    world = World(folder, {"templates/n.j2": text, "out/a.txt": "mine\n"})
    world.graph(':a :n "1" . :b :n "1" .')
    assert (await world.apply()).open_conflicts == 1
    async with world.open() as project:
        await project.resolve("a.txt", how, content=merged)
        assert world.read("a.txt") == content
        assert not await project.conflicts()
        assert not (await project.apply()).plan.items
        await project.rollback(1)
        assert world.read("a.txt") == "mine\n"


async def test_a_merge_in_doubt_has_no_markers_to_write(folder: Path) -> None:
    """And nothing is written for asking."""
    world = World(folder, {"templates/n.j2": MODULE, "regen.toml": "[merge]\nthreshold = 1\n"})
    world.graph(':a :n "1" .')
    await world.apply()
    world.edit("a.txt", "last", "my last")
    world.graph(':a :n "2" .')
    assert (await world.apply()).open_conflicts == 1
    before = world.tree()
    async with world.open() as project:
        with pytest.raises(UsageError, match="no version with markers: the merge is 90% sure"):
            await project.resolve("a.txt", "markers")
    assert world.tree() == before


@pytest.mark.parametrize("left", ["n = both\n", "n = both\n\n", ""])
async def test_each_place_is_remembered_by_itself(folder: Path, left: str) -> None:
    """One of two that were settled in one file is settled where it stands alone, be it with no line or an empty one."""
    text = '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this ?n ?m WHERE { ?this :n ?n ; :m ?m }\n---\n'
    text += "top\nn = {{ each[0].n }}\n\n-\n\nm = {{ each[0].m }}\nend of {{ this | local_name }}\n"
    world = World(folder, {"templates/n.j2": text})
    world.graph(':a :n "1" ; :m "1" . :b :n "1" ; :m "1" .')
    await world.apply()
    world.edit("a.txt", "n = 1", "n = mine")
    world.edit("a.txt", "m = 1", "m = mine")
    world.edit("b.txt", "n = 1", "n = mine")
    world.graph(':a :n "2" ; :m "2" . :b :n "2" ; :m "2" .')
    assert (await world.apply()).open_conflicts == 2
    async with world.open() as project:
        merged = f"top\n{left}\n-\n\nm = 2\nend of a\n".encode()
        await project.resolve("a.txt", "merged", content=merged)
        assert (await project.apply()).open_conflicts == 0
    assert world.read("b.txt") == f"top\n{left}\n-\n\nm = 2\nend of b\n"


async def test_a_merge_in_doubt_is_never_taken_for_settled(folder: Path) -> None:
    """Whatever was settled before: it has no place that could have been."""
    world = World(folder, {"templates/n.j2": MODULE, "regen.toml": "[merge]\nthreshold = 1\n"})
    world.graph(':a :n "1" .')
    await world.apply()
    world.edit("a.txt", "last", "my last")
    world.graph(':a :n "2" .')
    for number in "23":
        world.graph(f':a :n "{number}" .')
        applied = await world.apply()
        assert (applied.open_conflicts, actions(applied)) == (1, {"a.txt": Action.CONFLICT})
