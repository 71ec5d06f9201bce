"""Patches: an RDF Patch is written to a graph file first, and then drives the cycle; what cannot be kept is refused."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from contextvars import ContextVar
from pathlib import Path

import pytest
from hypothesis import given
from tests.beside_world import watched
from tests.cycle_world import PREFIXES, World, actions
from tests.test_cli import COMMAND, environment
from tests.test_diff_patch import sets

from regen import Project
from regen.cli import terminal
from regen.cli.main import run
from regen.dataset.patch import Patch, write_patch
from regen.dataset.patch_rows import read_patch
from regen.errors import ExitCode, GraphError, TemplateError, UsageError
from regen.model.delta import Delta, Quad
from regen.model.plan import Action
from regen.model.term import Blank, Iri, Literal

pytestmark = pytest.mark.anyio
EX, RDFS = "http://example.org/", "http://www.w3.org/2000/01/rdf-schema#"
ADDS = f"""\
H id <uuid:1> .
TX .
PA "" <{EX}> .
PA "rdfs" <{RDFS}> .
A :carl <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> :Person .
A :carl rdfs:label "Carl" .   # a person
TC .
"""
ADA = f'<{EX}ada> <{RDFS}label> "Ada"'


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "project")


@given(sets, sets)
def test_what_is_written_is_read_again(added: frozenset[Quad], removed: frozenset[Quad]) -> None:
    patch = Patch(Delta(added, removed - added), (("id", Iri("uuid:1")),), {"ex": "urn:x:"}, ("old",))
    assert read_patch(write_patch(patch)) == patch


def test_rows_have_their_effect_in_their_order() -> None:
    """An aborted transaction has none; the last of two rows on one triple counts."""
    rows = 'TX .\nA <urn:a> <urn:b> "x" .\nTA .\n'
    rows += 'A <urn:a> <urn:b> "y" .\nD <urn:a> <urn:b> "y" .\nD <urn:a> <urn:b> "z" .\nA <urn:a> <urn:b> "z" .\n'
    delta = read_patch(rows).delta
    assert delta.added == {Quad(Iri("urn:a"), Iri("urn:b"), Literal("z"))}
    assert delta.removed == {Quad(Iri("urn:a"), Iri("urn:b"), Literal("y"))}


def test_names_are_expanded_where_they_are_names() -> None:
    """Not in texts, IRIs and labels; blank nodes may be spelt as a store does."""
    text = '\ufeffPA "ex" <urn:ex:> .\r\n# A comment .\n\nA <_:b1> ex:p _:b2 .\n'
    text += 'A ex:a ex:b "ex:c . # ex:d"^^ex:t:u <http://ex.#g> . # see ex.org'
    assert read_patch(text).delta.added == {
        Quad(Iri("urn:ex:a"), Iri("urn:ex:b"), Literal("ex:c . # ex:d", "urn:ex:t:u"), Iri("http://ex.#g")),
        Quad(Blank("b1"), Iri("urn:ex:p"), Blank("b2")),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A <urn:a> <urn:b> <urn:c>", "p:1: .*full stop"),
        ("\nX <urn:a> .", "p:2: .*'X' is no operation\n.*H, TX"),
        ("A <urn:a> <urn:b> .", "p:1: "),
        ('A "a" <urn:b> <urn:c> .', "p:1: .*\n.*the row reads"),
        ("A ex:a <urn:b> <urn:c> .", "prefix ex: is not bound"),
        ("TX .\nA <urn:a> <urn:b> <urn:c> .\n", "p:1: the transaction that begins here is not ended\n.*cut off"),
        ("TX .\nTX .", "p:2: .*line 1 is not ended"),
        ("TC .", "no transaction has begun"),
        ("TX now .", "more than its operation"),
        ("PA ex .", "a prefix is a name and an IRI"),
        ("PD .", "has to name a prefix"),
        ("H id .", "a header is a name and a value"),
        (b"# ok\nA <urn:\xff> .", "p:2: this is not UTF-8"),
    ],
)
async def test_what_is_no_patch_is_refused_and_nothing_of_it_kept(
    world: World, text: str | bytes, message: str
) -> None:
    async with world.open() as project:
        with pytest.raises(GraphError, match=message):
            await project.patch(text, name="p")
    assert not (world.root / "graphs/published.nq").exists()


async def test_a_patch_drives_the_cycle_and_a_full_regeneration_sees_it(world: World, tmp_path: Path) -> None:
    """It may be sent twice, and taken back by another one."""
    await world.apply()
    async with world.open() as project:
        done = await project.patch(ADDS)
        assert (done.path, done.added, done.removed) == ("graphs/published.nq", 2, 0)
        assert actions(await project.apply()) == {"carl.txt": Action.CREATE}
        revision = project.revision
        again = await project.patch(ADDS)
        assert (again.added, again.removed, project.revision) == (0, 0, revision)
    clone = World(tmp_path / "clone", {})
    for folder in ("graphs", "templates"):
        shutil.copytree(world.root / folder, clone.root / folder)
    await clone.apply()
    assert clone.tree() == world.tree()
    async with world.open() as project:
        assert (await project.patch(ADDS.replace("\nA ", "\nD "))).removed == 2
        assert (await project.patch(ADDS.replace("\nA ", "\nD "))).removed == 0
        assert actions(await project.apply()) == {"carl.txt": Action.DELETE}


async def test_what_another_file_states_is_named_with_the_file_and_nothing_is_kept(world: World) -> None:
    """Also where the patch's own file states it too, and where the other names the graph."""
    world.write("graphs/more.trig", PREFIXES + ':g { :dan rdfs:label "Dan" }')
    path = world.root / "graphs/published.nq"
    async with world.open() as project:
        with pytest.raises(UsageError, match=r"cannot be taken back here: graphs/people\.ttl states it"):
            await project.patch(f"{ADDS}D {ADA} .\n")
        assert not path.exists()
        await project.patch(f"A {ADA} .\n")
        before = path.read_bytes()
        with pytest.raises(UsageError, match=r"graphs/people\.ttl states it"):
            await project.patch(f"D {ADA} .\n")
        with pytest.raises(UsageError, match=r"graphs/people\.ttl states it"):
            await project.patch(f"D {ADA} <file:///graphs/people.ttl> .\n")
        for graph in ("", f" <{EX}g>"):
            with pytest.raises(UsageError, match=r"graphs/more\.trig states it"):
                await project.patch(f'D <{EX}dan> <{RDFS}label> "Dan"{graph} .\n')
        assert path.read_bytes() == before


async def test_a_file_that_changed_meanwhile_is_looked_at_first(world: World) -> None:
    await world.apply()
    world.graph(f"{ADA.replace('Ada', 'New')} .")
    async with world.open() as project:
        with pytest.raises(UsageError, match=r"people\.ttl states it"):
            await project.patch(f"D {ADA.replace('Ada', 'New')} .\n")
        assert (await project.patch(f"D {ADA} .\n")).removed == 0


async def test_the_configuration_names_the_file(world: World) -> None:
    """One that no cycle would read is refused, and not left behind."""
    world.write("regen.toml", '[project]\npublished = "graphs/live/facts.nq"\n')
    async with world.open() as project:
        assert (await project.patch(ADDS)).path == "graphs/live/facts.nq"
        assert "carl.txt" in actions(await project.apply())
    for name, message in (("other/x.nq", "does not take this file"), ("../x.nq", "leads out of the project")):
        world.write("regen.toml", f'[project]\npublished = "{name}"\n')
        async with world.open() as project:
            with pytest.raises(UsageError, match=message):
                await project.patch(ADDS)
        assert not (world.root / name).parent.joinpath("x.nq").exists()
        assert not (world.root / "other").exists()


async def test_a_patch_is_kept_though_the_cycle_fails(world: World) -> None:
    """And the next one takes it in."""
    await world.apply()
    world.write("templates/person.j2", "---\nto: {{\n---\n")
    async with world.open() as project:
        with pytest.raises(TemplateError):
            await project.patch(ADDS)
    World(
        world.root,
        {"templates/person.j2": World(world.root.parent / "x").root.joinpath("templates/person.j2").read_text()},
    )
    assert actions(await world.apply()) == {"carl.txt": Action.CREATE}


def test_the_library_without_an_event_loop(world: World) -> None:
    with Project.open_sync(world.root) as project:
        assert str(project.patch(ADDS)) == "patch: 2 added and 0 removed in graphs/published.nq"


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What stands on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    monkeypatch.setattr(terminal, "_GIVEN", ContextVar("given", default=None))


def test_the_command_line_takes_a_file_or_standard_input(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one document for --json, and one message for what is wrong."""
    here = ("-C", str(world.root))
    (world.root / "a.rdfp").write_text(ADDS)
    assert run(["apply", "--patch", "a.rdfp", *here]) == ExitCode.DONE
    assert "patch: 2 added and 0 removed in graphs/published.nq\n" in capsys.readouterr().out
    typed(monkeypatch, f"A <{EX}carl> <{EX}knows> <{EX}ada> .\n")
    assert run(["apply", "--json", "--patch", "-", *here]) == ExitCode.DONE
    said = json.loads(capsys.readouterr().out)
    assert said["patched"] == {"path": "graphs/published.nq", "added": 1, "removed": 0}
    assert [item["path"] for item in said["plan"]["items"]] == ["carl.txt"]
    for text, message in (("TX .\n", "standard input:1: the transaction"), (f"D {ADA} .\n", "people.ttl states it")):
        typed(monkeypatch, text)
        monkeypatch.setattr(
            "regen.cli.terminal._GIVEN", type(sys.modules["regen.cli.terminal"]._GIVEN)("given", default=None)
        )
        assert run(["apply", "--patch", "-", *here]) == ExitCode.USAGE
        assert message in capsys.readouterr().err
    assert run(["apply", "--patch", "none.rdfp", *here]) == ExitCode.USAGE
    assert "none.rdfp: the patch cannot be read" in capsys.readouterr().err


def test_a_watch_takes_the_patch_of_a_command_beside_it(world: World, anyio_backend: str) -> None:
    """From standard input of another process, and from a path relative to where that was started."""
    (world.root / "graphs/notes").mkdir()
    (world.root / "graphs/notes/b.rdfp").write_text(f"A <{EX}carl> <{EX}knows> <{EX}ada> .\n")
    with watched(world, anyio_backend) as watch:
        for name, text, count in (("-", ADDS, 2), ("b.rdfp", "", 1)):
            done = subprocess.run(
                [*COMMAND, "apply", "--patch", name],
                input=text,
                cwd=world.root / "graphs/notes",
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.startswith(f"patch: {count} added")
            assert watch.served() == (f"regen apply --patch {name}", 0)
    assert "knows ada" in world.read("carl.txt")
