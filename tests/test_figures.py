"""Figures of a window, objectives with their budgets, and what a watch says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, PREFIXES, World

from regen.cli.main import run
from regen.cli.stats import shown, sparkline
from regen.errors import ConfigError, UsageError
from regen.figures.compliance import compliance
from regen.figures.facts import Cycle, Facts, Sample, Up, read_facts
from regen.figures.judging import BURNS, FEWEST, Burn, Judge, Watched, burning
from regen.figures.statistics import percentile
from regen.figures.stats import stats
from regen.figures.table import ROWS, Price, well_s
from regen.health.own import Alive, uptime
from regen.model.cycle import Counts, CycleRecord, StageTime
from regen.model.measure import Measure
from regen.model.objective import OBJECTIVES, Objective, Target
from regen.model.window import Window, parse_window
from regen.state import cycles, measures
from regen.state.db import Database

FREE = Price(0.0, "EUR")
HOUR = Window("1h", 0.0, 3600.0)
CYCLE = Cycle(0.0, 1.0, 0.5, "success", None, 0, 0, "watch", "dev")
CYCLES = st.lists(
    st.builds(
        Cycle,
        at=st.floats(0, 3599),
        duration_s=st.floats(0, 100),
        cpu_s=st.floats(0, 100),
        result=st.sampled_from(["success", "failure", "error", "skip"]),
        delay_s=st.none() | st.floats(0, 100),
        merges=st.integers(2, 5),
        merge_conflicts=st.integers(0, 2),
        kind=st.sampled_from(["watch", "apply"]),
        environment=st.just("dev"),
    )
)


def facts(some: list[Cycle], **values: object) -> Facts:
    made = Facts(HOUR, sorted(some, key=lambda one: one.at))
    return replace(made, **values)  # type: ignore[arg-type]


@contextmanager
def database() -> Iterator[Database]:
    with TemporaryDirectory() as folder, closing(Database(Path(folder) / "state.db")) as db:
        yield db


@given(st.lists(st.floats(0, 1000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_measured_value_that_so_many_do_not_exceed(values: list[float], percent: int) -> None:
    ordered = sorted(values)
    found = percentile(ordered, percent)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= percent / 100 * len(ordered) - 1e-9
    assert sum(value < found for value in ordered) < percent / 100 * len(ordered)


@given(CYCLES)
def test_every_figure_stands_on_its_samples_and_shares_stay_between_0_and_1(some: list[Cycle]) -> None:
    found = stats(facts(some), FREE)
    assert [one.metric for one in found.figures] == [row.metric for row in ROWS]
    for one in found.figures:
        assert one.metric in {"conflicts_open", "cycles"} or (one.value is None) == (one.samples == 0)
        if one.unit == "share" and one.value is not None:
            assert 0 <= one.value <= 1
    success, error = found.figure("success_rate"), found.figure("error_rate")
    assert success is not None
    assert error is not None
    if some:
        assert (success.value or 0) + (error.value or 0) == pytest.approx(1)


@given(CYCLES)
def test_a_budget_is_overspent_just_where_the_objective_is_missed(some: list[Cycle]) -> None:
    found = compliance(facts(some), OBJECTIVES, FREE)
    for one in found.objectives:
        if one.budget is None:
            continue
        assert one.budget.burn_long == pytest.approx(1 - one.budget.left)
        if one.outcome == "pass":
            assert one.budget.left >= -1e-9
        if one.budget.left < -1e-9:
            assert one.outcome == "fail"
    judged = [one for one in found.objectives if one.outcome != "inconclusive"]
    assert (found.overall is None) == (not judged)


def test_nothing_measured_is_no_figure_and_no_verdict() -> None:
    found = stats(facts([]), FREE)
    assert {one.metric for one in found.figures if one.value is not None} == {"cycles", "conflicts_open"}
    kept = compliance(facts([]), OBJECTIVES, FREE)
    assert {one.outcome for one in kept.objectives} == {"inconclusive"}
    assert kept.overall is None


def test_availability_counts_the_time_after_a_watch_died_and_not_after_it_was_stopped() -> None:
    alive = [Alive(0, 1000, stopped=True), Alive(1500, 2000), Alive(2500, 3600)]
    counted, well = uptime(alive, (), [[(1.0, False)]], 3600)
    found = stats(facts([CYCLE], counted=counted, well=well), FREE).figure("availability")
    assert found is not None
    assert found.value == pytest.approx((1000 + 500 + 1100) / (1000 + 1000 + 1100))


def test_availability_counts_the_interface_where_it_was_started_and_every_environment() -> None:
    watched, served = [Alive(0, 1000)], [Alive(100, 200), Alive(300, 400, stopped=True)]
    fine, failing = [(1.0, False)], [(500.0, True), (600.0, False), (950.0, True)]
    counted, well = uptime(watched, served, [fine, failing], 1000)
    assert counted == [(0, 1000)]
    assert well == [(0, 200), (300, 500), (600, 950)]


def test_a_window_in_which_no_cycle_ran_begins_as_the_one_before_it_ended() -> None:
    record = CycleRecord(0, "dev", "watch", "t", 100.0, 2.0, 1.0, "failure")
    with database() as db:
        cycles.note(db, record)
        cycles.note(db, replace(record, at=4000.0, result="success"))
        up = Up([Alive(0, 10_000)], (), ["dev"])
        values = []
        for since, until in [(1000.0, 2000.0), (3002.0, 5002.0), (6000.0, 7000.0)]:
            found = stats(read_facts(db, Window("", since, until), "dev", up), FREE).figure("availability")
            values.append(found.value if found is not None else None)
    assert values == [0.0, 0.5, 1.0]


@given(st.lists(st.tuples(st.floats(0, 3600), st.booleans()), max_size=9), st.integers(1, 30))
def test_availability_of_parts_is_that_of_the_whole(ends: list[tuple[float, bool]], number: int) -> None:
    counted, well = uptime([Alive(0, 3000), Alive(3300, 3600)], (), [sorted(ends)], 3600)
    whole = facts([], counted=counted, well=well)
    parts = [well_s(whole.part(since, until)) for since, until in HOUR.buckets(number)]
    assert [sum(one) for one in zip(*parts, strict=True)] == pytest.approx(well_s(whole), abs=1e-6)


def test_cost_is_processor_time_and_model_money() -> None:
    money = [Sample(10.0, 0.5, "number")]
    some = [CYCLE._replace(cpu_s=1800.0)] * 2
    found = stats(facts(some, measures={"model_cost": money}), Price(2.0, "EUR")).figure("cost")
    assert found is not None
    assert found.value == pytest.approx(2.5)


def test_a_measure_of_the_users_own_has_a_mean_and_percentiles() -> None:
    some = facts([], measures={"basket": [Sample(number, float(number), "s") for number in range(1, 101)]})
    mean = stats(some, FREE).figure("basket")
    assert mean is not None
    assert (mean.value, mean.unit, mean.samples) == (50.5, "s", 100)
    (one,) = compliance(some, [Objective("basket_p95", "", "s", "lower", Target.parse("< 90s"))], FREE).objectives
    assert (one.figure.value, one.outcome) == (95.0, "fail")
    assert one.budget is not None
    assert one.budget.missed == 11


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("15m", 1e9 - 900, 1e9),
        ("1.5h", 1e9 - 5400, 1e9),
        ("7d", 1e9 - 604_800, 1e9),
        ("all", 0.0, 1e9),
        ("1970-01-02..1970-01-03", 86_400.0, 3 * 86_400.0),
        ("1970-01-02T00:00+01:00..1970-01-02T12:00", 82_800.0, 129_600.0),
        ("1970-01-02..", 86_400.0, 1e9),
        ("1970-01-02..2999-12-31", 86_400.0, 1e9),
    ],
)
def test_windows_as_people_write_them(text: str, since: float, until: float) -> None:
    found = parse_window(text, 1e9)
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize("text", ["", "5x", "0h", "-1h", "2026-13-01..", "2026-02-01..2026-01-01", "yesterday"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"window|date"):
        parse_window(text, 1e9)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.99812, "share", "99.81%"),
        (0.01234, "s", "12.3 ms"),
        (12.345, "s", "12.3 s"),
        (7200, "s", "2 h"),
        (12345, "number", "12,345"),
        (0.5, "number", "0.5"),
    ],
)
def test_figures_as_people_read_them(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_a_sparkline_goes_from_nothing_to_the_highest() -> None:
    assert sparkline([None, 0.0, 1.0, 2.0]) == " ▁▅█"
    assert sparkline([0.0, 0.0]) == "▁▁"


def test_facts_are_those_of_the_window_and_the_environment() -> None:
    record = CycleRecord(0, "dev", "watch", "t", 100.0, 2.0, 1.0, "success", counts=Counts(rendered=4))
    stages = (StageTime("load", 0.0, 0.5), StageTime("render", 0.5, 1.0))
    with database() as db:
        for number in range(5):
            cycles.note(db, replace(record, at=100.0 * number, stages=stages))
        cycles.note(db, replace(record, environment="live", result="failure"))
        cycles.note(db, replace(record, result="cancellation"))
        measures.record(db, [Measure("learning_delay", 9.0, "s", 200.0)])
        found = read_facts(db, Window("", 100.0, 400.0), "dev", Up())
        assert [one.at for one in found.cycles] == [100.0, 200.0, 300.0]
        shown_stats = stats(found, FREE, "dev")
        assert [(one.name, one.runs, one.share) for one in shown_stats.stages] == [
            ("load", 3, 0.25),
            ("render", 3, 0.5),
        ]
        assert shown_stats.figure("artifacts_per_s").value == 4  # type: ignore[union-attr]
        assert shown_stats.figure("learning_delay_p95").value == 9  # type: ignore[union-attr]
        everything = read_facts(db, parse_window("all", 1000.0), None, Up())
        assert (everything.window.since, len(everything.cycles)) == (0.0 if everything.cycles[0].at else -0.0, 6)


class Beside:
    """A judge with hands on its clock, and on the facts that it reads.

    Args:
        metric: the only objective that it judges.
    """

    def __init__(self, metric: str, facts: Facts, period_s: float = 720 * 3600.0) -> None:
        self.facts, self.now, self.read = facts, 0.0, list[float]()
        table = [Watched(row, 3600.0, period_s) for row in OBJECTIVES if row.metric == metric]
        self._judge = Judge(table, FREE, self._read, lambda: self.now)

    def _read(self, environment: str, length_s: float) -> Facts:
        self.read.append(length_s)
        return self.facts

    def look(self, after_s: float = 10.0) -> list[tuple[str, str]]:
        self.now += after_s
        return [(one.level, one.message) for one in self._judge.look(["dev"])]

    def levels(self, after_s: float = 10.0) -> list[str]:
        return [level for level, _ in self.look(after_s)]


BAD = facts([CYCLE._replace(result="failure")] * 2 + [CYCLE] * 18)
GOOD = facts([CYCLE] * 20)


def test_only_what_is_behind_the_figures_asked_for_is_read() -> None:
    with database() as db:
        cycles.note(
            db, CycleRecord(0, "dev", "watch", "t", 1.0, 1.0, 1.0, "success", stages=(StageTime("load", 0, 1),))
        )
        names = ["basket", "other", "waiting"]
        measures.record(db, [Measure(name, 1.0, "s", 1.0) for name in names])
        found = read_facts(db, HOUR, None, Up(), only={"basket", "waiting_p95", "error_rate"})
        assert (sorted(found.measures), len(found.cycles), found.stage_runs) == (["basket", "waiting"], 1, ())
        everything = read_facts(db, HOUR, None, Up())
        assert (sorted(everything.measures), len(everything.stage_runs)) == (names, 1)


def test_an_objective_is_told_when_it_gets_worse_and_when_it_stays_better() -> None:
    beside = Beside("error_rate", GOOD)
    assert beside.levels() == []
    assert beside.levels(60) == ["ok"]
    beside.facts = BAD
    ((level, message),) = beside.look()
    assert level == "critical"
    assert message == "error_rate is 10% over the last 1 h, critical from 5% on; remedy: roll back"
    assert beside.look() == []
    beside.facts = GOOD
    assert [beside.levels() for _ in range(5)] == [[]] * 5
    beside.facts = BAD
    assert beside.look() == []
    beside.facts = GOOD
    assert [beside.levels() for _ in range(7)] == [[]] * 6 + [["ok"]]


def test_few_samples_raise_no_alert() -> None:
    for row in OBJECTIVES:
        beside = Beside(row.metric, facts([CYCLE._replace(result="error")] * 9, accurate=(3, 1)))
        assert {level for _ in range(9) for level in beside.levels(30)} <= {"ok"}, row.metric


def test_a_budget_that_is_used_up_fast_is_an_alert_before_it_is_gone() -> None:
    """In the last twelfth of the window, too: what is over is no alert any more."""
    slow = [CYCLE._replace(at=float(at), duration_s=40.0) for at in range(3500, 3599)]
    fast = [CYCLE._replace(at=float(at)) for at in range(3300, 3400)] * 20
    row = Objective("cycle_p95", "", "s", "lower", Target.parse("< 30s"))
    level, message = burning(facts(slow), row, BURNS[0], 3600.0)
    assert level == "critical"
    assert "its error budget is used 20 times too fast over the last 1 h and 5 min" in message
    assert burning(facts([*slow, *fast]), row, BURNS[0], 3600.0)[0] == "ok"
    over = [CYCLE._replace(at=at.at - 3000, duration_s=40.0) for at in slow]
    later = [CYCLE._replace(at=3590.0)]
    assert burning(facts([*over, *later]), row, BURNS[0], 3600.0)[0] == "ok"


@given(CYCLES, st.sampled_from(BURNS))
def test_a_budget_burns_where_both_windows_miss_more_than_so_many_times_what_is_allowed(
    some: list[Cycle], burn: Burn
) -> None:
    row = next(one for one in OBJECTIVES if one.metric == "error_rate")
    level, message = burning(facts(some), row, burn, 3600.0)
    last = [one for one in some if one.at >= 3300]
    rates = [sum(one.failed for one in part) / len(part) / 0.02 if part else -1.0 for part in (some, last)]
    assert (level == burn.level) == (len(some) >= FEWEST and min(rates) >= burn.times)
    assert bool(message) == (level != "ok")


def test_long_windows_are_read_now_and_then_only() -> None:
    beside = Beside("cycle_p95", GOOD)
    for _ in range(61):
        beside.look(2.0)
    longest = 72 * 3600.0
    assert beside.read.count(longest) == 1
    assert beside.read[0] == longest
    assert beside.read[1:5] == [3600.0] * 4
    assert beside.read.count(6 * 3600.0) == 10
    beside.look(30.0)
    assert beside.read.count(longest) == 2


def make(root: Path, settings: str = "") -> World:
    world = World(root / "project")
    world.write("regen.toml", settings)
    return world


def test_stats_of_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = make(tmp_path)
    assert run(["-C", str(world.root), "stats"]) == 0
    assert "nothing was measured" in capsys.readouterr().out
    run(["-C", str(world.root), "apply"])
    world.write("graphs/people.ttl", PREFIXES + PEOPLE.replace("Bob", "Rob"))
    run(["-C", str(world.root), "apply"])
    world.write("templates/person.j2", "---\nto: [\n---\n")
    assert run(["-C", str(world.root), "apply"]) == 2
    capsys.readouterr()
    assert run(["-C", str(world.root), "stats", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    values = {one["metric"]: one["value"] for one in found["figures"]}
    assert found["cycles"] == 3
    assert values["error_rate"] == pytest.approx(1 / 3)
    assert {"load", "render", "deploy"} <= {one["name"] for one in found["stages"]}
    assert run(["-C", str(world.root), "stats", "--window", "1h"]) == 0
    text = capsys.readouterr().out
    assert "error rate" in text
    assert "33.33%" in text
    assert run(["-C", str(world.root), "stats", "--objectives"]) == 1
    text = capsys.readouterr().out
    assert "error rate 33.33% < 2% critical -1567%" in " ".join(text.split())
    assert run(["-C", str(world.root), "stats", "--objectives", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    kept = {one["objective"]["metric"]: one for one in found["items"]}
    assert 0 < found["overall"] < 1
    assert (kept["error_rate"]["outcome"], kept["error_rate"]["level"]) == ("fail", "critical")
    assert kept["error_rate"]["budget"]["missed"] == 1
    assert run(["-C", str(world.root), "stats", "--window", "5x"]) == 2
    assert run(["-C", str(world.root), "stats", "--env", "nowhere"]) == 2


def test_environments_are_told_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = make(tmp_path, '[[environment]]\nname = "dev"\n[[environment]]\nname = "live"\ntarget = "live"\n')
    for name in ("dev", "dev", "live"):
        assert run(["-C", str(world.root), "apply", "--env", name, "--full"]) == 0
    capsys.readouterr()
    assert run(["-C", str(world.root), "stats", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["environment"], one["cycles"]) for one in found["environments"]] == [("dev", 2), ("live", 1)]
    rates = [one["value"] for each in found["environments"] for one in each["figures"] if one["metric"] == "error_rate"]
    assert rates == [0.0, 0.0]
    assert run(["-C", str(world.root), "stats"]) == 0
    assert "environment cycles error rate cycle p50" in " ".join(capsys.readouterr().out.split())
    assert run(["-C", str(world.root), "stats", "--env", "live", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["environments"] == []


def test_accuracy_is_what_nobody_changed_or_called_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was called bad counts until it is rendered anew, or somebody calls it good."""
    world = make(tmp_path)

    def accuracy() -> float:
        capsys.readouterr()
        assert run(["-C", str(world.root), "stats", "--json"]) == 0
        return {one["metric"]: one for one in json.loads(capsys.readouterr().out)["figures"]}["accuracy"]["value"]

    run(["-C", str(world.root), "apply"])
    files = sorted(path for path in (world.root / "out").rglob("*") if path.is_file())
    assert accuracy() == 1.0
    run(["-C", str(world.root), "feedback", str(files[0]), "--bad"])
    assert accuracy() == pytest.approx(1 - 1 / len(files))
    run(["-C", str(world.root), "feedback", str(files[0]), "--good"])
    assert accuracy() == 1.0
    run(["-C", str(world.root), "feedback", str(files[0]), "--bad"])
    template = world.root / "templates/person.j2"
    template.write_text(template.read_text() + "# better\n")
    run(["-C", str(world.root), "apply"])
    assert accuracy() == 1.0


OWN = '[[objective]]\nmetric = "basket_errors"\nmeans = "share of baskets that fail"\ntarget = "< 2%"\n'
OWN += '[[objective]]\nmetric = "waiting_p95"\nmeans = "waiting for a basket"\ntarget = "< 5min"\n'


@pytest.mark.anyio
async def test_a_program_records_values_of_its_own_and_sets_objectives_for_them(tmp_path: Path) -> None:
    world = make(tmp_path, OWN)
    async with world.open() as project:
        await project.record("basket_errors", 3, "%")
        found = project.stats().figure("basket_errors")
        assert found is not None
        assert (found.value, found.unit) == (0.03, "share")
        kept = {one.objective.metric: one for one in project.compliance().objectives}
        assert kept["basket_errors"].outcome == "fail"
        for metric, value, unit in [("cycle_p95", 1, "s"), ("Basket", 1, "s"), ("b", float("nan"), "s"), ("b", 1, "x")]:
            with pytest.raises(UsageError):
                await project.record(metric, value, unit)
        with pytest.raises(UsageError, match="basket_errors was a share until now, and this is a number"):
            await project.record("basket_errors", 3)
        with pytest.raises(UsageError, match="the objective of waiting_p95 is a time, and this is a share"):
            await project.record("waiting", 3, "%")
        await project.record("waiting", 3, "min")
        kept = {one.objective.metric: one for one in project.compliance().objectives}
        assert (kept["waiting_p95"].outcome, kept["waiting_p95"].figure.value) == ("pass", 180.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('metric = "cycle_p59"\ntarget = "< 30s"', "there is no figure 'cycle_p59'"),
        ('metric = "Basket"\nmeans = "x"\ntarget = "< 30s"', "no name of a figure"),
        ('metric = "cycle_p95"\nwindow = "soon"', "no window"),
        ('metric = "basket"\nmeans = "x"\ntarget = "30s"', "no target"),
    ],
)
def test_an_objective_that_cannot_be_meant_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, message: str
) -> None:
    world = make(tmp_path, f"[[objective]]\n{table}\n")
    assert run(["-C", str(world.root), "stats"]) == ConfigError("").exit_code
    assert message in capsys.readouterr().err
