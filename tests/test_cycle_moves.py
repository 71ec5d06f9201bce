"""Moves: edits follow their artifact: to other paths, under other names, through swaps, and back from where it went."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, PERSON, World, actions
from tests.deploy_world import scratch

from regen.errors import PathError
from regen.model.plan import Action

pytestmark = pytest.mark.anyio

NAMED = """\
---
to: "{{ each[0].name }}.txt"
each: SELECT ?this ?name ?n WHERE { ?this :name ?name OPTIONAL { ?this :n ?n } }
---
made of {{ this | local_name }} {{ each[0].n }}

-

last
"""
KEYED = NAMED.replace("{{ each[0].name }}.txt", "{{ this | local_name }}.txt").replace(
    "{{ this | local_name }} {{", "{{"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


async def named(folder: Path, graph: str, template: str = NAMED) -> World:
    """A deployed project whose files have a hand-written last line each."""
    world = World(folder, {"templates/t.j2": template})
    world.graph(graph)
    await world.apply()
    for path in world.tree():
        world.edit(path, "last", f"last\nmine in {path}")
    return world


async def test_a_changed_to_moves_files_with_their_edits(folder: Path) -> None:
    """Every file goes to its new path, merged, and the old folder is left empty."""
    world = World(folder)
    await world.apply()
    world.edit("ada.txt", "three", "three\nmine")
    world.write("templates/person.j2", PERSON.replace('to: "', 'to: "people/').replace("one", "uno"))
    applied = await world.apply()
    assert sorted(world.tree()) == ["people/ada.txt", "people/bob.txt"]
    assert world.read("people/ada.txt").endswith("uno\ntwo\nthree\nmine\n")
    assert {item.moved_from for item in applied.plan.items} == {"ada.txt", "bob.txt"}


async def test_swapped_paths_swap_files_with_their_edits(folder: Path) -> None:
    """In one cycle."""
    world = await named(folder, ':a :name "x" . :b :name "y" .')
    world.graph(':a :name "y" . :b :name "x" .')
    await world.apply()
    assert world.read("y.txt").startswith("made of a")
    assert world.read("y.txt").endswith("mine in x.txt\n")
    assert world.read("x.txt").startswith("made of b")
    assert world.read("x.txt").endswith("mine in y.txt\n")


async def test_a_path_that_is_left_is_free_for_a_new_artifact(folder: Path) -> None:
    """The one that moves takes its edits along, the new one starts afresh."""
    world = await named(folder, ':a :name "x" .')
    world.graph(':a :name "y" . :c :name "x" .')
    applied = await world.apply()
    assert actions(applied)["x.txt"] == Action.CREATE
    assert world.read("y.txt").endswith("mine in x.txt\n")
    assert world.read("x.txt") == "made of c \n\n-\n\nlast\n"


async def test_a_path_is_inherited_with_its_base_and_edits(folder: Path) -> None:
    """One key goes, another takes the path in the same cycle: the edit stays, what is generated is the new one's."""
    world = await named(folder, ':a :name "x" ; :n 1 .')
    world.graph(':c :name "x" ; :n 2 .')
    await world.apply()
    assert world.read("x.txt") == "made of c 2\n\n-\n\nlast\nmine in x.txt\n"
    world.graph(':c :name "x" ; :n 3 .')
    await world.apply()
    assert world.read("x.txt").startswith("made of c 3\n")


async def test_a_path_of_an_edited_orphan_is_a_conflict(folder: Path) -> None:
    """Nobody's work is overwritten."""
    world = await named(folder, ':a :name "x" . :b :name "y" .')
    world.graph(':b :name "y" .')
    assert actions(await world.apply()) == {"x.txt": Action.KEEP}
    world.graph(':c :name "x" . :b :name "y" .')
    applied = await world.apply()
    assert actions(applied) == {"x.txt": Action.CONFLICT}
    assert world.read("x.txt").endswith("mine in x.txt\n")


async def test_two_artifacts_that_want_one_path_are_refused(folder: Path) -> None:
    """By name, with nothing written."""
    world = await named(folder, ':a :name "x" .')
    before = world.tree()
    world.graph(':a :name "x" . :b :name "x" .')
    with pytest.raises(PathError, match=r"x\.txt: two artifacts claim this path: .*/b.*/a|/a.*/b"):
        await world.apply()
    assert world.tree() == before


async def test_a_renamed_subject_takes_its_file_and_edits_along(folder: Path) -> None:
    """Equal triples after substitution, incoming ones, blank nodes and other renames too."""
    world = await named(
        folder,
        ':a :name "x" ; :n 1 ; :at [ :city "P" ] ; :knows :b . :b :name "y" ; :n 2 ; :knows :a . :z :likes :a .',
        KEYED,
    )
    world.graph(
        ':a2 :name "x" ; :n 1 ; :at [ :city "P" ] ; :knows :b2 . :b2 :name "y" ; :n 2 ; :knows :a2 . :z :likes :a2 .'
    )
    applied = await world.apply()
    assert {item.path: item.moved_from for item in applied.plan.items if item.path} == {
        "a2.txt": "a.txt",
        "b2.txt": "b.txt",
    }
    assert sorted(world.tree()) == ["a2.txt", "b2.txt"]
    assert world.read("a2.txt").endswith("mine in a.txt\n")
    assert str(applied.plan.items[-1].because[0]).startswith(":b is now :b2")
    assert not (await world.apply()).plan.items


async def test_a_rename_whose_render_is_equal_only_changes_hands(folder: Path) -> None:
    """The path does not name the key: the file is not written, and later facts find it."""
    world = await named(folder, ':a :name "x" ; :n 1 .', NAMED.replace("{{ this | local_name }} {{", "{{"))
    stamps = world.stamps()
    world.graph(':b :name "x" ; :n 1 .')
    await world.apply()
    assert world.stamps() == stamps
    world.graph(':b :name "x" ; :n 2 .')
    applied = await world.apply()
    assert actions(applied) == {"x.txt": Action.MERGE}
    assert world.read("x.txt") == "made of 2\n\n-\n\nlast\nmine in x.txt\n"


@pytest.mark.parametrize(
    "statement",
    [
        ":a <http://www.w3.org/2002/07/owl#sameAs> :c .",
        ":c <http://www.w3.org/2002/07/owl#sameAs> :a .",
        ":a <http://purl.org/dc/terms/isReplacedBy> :c .",
        ":c <http://purl.org/dc/terms/replaces> :a .",
        ":a <https://schema.org/supersededBy> :c .",
    ],
)
async def test_a_stated_rename_is_followed_though_facts_changed(folder: Path, statement: str) -> None:
    """The graph says which is which."""
    world = await named(folder, ':a :name "x" ; :n 1 .', KEYED)
    world.graph(f':c :name "other" ; :n 2 . :d :name "d" ; :n 3 . {statement}')
    await world.apply()
    assert sorted(world.tree()) == ["c.txt", "d.txt"]
    assert world.read("c.txt") == "made of 2\n\n-\n\nlast\nmine in a.txt\n"


async def test_an_uncertain_rename_is_proposed_and_not_done(folder: Path) -> None:
    """Half of the facts are equal: the edited file stays, a note says what to state."""
    world = await named(folder, ':a :name "x" ; :n 1 ; :o 1 ; :p 1 .', KEYED)
    world.graph(':c :name "x" ; :n 2 ; :o 1 ; :p 1 .')
    async with world.open() as project:
        plan = await project.plan()
        (note,) = plan.findings
        assert note.severity == "note"
        assert ":a may be called :c now (60% of the facts are equal)" in note.message
        assert "owl:sameAs" in (note.hint or "")
        await project.apply()
    assert world.read("a.txt").endswith("mine in a.txt\n")
    assert world.read("c.txt") == "made of 2\n\n-\n\nlast\n"


async def test_two_candidates_are_no_rename(folder: Path) -> None:
    """Nothing is guessed."""
    world = await named(folder, ":a :n 1 ; :name 1 .", KEYED)
    world.graph(":b :n 1 ; :name 1 . :c :n 1 ; :name 1 .")
    await world.apply()
    assert sorted(world.tree()) == ["a.txt", "b.txt", "c.txt"]
    assert "mine" not in world.read("b.txt") + world.read("c.txt")


async def test_a_rename_that_would_conflict_leaves_the_edited_file(folder: Path) -> None:
    """Its new artifact is made beside it, and the person is told why."""
    template = KEYED.replace("made of", "made of {{ this | local_name }}")
    world = await named(folder, ':a :name "x" ; :n 1 .', template)
    world.edit("a.txt", "made of a 1", "made by me")
    world.graph(':b :name "x" ; :n 1 .')
    applied = await world.apply()
    assert applied.open_conflicts == 0
    assert world.read("a.txt").startswith("made by me")
    assert world.read("b.txt") == "made of b 1\n\n-\n\nlast\n"
    assert any(
        finding.path == "a.txt" and finding.message.startswith("b.txt is what a.txt was renamed to, and your edit")
        for finding in applied.plan.findings
    )


async def test_a_rename_outlives_a_gate_that_said_no(folder: Path) -> None:
    """What was stopped is found again by the next cycle, in another process."""
    world = await named(folder, ':a :name "x" ; :n 1 .', KEYED)
    bad = "with:\n  v: SELECT ?v WHERE { :bad :v ?v }\n---\n{% for r in v %}\n{{ r.v }}\n{% endfor %}\n[]\n"
    world.write("templates/bad.j2", f"---\nto: bad.json\n{bad}")
    await world.apply()
    world.graph(':c :name "x" ; :n 1 . :bad :v "[" .')
    with pytest.raises(Exception, match="a gate said no"):
        await world.apply()
    world.graph(':c :name "x" ; :n 1 .')
    await world.apply()
    assert world.read("c.txt").endswith("mine in a.txt\n")
    assert "a.txt" not in world.tree()


async def test_a_key_that_goes_and_comes_back_finds_its_edited_file(folder: Path) -> None:
    """An orphan is owned again."""
    world = await named(folder, ':a :name "x" ; :n 1 . :b :name "y" .')
    world.graph(':b :name "y" .')
    await world.apply()
    assert world.read("x.txt").endswith("mine in x.txt\n")
    world.graph(':a :name "x" ; :n 5 . :b :name "y" .')
    applied = await world.apply()
    assert actions(applied) == {"x.txt": Action.MERGE}
    assert world.read("x.txt") == "made of a 5\n\n-\n\nlast\nmine in x.txt\n"


async def test_a_removed_template_takes_its_unedited_files_along(folder: Path) -> None:
    """Edited ones are kept and reported."""
    world = World(folder)
    await world.apply()
    world.edit("ada.txt", "three", "three\nmine")
    (world.root / "templates/person.j2").unlink()
    world.write("templates/other.j2", "---\nto: other.txt\n---\nx\n")
    applied = await world.apply()
    assert sorted(world.tree()) == ["ada.txt", "other.txt"]
    (kept,) = [item for item in applied.plan.items if item.action is Action.KEEP]
    assert "was edited: it stays" in kept.findings[0].message


async def test_a_renamed_template_keeps_files_and_edits(folder: Path) -> None:
    """Its artifacts have new names and the old paths."""
    world = World(folder)
    await world.apply()
    world.edit("ada.txt", "three", "three\nmine")
    before, stamps = world.tree(), world.stamps()
    (world.root / "templates/person.j2").rename(world.root / "templates/human.j2")
    await world.apply()
    assert (world.tree(), world.stamps()) == (before, stamps)
    world.graph(PEOPLE.replace('"Ada"', '"Adele"'))
    await world.apply()
    assert world.read("ada.txt").startswith("name: Adele\n")
    assert world.read("ada.txt").endswith("mine\n")


async def test_a_conflict_survives_a_change_of_path(folder: Path) -> None:
    """The file in conflict is still the one that the conflict names, and settling it brings it to its place."""
    world = World(folder, {"templates/t.j2": KEYED})
    world.graph(':a :name "x" ; :n 1 .')
    await world.apply()
    world.edit("a.txt", "made of 1", "made of mine")
    world.graph(':a :name "x" ; :n 2 .')
    assert (await world.apply()).open_conflicts == 1
    world.write("templates/t.j2", KEYED.replace('to: "', 'to: "deep/'))
    async with world.open() as project:
        assert (await project.apply()).open_conflicts == 1
        (found,) = await project.conflicts()
        assert "made of mine" in world.read(found.path)
        await project.resolve(found.path, "ours")
        await project.apply()
        assert await project.conflicts() == ()
    assert list(world.tree()) == ["deep/a.txt"]
    assert "made of mine" in world.read("deep/a.txt")


async def test_a_template_that_said_no_so_far_takes_the_path_over(folder: Path) -> None:
    """Two templates share a path and each says no where the other says yes: the file changes hands, its edit stays."""
    one = (
        '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this { ?this a :Person }\nwhen: ASK { CONDITION }\n---\n'
    )
    yes, no = "?this :mark 1", "?this a :Person FILTER NOT EXISTS { ?this :mark 1 }"
    files = {
        "templates/marked.j2": one.replace("CONDITION", yes) + "marked\n\n-\n\nlast\n",
        "templates/plain.j2": one.replace("CONDITION", no) + "plain\n\n-\n\nlast\n",
    }
    world = World(folder, files)
    for number in range(4):
        world.graph(":ada a :Person ." + (" :ada :mark 1 ." if number % 2 else ""))
        applied = await world.apply()
        assert not applied.open_conflicts
        assert world.read("ada.txt").startswith("marked" if number % 2 else "plain")
        if not number:
            world.edit("ada.txt", "last", "last, by hand")
        assert world.read("ada.txt").endswith("last, by hand\n")


async def test_a_move_onto_a_file_of_yours_waits_until_that_is_gone(tmp_path: Path) -> None:
    """It is a conflict of the file that would move, which stays; nothing else is held up."""
    text = '---\nto: "{{ each[0].n }}.txt"\neach: SELECT ?this ?n WHERE { ?this :n ?n }\n---\nhello {{ each[0].n }}\n'
    world = World(tmp_path, {"templates/t.j2": text})
    world.graph(':x :n "a" . :y :n "b" .')
    await world.apply()
    world.write("out/z.txt", "mine\n")
    world.graph(':x :n "z" . :y :n "c" .')
    for _ in range(2):
        applied = await world.apply()
        assert actions(applied)["a.txt"] == Action.CONFLICT
        assert [c.kind for item in applied.plan.items for c in item.conflicts] == ["rename"]
        assert {path: world.read(path) for path in world.tree()} == {
            "a.txt": "hello a\n",
            "c.txt": "hello c\n",
            "z.txt": "mine\n",
        }
    (world.root / "out" / "z.txt").unlink()
    applied = await world.apply()
    assert applied.open_conflicts == 0
    assert {path: world.read(path) for path in world.tree()} == {"c.txt": "hello c\n", "z.txt": "hello z\n"}
