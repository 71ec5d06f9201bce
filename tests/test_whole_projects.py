"""Whole projects on each deployer: conflicts, edits, deletions and rollbacks do there what they do everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cycle_world import World
from tests.whole_world import KINDS

from regen import Project

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["workspace", *KINDS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made = World(tmp_path)
    made.write("regen.toml", f"[[environment]]\nname = 'dev'\ndeployer = '{request.param}'\n")
    return made


def tree(world: World) -> Path:
    link = world.root / "out" / "current"
    return link if link.is_symlink() else world.root / "out"


def edit(world: World, name: str, old: str, new: str) -> None:
    """As an editor does that renames."""
    place = tree(world) / name
    fresh = place.with_name(f"{name}~")
    fresh.write_text(place.read_text().replace(old, new))
    fresh.replace(place)


def change(world: World, old: str, new: str) -> None:
    place = world.root / "graphs/people.ttl"
    place.write_text(place.read_text().replace(old, new))


async def test_a_conflict_is_settled(world: World) -> None:
    """The person's version waits where it is read; markers go into it, and the merge is taken."""
    async with Project.open(world.root) as project:
        await project.apply()
        edit(world, "ada.txt", "name: Ada", "name: Adah")
        change(world, '"Ada"', '"Ida"')
        applied = await project.apply()
        assert applied.open_conflicts == 1
        assert (tree(world) / "ada.txt").read_text().startswith("name: Adah\n")
        await project.resolve("ada.txt", "markers")
        marked = (tree(world) / "ada.txt").read_text()
        assert "<<<<<<<" in marked
        assert "name: Ida" in marked
        edit(world, "ada.txt", marked, "name: Ida Adah\n" + marked.split(">>>>>>> ", 1)[1].split("\n", 1)[1])
        await project.resolve("ada.txt", "merged")
        await project.apply()
        assert (tree(world) / "ada.txt").read_text().startswith("name: Ida Adah\n")
        change(world, '"Bob"', '"Rob"')
        await project.apply()
        assert (tree(world) / "ada.txt").read_text().startswith("name: Ida Adah\n")
        assert (tree(world) / "bob.txt").read_text().startswith("name: Rob\n")


async def test_an_edit_set_aside_comes_back(world: World) -> None:
    """`regen restore --edit` gives the bytes to the file that stands; the next cycle takes them along."""
    async with Project.open(world.root) as project:
        await project.apply()
        change(world, '"Ada"', '"Ida"')
        await project.apply()
        edit(world, "ada.txt", "name: Ida", "name: Mine")
        rolled = await project.rollback()
        [aside] = [found for found in rolled.edits if found.outcome == "set aside"]
        assert (tree(world) / "ada.txt").read_text().startswith("name: Ada\n")
        done = await project.restore_edit("ada.txt", str(aside.content)[:12], how="replace")
        assert done.outcome == "written"
        assert (tree(world) / "ada.txt").read_text().startswith("name: Mine\n")
        change(world, '"Bob"', '"Rob"')
        await project.resume()
        await project.apply()
        assert (tree(world) / "bob.txt").read_text().startswith("name: Rob\n")


async def test_a_deleted_file_stays_deleted_and_comes_back_when_asked(world: World) -> None:
    async with Project.open(world.root) as project:
        await project.apply()
        (tree(world) / "ada.txt").unlink()
        change(world, '"Ada"', '"Ida"')
        await project.apply()
        assert not (tree(world) / "ada.txt").exists()
        await project.restore("ada.txt")
        assert (tree(world) / "ada.txt").read_text().startswith("name: Ida\n")


async def test_what_stands_verifies(world: World) -> None:
    """After releases, a rollback, and an edit that comes along; a file that was tampered with is named."""
    async with Project.open(world.root) as project:
        await project.apply()
        change(world, '"Ada"', '"Ida"')
        await project.apply()
        await project.rollback()
        await project.resume()
        change(world, '"Bob"', '"Rob"')
        await project.apply()
        verification = await project.verify()
        assert verification.clean, verification
        edit(world, "ada.txt", "name", "eman")
        exact = await project.verify(exact=True)
        assert "ada.txt" in str(exact)


async def test_a_cycle_without_a_change_writes_nothing(world: World) -> None:
    """No release, no folder, no file."""

    def stats() -> list[object]:
        found = [place for place in (world.root / "out").rglob("*") if not place.name.startswith(".")]
        return sorted((str(place), place.lstat().st_ino, place.lstat().st_ctime_ns) for place in found)

    async with Project.open(world.root) as project:
        await project.apply()
        before = stats()
        await project.apply()
    assert stats() == before
