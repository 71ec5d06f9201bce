"""Comparing releases: in a cycle against the last one, and any two of them in the terminal and the library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import World

from regen.cli.main import run as main
from regen.errors import ExitCode, GateError, UsageError
from regen.model.artifact import Because, told
from regen.model.comparison import FigureDifference, ReleaseComparison
from regen.model.evaluated import Evaluated
from regen.model.finding import Finding
from regen.model.objective import OBJECTIVES
from regen.model.release import Release, ReleaseState
from regen.orchestrator.comparing import read_comparison
from regen.stages.readiness import Measured, Told, figures, points, points_of_gates, readiness, told_by_gates
from regen.state.releases import at_path

pytestmark = pytest.mark.anyio

CLASS = """\
---
to: "{{ this | local_name | lower }}.py"
language: python
each: SELECT ?this WHERE { ?this a :Class }
with:
  fields: SELECT ?this ?field WHERE { ?field :of ?this }
---
class {{ this | local_name }}:
{% for row in fields %}
    {{ row.field | local_name }}: str | None = None
{% else %}
    pass
{% endfor %}
"""
ONE = ":A a :Class . :B a :Class . :x :of :A . :y :of :A . :z :of :B .\n"
MORE = ONE + ":w :of :B .\n"
LESS = MORE.replace(":y :of :A .", "")
OTHER = LESS.replace(":B a :Class .", ":C a :Class .")


def project(root: Path, settings: str = "[engine]\nauto_version = true\n") -> World:
    world = World(root, {"regen.toml": settings, "templates/class.j2": CLASS})
    world.graph(ONE)
    return world


async def released(root: Path, *graphs: str, settings: str = "[engine]\nauto_version = true\n") -> World:
    """A project with a release for each graph."""
    world = project(root, settings)
    for graph in graphs:
        world.graph(graph)
        await world.apply()
    return world


async def history(world: World) -> list[tuple[int, str | None, str | None]]:
    async with world.open() as opened:
        return [(one.number, one.suggests, one.version) for one in reversed(opened.history())]


async def test_releases_are_given_the_versions_that_their_changes_ask_for(tmp_path: Path) -> None:
    world = await released(tmp_path, ONE, MORE, LESS, OTHER)
    assert await history(world) == [
        (1, None, "0.1.0"),
        (2, "minor", "0.1.1"),
        (3, "major", "0.2.0"),
        (4, "major", "0.3.0"),
    ]


async def test_versions_start_where_the_project_says_and_are_never_given_twice(tmp_path: Path) -> None:
    """A rollback has the version of what it restores; the next release has one of its own."""
    world = await released(tmp_path, ONE, MORE, settings='[engine]\nauto_version = true\nfirst_version = "1.4.0"\n')
    async with world.open() as opened:
        await opened.rollback()
    world.graph(LESS)
    await world.apply()
    assert await history(world) == [
        (1, None, "1.4.0"),
        (2, "minor", "1.5.0"),
        (3, None, "1.4.0"),
        (4, "major", "2.0.0"),
    ]


async def test_without_versions_a_release_still_says_what_it_asks_for(tmp_path: Path) -> None:
    world = await released(tmp_path, ONE, MORE, settings="")
    assert await history(world) == [(1, None, None), (2, "minor", None)]
    silent = await released(tmp_path / "other", ONE, MORE, settings='[evaluate]\ncompatibility = "never"\n')
    assert await history(silent) == [(1, None, None), (2, None, None)]


async def test_a_breaking_change_stops_the_cycle_where_the_project_says_so(tmp_path: Path) -> None:
    world = await released(tmp_path, MORE, settings='[evaluate]\nbreaking = "error"\n')
    before = world.tree()
    world.graph(LESS)
    with pytest.raises(GateError) as caught:
        await world.apply()
    text = str(caught.value)
    for part in ("a.py:3", "A.y", "was removed", "lost :of", "[compatibility]", 'breaking = "warn"'):
        assert part in text
    assert world.tree() == before
    world.graph(MORE + ":v :of :B .\n")
    await world.apply()
    assert "v: str" in world.read("b.py")


async def test_files_that_did_not_change_are_not_read(tmp_path: Path) -> None:
    asked: list[str] = []

    class Watches:
        from regen.hooks import hookimpl
        from regen.model.interface import Changed

        @hookimpl(tryfirst=True)
        def regen_interface(self, changed: Changed) -> None:
            asked.extend(file.path for file in changed.files)

    world = await released(tmp_path, ONE)
    world.graph(MORE)
    async with world.open(plugins=[("watches", Watches())]) as opened:
        await opened.apply()
    assert asked == ["b.py"]


async def test_a_lost_blob_stops_no_cycle(tmp_path: Path) -> None:
    world = await released(tmp_path, ONE)
    async with world.open() as opened:
        database = opened._session.state.db
        version = at_path(database, "dev", "b.py")
        assert version is not None
        with database.transaction():
            database.execute("DELETE FROM small_blob WHERE digest = ?", (version.content,))
            database.execute("DELETE FROM packed WHERE digest = ?", (version.content,))
    (tmp_path / ".regen" / "blobs" / version.content[:2] / version.content[2:]).unlink(missing_ok=True)
    world.graph(MORE)
    applied = await world.apply()
    (result,) = [one for one in applied.evaluated if one.gate == "compatibility"]
    assert [one.path for one in result.findings] == ["b.py"]
    assert "not compared" in result.findings[0].message
    assert "w: str" in world.read("b.py")


async def compared(world: World, older: int, newer: int) -> ReleaseComparison:
    async with world.open() as opened:
        return await opened.compare(older, newer)


def test_of_several_facts_that_changed_none_is_said_to_be_the_only_one() -> None:
    """A type that changed beside a comment is not put down to the comment alone."""
    facts = [Because("fact", f":h :p {number} became {number + 1}") for number in range(5)]
    assert told(facts[:1]) == ":h :p 0 became 1"
    assert told(facts[:2]) == ":h :p 0 became 1; :h :p 1 became 2"
    assert told(facts).endswith(":h :p 2 became 3; and 2 more")


async def test_a_comparison_says_what_differs_and_why(tmp_path: Path) -> None:
    world = await released(tmp_path, ONE, MORE, LESS, OTHER)
    found = await compared(world, 1, 4)
    assert [(one.kind, one.path) for one in found.files] == [
        ("changed", "a.py"),
        ("removed", "b.py"),
        ("added", "c.py"),
    ]
    assert [one.name for one in found.features_added] == ["<http://example.org/C>"]
    assert [one.name for one in found.features_removed] == ["<http://example.org/B>"]
    changes = [(one.kind, one.breaking, one.symbol) for one in found.interface]
    assert changes == [("removed", True, "A.y"), ("removed", True, "b"), ("added", False, "c")]
    assert ":y" in str(found.interface[0].because)
    assert found.suggests == "major"
    assert found.readiness.verdict == "ready"
    back = await compared(world, 4, 1)
    assert [str(one.because)[:8] for one in back.files] == ["undone: ", "None", "undone: "]
    assert "undone: :y" in str(back.files[0].because)


async def test_edits_and_conflicts_count_against_a_release(tmp_path: Path) -> None:
    world = await released(tmp_path, ONE)
    world.edit("a.py", "x: str | None = None", "x: str = ''")
    world.edit("b.py", "z: str", "z: int")
    world.graph(MORE.replace(":x :of :A .", ":q :of :A ."))
    await world.apply()
    found = await compared(world, 1, 2)
    assert found.readiness.verdict == "not ready"
    assert any("incomplete" in reason for reason in found.readiness.reasons)
    accuracy = next(figure for figure in found.figures if figure.name == "accuracy")
    assert accuracy.direction == "worse"
    kinds = {point.kind for point in found.points}
    assert {"accuracy", "reliability"} <= kinds


async def test_a_release_that_was_left_is_not_ready(tmp_path: Path) -> None:
    world = await released(tmp_path, ONE, MORE)
    async with world.open() as opened:
        await opened.rollback()
        assert (await opened.compare(1, 2)).readiness.verdict == "not ready"
        back = await opened.compare(1, 3)
    assert back.files == back.interface == ()
    assert back.suggests is None


@pytest.mark.parametrize(
    ("older", "newer", "message"),
    [
        (0, 1, "count from 1"),
        (1, -2, "count from 1"),
        (1, 1, "with itself"),
        (1, 9, "has no release 9; it has releases 1 to 2"),
    ],
)
async def test_releases_that_cannot_be_meant(tmp_path: Path, older: int, newer: int, message: str) -> None:
    world = await released(tmp_path, ONE, MORE)
    with pytest.raises(UsageError, match=message) as caught:
        await compared(world, older, newer)
    assert caught.value.hint


async def test_environments_have_releases_of_their_own(tmp_path: Path) -> None:
    tables = '[[environment]]\nname = "dev"\n[[environment]]\nname = "live"\ntarget = "live"\n'
    world = await released(tmp_path, ONE, MORE, settings=tables)
    with pytest.raises(UsageError, match="live has no release 1; it has none yet"):
        await read_comparison(tmp_path, "live", 1, 2)
    with pytest.raises(UsageError, match="no enabled environment 'prod'"):
        await read_comparison(tmp_path, "prod", 1, 2)
    assert (await read_comparison(tmp_path, None, 1, 2)).files == (await compared(world, 1, 2)).files


def test_the_terminal_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = project(tmp_path)
    for graph in (MORE, OTHER):
        world.graph(graph)
        assert main(["apply", "-C", str(tmp_path)]) == ExitCode.DONE
    capsys.readouterr()
    assert main(["compare", "1", "2", "-C", str(tmp_path)]) == ExitCode.DONE
    page = capsys.readouterr().out
    for part in ("dev: release 1 (0.1.0) → 2 (0.2.0)", "- attribute A.y  a.py:3", "2 breaking", "Release 2: ready"):
        assert part in page
    assert main(["compare", "1", "2", "--json", "-C", str(tmp_path)]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["suggests"] == "major"
    assert [change["symbol"] for change in document["interface"] if change["breaking"]] == ["A.y", "b"]
    assert main(["history", "-C", str(tmp_path)]) == ExitCode.DONE
    assert "0.2.0" in capsys.readouterr().out
    assert main(["show", "2", "-C", str(tmp_path)]) == ExitCode.DONE
    assert "version 0.2.0" in capsys.readouterr().out
    assert main(["compare", "1", "1", "-C", str(tmp_path)]) == ExitCode.USAGE


GRAPHS = st.lists(st.sampled_from((ONE, MORE, LESS, OTHER, ":D a :Class .\n")), min_size=2, max_size=4)


@settings(deadline=None, max_examples=12)
@given(graphs=GRAPHS)
async def test_any_two_releases_mirror_each_other(tmp_path_factory: pytest.TempPathFactory, graphs: list[str]) -> None:
    world = await released(tmp_path_factory.mktemp("mirror"), *graphs)
    async with world.open() as opened:
        numbers = [release.number for release in opened.history()]
        for older, newer in ((one, other) for one in numbers for other in numbers if one < other):
            there, back = await opened.compare(older, newer), await opened.compare(newer, older)
            assert there.features_added == back.features_removed
            assert there.features_removed == back.features_added
            turned = {"added": "removed", "removed": "added", "changed": "changed"}
            assert {(f.path, f.kind) for f in there.files} == {(f.path, turned[f.kind]) for f in back.files}
            assert sorted(c.mirrored() for c in there.interface) == sorted(
                (c.kind, c.symbol, c.what, c.before, c.after) for c in back.interface
            )
            assert [(f.name, f.before, f.after) for f in there.figures] == [
                (f.name, f.after, f.before) for f in back.figures
            ]
            assert bool(there.files) == any(graphs[0] != graph for graph in graphs) or len(set(graphs)) > 1


def release(number: int, state: ReleaseState = ReleaseState.DEPLOYED, *, complete: bool = True) -> Release:
    return Release("dev", number, None, 1, "", 0.0, state, complete)


@pytest.mark.parametrize(
    ("accuracy", "state", "complete", "doubtful", "verdict"),
    [
        (0.96, ReleaseState.DEPLOYED, True, (), "ready"),
        (0.9, ReleaseState.DEPLOYED, True, (), "not ready"),
        (None, ReleaseState.DEPLOYED, True, (), "inconclusive"),
        (0.96, ReleaseState.DEPLOYED, True, ("the gate types said nothing",), "inconclusive"),
        (0.96, ReleaseState.BAD, True, (), "not ready"),
        (0.96, ReleaseState.DEPLOYED, False, ("more",), "not ready"),
    ],
)
def test_the_verdict(
    accuracy: float | None, state: ReleaseState, complete: bool, doubtful: tuple[str, ...], verdict: str
) -> None:
    measured = {} if accuracy is None else {"accuracy": Measured(accuracy, "share")}
    told = Told(release(2, state, complete=complete), 0, doubtful=doubtful)
    found = readiness(told, figures({}, measured, OBJECTIVES), OBJECTIVES)
    assert found.verdict == verdict
    assert found.reasons
    assert "cycle_p95" in found.unmeasured


VALUES = st.dictionaries(st.sampled_from(("accuracy", "error_rate", "tests_s", "lines")), st.floats(0, 1))


@given(VALUES, VALUES)
def test_figures_get_better_one_way_and_worse_the_other(before: dict[str, float], after: dict[str, float]) -> None:
    units = {"accuracy": "share", "error_rate": "share", "tests_s": "s", "lines": "lines"}

    def measured(values: dict[str, float]) -> dict[str, Measured]:
        return {name: Measured(value, units[name]) for name, value in values.items()}

    there = figures(measured(before), measured(after), OBJECTIVES)
    back = figures(measured(after), measured(before), OBJECTIVES)
    turned = {
        "better": "worse",
        "worse": "better",
        "new": "gone",
        "gone": "new",
        "equal": "equal",
        "changed": "changed",
    }
    seen = [(one.name, turned.get(one.direction, one.direction)) for one in there]
    assert seen == [(one.name, one.direction) for one in back]
    assert all(one.direction == "equal" for one in figures(measured(before), measured(before), OBJECTIVES))


def test_gates_speak_for_and_against_a_release() -> None:
    warned = Finding("dependencies", "warning", "the package `x` is in no manifest", "a.py", 3, hint="add it")
    results = (
        Evaluated("syntax", "pass"),
        Evaluated("dependencies", "pass", (warned, warned)),
        Evaluated("tests", "fail", reason="3 failed"),
        Evaluated("cover", "inconclusive"),
    )
    refused, doubtful, passed = told_by_gates(results)
    assert refused == ["the gate tests failed: 3 failed"]
    assert doubtful == ["the gate cover could not tell"]
    assert passed == ["gates passed: syntax, dependencies"]
    assert told_by_gates(()) == ([], ["no gate looked at it"], [])
    found = {point.kind: point for point in points_of_gates(results)}
    assert found["reliability"].text == "dependencies: a.py:3: the package `x` is in no manifest, and 1 more"
    assert found["reliability"].way == "add it"
    assert "nobody looked" in found["security"].text
    assert points_of_gates((Evaluated("security", "pass"),)) == []


def test_points_name_the_class_the_figure_and_the_way() -> None:
    told = Told(release(2), 3, edited=[("a.j2", 4)])
    compared = (
        FigureDifference("error_rate", "share", 0.01, 0.06, "worse"),
        FigureDifference("slow", "s", 1, 2, "worse"),
    )
    found = {point.kind: point for point in points(told, compared, OBJECTIVES) if "breaks" not in point.text}
    assert found["performance"].text == "slow was 1s and is 2s"
    assert found["accuracy"].text == "4 files of a.j2 are edited by hand"
    assert [p.way for p in points(told, compared, OBJECTIVES) if p.text.startswith("error_rate")] == ["roll back"]


@pytest.fixture
def schema_org(tmp_path: Path, real_data: Path) -> Callable[[str], None]:
    (tmp_path / "graphs").mkdir()

    def use(version: str) -> None:
        shutil.copy(real_data / "data" / "schemaorg" / f"{version}.ttl", tmp_path / "graphs" / "schema.ttl")

    return use


@pytest.mark.long
@pytest.mark.parametrize("pack", ["python", "typescript", "rust", "go", "sql"])
async def test_schema_org_from_29_4_to_30_0(tmp_path: Path, pack: str, schema_org: Callable[[str], None]) -> None:
    """What the vocabulary gained is in the comparison, with the triple behind it; the way back mirrors it."""
    config = f'[project]\ntemplates = ["pack:{pack}"]\n[engine]\nauto_version = true\n'
    world = World(tmp_path, {"regen.toml": config})
    for version in ("29.4", "30.0"):
        schema_org(version)
        await world.apply()
    async with world.open() as opened:
        there, back = await opened.compare(1, 2), await opened.compare(2, 1)
        assert [release.version for release in opened.history()] == ["0.2.0" if there.breaking else "0.1.1", "0.1.0"]
    assert there.interface
    assert all(change.because for change in there.interface if change.kind == "added")
    assert sorted(map(repr, (c.mirrored() for c in there.interface))) == sorted(
        repr((c.kind, c.symbol, c.what, c.before, c.after)) for c in back.interface
    )
