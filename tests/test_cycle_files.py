"""Files: what people delete, clean, edit and forbid, and what front matter says of files that stand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, PERSON, World, actions
from tests.deploy_world import scratch

from regen import Project
from regen.errors import GateError, UsageError
from regen.hooks import hookimpl
from regen.model.candidate import Candidate
from regen.model.finding import Finding
from regen.model.plan import Action

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


async def people(folder: Path, count: int = 5) -> World:
    """A deployed project with some people."""
    world = World(folder, {"templates/person.j2": PERSON})
    world.graph(crowd(count))
    await world.apply()
    return world


def crowd(count: int, name: str = "P") -> str:
    """So many people."""
    return "\n".join(f':p{number} a :Person ; rdfs:label "{name}{number}" .' for number in range(count))


async def test_a_deleted_file_stays_deleted_until_it_is_asked_back(folder: Path) -> None:
    """Over changes of its facts, and of its template; the check agrees."""
    world = await people(folder)
    (world.root / "out/p1.txt").unlink()
    async with world.open() as project:
        assert (await project.check()).problems == (("p1.txt", "missing"),)
    world.graph(crowd(5, "Q"))
    applied = await world.apply()
    assert actions(applied)["p1.txt"] == Action.KEEP
    assert "p1.txt" not in world.tree()
    world.write("templates/person.j2", PERSON.replace("one", "uno"))
    async with world.open() as project:
        await project.apply()
        assert "p1.txt" not in world.tree()
        assert (await project.check()).problems == ()
        with pytest.raises(UsageError, match=r"p2\.txt is there"):
            await project.restore("p2.txt")
        await project.restore("out/p1.txt")
    assert world.read("p1.txt").startswith("name: Q1\n\nuno")


async def test_a_tombstone_ends_with_its_key(folder: Path) -> None:
    """A key that comes back is a new one."""
    world = await people(folder)
    (world.root / "out/p1.txt").unlink()
    world.graph(crowd(5, "Q"))
    await world.apply()
    world.graph(crowd(1, "Q"))
    await world.apply()
    assert sorted(world.tree()) == ["p0.txt"]
    world.graph(crowd(5, "Q"))
    await world.apply()
    assert sorted(world.tree()) == [f"p{n}.txt" for n in range(5)]


@pytest.mark.parametrize("gone", ["root", "most"])
async def test_a_clean_is_rebuilt(folder: Path, gone: str) -> None:
    """The whole output, or more than half of it."""
    world = await people(folder)
    before = world.tree()
    if gone == "root":
        shutil.rmtree(world.root / "out")
    else:
        for number in range(3):
            (world.root / f"out/p{number}.txt").unlink()
    applied = await world.apply()
    assert world.tree() == before
    assert "the output was cleaned" in str(applied.plan.items[0].because[0])


async def test_a_clone_without_outputs_has_them_made(folder: Path) -> None:
    """The lock was committed and the outputs were not: that somebody deleted all of them is not what it means."""
    world = await people(folder)
    before = world.tree()
    shutil.rmtree(world.root / "out")
    shutil.rmtree(world.root / ".regen")
    assert (world.root / "regen.lock").is_dir()
    await world.apply()
    assert world.tree() == before
    assert not (await world.apply()).plan.items


async def test_a_deleted_file_comes_back_though_its_facts_changed_meanwhile(folder: Path) -> None:
    """What waits already, for a gate says no, has another reason."""

    class No:
        @hookimpl
        def regen_evaluate(self, candidate: Candidate) -> list[Finding]:
            return [Finding("no", "error", "not now")]

    world = await people(folder)
    (world.root / "out/p1.txt").unlink()
    world.graph(crowd(5, "Q"))
    async with world.open(plugins=[("no", No())]) as project:
        with pytest.raises(GateError):
            await project.apply()
    async with world.open() as project:
        await project.restore("p1.txt")
    assert "Q1" in world.read("p1.txt")


async def test_unedited_files_go_with_their_keys_and_edited_ones_stay(folder: Path) -> None:
    """And the check calls them extra."""
    world = await people(folder)
    world.edit("p4.txt", "three", "three\nmine")
    world.graph(crowd(3))
    async with world.open() as project:
        applied = await project.apply()
        assert actions(applied) == {"p3.txt": Action.DELETE, "p4.txt": Action.KEEP}
        assert (await project.check()).problems == (("p4.txt", "extra"),)
        assert not (await project.apply()).plan.items
        (world.root / "out/p4.txt").unlink()
        await project.apply()


async def test_a_file_of_somebody_else_is_not_overwritten(folder: Path) -> None:
    """Another text is a conflict, the same text is taken over."""
    world = await people(folder, 1)
    (world.root / "out/p1.txt").write_text("precious\n")
    (world.root / "out/p2.txt").write_text(world.read("p0.txt").replace("P0", "P2"))
    stamps = world.stamps()
    world.graph(crowd(3))
    applied = await world.apply()
    assert actions(applied) == {"p1.txt": Action.CONFLICT, "p2.txt": Action.ADOPT}
    assert world.read("p1.txt") == "precious\n"
    assert world.stamps() == stamps


FRONT = (
    '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this ?n WHERE { ?this :n ?n }\n%s---\nn {{ each[0].n }}\n'
)


async def test_unless_exists_writes_once(folder: Path) -> None:
    """What stands is left alone, edited or not, and somebody else's too."""
    world = World(folder, {"templates/t.j2": FRONT % "unless_exists: true\n"})
    world.write("out/c.txt", "mine")
    world.graph(":a :n 1 . :b :n 1 . :c :n 1 .")
    await world.apply()
    world.edit("a.txt", "n 1", "mine")
    world.graph(":a :n 2 . :b :n 2 . :c :n 2 .")
    await world.apply()
    assert [world.read(f"{name}.txt") for name in "abc"] == ["mine\n", "n 1\n", "mine"]


async def test_force_overwrites_edits(folder: Path) -> None:
    """It says so in the front matter."""
    world = World(folder, {"templates/t.j2": FRONT % "force: true\n"})
    world.graph(":a :n 1 .")
    await world.apply()
    world.edit("a.txt", "n 1", "mine")
    world.graph(":a :n 2 .")
    applied = await world.apply()
    assert applied.open_conflicts == 0
    assert world.read("a.txt") == "n 2\n"


@pytest.mark.parametrize("condition", ["when: each[0].n | int < 3", "skip_if: each[0].n | int >= 3"])
async def test_a_condition_takes_files_away_and_brings_them_back(folder: Path, condition: str) -> None:
    """As if the key went, which an edit survives."""
    world = World(folder, {"templates/t.j2": FRONT % f"{condition}\n"})
    world.graph(":a :n 1 . :b :n 5 .")
    await world.apply()
    assert sorted(world.tree()) == ["a.txt"]
    world.graph(":a :n 6 . :b :n 2 .")
    await world.apply()
    assert sorted(world.tree()) == ["b.txt"]
    world.graph(":a :n 2 . :b :n 2 .")
    await world.apply()
    assert sorted(world.tree()) == ["a.txt", "b.txt"]
    world.edit("b.txt", "n 2", "n 2 and mine")
    world.graph(":a :n 2 . :b :n 7 .")
    await world.apply()
    assert world.read("b.txt") == "n 2 and mine\n"


async def test_injected_blocks_follow_their_facts(folder: Path) -> None:
    """In a file that somebody else writes."""
    front = "---\nto: main.txt\ninject: true\nafter: '# people'\nwith:\n  p: SELECT ?p WHERE { ?p a :Person }\n---\n"
    world = World(folder, {"templates/t.j2": front + "{% for r in p %}\n- {{ r.p | local_name }}\n{% endfor %}\n"})
    world.write("out/main.txt", "title\n# people\nend\n")
    world.graph(PEOPLE)
    await world.apply()
    assert world.read("main.txt") == "title\n# people\n- ada\n- bob\nend\n"
    world.edit("main.txt", "end", "the end")
    world.graph(PEOPLE + ":carl a :Person .")
    await world.apply()
    assert world.read("main.txt") == "title\n# people\n- ada\n- bob\n- carl\nthe end\n"
    assert not (await world.apply()).plan.items
    world.graph(":carl a :Robot .")
    world.write("templates/t.j2", front.replace("inject:", "when: p | length > 0\ninject:") + "- {{ p | length }}\n")
    await world.apply()
    assert world.read("main.txt") == "title\n# people\nthe end\n"


async def test_a_rollback_goes_behind_a_rename_and_holds(folder: Path) -> None:
    """Exact bytes come back; the same inputs do nothing, other ones go on."""
    world = World(folder, {"templates/t.j2": FRONT % ""})
    world.graph(":a :n 1 ; :x 1 .")
    await world.apply()
    one = world.tree()
    world.graph(":b :n 1 ; :x 1 .")
    await world.apply()
    assert sorted(world.tree()) == ["b.txt"]
    async with world.open() as project:
        await project.rollback()
        assert world.tree() == one
        assert (await project.plan()).held
        assert (await project.apply()).held
        world.graph(":b :n 2 ; :x 1 .")
        assert not (await project.plan()).held
        assert not (await project.apply()).held
    assert {path: data.decode() for path, data in world.tree().items()} == {"b.txt": "n 2\n"}


async def test_another_output_folder_is_filled_and_the_old_one_left(folder: Path) -> None:
    """The plan says what becomes of what stands there."""
    world = await people(folder, 2)
    world.edit("p0.txt", "three", "three\nmine")
    world.write("regen.toml", '[project]\noutput = "made"\n')
    applied = await world.apply()
    assert "the output was out/ before: what is there stays there" in str(applied.plan.items[0].because[0])
    assert sorted(path.name for path in (folder / "made").iterdir()) == ["p0.txt", "p1.txt"]
    assert world.read("p0.txt").endswith("mine\n")


async def test_an_edited_file_of_the_last_template_is_told_of_once(tmp_path: Path) -> None:
    """Its template goes, and with it every other: the file stays, and the next cycle has nothing to do."""
    world = World(tmp_path)
    async with Project.open(world.root) as project:
        await project.apply()
        world.edit("ada.txt", "three", "three\nmine")
        (world.root / "templates/person.j2").unlink()
        applied = await project.apply()
        assert [item.action.value for item in applied.plan.items] == ["keep", "delete"]
        for _ in range(2):
            again = await project.apply()
            assert (again.plan.items, again.plan.nothing) == ((), ())
    assert sorted(world.tree()) == ["ada.txt"]


@pytest.mark.parametrize("iri", ["http://e/a b", "http://e/{x}", 'http://e/a"b', "http://e/a|b"])
async def test_an_iri_that_is_none_does_no_harm(folder: Path, iri: str) -> None:
    """It is read with a warning, its odd characters encoded, may be a key, and goes as it came."""
    world = World(folder)
    await world.apply()
    before = world.tree()
    world.graph(PEOPLE + f'<{iri}> a :Person ; rdfs:label "Odd" ; :knows :ada .')
    applied = await world.apply()
    assert list(actions(applied).values()) == [Action.CREATE]
    (warning,) = applied.plan.findings
    assert "percent-encoded" in warning.message
    world.graph(PEOPLE + f'<{iri}> a :Person ; rdfs:label "Odder" ; :knows :ada .')
    assert list(actions(await world.apply()).values()) == [Action.UPDATE]
    world.graph(PEOPLE)
    assert list(actions(await world.apply()).values()) == [Action.DELETE]
    assert world.tree() == before
