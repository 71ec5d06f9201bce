"""Data files in a cycle: a hand edit meets a changed graph, comments stay, and what cannot be right is a conflict."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cycle_world import PREFIXES, World, actions
from tests.deploy_world import scratch

from regen.model.plan import Action

pytestmark = pytest.mark.anyio
HEAD = """\
---
to: "{{ this | local_name }}.%s"
language: %s
each: SELECT ?this ?age WHERE { ?this a :Person ; :age ?age }
with:
  friends: SELECT ?this ?friend WHERE { ?this :knows ?friend }
---
"""
ROWS = "{% for row in friends %}{{ row.friend | local_name }}{% if not loop.last %}, {% endif %}{% endfor %}"
GRAPH = ':ada a :Person ; :age "36" ; :knows :bob .'
LATER = ':ada a :Person ; :age "37" ; :knows :bob, :eve .'
JSON = """\
{
  "name": "{{ this | local_name }}",
  "age": {{ each[0].age }},
  "friends": {
    {% for row in friends %}
    "{{ row.friend | local_name }}": true{% if not loop.last %},{% endif %}

    {% endfor %}
  }
}
"""
TOML = """\
# Written by a template.
name = "{{ this | local_name }}"
age = {{ each[0].age }}

[friends]
{% for row in friends %}
{{ row.friend | local_name }} = true
{% endfor %}
"""
YAML = """\
# Written by a template.
name: {{ this | local_name }}
age: {{ each[0].age }}
friends:
{% for row in friends %}
  {{ row.friend | local_name }}: true
{% endfor %}
"""
MARKDOWN = """\
---
age: {{ each[0].age }}
title: {{ this | local_name }}
---
# {{ this | local_name }}

A person.
{% for row in friends %}

## {{ row.friend | local_name }}

A friend.
{% endfor %}
"""
REQUIREMENTS = """\
---
to: "requirements.txt"
with:
  v: SELECT ?v { ?x :v ?v }
---
a{{ v[0].v }}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


async def after(folder: Path, ending: str, language: str, body: str, *edits: tuple[str, str]) -> tuple[Action, str]:
    """What the second cycle does with an edited file, and the file after it; a third one has nothing to do."""
    world = World(folder, {"templates/one.j2": HEAD % (ending, language) + body})
    world.graph(GRAPH)
    await world.apply()
    path = f"ada.{ending}"
    for old, new in edits:
        world.edit(path, old, new)
    world.graph(LATER)
    done = actions(await world.apply())
    assert not (await world.apply()).plan.items
    return done[path], world.read(path)


async def test_json(folder: Path) -> None:
    """Lines would conflict: the user's key and the new friend are in one place, and commas are moved."""
    action, text = await after(folder, "json", "json", JSON, ('"bob": true', '"bob": true,\n    "me": false'))
    assert action is Action.MERGE
    assert json.loads(text) == {"name": "ada", "age": 37, "friends": {"bob": True, "eve": True, "me": False}}


async def test_toml(folder: Path) -> None:
    action, text = await after(folder, "toml", "toml", TOML, ("bob = true", "bob = true # since school\nme = false"))
    assert action is Action.MERGE
    assert "bob = true # since school\n" in text
    assert tomllib.loads(text)["friends"] == {"bob": True, "eve": True, "me": False}


async def test_yaml(folder: Path) -> None:
    action, text = await after(folder, "yaml", "yaml", YAML, ("bob: true", "bob: true  # since school\n  me: false"))
    assert action is Action.MERGE
    lines = ["# Written by a template.", "name: ada", "age: 37", "friends:", "  bob: true  # since school"]
    assert text.splitlines() == [*lines, "  eve: true", "  me: false"]


async def test_markdown(folder: Path) -> None:
    edits = (("age: 36", "age: 36\nmine: true"), ("A friend.", "A friend.\n\n## me\n\nMyself."))
    action, text = await after(folder, "md", "markdown", MARKDOWN, *edits)
    assert action is Action.MERGE
    assert text.startswith("---\nage: 37\nmine: true\ntitle: ada\n---\n# ada\n")
    assert text.endswith("## bob\n\nA friend.\n\n## eve\n\nA friend.\n\n## me\n\nMyself.\n")


async def test_requirements(folder: Path) -> None:
    world = World(folder, {"templates/one.j2": REQUIREMENTS})
    world.graph(':x :v ">=1" .')
    await world.apply()
    world.edit("requirements.txt", "a>=1", "a>=1,<3")
    world.graph(':x :v ">=2" .')
    assert actions(await world.apply()) == {"requirements.txt": Action.MERGE}
    assert world.read("requirements.txt") == "a>=2,<3\n"
    world.graph(':x :v ">=4" .')
    world.edit("requirements.txt", "<3", "<3.5")
    async with world.open() as project:
        assert (await project.apply()).open_conflicts == 1
        (found,) = await project.conflicts()
        assert [one.kind for one in found.conflicts] == ["dependency"]


async def test_a_strategy_gives_the_file_to_lines(folder: Path) -> None:
    world = World(folder, {"templates/one.j2": HEAD % ("json", "json") + JSON})
    world.write("regen.toml", '[merge.strategies]\njson = "lines"\n')
    world.graph(GRAPH)
    await world.apply()
    world.edit("ada.json", '"bob": true', '"bob": true,\n    "me": false')
    world.graph(LATER)
    assert actions(await world.apply()) == {"ada.json": Action.CONFLICT}


async def test_lines_are_lines_for_a_manifest_too(folder: Path) -> None:
    """It merges by its name, and has no language that could be taken away."""
    world = World(folder, {"templates/one.j2": REQUIREMENTS, "regen.toml": '[merge.strategies]\n"*.txt" = "lines"\n'})
    world.graph(':x :v ">=1" .')
    await world.apply()
    world.edit("requirements.txt", "a>=1", "a>=1,<3")
    world.graph(':x :v ">=2" .')
    assert actions(await world.apply()) == {"requirements.txt": Action.CONFLICT}


def test_an_idle_apply_imports_none_of_it(folder: Path) -> None:
    world = World(folder, {"templates/one.j2": HEAD % ("json", "json") + JSON})
    world.write("graphs/people.ttl", PREFIXES + GRAPH)
    script = (
        "import sys\nfrom regen.cli import main\n"
        "try:\n    main(['-C', sys.argv[1], 'apply'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if 'keyed' in name or name.startswith(('regen_plugins.merge_markdown.',"
        " 'regen_plugins.merge_manifest.', 'packaging'))])"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
