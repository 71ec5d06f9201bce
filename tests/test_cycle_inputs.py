"""Inputs: whatever an output depends on makes it stale, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import PEOPLE, PREFIXES, World
from tests.deploy_world import scratch

from regen.hooks.markers import hookimpl

pytestmark = pytest.mark.anyio
HEAD = '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a :Person }\n---\n'


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


async def done(world: World) -> tuple[list[str], int]:
    """What a cycle writes, and how many artifacts it renders."""
    applied = await world.apply()
    return [item.path for item in applied.plan.items], applied.plan.rendered


@pytest.mark.parametrize(
    "text",
    [
        PREFIXES + "\n".join(reversed(PEOPLE.splitlines())),
        PREFIXES + "# a comment\n" + PEOPLE.replace(" ; ", " ;\n\n    "),
        PREFIXES.replace("rdfs:", "r:") + PEOPLE.replace("rdfs:", "r:"),
        PREFIXES
        + PEOPLE.replace(':ada a :Person ; rdfs:label "Ada" ; :knows :bob .', ":ada a :Person .")
        + ':ada :knows :bob . :ada rdfs:label "Ada", "Ada" .',
    ],
    ids=["order", "comment", "prefix", "spelling"],
)
async def test_the_same_facts_in_other_words_render_nothing(folder: Path, text: str) -> None:
    """The log of the cycle is empty."""
    world = World(folder)
    await world.apply()
    stamps = world.stamps()
    world.write("graphs/people.ttl", text)
    world.write("graphs/again.ttl", PREFIXES + PEOPLE)
    assert await done(world) == ([], 0)
    assert world.stamps() == stamps


async def test_renamed_blank_nodes_render_nothing(folder: Path) -> None:
    """Their labels are made from what they say."""
    world = World(
        folder,
        {
            "templates/t.j2": HEAD
            + "{% for a in this.values(iri('http://example.org/at')) %}\n{{ a.value(RDFS.label) }}\n{% endfor %}\n"
        },
    )
    world.graph(':a a :Person ; :at _:x, _:y . _:x rdfs:label "X" ; :next _:y . _:y rdfs:label "Y" ; :next _:x .')
    await world.apply()
    world.graph(':a a :Person ; :at _:n1, _:n2 . _:n2 rdfs:label "X" ; :next _:n1 . _:n1 rdfs:label "Y" ; :next _:n2 .')
    assert await done(world) == ([], 0)
    world.graph(':a a :Person ; :at _:n1, _:n2 . _:n2 rdfs:label "X" ; :next _:n1 . _:n1 rdfs:label "Z" ; :next _:n2 .')
    assert await done(world) == (["a.txt"], 1)


async def test_a_fact_that_nobody_reads_renders_nothing(folder: Path) -> None:
    """Nor does one that changes no row."""
    world = World(folder)
    await world.apply()
    world.graph(PEOPLE + ":ada :age 36 . :zoo rdfs:label 'Zoo' ; :knows :ada .")
    assert await done(world) == ([], 0)


async def test_the_first_triples_are_a_change_like_any_other(folder: Path) -> None:
    """A cycle went before them, so the template is no news."""
    everybody = "---\nto: all.txt\nwith:\n  people: SELECT ?this WHERE { ?this a ?class }\n---\n{{ people | length }}\n"
    world = World(folder, {"graphs/people.ttl": PREFIXES, "templates/all.j2": everybody})
    await world.apply()
    assert world.read("all.txt").strip() == "0"
    world.graph(PEOPLE)
    assert await done(world) == (["all.txt"], 1)
    assert world.read("all.txt").strip() == "2"


async def test_what_a_body_looks_up_is_an_input(folder: Path) -> None:
    """Present or absent, one step away or two."""
    body = "{% for f in this.values(iri('http://example.org/knows')) %}\n{{ f.value(RDFS.label) }}\n{% endfor %}\n"
    world = World(folder, {"templates/t.j2": HEAD + body})
    world.graph(":a a :Person ; :knows :x . :b a :Person . :c a :Person ; :knows :y .")
    await world.apply()
    world.graph(":a a :Person ; :knows :x . :b a :Person . :c a :Person ; :knows :y . :x rdfs:label 'X' .")
    assert await done(world) == (["a.txt"], 1)
    world.graph(":a a :Person ; :knows :x . :b a :Person ; :knows :x . :c a :Person ; :knows :y . :x rdfs:label 'X' .")
    assert await done(world) == (["b.txt"], 1)
    world.graph(":a a :Person ; :knows :x . :b a :Person ; :knows :x . :c a :Person ; :knows :y . :x rdfs:label 'Z' .")
    assert await done(world) == (["a.txt", "b.txt"], 2)
    world.graph(
        ":a a :Person ; :knows :x . :b a :Person ; :knows :x . :c a :Person ; :knows :y . :x rdfs:comment 'Z' ."
    )
    assert await done(world) == (["a.txt", "b.txt"], 2)


async def test_includes_and_macros_are_inputs_of_who_uses_them(folder: Path) -> None:
    """Directly or through another; the others stay."""
    world = World(
        folder,
        {
            "templates/a.j2": "---\nto: a.txt\n---\n{% include '_part.j2' %}\n",
            "templates/b.j2": "---\nto: b.txt\n---\n{% from '_macros.j2' import shout %}\n{{ shout('b') }}\n",
            "templates/c.j2": "---\nto: c.txt\n---\nc\n",
            "templates/_part.j2": "{% from '_macros.j2' import shout %}\n{{ shout('part') }}\n",
            "templates/_macros.j2": "{% macro shout(x) %}{{ x | upper }}{% endmacro %}\n",
        },
    )
    world.graph(PEOPLE)
    await world.apply()
    world.write("templates/_part.j2", "{% from '_macros.j2' import shout %}\n{{ shout('new') }}\n")
    assert (await done(world))[0] == ["a.txt"]
    world.write("templates/_macros.j2", "{% macro shout(x) %}{{ x | upper }}!{% endmacro %}\n")
    assert (await done(world))[0] == ["a.txt", "b.txt"]
    assert (world.read("a.txt").strip(), world.read("b.txt").strip()) == ("NEW!", "B!")


async def test_settings_are_inputs_of_who_uses_them(folder: Path) -> None:
    """`[vars]` by name; other settings render nothing."""
    world = World(
        folder,
        {
            "templates/a.j2": "---\nto: a.txt\n---\n{{ vars.word }}\n",
            "templates/b.j2": "---\nto: b.txt\n---\n{{ vars.other }}\n",
            "regen.toml": '[vars]\nword = "x"\nother = 1\n',
        },
    )
    world.graph(PEOPLE)
    await world.apply()
    world.write("regen.toml", '[vars]\nword = "y"\nother = 1\n')
    async with world.open() as project:
        applied = await project.apply()
    assert [str(item.because[0]) for item in applied.plan.items] == ["[vars] of the configuration changed"]
    assert [item.path for item in applied.plan.items] == ["a.txt"]
    world.write("regen.toml", '[engine]\ndebounce_ms = 1\n[vars]\nword = "y"\nother = 1\n')
    assert await done(world) == ([], 0)


async def test_a_prefix_bound_to_another_namespace_is_another_query(folder: Path) -> None:
    """And one bound to the same under another name is the same."""
    template = '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a p:Person }\n---\nx\n'
    world = World(folder, {"templates/t.j2": template})
    world.write(
        "graphs/g.ttl",
        "@prefix p: <http://one/> .\n<http://k/a> a <http://one/Person> . <http://k/b> a <http://two/Person> .\n",
    )
    await world.apply()
    assert sorted(world.tree()) == ["a.txt"]
    world.write(
        "graphs/g.ttl",
        "@prefix p: <http://two/> .\n<http://k/a> a <http://one/Person> . <http://k/b> a <http://two/Person> .\n",
    )
    await world.apply()
    assert sorted(world.tree()) == ["b.txt"]
    world.write("graphs/g.ttl", "@prefix p: <http://two/> .\n@prefix q: <http://two/> .\n<http://k/b> a q:Person .\n")
    world.write("templates/t.j2", template.replace("p:Person", "q:Person"))
    assert (await done(world))[0] == []


class Loud:
    """A plugin that makes everything loud."""

    @hookimpl
    def regen_format(self, path: str, language: str | None, content: bytes) -> bytes:
        """Upper case."""
        return content.upper()


async def test_plugins_are_inputs(folder: Path) -> None:
    """One that comes or goes renders everything."""
    world = World(folder)
    await world.apply()
    async with world.open(plugins=[("loud", Loud())]) as project:
        applied = await project.apply()
        assert [item.path for item in applied.plan.items] == ["ada.txt", "bob.txt"]
        assert world.read("ada.txt").startswith("NAME: ADA")
    assert (await done(world))[0] == ["ada.txt", "bob.txt"]
    assert world.read("ada.txt").startswith("name: Ada")


async def test_a_failing_key_names_template_line_and_key_and_stops_nothing_else_for_ever(folder: Path) -> None:
    """The cycle writes nothing; once the fact is mended, all that waited is written."""
    template = HEAD.replace("---\n", "", 1).join(
        ["---\n", "{{ 10 // (this.value(iri('http://example.org/n')) | int) }}\n"]
    )
    world = World(folder, {"templates/t.j2": template})
    world.graph(":a a :Person ; :n 1 . :b a :Person ; :n 2 .")
    await world.apply()
    world.graph(":a a :Person ; :n 5 . :b a :Person ; :n 0 .")
    with pytest.raises(Exception, match=r"templates/t\.j2:5: .*<http://example\.org/b>"):
        await world.apply()
    assert world.read("a.txt") == "10\n"
    world.graph(":a a :Person ; :n 5 . :b a :Person ; :n 10 .")
    assert (await done(world))[0] == ["a.txt", "b.txt"]
