"""Filters in Python and query files: what a templates folder brings beside its templates."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.errors import RegenError

GRAPH = """@prefix : <http://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:A a rdfs:Class ; rdfs:label "apple" . :B a rdfs:Class ; rdfs:label "bean" .
"""
FILTERS = "from .sub.loud import loud\n\n\ndef shout(text):\n    return loud(text)\n\n\nFILTERS = {'shout': shout}\n"
TEMPLATE = '---\nto: "{{ this | local_name }}.txt"\neach: classes.rq\n---\n{{ each[0].label | shout }}\n'
QUERY = "SELECT ?this ?label WHERE { ?this a rdfs:Class ; rdfs:label ?label }\n"


def world(root: Path, **more: str) -> World:
    files = {
        "graphs/g.ttl": GRAPH,
        "templates/filters.py": FILTERS,
        "templates/sub/loud.py": "def loud(text):\n    return text.upper()\n",
        "templates/classes.rq": QUERY,
        "templates/page.txt.j2": TEMPLATE,
        "templates/plain.txt.j2": '---\nto: "plain.txt"\n---\nplain\n',
    }
    return World(root, files | more)


def outputs(root: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted((root / "out").iterdir())}


@pytest.mark.anyio
async def test_a_folder_brings_filters_and_queries(tmp_path: Path) -> None:
    async with world(tmp_path).open() as project:
        await project.apply()
    assert outputs(tmp_path) == {"A.txt": "APPLE\n", "B.txt": "BEAN\n", "plain.txt": "plain\n"}


@pytest.mark.anyio
async def test_an_edit_of_a_module_reaches_what_uses_its_filters(tmp_path: Path) -> None:
    """Two edits of equal length right after one another too; a template that uses no filter is left alone."""
    here = world(tmp_path)
    async with here.open() as project:
        await project.apply()
        for word in ("lower", "title"):
            here.write("templates/sub/loud.py", f"def loud(text):\n    return text.{word}()\n")
            applied = await project.apply()
            assert [item.path for item in applied.plan.items] == (["A.txt", "B.txt"])
            assert "templates/sub/loud.py changed" in str(applied.plan.items[0].because[0])
        assert outputs(tmp_path)["A.txt"] == "Apple\n"


@pytest.mark.anyio
async def test_an_edit_of_a_query_file_is_an_edit_of_the_view(tmp_path: Path) -> None:
    """Comments and prefixes change nothing; another pattern does."""
    here = world(tmp_path)
    async with here.open() as project:
        await project.apply()
        here.write("templates/classes.rq", "# all classes\n" + QUERY)
        assert not (await project.apply()).plan.items
        here.write("templates/classes.rq", QUERY.replace("}", "FILTER (?label != 'bean') }"))
        assert [item.path for item in (await project.apply()).plan.items] == ["B.txt"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("file", "text", "where", "message"),
    [
        ("filters.py", "FILTERS =", "templates/filters.py:1", "cannot be loaded: SyntaxError"),
        ("filters.py", "x = 1 / 0\nFILTERS = {}", "templates/filters.py:1", "ZeroDivisionError"),
        ("filters.py", "import nothing_of_that_name", "templates/filters.py:1", "No module named"),
        ("filters.py", "FILTERS = [1]", "templates/filters.py", "has to be a dictionary"),
        ("sub/loud.py", "def loud(text):\n    return text.nothing", "templates/sub/loud.py:2", "http://example.org/A"),
        ("classes.rq", "SELECT ?x { ?x a rdfs:Class }", "templates/classes.rq", "has to select \\?this"),
        ("classes.rq", "SELECT ?this\nWHERE {", "templates/classes.rq:1", "wrong in line 2"),
        (
            "page.txt.j2",
            TEMPLATE.replace("classes.rq", "none.rq"),
            "templates/page.txt.j2:3",
            "no query file 'none.rq'",
        ),
        ("page.txt.j2", TEMPLATE.replace("| shout", "| shuot"), "templates/page.txt.j2:5", "no filter `shuot`"),
    ],
)
async def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, file: str, text: str, where: str, message: str
) -> None:
    here = world(tmp_path, **{f"templates/{file}": text})
    async with here.open() as project:
        with pytest.raises(RegenError, match=message) as caught:
            await project.apply()
    assert caught.value.where is not None
    assert caught.value.where.startswith(where)
    assert not (tmp_path / "out").exists()
