"""Recommendations: what they name, and why; nothing where there is nothing to say; what people say of files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cycle_world import World

from regen import Project
from regen.cli.main import run
from regen.errors import ExitCode, UsageError
from regen.feedback import Frame, Known, Loop
from regen.feedback.advice import Seen, recommend
from regen.feedback.control import Control
from regen.feedback.frame import Range
from regen.model.cycle import Counts, CycleRecord, Share, StageTime
from regen.model.tuning import Judged
from regen.state import judgements
from regen.state.opening import read_state

FRAME = Frame(True, 30.0, Range(1, 4), Range(1, 64), Range(50, 400), None, "regen.toml")
RECORD = CycleRecord(
    1,
    "dev",
    "watch",
    "x",
    0.0,
    10.0,
    0.0,
    "success",
    counts=Counts(files=3),
    stages=(
        StageTime("load", 0.0, 1.0),
        StageTime("render", 1.0, 8.0),
        StageTime("past", 2.0, 1.0),
        StageTime("deploy", 9.0, 1.0),
    ),
    shares=(
        Share("template", "model.py.j2", 6.1, 100, 0.2),
        Share("template", "other.md.j2", 3.9, 100, 0.05),
        Share("view", "model.py.j2 properties", 3.0, 100),
        Share("view", "model.py.j2 each", 0.5, 100),
    ),
)
WHOLE = {"model.py.j2 properties": "GROUP BY makes rows of many triples"}


def texts(seen: Seen, loop: Loop | None = None) -> dict[str, str]:
    loop = loop or Loop(FRAME, Known(Control(1)))
    return {one.about: one.text for one in recommend(seen, loop)}


def test_the_bottleneck_is_named_by_stage_template_and_view() -> None:
    found = texts(Seen([RECORD], WHOLE))
    assert found["render"].startswith("the bottleneck is the stage `render`: rendering takes 80 % of the cycles")
    assert found["model.py.j2"].startswith(
        "`model.py.j2` takes 61 % of rendering: its view `properties` is evaluated whole because GROUP BY makes rows"
    )
    assert "takes 86 % of evaluating views: it is evaluated whole because" in found["model.py.j2 properties"]
    assert "other.md.j2" in found


def test_figures_stand_beside_what_is_said() -> None:
    (stage,) = [one for one in recommend(Seen([RECORD], {}), Loop(FRAME, Known(Control(1)))) if one.about == "render"]
    assert stage.evidence == ("render 80 %", "load 10 %", "deploy 10 %")


def test_nothing_is_said_where_nothing_was_done() -> None:
    assert texts(Seen([], {})) == {}
    assert texts(Seen([replace(RECORD, result="error")], WHOLE)) == {}


def test_an_artifact_that_takes_longer_than_the_target_is_told_of() -> None:
    """No controller helps there."""
    loop = Loop(FRAME, Known(Control(4)))
    loop.learn([replace(RECORD, shares=(Share("template", "model.py.j2", 45.0, 10, 41.0),), duration_s=45.0)])
    (warning,) = [one for one in recommend(Seen([], {}), loop) if one.about == "model.py.j2"]
    assert warning.severity == "warning"
    assert "one artifact of `model.py.j2` alone takes 41.0 s, longer than the target of 30.0 s" in warning.text
    assert "no number of workers helps" in warning.text


@pytest.mark.parametrize(
    ("frame", "paused", "about"),
    [
        (FRAME, False, "workers"),
        (replace(FRAME, workers=Range(2, 2, fixed=True)), False, "workers"),
        (replace(FRAME, executor="inline"), False, "executor"),
        (FRAME, True, "adaptive"),
    ],
)
def test_what_is_in_the_way_of_the_target_is_named(frame: Frame, paused: bool, about: str) -> None:
    loop = Loop(frame, Known(Control(frame.workers.most)), paused=paused)
    loop.learn([replace(RECORD, duration_s=40.0)] * 5)
    assert "95th percentile of the cycles is 40.0 s, the target 30.0 s" in texts(Seen([], {}), loop)[about]


def test_templates_that_people_find_bad_are_told_of_first() -> None:
    seen = Seen([RECORD], {}, (Judged(None, 4, 1, 1.0), Judged("x.j2", 4, 1, 1.0)), {"x.j2": ("wrong types",)})
    first = recommend(seen, Loop(FRAME, Known(Control(1))))[0]
    assert first.text.startswith("template `x.j2`: 3 of 4 judged bad: “wrong types”")


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path / "project")
    with Project.open_sync(found.root) as project:
        project.apply()
    return found


def test_a_judgement_joins_the_figures_of_its_template(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["feedback", "ada.txt", "--bad", "no birthday", "-C", str(world.root)]) == ExitCode.DONE
    assert run(["feedback", "bob.txt", "--score", "4", "-C", str(world.root)]) == ExitCode.DONE
    assert "0 of 5 for ada.txt, of the template person.j2" in capsys.readouterr().out
    with read_state(world.root / ".regen") as state:
        assert state is not None
        everything, person = judgements.judged(state.db)
        assert judgements.accuracy(state.db) == 0.5
        assert judgements.accuracy(state.db, environment="live") is None
    assert (everything.template, everything.artifacts, everything.good) == (None, 2, 1)
    assert (person.template, person.accuracy, person.score) == ("person.j2", 0.5, 2.0)
    assert run(["feedback", "--list", "--json", "-C", str(world.root)]) == ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    assert [one["text"] for one in told["judgements"]] == ["", "no birthday"]


def test_the_last_word_on_a_file_counts(world: World) -> None:
    with Project.open_sync(world.root) as project:
        project.judge("ada.txt", 0, "wrong")
        project.judge("out/ada.txt", 5, "mended")
        assert [one.good for one in project.opinions().judged] == [1, 1]
        assert [one.text for one in project.opinions("dev").judgements] == ["mended", "wrong"]


def test_a_judgement_of_what_regen_does_not_make_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["feedback", "nothing.txt", "--good", "-C", str(world.root)]) == ExitCode.USAGE
    assert "regen makes no file nothing.txt" in capsys.readouterr().err
    assert run(["feedback", "ada.txt", "--good", "--bad", "-C", str(world.root)]) == ExitCode.USAGE
    assert run(["feedback", "-C", str(world.root)]) == ExitCode.USAGE
    with Project.open_sync(world.root) as project, pytest.raises(UsageError, match="from 0 to 5"):
        project.judge("ada.txt", 7)


def test_recommendations_of_a_project_name_its_whole_views(tmp_path: Path) -> None:
    world = World(tmp_path / "project")
    world.write(
        "templates/person.j2",
        '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a :Person }\nwith:\n'
        '  first: "SELECT ?this ?n WHERE { ?this :knows ?n { SELECT ?n { ?n rdfs:label ?l } ORDER BY ?l LIMIT 1 } }"\n'
        "---\n{% for n in range(300000) %}{% endfor %}{{ first }}\n",
    )
    with Project.open_sync(world.root) as project:
        project.apply()
        for template in ("one", "two"):
            world.write(f"templates/{template}.j2", f"---\nto: {template}.txt\n---\n{template}\n")
        project.apply()
        found = {one.about: one.text for one in project.recommendations()}
        assert project.tuning().recommendations
    assert "its view `first` is evaluated whole because" in found["person.j2"]
