"""`regen why --view` and `project.views`: how the views of a template follow changes, why, and at what cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.cli.main import run
from regen.errors import ExitCode, UsageError
from regen.hooks import hookimpl
from regen.hooks.protocols import Selector
from regen.model.rows import Rows
from regen.orchestrator.views import TemplateViews
from regen.project import Project
from regen.query import compile_view

TEMPLATE = """---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?label WHERE { ?this a :Person ; rdfs:label ?label }
with:
  friends: SELECT ?this ?friend WHERE { ?this :knows ?friend . ?friend :likes ?thing }
  oldest: SELECT (MAX(?age) AS ?most) WHERE { ?anyone :age ?age }
  first: "SELECT ?this ?n WHERE { ?this :knows ?n { SELECT ?n { ?n rdfs:label ?l } ORDER BY ?l LIMIT 1 } }"
---
{{ each[0].label }}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.write("templates/person.j2", TEMPLATE)
    return made


def views_of(world: World, template: str = "person.j2") -> TemplateViews:
    with Project.open_sync(world.root) as project:
        return project.views(template)


def test_each_view_says_how_it_follows_changes(world: World) -> None:
    found = {view.view: view for view in views_of(world).views}
    assert {name: view.how for name, view in found.items()} == {
        "each": "delta",
        "first": "mixed",
        "friends": "delta",
        "oldest": "whole",
    }
    assert found["each"].reason is found["friends"].reason is None
    assert found["oldest"].reason == "the view has no ?this"
    assert "pushes another out" in str(found["first"].reason)


def test_rows_keys_and_costs_are_those_of_the_graph(world: World) -> None:
    answer = views_of(world, "templates/person.j2")
    found = {view.view: view for view in answer.views}
    each, friends = found["each"], found["friends"]
    assert answer.triples == 5
    assert (each.rows, each.keys, friends.rows, friends.keys, found["oldest"].keys) == (2, 2, 0, 0, None)
    assert min(each.whole_s, each.key_s or 0, each.delta_s or 0) > 0
    assert friends.key_s is None
    assert [part.keys for part in each.patterns] == [1, 1]
    assert {part.example is None for part in friends.patterns} == {True, False}


def test_measuring_changes_nothing(world: World) -> None:
    with Project.open_sync(world.root) as project:
        project.apply()
        before = world.tree()
        project.views("person.j2")
        plan = project.plan()
        assert not plan.items
        assert not plan.evaluated
    assert world.tree() == before


def test_the_command_prints_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "--view", "person.j2", "-C", str(world.root)]) == ExitCode.DONE
    text = capsys.readouterr().out
    assert "templates/person.j2: 4 views, 5 triples in the graph" in text
    assert "view each: by delta\n" in text
    assert "view oldest: whole\n" in text
    assert "because   the view has no ?this" in text
    assert "rows      2 of 2 keys" in text


def test_iris_are_printed_as_they_are(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """`:x:` in `urn:x:C` is no picture."""
    world.write("templates/person.j2", TEMPLATE.replace("?this a :Person", "?this a <urn:x:C>"))
    assert run(["why", "--view", "person.j2", "-C", str(world.root)]) == ExitCode.DONE
    assert "?this a <urn:x:C> ;" in capsys.readouterr().out


def test_the_command_prints_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "--view", "person.j2", "--json", "-C", str(world.root)]) == ExitCode.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["template"] == "person.j2"
    assert sorted(view["how"] for view in found["views"]) == ["delta", "delta", "mixed", "whole"]
    names = ("view", "query", "how", "reason", "rows", "keys", "whole_s", "key_s", "delta_s", "patterns")
    assert set(found["views"][0]) == set(names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--view", "persn.j2"], "there is no template 'persn.j2'"),
        (["out/ada.txt", "--view", "person.j2"], "`why` is asked for a file, or with --view for a template"),
        ([], "`why` is asked for a file, or with --view for a template"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    world: World, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["why", *arguments, "-C", str(world.root)]) == ExitCode.USAGE
    assert message in capsys.readouterr().err


@pytest.mark.anyio
async def test_the_library_raises_for_a_template_that_is_not_there(world: World) -> None:
    async with Project.open(world.root) as project:
        with pytest.raises(UsageError, match=r"there is no template 'nothing\.j2'"):
            await project.views("nothing.j2")


class Silent:
    """A selector of another plugin, which says nothing of its patterns."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self._view = compile_view(text, prefixes, where="")
        self.digest, self.keyed, self.variables = "silent", True, self._view.variables
        self.ready = True
        self.prepare, self.affected = self._view.prepare, self._view.affected
        self.rows, self.all_rows = self._view.rows, self._view.all_rows

    def global_rows(self, store: object) -> Rows:
        raise NotImplementedError


class SilentPlugin:
    """Compiles every view to one."""

    @hookimpl
    def regen_select(self, text: str, prefixes: Mapping[str, str], where: str) -> Selector:
        return Silent(text, prefixes)


def test_a_plugin_that_does_not_say_is_named_as_such(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write("templates/person.j2", TEMPLATE.split("with:", maxsplit=1)[0] + "---\n{{ each[0].label }}\n")
    with Project.open_sync(tmp_path, plugins=[("silent", SilentPlugin())]) as project:
        (view,) = project.views("person.j2").views
    assert (view.how, view.reason, view.patterns) == ("whole", "the plugin that compiled it does not say", ())
    assert (view.rows, view.delta_s) == (2, None)
