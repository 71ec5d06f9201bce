"""A stranger's language: the worked example of docs/merging.md, as it stands there, in a project of its own."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest
from tests.cycle_world import World, actions

from regen.errors import PluginError
from regen.hooks import hookimpl
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.merge import Merged, ThreeWay
from regen.model.plan import Action

GUIDE = (Path(__file__).parents[1] / "docs" / "merging.md").read_text("utf-8")
KOTLIN = """\
package org.example

import java.time.LocalDate

/** A person. */
@Serializable
data class Person(
    val name: String,
    val born: LocalDate? = null,
) : Base(1), Named {
    val full: String = name

    @Deprecated("soon")
    fun greet(other: Person): String {
        val text = "Hello"
        return text
    }

    fun greet(other: String) = other
}

enum class Color { RED, GREEN }
"""


def plugin() -> types.ModuleType:
    """The example, as the module that it would be."""
    (block,) = [found for found in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if "@hookimpl" in found]
    module = types.ModuleType("kotlin")
    exec(block, vars(module))  # noqa: S102 - the guide's own code
    return module


async def merged(ours: str, theirs: str) -> Merged:
    hooks = Hooks(PluginManager(extra=[("kotlin", plugin())]))
    answer = await hooks.merge(ThreeWay("A.kt", "kotlin", KOTLIN.encode(), ours.encode(), theirs.encode()))
    assert answer is not None
    return answer


@pytest.mark.anyio
async def test_a_description_is_all_that_a_language_needs() -> None:
    ours = KOTLIN.replace("LocalDate\n", "LocalDate\nimport java.util.UUID\n", 1)
    ours = ours.replace("return text\n", "return text.trim()\n").replace("@Serializable", "@Serializable\n@Mine(1)")
    ours = ours.replace("    fun greet(other: String)", "    fun mine() = 1\n\n    fun greet(other: String)")
    theirs = KOTLIN.replace('("soon")', '("later")').replace("val name: String", "override val name: Text")
    theirs = theirs.replace("LocalDate\n", "LocalDate\nimport java.time.Month\n", 1).replace("GREEN", "GREEN, BLUE")
    theirs = theirs.replace("Base(1)", "Base(2)").replace("= other\n", "= other.trim()\n")
    answer = await merged(ours, theirs)
    assert (answer.conflicts, answer.how) == ((), "structure")
    wanted = ours.replace('("soon")', '("later")').replace("val name: String", "override val name: Text")
    wanted = wanted.replace("LocalDate\n", "LocalDate\nimport java.time.Month\n", 1).replace("GREEN", "GREEN, BLUE")
    wanted = wanted.replace("Base(1)", "Base(2)").replace("= other\n", "= other.trim()\n")
    assert (answer.content or b"").decode() == wanted


@pytest.mark.anyio
async def test_its_conflicts_name_what_they_are_about() -> None:
    ours, theirs = (KOTLIN.replace("return text\n", f"return {word}\n") for word in ("text.trim()", "text.uppercase()"))
    answer = await merged(ours, theirs)
    assert [found.message for found in answer.conflicts] == [
        "your edit and the template both changed function `greet` of class `Person`"
    ]


@pytest.mark.anyio
async def test_an_answer_that_is_no_description_names_the_plugin() -> None:
    class Wrong:
        @hookimpl
        def regen_structure(self) -> str:
            return "kotlin"

    hooks = Hooks(PluginManager(extra=[("wrong", Wrong())]))
    with pytest.raises(PluginError, match=r"'wrong' .* failed in regen_structure for kotlin.* not Structure"):
        await hooks.merge(ThreeWay("A.kt", "kotlin", b"a", b"b", b"c"))


@pytest.mark.anyio
async def test_it_works_in_a_project(tmp_path: Path) -> None:
    template = """\
---
to: "{{ this | local_name }}.kt"
each: SELECT ?this ?field WHERE { ?this a :Class ; :field ?field }
---
class {{ this | local_name }} {
{% for row in each %}
    val {{ row.field }} = ""
{% endfor %}
}
"""
    config = '[project]\nprefixes = { "" = "http://example.org/" }\n'
    world = World(tmp_path, {"templates/class.j2": template, "regen.toml": config})
    world.graph(':Person a :Class ; :field "born", "name" .')
    async with world.open(plugins=[("kotlin", plugin())]) as project:
        await project.apply()
        world.edit("Person.kt", '    val name = ""\n', '    val name = ""\n\n    fun mine() = 1\n')
        world.graph(':Person a :Class ; :field "born", "name", "place" .')
        applied = await project.apply()
    assert actions(applied) == {"Person.kt": Action.MERGE}
    assert world.read("Person.kt") == (
        'class Person {\n    val born = ""\n    val name = ""\n    val place = ""\n\n    fun mine() = 1\n}\n'
    )
