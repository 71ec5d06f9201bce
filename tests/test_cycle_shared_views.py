"""Views that templates share: each is asked once, by whatever asks it, however the templates call it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.project import Project
from regen.query import View

PEOPLE = ":ada a :Person ; :age 36 ; :knows :bob .\n:bob a :Person ; :age 41 .\n"
TEMPLATE = """---
to: "{{{{ this | local_name }}}}.{ending}"
each: SELECT ?this WHERE {{ ?this a :Person }}
with:
  {name}: SELECT ?this ?friend WHERE {{ ?this :knows ?friend }}
  eldest: SELECT (MAX(?age) AS ?most) WHERE {{ ?anyone :age ?age }}
  top: SELECT ?this ?age WHERE {{ {{ SELECT ?this ?age {{ ?this :age ?age }} ORDER BY DESC(?age) LIMIT 1 }} }}
---
{{{{ {name} | length }}}} {{{{ eldest[0].most }}}} {{{{ top | length }}}}
"""
ASKS = ("affected", "rows", "all_rows", "global_rows")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each (question, digest of a view) was asked."""
    counts: Counter[tuple[str, str]] = Counter()

    def counting(name: str) -> None:
        plain = getattr(View, name)

        def ask(self: View, *args: object, **more: object) -> object:
            counts[name, self.digest] += 1
            return plain(self, *args, **more)

        monkeypatch.setattr(View, name, ask)

    for name in ASKS:
        counting(name)
    return counts


def world(folder: Path) -> World:
    files = {f"templates/{end}.j2": TEMPLATE.format(ending=end, name=f"of_{end}") for end in ("one", "two", "three")}
    made = World(folder, files)
    made.graph(PEOPLE)
    return made


def test_three_templates_ask_each_view_once(tmp_path: Path, asked: Counter[tuple[str, str]]) -> None:
    """At a first run, for a delta, in a plan, and where a whole view is compared."""
    made = world(tmp_path)
    with Project.open_sync(tmp_path) as project:
        project.apply()
        assert len({digest for _, digest in asked}) == 4
        assert max(asked.values()) == 1
        asked.clear()
        made.graph(PEOPLE.replace("36", "63"))
        project.plan()
        probed = [count for (name, _), count in asked.items() if name == "affected"]
        assert probed == [1, 1, 1, 1]
        # Once to compare what is stale, once more to render it.
        assert max(asked.values()) <= 2
        asked.clear()
        project.plan()
        assert not asked, "nothing changed since, so what they gave is known"


def test_a_change_asks_only_the_views_that_it_may_change(tmp_path: Path, asked: Counter[tuple[str, str]]) -> None:
    """Of a key that was asked before; and what it gives is what all would give."""
    made = world(tmp_path)
    with Project.open_sync(tmp_path) as project:
        project.apply()
        for turn in range(3):
            asked.clear()
            friends = "".join(f", :friend{number}" for number in range(turn + 1))
            made.graph(PEOPLE.replace(":knows :bob", f":knows :bob{friends}"))
            applied = project.apply()
            assert [item.path for item in applied.plan.items] == ["ada.one", "ada.three", "ada.two"]
            assert made.read("ada.one").split()[0] == str(turn + 2)
        rows = sorted(count for (name, _), count in asked.items() if name != "affected")
        assert rows == [1], "the view of friends, of one key"
        assert project.plan(full=True).items == ()


def test_environments_share_what_views_give(tmp_path: Path, asked: Counter[tuple[str, str]]) -> None:
    made = world(tmp_path)
    made.write(
        "regen.toml", '[[environment]]\nname = "one"\ntarget = "out"\n[[environment]]\nname = "two"\ntarget = "other"\n'
    )
    with Project.open_sync(tmp_path) as project:
        for name in project.environments:
            project.apply(environment=name)
        asked.clear()
        made.graph(PEOPLE.replace("36", "35"))
        project.plan()
    assert len(project.environments) == 2
    assert max(asked.values()) <= 2
