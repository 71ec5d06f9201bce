"""`needs:`: a template sees keys and paths of those that it needs, and is rendered again when these change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.errors import TemplateError, UsageError
from regen.model.plan import Action, Plan, PlanItem
from regen.project import Project

CLASSES = ":a a :C ; :says 'one' .\n:b a :C ; :says 'two' .\n"
EACH = """---
to: "{{ each[0].folder | default('all') }}/{{ this | local_name }}.txt"
each: |
  SELECT ?this ?text ?folder WHERE { ?this a :C ; :says ?text OPTIONAL { ?this :in ?folder } }
when: each[0].text != "nothing"
---
{{ each[0].text }}
"""
INDEX = """---
to: index.txt
needs: [each.txt.j2]
---
{% for a in needs['each.txt.j2'] %}
{{ a.key | local_name }} is in {{ a.path }}
{% endfor %}
"""
TWIN = """---
to: "{{ this | local_name }}.twin"
needs: [each.txt.j2]
each: SELECT ?this WHERE { ?this a :C }
---
{{ needs['each.txt.j2'] | length }}
"""
TOP = """---
to: top.txt
needs: [index.txt.j2]
---
{% for a in needs['index.txt.j2'] %}
{{ a.path }} of {{ a.key or "nobody" }}
{% endfor %}
"""
ALL = {"index.txt.j2": INDEX, "top.txt.j2": TOP, "twin.j2": TWIN}


def world(folder: Path, **templates: str) -> World:
    made = World(folder, {f"templates/{name}": text for name, text in {"each.txt.j2": EACH, **templates}.items()})
    made.graph(CLASSES)
    return made


def names(items: Iterable[PlanItem]) -> set[str]:
    return {item.path for item in items}


def by_action(plan: Plan) -> dict[str, str]:
    return {item.path: item.action.value for item in plan.items}


def test_an_index_lists_keys_and_paths_sorted(tmp_path: Path) -> None:
    made = world(tmp_path, **{"index.txt.j2": INDEX})
    with Project.open_sync(tmp_path) as project:
        project.apply()
        assert made.read("index.txt") == "a is in all/a.txt\nb is in all/b.txt\n"
        project.apply(full=True)
    assert made.read("index.txt") == "a is in all/a.txt\nb is in all/b.txt\n"


def test_a_new_class_renders_its_file_and_the_index_and_nothing_else(tmp_path: Path) -> None:
    made = world(tmp_path, **{"index.txt.j2": INDEX, "top.txt.j2": TOP})
    with Project.open_sync(tmp_path) as project:
        project.apply()
        made.graph(CLASSES + ":c a :C ; :says 'three' .\n")
        plan = project.plan()
        project.apply(plan)
    assert plan.rendered == 2
    assert by_action(plan) == {"all/c.txt": "create", "index.txt": "update"}
    assert names(plan.nothing) == {"top.txt"}
    assert made.read("index.txt").splitlines()[2] == "c is in all/c.txt"


def test_what_changes_only_the_text_of_a_file_leaves_the_index_alone(tmp_path: Path) -> None:
    """The index is looked at, for a template that it needs is rendered again; its keys and paths are what they were."""
    made = world(tmp_path, **ALL)
    with Project.open_sync(tmp_path) as project:
        project.apply()
        made.graph(CLASSES.replace("one", "1"))
        plan = project.plan()
        project.apply(plan)
    assert plan.rendered == 1
    assert by_action(plan) == {"all/a.txt": "update"}
    (index,) = (item for item in plan.nothing if item.path == "index.txt")
    assert str(index.because[0]) == "each.txt.j2 is rendered again, and this template needs it"
    assert index.because[0].kind == "needs"


@pytest.mark.parametrize(
    ("graph", "lines"),
    [
        (":a a :C ; :says 'one' .\n", ["a is in all/a.txt"]),
        (CLASSES + ":b :in 'more' .\n", ["a is in all/a.txt", "b is in more/b.txt"]),
        (CLASSES.replace("two", "nothing"), ["a is in all/a.txt"]),
    ],
    ids=["a key that goes", "a file that moves", "a template that says no"],
)
def test_the_index_follows(tmp_path: Path, graph: str, lines: list[str]) -> None:
    """And comes back when the change is taken back; every step gives what a full run gives."""
    made = world(tmp_path, **ALL)
    with Project.open_sync(tmp_path) as project:
        project.apply()
        before = made.tree()
        made.graph(graph)
        project.apply()
        assert made.read("index.txt").splitlines() == lines
        assert made.read("a.twin") == f"{len(lines)}\n"
        incremental = made.tree()
        project.apply(full=True)
        assert made.tree() == incremental
        made.graph(CLASSES)
        project.apply()
    assert made.tree() == before


def test_strata_are_rendered_from_the_lowest_up(tmp_path: Path) -> None:
    """By what they say, for names are in another order: "top" needs "index", and this what "each" makes."""
    made = world(tmp_path, **ALL)
    with Project.open_sync(tmp_path) as project:
        assert project.apply().release.created == 6
        assert made.read("top.txt") == "index.txt of nobody\n"
        (tmp_path / "templates/index.txt.j2").write_text(INDEX.replace("to: index", "to: list"))
        project.apply()
        assert made.read("top.txt") == "list.txt of nobody\n"
        assert not project.check(exact=True).problems


def test_a_template_with_keys_of_its_own_sees_the_others(tmp_path: Path) -> None:
    made = world(tmp_path, **{"twin.j2": TWIN})
    with Project.open_sync(tmp_path) as project:
        project.apply()
        made.graph(CLASSES + ":c a :C ; :says 'three' .\n")
        plan = project.plan()
        project.apply(plan)
        assert {made.read(f"{key}.twin") for key in "abc"} == {"3\n"}
    assert plan.rendered == 4


def test_only_one_language_takes_what_needs_it_along(tmp_path: Path) -> None:
    """Else an index would name a file that is not there, or miss one that is."""
    made = world(tmp_path, **{"index.md.j2": INDEX.replace("index.txt", "index.md")})
    each = EACH.replace(".txt", ".py").replace("{{ each[0].text }}", "# {{ each[0].text }}")
    (tmp_path / "templates/each.txt.j2").write_text(each)
    with Project.open_sync(tmp_path) as project:
        project.apply()
        made.graph(CLASSES + ":c a :C ; :says 'three' .\n")
        assert names(project.plan(languages=["python"]).items) == {"all/c.py", "index.md"}
        assert names(project.plan(languages=["markdown"]).items) == set()


def test_workers_get_what_a_template_needs(tmp_path: Path) -> None:
    made = world(tmp_path, **ALL)
    made.write("regen.toml", '[engine]\nexecutor = "processes"\nworkers = 2\n')
    with Project.open_sync(tmp_path) as project:
        project.apply()
        assert made.read("a.twin") == "2\n"
        made.graph(CLASSES + ":c a :C ; :says 'three' .\n")
        plan = project.plan()
        project.apply(plan)
        assert made.read("index.txt").splitlines()[2] == "c is in all/c.txt"
        assert made.read("a.twin") == made.read("c.twin") == "3\n"
    assert plan.rendered == 5


def test_a_plan_that_was_not_applied_is_found_again(tmp_path: Path) -> None:
    made = world(tmp_path, **{"index.txt.j2": INDEX})
    with Project.open_sync(tmp_path) as project:
        project.apply()
    made.graph(CLASSES + ":c a :C ; :says 'three' .\n")
    with Project.open_sync(tmp_path) as project:
        project.plan()
    with Project.open_sync(tmp_path) as project:
        assert names(project.plan().items) == {"all/c.txt", "index.txt"}


def test_a_fresh_clone_takes_the_index_over(tmp_path: Path) -> None:
    made = world(tmp_path, **{"index.txt.j2": INDEX})
    with Project.open_sync(tmp_path) as project:
        project.apply()
    before = made.tree()
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        (tmp_path / ".regen" / name).unlink(missing_ok=True)
    with Project.open_sync(tmp_path) as project:
        applied = project.apply()
    assert made.tree() == before
    assert {item.action for item in applied.plan.items} <= {Action.ADOPT}


def test_why_names_what_a_file_was_made_from(tmp_path: Path) -> None:
    world(tmp_path, **{"index.txt.j2": INDEX})
    with Project.open_sync(tmp_path) as project:
        project.apply()
        answer = project.why("index.txt:2")
    assert answer.template_line == ("templates/index.txt.j2:6", "{{ a.key | local_name }} is in {{ a.path }}")
    (view,) = answer.views
    assert (view.view, view.query, view.columns, len(view.rows)) == ("needs each.txt.j2", "", ("key", "path"), 2)
    assert "  needs each.txt.j2: 2 rows" in [line for _, line in answer.lines()]


# From the library --------------------------------------------------------------------------------------------------


def test_a_program_adds_a_need(tmp_path: Path) -> None:
    made = world(tmp_path, **{"index.txt.j2": INDEX.replace("needs: [each.txt.j2]\n", "")})
    with Project.open_sync(tmp_path) as project:
        with pytest.raises(TemplateError, match=r"'each\.txt\.j2' is not needed: name the template under `needs`"):
            project.plan()
        project.add_dependency("index.txt.j2", "each.txt.j2")
        project.add_dependency("index.txt.j2", ["each.txt.j2"])
        project.apply()
        made.graph(CLASSES + ":c a :C ; :says 'three' .\n")
        assert by_action(project.plan()) == {"all/c.txt": "create", "index.txt": "update"}


@pytest.mark.anyio
async def test_a_need_that_a_program_adds_wrongly_is_not_added(tmp_path: Path) -> None:
    world(tmp_path, **ALL)
    async with Project.open(tmp_path) as project:
        with pytest.raises(UsageError, match=r"no template 'indx'"):
            await project.add_dependency("indx", "each.txt.j2")
        with pytest.raises(TemplateError, match="which is not there"):
            await project.add_dependency("each.txt.j2", ["nowhere.j2"])
        with pytest.raises(TemplateError, match=r"circle: each\.txt\.j2 needs top\.txt\.j2 needs index\.txt\.j2"):
            await project.add_dependency("each.txt.j2", ["top.txt.j2"])
        assert len((await project.plan()).items) == 6


# Bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[each.txt.j2]", "[each.j2]", r"'each\.j2', which is not there"),
        ("[each.txt.j2]", "[index.txt.j2]", r"circle: index\.txt\.j2 needs index\.txt\.j2"),
        ("[each.txt.j2]", "[top.txt.j2]", r"circle: index\.txt\.j2 needs top\.txt\.j2 needs index\.txt\.j2"),
        ("[each.txt.j2]", "{a: b}", "needs"),
        ("needs['each.txt.j2']", "needs['twin.j2']", r"'twin\.j2' is not needed"),
        ("a.path", "a.place", "columns of `needs each.txt.j2` are"),
        ("to:", "with: {needs: 'SELECT * WHERE { ?s ?p ?o }'}\nto:", "a view cannot be called `needs`"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    world(tmp_path, **{**ALL, "index.txt.j2": INDEX.replace(old, new)})
    with Project.open_sync(tmp_path) as project, pytest.raises(TemplateError, match=message) as caught:
        project.plan()
    assert str(caught.value).startswith("templates/index.txt.j2")
