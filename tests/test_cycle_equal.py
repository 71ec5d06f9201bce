"""Incremental equals full: after any steps the outputs are those of a fresh project, and nothing else was written."""

from __future__ import annotations

import shutil
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cycle_world import World
from tests.deploy_world import scratch

from regen import Project
from regen.errors import RegenError

FACTS = tuple(
    [f":{s} a :Person ." for s in "abcd"]
    + [f':{s} rdfs:label "{s.upper()}{n}" .' for s in "abcd" for n in (1, 2)]
    + [f":{s} :knows :{o} ." for s in "abc" for o in "bcd"]
    + [f":{s} :name {name} ." for s in "ab" for name in ('"x"', '"y"')]
    + [f':{s} :address [ :city "{c}" ; :street [ :no {n} ] ] .' for s in "ab" for c in "PQ" for n in (1, 2)]
    + [':a :address [ :city "P" ] .', ":a :score 01 .", ":a :score 1 .", ':b :note "n"@EN .', ':b :note "n"@en .']
)
Step = tuple[Any, ...]
TAIL = "\n\n-\n-\n-\n-\nend of what is made\n"
TEMPLATES: dict[str, tuple[str, ...]] = {
    "person.j2": (
        '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a :Person }\nwith:\n'
        "  labels: SELECT ?this ?label WHERE { ?this rdfs:label ?label }\n"
        "  friends: SELECT ?this ?f ?l WHERE { ?this :knows ?f OPTIONAL { ?f rdfs:label ?l } }\n---\n"
        "{% for r in labels %}\nlabel {{ r.label }}\n{% endfor %}\n"
        "{% for r in friends %}\nfriend {{ r.f | local_name }} {{ r.l }}\n{% endfor %}" + TAIL,
        '---\nto: "people/{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a :Person }\n---\n'
        "{% include '_head.j2' %}\n{{ this.value(RDFS.label) }}\n"
        "{% for f in this.values(iri('http://example.org/knows')) %}\n{{ f.value(RDFS.label) }}\n{% endfor %}" + TAIL,
        # Paths come from the graph, so that artifacts move, swap, and clash.
        '---\nto: "{{ each[0].name }}.txt"\neach: SELECT ?this ?name WHERE { ?this a :Person ; :name ?name }\n---\n'
        "{{ this | local_name }} is {{ each[0].name }}" + TAIL,
    ),
    "all.j2": (
        "---\nto: all.txt\nwith:\n  people: SELECT ?p WHERE { ?p a :Person }\n"
        "  cities: SELECT ?p ?city ?no WHERE { ?p :address ?x . ?x :city ?city"
        " OPTIONAL { ?x :street ?y . ?y :no ?no } }\n---\n"
        "{% for r in people %}\n{{ r.p | local_name }}\n{% endfor %}\n"
        "{% for r in cities %}\n{{ r.p | local_name }} {{ r.city }} {{ r.no }}\n{% endfor %}" + TAIL,
        "---\nto: all.txt\nwith:\n  n: |\n"
        "    SELECT (COUNT(?p) AS ?n) WHERE { ?p a :Person FILTER NOT EXISTS { ?p :knows ?q } }\n"
        "  s: SELECT ?p ?s WHERE { { ?p :score ?s } UNION { ?p :note ?s } }\n---\n"
        "{{ n[0].n }}\n{% for r in s %}\n{{ r.s }} {{ r.s.language }}\n{% endfor %}" + TAIL,
    ),
    "loner.j2": (
        '---\nto: "loners/{{ this | local_name }}.txt"\neach: |\n'
        "  SELECT ?this WHERE { ?this a :Person MINUS { ?x :knows ?this } }\nskip_if: this | local_name == 'd'\n---\n"
        "{{ this }}" + TAIL,
    ),
    "_head.j2": ("head one", "head two"),
}


@dataclass
class Inputs:
    """Facts by file, templates by name, and how the files are spelt."""

    files: dict[str, set[int]] = field(default_factory=dict)
    templates: dict[str, int] = field(default_factory=lambda: {"person.j2": 0, "all.j2": 0, "_head.j2": 0})
    spelling: int = 0

    def write(self, world: World) -> None:
        for folder in ("graphs", "templates"):
            shutil.rmtree(world.root / folder, ignore_errors=True)
            (world.root / folder).mkdir(parents=True)
        for name, facts in sorted(self.files.items()):
            world.write(f"graphs/{name}.ttl", self._turtle(facts))
        for name, version in self.templates.items():
            world.write(f"templates/{name}", TEMPLATES[name][version])

    def _turtle(self, facts: set[int]) -> str:
        lines = [FACTS[fact] for fact in sorted(facts)]
        random = Random(self.spelling)
        random.shuffle(lines)
        prefix = ("", "ex", "other")[self.spelling % 3]
        text = "\n".join(lines).replace(" :", f" {prefix}:") if prefix else "\n".join(lines)
        if prefix:
            text = "\n".join(prefix + line if line.startswith(":") else line for line in text.split("\n"))
        heads = f"@prefix {prefix}: <http://example.org/> .\n" if prefix else ""
        return (
            "@prefix : <http://example.org/> .\n@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
            f"{heads}# spelling {self.spelling}\n{text}\n"
        )


names = st.sampled_from("uvw")
facts = st.integers(0, len(FACTS) - 1)
steps = st.one_of(
    st.tuples(st.just("facts"), names, st.sets(facts, min_size=1, max_size=4)),
    st.tuples(st.just("drop"), names),
    st.tuples(st.just("rename"), names, names),
    st.tuples(st.just("copy"), names, names),
    st.tuples(st.just("respell"), st.integers(0, 8)),
    st.tuples(st.just("template"), st.sampled_from(sorted(TEMPLATES)), st.integers(0, 2)),
    st.tuples(st.just("remove"), st.sampled_from(["all.j2", "loner.j2", "person.j2"])),
    st.tuples(st.just("edit"), st.integers(0, 9)),
    st.tuples(st.just("reopen")),
)
starts = st.dictionaries(names, st.sets(facts, min_size=6, max_size=20), min_size=1, max_size=2)


def change(inputs: Inputs, step: Step) -> None:
    """Do one step to the inputs."""
    match step:
        case ("facts", name, chosen):
            inputs.files[name] = inputs.files.get(name, set()) ^ chosen
        case ("drop", name):
            inputs.files.pop(name, None)
        case ("rename", old, new) if old in inputs.files:
            inputs.files[new] = inputs.files.pop(old)
        case ("copy", old, new) if old in inputs.files:
            inputs.files[new] = set(inputs.files[old])
        case ("respell", number):
            inputs.spelling = number
        case ("template", name, version):
            inputs.templates[name] = version % len(TEMPLATES[name])
        case ("remove", name):
            inputs.templates.pop(name, None)


HAND = b"written by hand\n"


def edit(world: World, number: int) -> None:
    """Add a line to the end of an output, which no template ever changes."""
    paths = [p for p in world.tree() if p.endswith(".txt")]
    if paths:
        place = world.root / "out" / paths[number % len(paths)]
        if HAND not in place.read_bytes():
            place.write_bytes(place.read_bytes() + HAND)


class Opened:
    """A project that is opened anew when a step asks for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._context: AbstractAsyncContextManager[Project] | None = None
        self.project: Project | None = None

    async def get(self) -> Project:
        if self.project is None:
            self._context = self._world.open()
            self.project = await self._context.__aenter__()
        return self.project

    async def close(self) -> None:
        if self._context is not None:
            await self._context.__aexit__(None, None, None)
            self.project = self._context = None


async def fresh(inputs: Inputs, folder: Path) -> tuple[dict[str, bytes], type | None]:
    """What a new project makes of the same inputs; the class of its error where it cannot."""
    world = World(folder, {"regen.toml": ""})
    inputs.write(world)
    try:
        await world.apply()
    except RegenError as error:
        return {}, type(error)
    return world.tree(), None


async def history(start: dict[str, set[int]], chosen: list[Step], folder: Path) -> None:
    """Run the steps, and compare after each."""
    inputs, world = Inputs(dict(start)), World(folder / "p", {"regen.toml": ""})
    opened, failed = Opened(world), False
    try:
        for number, step in enumerate([("start",), *chosen]):
            if step == ("reopen",):
                await opened.close()
            elif step[0] == "edit":
                edit(world, step[1])
            else:
                change(inputs, step)
            inputs.write(world)
            expected, error = await fresh(inputs, folder / f"full{number}")
            before, stamps = world.tree(), world.stamps()
            project = await opened.get()
            try:
                applied = await project.apply()
            except RegenError as raised:
                failed = type(raised) is error and world.tree() == before
                if not failed:
                    raise
                continue
            assert error is None
            assert not await project.conflicts()
            compare(world, expected, before, stamps)
            if step[0] in {"respell", "edit", "reopen"} and not failed:
                assert (applied.plan.items, applied.plan.rendered) == ((), 0)
            failed = False
    finally:
        await opened.close()


def compare(
    world: World, expected: dict[str, bytes], before: dict[str, bytes], stamps: dict[str, tuple[int, int]]
) -> None:
    """Outputs without edits are the expected ones; edited files whose source is gone may stay; equal files stood."""
    found = world.tree()
    assert {path for path, data in found.items() if HAND not in data} <= set(expected)
    for path, data in expected.items():
        assert found[path].replace(HAND, b"") == data, path
    for path, stamp in world.stamps().items():
        if before.get(path) == found[path]:
            assert stamp == stamps[path], f"{path} was written though it did not change"


def run(start: dict[str, set[int]], chosen: list[Step]) -> None:
    """Run a history in a folder of its own."""
    with scratch() as folder:
        anyio.run(history, start, chosen, folder)


@given(starts, st.lists(steps, min_size=1, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_after_every_step_the_outputs_are_those_of_a_fresh_project(
    start: dict[str, set[int]], chosen: list[Step]
) -> None:
    """Facts, files, spelling, templates and edits change; the tree equals a full regeneration, byte for byte."""
    run(start, chosen)


@pytest.mark.long
@given(starts, st.lists(steps, min_size=4, max_size=14))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_after_every_step_of_long_histories(start: dict[str, set[int]], chosen: list[Step]) -> None:
    """The same with longer histories."""
    run(start, chosen)
