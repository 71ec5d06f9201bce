"""Objectives: targets read and judged as people write them, and the table that a project may change."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from regen.config import load_config
from regen.config.objectives import objectives
from regen.errors import ConfigError, UsageError
from regen.model.objective import OBJECTIVES, Objective, Target, parse_amount, shown_amount, shown_figure

_UNITS = st.sampled_from(("share", "s", "number"))
_NUMBERS = st.decimals(min_value=0, max_value=10**6, places=4, allow_nan=False).map(float)
_TARGETS = st.builds(Target, st.sampled_from(("<", "<=", ">", ">=")), _NUMBERS, _UNITS) | st.builds(
    Target,
    st.sampled_from(("<", "<=", ">", ">=")),
    st.decimals(min_value=-5, max_value=5, places=4).map(lambda number: float(number) or 0.0),
    st.just("share"),
    st.just(True),
)


@given(_TARGETS)
def test_a_target_reads_what_it_writes(target: Target) -> None:
    assert Target.parse(str(target)) == target


@given(_NUMBERS, _UNITS)
def test_an_amount_reads_what_it_shows(value: float, unit: str) -> None:
    assert parse_amount(shown_amount(value, unit)) == (value, unit)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1.082670060000055, "s", "1.08267s"),
        (0.7757975609993082, "s", "775.798ms"),
        (0.9123456789, "share", "91.2346%"),
        (12345678.0, "number", "12345678"),
        (0.0, "s", "0s"),
    ],
)
def test_a_figure_is_shown_with_the_digits_that_people_read(value: float, unit: str, said: str) -> None:
    assert shown_figure(value, unit) == said


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("> 90%", Target(">", 0.9, "share")),
        ("<3s", Target("<", 3.0, "s")),
        ("<= +10%", Target("<=", 0.1, "share", True)),
        (">= -2.5%", Target(">=", -0.025, "share", True)),
        (" >= 0.95 ", Target(">=", 0.95, "number")),
        ("< 500 ms", Target("<", 0.5, "s")),
        ("≤ 5min", Target("<=", 300.0, "s")),
        ("≥ 24h", Target(">=", 86400.0, "s")),
        ("> -3", Target(">", -3.0, "number")),
    ],
)
def test_targets_as_people_write_them(text: str, target: Target) -> None:
    assert Target.parse(text) == target


@pytest.mark.parametrize(
    "text", ["", "90%", "> ", "> ten", "> 5 parsecs", "=> 5", "< +5s", "> 5 > 3", "> nan", "> 1e3"]
)
def test_what_is_no_target_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no (target|amount)") as caught:
        Target.parse(text)
    assert "`" in str(caught.value.hint)


@given(_TARGETS, st.floats(allow_nan=False), st.floats(allow_nan=False) | st.none())
def test_a_measured_figure_passes_or_fails_unless_its_baseline_is_missing(
    target: Target, value: float, baseline: float | None
) -> None:
    outcome = target.judge(value, baseline)
    missing = target.relative and (baseline is None or math.isinf(baseline))
    assert (outcome == "inconclusive") == missing
    assert target.judge(None, baseline) == target.judge(math.nan, baseline) == "inconclusive"


@given(_TARGETS, _NUMBERS, _NUMBERS, _NUMBERS)
def test_a_better_figure_never_fails_where_a_worse_one_passes(
    target: Target, one: float, other: float, baseline: float
) -> None:
    worse, better = sorted((one, other), reverse=target.operator.startswith("<"))
    assert not (target.judge(worse, baseline) == "pass" and target.judge(better, baseline) == "fail")


@given(_TARGETS, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_target_and_its_opposite_never_agree(target: Target, value: float, baseline: float) -> None:
    opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[target.operator]
    other = Target(opposite, target.bound, target.unit, target.relative)  # type: ignore[arg-type]
    assert {target.judge(value, baseline), other.judge(value, baseline)} == {"pass", "fail"}


@given(st.integers(1, 10**6), st.integers(0, 100))
@example(3, 10)
@example(7, 10)
def test_a_relative_bound_is_exact_in_decimals(thousandths: int, percent: int) -> None:
    """3 times 1.1 is 3.3000000000000003 and 0.1 times 1.1 is 0.11000000000000001 in floating point."""
    baseline, value = thousandths / 1000, thousandths * (100 + percent) / 100000
    assert Target.parse(f"<= +{percent}%").judge(value, baseline) == "pass"
    assert Target.parse(f"< +{percent}%").judge(value, baseline) == "fail"


@given(st.sampled_from(OBJECTIVES), st.floats(0, 1e6))
def test_levels_follow_the_bounds(row: Objective, value: float) -> None:
    assume(row.warning is not None and row.critical is not None)
    assert row.warning is not None
    assert row.critical is not None
    assert row.level(row.critical) == "critical"
    assert row.level(row.warning) == "warning"
    past = value > row.critical if row.better == "lower" else value < row.critical
    assert not past or row.level(value) == "critical"


def test_the_table_is_that_of_the_specification() -> None:
    shown = {row.metric: (str(row.target), row.warning, row.critical, row.remedy) for row in OBJECTIVES}
    assert shown == {
        "cycle_p95": ("< 30s", None, None, "tune"),
        "error_rate": ("< 2%", 0.02, 0.05, "roll back"),
        "stable_latency_p95": ("< 3s", 3, 10, "scale up workers"),
        "api_latency_p95": ("< 200ms", None, None, None),
        "accuracy": ("> 85%", 0.9, 0.85, None),
        "availability": ("> 99.9%", 0.999, 0.99, "roll back"),
        "merge_success": ("> 95%", None, None, None),
        "rollback": ("< 30s", None, None, None),
        "learning_delay_p95": ("< 300s", None, None, None),
        "improvement_loop": ("<= 86400s", None, None, None),
        "processor_use": ("None", 0.7, 0.9, "scale up workers"),
    }


def test_the_guide_shows_the_table() -> None:
    page = (Path(__file__).parents[1] / "docs" / "gates.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells for cells in (line.split("|") for line in page.splitlines()) if len(cells) == 8}
    for row in OBJECTIVES:
        cells = [cell.strip() for cell in rows[row.metric]]
        promotion = "" if row.promotion is None else f", for promotion `{row.promotion}`"
        bounds = ["" if bound is None else shown_amount(bound, row.unit) for bound in (row.warning, row.critical)]
        assert cells[2] == (row.means if row.condition is None else f"{row.means}, {row.condition}")
        assert cells[3] == ("" if row.target is None else f"`{row.target}`{promotion}")
        assert cells[4:7] == [*bounds, row.remedy or ""]


def project(root: Path, text: str) -> Path:
    (root / "regen.toml").write_text(text, encoding="utf-8")
    return root


def test_a_project_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    text = '[[objective]]\nmetric = "accuracy"\ntarget = "> 97%"\nwarning = "98%"\n'
    table = objectives(load_config(project(tmp_path, text)))
    changed = {row.metric: row for row, old in zip(table, OBJECTIVES, strict=True) if row != old}
    assert list(changed) == ["accuracy"]
    row = changed["accuracy"]
    assert (str(row.target), row.warning, row.critical) == ("> 97%", 0.98, 0.85)


@pytest.mark.parametrize(
    ("keys", "line", "message", "hint"),
    [
        ('metric = "speed"', 2, "there is no figure 'speed'", "cycle_p95, error_rate"),
        ('metric = "accuracy"\ntarget = "90%"', 3, "no target", "> 90%"),
        ('metric = "accuracy"\ntarget = "< 90%"', 3, "wrong way round", "> 90%"),
        ('metric = "accuracy"\ntarget = "> 3s"', 3, "cannot be '> 3s'", "> 90%"),
        ('metric = "cycle_p95"\nwarning = "90%"', 3, "cannot be '90%'", "3s"),
        ('metric = "error_rate"\nwarning = "6%"', 3, "critical from 5% on", "warning comes first"),
        ('metric = "rollback"\n[[objective]]\nmetric = "rollback"', 4, "two", "into one"),
    ],
)
def test_an_objective_that_cannot_be_meant_is_refused(
    tmp_path: Path, keys: str, line: int, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(project(tmp_path, f"[[objective]]\n{keys}\n"))
    assert caught.value.where == f"regen.toml:{line}"
    assert message in caught.value.message
    assert hint in str(caught.value.hint)
