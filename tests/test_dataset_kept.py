"""Texts are kept for later processes: what comes of that is what reading whole files gives, whatever befell them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cycle_world import PREFIXES, World
from tests.test_dataset_lines import fact
from tests.test_dataset_statements import Oxigraph, histories, read

from regen import Project
from regen.dataset import kept
from regen.dataset.kept import kept_bytes, kept_version, worth_keeping
from regen.dataset.lines import Lines
from regen.dataset.packed import nquads
from regen.dataset.statements import Statements
from regen.dataset.version import FileDelta, Quads
from regen.orchestrator import texts
from regen.state import cache


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of files with hardly a blank node are kept."""
    monkeypatch.setattr(kept, "_KEPT_FROM", 0)


def in_a_new_process(delta: FileDelta) -> Quads:
    """The version as a later process has it: its quads as they are stored, with the text where it is kept."""
    stored = Lines(nquads(delta.quads), len(delta.quads))
    version = worth_keeping(delta.quads)
    if version is None:
        return stored.quads()
    data = kept_bytes(version, "this one")
    assert kept_version(data, "another", stored.quads()) is None
    found = kept_version(data, "this one", stored.quads())
    assert found is not None
    assert (found.written, found.kinds, found.ends, found.head) == (
        version.written,
        version.kinds,
        version.ends,
        version.head,
    )
    return found


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_it_is_what_parsing_the_whole_gives(versions: list[str]) -> None:
    """At each step of a file's history, each step in a process of its own."""
    loader = Oxigraph()
    old: Quads = frozenset()
    whole: Quads = frozenset()
    for text in versions:
        found, expected = read(text, old, loader), read(text, whole, loader)
        assert fact(found.delta) == fact(expected.delta)
        assert (str(found.error), found.prefixes) == (str(expected.error), expected.prefixes)
        if found.delta is not None and expected.delta is not None:
            old, whole = in_a_new_process(found.delta), set(expected.delta.quads)
        if found.warnings:
            return


THINGS = [
    ":a rdfs:label [ :p :b ; :q ( 1 2 ) ] .\n",
    ":a rdfs:label [ :p :b ; :q ( 1 2 ) ], [ :p :c ] .\n",
    ":b rdfs:label [ :p :b ; :q ( 1 2 ) ] .\n",
    ":c rdfs:label 01, 1, 'x' .\n",
    ":c rdfs:label 01 .\n",
    ":d rdfs:label 'x' , 'x' .\n",
    ":d rdfs:label 'x' .\n",
    "_:n rdfs:label [ :p :b ] .\n",
]
OUTPUT = """\
---
to: all.txt
with:
  all: SELECT ?s ?o WHERE { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o }
---
{% for row in all %}
{{ row.o }}
{% endfor %}
"""
STEPS = st.one_of(
    st.lists(st.sampled_from(THINGS), max_size=6).map("".join),
    st.sampled_from(["broken", "plan", "damage", "delete", "prune", "other bytes", "two cycles"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=2, max_size=6))
def test_new_processes_come_to_what_a_new_project_comes_to(tmp_path: Path, steps: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    world = World(folder / "world", {"graphs/g.ttl": PREFIXES, "templates/all.j2": OUTPUT})
    text = ""
    for step in steps:
        text = _befall(world, step, text)
        with Project.open_sync(world.root) as project:
            project.apply()
    world.graph(text, "g")
    fresh = World(folder / "fresh", {"graphs/g.ttl": PREFIXES + text, "templates/all.j2": OUTPUT})
    assert _end(world) == _end(fresh)


def _befall(world: World, step: str, text: str) -> str:
    """Do what the step says; gives the text of the file."""
    stored = sorted((world.root / ".regen" / "cache").glob("text-*"))
    match step:
        case "broken":
            world.graph(text + ":a [ .\n", "g")
        case "plan":
            world.graph(text + THINGS[0], "g")
            with Project.open_sync(world.root) as project:
                project.plan()
            world.graph(text, "g")
        case "damage":
            for file in stored:
                file.write_bytes(file.read_bytes()[:-3] + b"xyz")
        case "delete":
            for file in stored:
                file.unlink()
        case "prune":
            with Project.open_sync(world.root) as project:
                project.prune(keep_releases=1)
        case "other bytes":
            world.graph(f"# a comment.\n{text}", "g")
        case "two cycles":
            with Project.open_sync(world.root) as project:
                for more in THINGS[:2]:
                    world.graph(text + more, "g")
                    project.apply()
        case _:
            world.graph(step, "g")
            return step
    return text


def _end(world: World) -> tuple[int, dict[str, bytes]]:
    with Project.open_sync(world.root) as project:
        project.apply()
    return asyncio.run(_sum(world.root)), world.tree()


async def _sum(root: Path) -> int:
    async with Project.open(root) as project:
        return project._session.sum  # the dataset in one number


HEAD = PREFIXES + "".join(f":c{n} rdfs:subClassOf [ :on :p{n} ; :some :d ] .\n" for n in range(50))


def kept_texts(world: World) -> list[Path]:
    return sorted((world.root / ".regen" / "cache").glob("text-*"))


def cycle(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[type, ...]:
    """One by a process of its own; gives what each file that changed was compared with."""
    seen: list[type] = []
    load = texts.with_text

    def spy(*given: object) -> Quads:
        found: Quads = load(*given)  # type: ignore[arg-type]
        seen.append(type(found))
        return found

    with monkeypatch.context() as patch:
        patch.setattr("regen.orchestrator.graphs.with_text", spy)
        with Project.open_sync(world.root) as project:
            project.apply()
    return tuple(seen)


def test_a_new_process_compares_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, {"graphs/g.ttl": HEAD, "templates/all.j2": OUTPUT})
    assert cycle(world, monkeypatch) == ()
    for number in range(3):
        world.write("graphs/g.ttl", HEAD.replace(f":p{number} ;", ":new ;"))
        assert cycle(world, monkeypatch) == (Statements,)
    (file,) = kept_texts(world)
    file.write_bytes(file.read_bytes()[:-1])
    world.write("graphs/g.ttl", HEAD)
    assert cycle(world, monkeypatch) == (Lines,)
    file.unlink()
    world.write("graphs/g.ttl", HEAD + ":a :b :c .\n")
    assert cycle(world, monkeypatch) == (Lines,)
    world.write("graphs/g.ttl", HEAD)
    assert cycle(world, monkeypatch) == (Statements,)


def test_files_with_few_blank_nodes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_KEPT_FROM", 51)
    world = World(tmp_path, {"graphs/g.ttl": HEAD, "templates/all.j2": OUTPUT})
    cycle(world, monkeypatch)
    assert not kept_texts(world)


def test_texts_of_many_new_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though their quads are packed in the first cycle."""
    monkeypatch.setattr("regen.orchestrator.graphs._LOOSE_QUADS", 200)
    world = World(tmp_path, {"templates/all.j2": OUTPUT, **{f"graphs/g{n}.ttl": HEAD for n in range(3)}})
    cycle(world, monkeypatch)
    assert len(kept_texts(world)) == 3
    world.write("graphs/g2.ttl", HEAD.replace(":p7 ;", ":new ;"))
    assert cycle(world, monkeypatch) == (Statements,)


def test_a_text_goes_with_its_file_and_prune_looks_after_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, {"templates/all.j2": OUTPUT, **{f"graphs/g{n}.ttl": HEAD for n in range(3)}})
    cycle(world, monkeypatch)
    (tmp_path / "graphs" / "g1.ttl").unlink()
    cycle(world, monkeypatch)
    assert len(kept_texts(world)) == 2
    cache.keep(tmp_path / ".regen", "text-left", b"by an older regen")
    cache.keep(tmp_path / ".regen", "shacl", b"of a gate")
    with Project.open_sync(tmp_path) as project:
        project.prune()
    assert len(kept_texts(world)) == 2
    assert cache.recall(tmp_path / ".regen", "shacl") == b"of a gate"


def test_all_texts_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, {"templates/all.j2": OUTPUT, **{f"graphs/g{n}.ttl": HEAD for n in range(4)}})
    monkeypatch.setattr(texts, "_MOST", 3_000)
    cycle(world, monkeypatch)
    sizes = [file.stat().st_size for file in kept_texts(world)]
    assert 0 < sum(sizes) <= 3_000
    assert len(sizes) < 4


def test_plans_that_are_not_applied_follow_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though a file's quads are not kept in memory between them, and the state knows nothing of the first."""
    monkeypatch.setattr("regen.orchestrator.session._KEPT_QUADS", 0)
    world = World(tmp_path, {"templates/all.j2": OUTPUT, **{f"graphs/g{n}.ttl": HEAD for n in range(2)}})
    with Project.open_sync(tmp_path) as project:
        project.apply()
        for number in range(3):
            world.write("graphs/g0.ttl", HEAD.replace(f":p{number} ;", ":new ;"))
            world.write("graphs/g1.ttl", HEAD.replace(f":p{number} ;", ":other ;"))
            project.plan()
        project.apply()
    last = asyncio.run(_sum(tmp_path))
    fresh = World(
        tmp_path / "fresh", {f"graphs/g{n}.ttl": world.root.joinpath(f"graphs/g{n}.ttl").read_text() for n in (0, 1)}
    )
    fresh.write("templates/all.j2", OUTPUT)
    _end(fresh)
    assert asyncio.run(_sum(fresh.root)) == last
