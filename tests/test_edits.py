"""Edits that were set aside come back, whatever stands there by now, and nothing of that is lost."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import World
from tests.deploy_world import ENVIRONMENT, in_child, killed, opened, scratch, sound

from regen.cli.main import run
from regen.errors import DeployError, UsageError
from regen.model.release import KeptEdit
from regen.stages import deploy
from regen.state import faults, releases
from regen.state.blobs import digest_of
from regen.state.opening import read_state

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
ONE, TWO = "first\nn = 1\n\n-\n\nlast\n", "first\nn = 2\n\n-\n\nlast\n"
MINE, REMARK = TWO.replace("n = 2", "n = mine"), TWO + "remark\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


@pytest.fixture
async def world(folder: Path, anyio_backend: str) -> World:
    """A project with two releases of two files."""
    found = World(folder, {"templates/n.j2": MODULE})
    found.graph(':a :n "1" . :b :n "1" .')
    await found.apply()
    found.graph(':a :n "2" . :b :n "2" .')
    await found.apply()
    assert found.read("a.txt") == TWO
    return found


async def set_aside(world: World, text: str, **options: bool) -> KeptEdit:
    """Edit a file, roll back, and give the edit that the rollback set aside."""
    (world.root / "out/a.txt").write_text(text)
    async with world.open() as project:
        await project.rollback(**options)
        (edit,) = project.kept_edits()
    assert world.read("a.txt") == ONE
    assert (edit.path, edit.why) == ("a.txt", "set aside when release 1 was restored")
    return edit


async def test_an_edit_comes_back_onto_what_stands_there(world: World) -> None:
    """Merged with it, on the render that it was made in; it is listed no more, and nothing else changed."""
    edit = await set_aside(world, REMARK, discard_edits=True)
    async with world.open() as project:
        done = await project.restore_edit("a.txt", edit.name[:6])
        assert (done.outcome, done.path, done.set_aside) == ("merged", "a.txt", None)
        assert world.read("a.txt") == ONE + "remark\n"
        assert project.kept_edits() == []
        (known,) = project.kept_edits("out/a.txt", restored=True)
        assert (known.content, known.restored is None) == (edit.content, False)
        assert (await project.apply()).held, "the rollback holds as before"
        assert [release.number for release in project.history()] == [3, 2, 1]
        await project.resume()
        await project.apply()
    assert world.read("a.txt") == REMARK


async def test_an_edit_that_does_not_merge_writes_nothing(world: World) -> None:
    """It can be had with markers, or in the place of what stands there, and later, when what it was made in is back."""
    edit = await set_aside(world, MINE)
    async with world.open() as project:
        done = await project.restore_edit("a.txt", edit.name)
        assert (done.outcome, len(done.conflicts)) == ("conflict", 1)
        assert (world.read("a.txt"), project.kept_edits()) == (ONE, [edit])
        await project.resume()
        await project.apply()
        assert world.read("a.txt") == TWO
        assert (await project.restore_edit("a.txt", edit.name)).outcome == "written"
        assert world.read("a.txt") == MINE
        assert (await project.restore_edit("a.txt", edit.name)).outcome == "there already"


async def test_both_sides_between_markers(world: World) -> None:
    edit = await set_aside(world, MINE)
    async with world.open() as project:
        done = await project.restore_edit("a.txt", edit.name, how="markers")
        assert done.outcome == "marked"
        assert project.kept_edits() == []
    text = world.read("a.txt")
    assert "<<<<<<<" in text
    assert text.index("n = 1") < text.index("n = mine")


async def test_what_a_person_has_there_is_set_aside_in_turn(world: World) -> None:
    """And comes back the same way."""
    edit = await set_aside(world, MINE)
    other = ONE.replace("last", "at last")
    world.edit("a.txt", "last", "at last")
    async with world.open() as project:
        done = await project.restore_edit("a.txt", edit.name, how="replace")
        assert (world.read("a.txt"), done.outcome) == (MINE, "written")
        assert done.set_aside is not None
        assert done.set_aside.why == f"set aside when the edit {edit.name} was restored"
        assert project.kept_edits() == [done.set_aside]
        back = await project.restore_edit("a.txt", done.set_aside.name, how="replace")
        assert world.read("a.txt") == other
        assert back.set_aside is not None
        assert back.set_aside.content == edit.content


async def test_an_edit_of_a_file_that_is_gone_makes_it_again(world: World) -> None:
    """Whether a person deleted it, or no template makes it any more."""
    edit = await set_aside(world, MINE)
    for number in (3, 4):
        world.graph(f':a :n "{number}" . :b :n "{number}" .')
        await world.apply()
        (world.root / "out/a.txt").unlink(missing_ok=True)
    async with world.open() as project:
        assert (await project.restore_edit("a.txt", edit.name)).outcome == "written"
        assert world.read("a.txt") == MINE
        await project.apply()
        assert (await project.check()).problems == (("a.txt", "conflict"),), "it is a generated file again"
        await project.resolve("a.txt", "ours")
    world.graph(':b :n "3" .')
    (world.root / "out/a.txt").unlink()
    await world.apply()
    assert list(world.tree()) == ["b.txt"]
    async with world.open() as project:
        assert (await project.restore_edit("a.txt", edit.name)).outcome == "written"
        assert (await project.apply()).plan.items == ()
    assert world.read("a.txt") == MINE


async def test_a_deleted_file_that_came_back_unchanged_is_a_generated_one_again(world: World) -> None:
    """The lock says so too."""
    (world.root / "out/a.txt").unlink()
    world.graph(':a :n "3" . :b :n "3" .')
    await world.apply()
    (world.root / "out/a.txt").write_text(TWO)
    async with world.open() as project:
        await project.apply(full=True)
        assert (await project.check()).problems == ()
    assert world.read("a.txt") == TWO.replace("2", "3")


async def test_an_edit_goes_where_its_file_has_moved_to(world: World) -> None:
    edit = await set_aside(world, REMARK, discard_edits=True)
    world.write("templates/n.j2", MODULE.replace("}}.txt", "}}.text"))
    await world.apply()
    assert sorted(world.tree()) == ["a.text", "b.text"]
    async with world.open() as project:
        done = await project.restore_edit("a.txt", edit.name)
    assert (done.path, done.outcome) == ("a.text", "written")
    assert world.read("a.text") == REMARK


async def test_edits_that_cannot_be_meant(world: World) -> None:
    edit = await set_aside(world, MINE)
    async with world.open() as project:
        for path, name, how, says in (
            ("b.txt", edit.name, "merge", r"no edit of b\.txt was set aside"),
            ("a.txt", "0000", "merge", "names no edit"),
            ("a.txt", edit.name[:3], "merge", "names no edit"),
            ("a.txt", edit.name, "guess", "cannot come back by 'guess'"),
        ):
            with pytest.raises(UsageError, match=says):
                await project.restore_edit(path, name, how=how)  # type: ignore[arg-type]


async def test_pruning_keeps_what_is_listed_unless_told_otherwise(world: World) -> None:
    """What came back goes with the releases of its time."""
    edit = await set_aside(world, MINE)
    world.graph(':a :n "3" . :b :n "3" .')
    await world.apply()
    async with world.open() as project:
        assert "1 edits that were set aside stay" in await project.prune(keep_releases=1)
        assert project.kept_edits() == [edit]
        await project.restore_edit("a.txt", edit.name, how="replace")
        await project.prune(keep_releases=1)
        assert project.kept_edits(restored=True) == []
    edit = await set_aside_again(world)
    async with world.open() as project:
        await project.prune(keep_releases=1, edits=True)
        assert project.kept_edits(restored=True) == []
    with read_state(world.root / ".regen") as state:
        assert state is not None
        assert not state.blobs.has(edit.content)


async def set_aside_again(world: World) -> KeptEdit:
    """A second edit that is set aside, before the newest release."""
    world.graph(':a :n "4" . :b :n "4" .')
    async with world.open() as project:
        await project.apply()
        for conflict in await project.conflicts():
            await project.resolve(conflict.path, "theirs")
        (world.root / "out/a.txt").write_text("something else\n")
        await project.rollback()
        edit = project.kept_edits()[0]
        world.graph(':a :n "5" . :b :n "5" .')
        await project.apply()
    return edit


NEW, OLD = b"handed back\n", b"one\nmine too\n"


def handed_over(folder: Path) -> None:
    """A deployed file that a person edited."""
    with opened(folder) as there:
        there.commit({"a": ("d/a.txt", b"one\n")})
        there.write("d/a.txt", OLD)


def hand_it_back(folder: Path) -> bool:
    """What `regen restore --edit` does, without the rest of the engine."""
    with opened(folder) as there:
        there.recover()
        standing = digest_of(OLD)
        options = {"base": digest_of(b"one\n"), "edited": True, "at": there.now(), "why": "test"}
        return deploy.hand_back(
            there.state, there.target, "d/a.txt", NEW, old=standing, remerge=there.remerge, **options
        )


def what_is_there(folder: Path) -> tuple[bytes | None, set[bytes]]:
    """The file, and the edits that are listed, once the project was opened again."""
    with opened(folder) as there:
        there.recover()
        sound(there)
        kept = releases.kept_edits(there.state.db, ENVIRONMENT)
        return there.read("d/a.txt"), {there.state.blobs.read(edit.content) for edit in kept}


def test_a_kill_at_any_moment_leaves_the_old_bytes_or_the_new_ones(folder: Path) -> None:
    """And what stood there in the list, as soon as it may be gone."""
    seen = set()
    for number in itertools.count(1):
        place = folder / str(number)
        handed_over(place)
        done = not killed(in_child(lambda place=place: hand_it_back(place), fault=f"kill@{number}"))
        content, kept = what_is_there(place)
        assert content == OLD or (content == NEW and OLD in kept)
        seen.add(content)
        if done:
            break
    assert seen == {OLD, NEW}


def test_an_edit_at_any_moment_is_on_disk_or_in_the_list(folder: Path) -> None:
    """By an editor that saves while regen writes."""
    late = b"one\nmine too\nsaved late\n"
    for number in itertools.count(1):
        place = folder / str(number)
        handed_over(place)
        edits = []

        def save(place: Path = place, edits: list[int] = edits) -> None:
            (place / "out/d/a.txt").write_bytes(late)
            edits.append(1)

        in_child(lambda place=place: hand_it_back(place), fault=f"stop@{number}", stopped=save)
        content, kept = what_is_there(place)
        if not edits:
            break
        assert content == late or late in kept
        assert content in (late, NEW)


def test_a_failing_disk_changes_nothing(folder: Path) -> None:
    """The file is as it was, and no deployment waits."""
    handed_over(folder)
    with opened(folder) as there:
        faults.arm("EIO@renameat2")
        try:
            options = {"base": None, "edited": True, "at": there.now(), "why": "test", "remerge": there.remerge}
            with pytest.raises(DeployError, match="everything was put back"):
                deploy.hand_back(there.state, there.target, "d/a.txt", NEW, old=digest_of(OLD), **options)
        finally:
            faults.arm(None)
        assert there.read("d/a.txt") == OLD
        sound(there)


def test_the_command_lists_and_restores(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit 3 where the two do not merge, and 2 for options that do not go together."""
    world = World(folder / "p", {"templates/n.j2": MODULE})

    def regen(*arguments: str) -> tuple[int, str]:
        code = run([*arguments, "-C", str(world.root)])
        return code, capsys.readouterr().out

    for number in (1, 2):
        world.graph(f':a :n "{number}" .')
        assert regen("apply")[0] == 0
    assert regen("restore", "--list") == (0, "no edits were set aside\n")
    (world.root / "out/a.txt").write_text(MINE)
    code, text = regen("rollback")
    command = next(line for line in text.splitlines() if "regen restore" in line).split("`")[1].split()[1:]
    assert (code, command[:3]) == (0, ["restore", "a.txt", "--edit"])
    assert "set aside   1 edits: `regen restore --list` names them" in regen("status")[1]
    code, text = regen("restore", "--list")
    assert (code, text.split()[:5]) == (0, ["edit", "at", "path", "because", command[3]])
    code, text = regen("restore", "--list", "b.txt", "--json")
    assert (code, json.loads(text)) == (0, [])
    code, text = regen(*command)
    assert (code, "does not merge with a.txt; nothing was written" in text) == (3, True)
    code, text = regen(*command, "--replace", "--json")
    assert (code, json.loads(text)["outcome"], world.read("a.txt")) == (0, "written", MINE)
    assert len(json.loads(regen("restore", "--list", "--all", "--json")[1])) == 1
    for wrong in (
        ("restore",),
        ("restore", "a.txt", "--replace"),
        ("restore", "a.txt", "--all"),
        (*command, "--list"),
        (*command, "--replace", "--markers"),
    ):
        assert regen(*wrong)[0] == 2
