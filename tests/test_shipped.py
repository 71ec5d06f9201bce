"""Shipped: the dashboard and the rules follow the instruments and the objectives, and a real Prometheus takes them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.test_telemetry import made, regen

from regen.model.objective import OBJECTIVES, Target
from regen.telemetry.instruments import INSTRUMENTS
from regen.telemetry.shipped import dashboard, rules

FAMILIES = {one.family for one in INSTRUMENTS} | {"process_cpu_seconds", "regen_build_info", "up"}
NAMES = re.compile(r"\b(?:regen_\w+|cicd_\w+|process_\w+|up(?=\{))")
LABELS = {label.replace(".", "_") for one in INSTRUMENTS for label in one.labels}


def panels(objectives: Any = OBJECTIVES) -> list[dict[str, Any]]:
    return [panel for panel in json.loads(dashboard(objectives))["panels"] if panel["type"] != "row"]


def rule_list(objectives: Any = OBJECTIVES) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(rules(objectives))["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_every_query_asks_for_what_is_measured() -> None:
    for query in [*queries(), *(rule["expr"] for rule in rule_list())]:
        for name in NAMES.findall(query):
            family = re.sub(r"_(total|bucket|count|sum)$", "", name)
            assert family in FAMILIES or name in FAMILIES | LABELS, query
        assert "$where" not in query
        assert "$window" not in query


def test_every_instrument_is_on_the_dashboard() -> None:
    asked = " ".join(queries())
    unshown = {one.family for one in INSTRUMENTS if one.family not in asked}
    assert unshown == {"regen_revision", "regen_watching", "regen_failed"}, "shown as `available`, or alerted on"


def test_the_dashboard_has_what_grafana_needs() -> None:
    board = json.loads(dashboard())
    assert board["schemaVersion"] >= 36
    assert board["uid"]
    variables = {one["name"]: one for one in board["templating"]["list"]}
    assert variables["datasource"] == variables["datasource"] | {"type": "datasource", "query": "prometheus"}
    rows = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    assert rows == ["Overview", "Cycles", "Stages", "Merging", "Releases", "Learning", "Serving", "Objectives"]
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(dashboard())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_the_rules_follow_the_table_of_objectives() -> None:
    figures = {rule["labels"]["objective"] for rule in rule_list() if rule.get("record") == "regen:figure:1h"}
    assert figures == {one.metric for one in OBJECTIVES}
    alerts = {rule["alert"]: rule for rule in rule_list() if "alert" in rule}
    assert alerts["RegenErrorRateCritical"]["expr"] == 'regen:figure:1h{objective="error_rate"} >= 0.05'
    assert alerts["RegenAvailabilityWarning"]["expr"] == 'regen:figure:1h{objective="availability"} <= 0.999'
    assert "> 0.72" in alerts["RegenCycleP95BurnsCritical"]["expr"]
    assert {one["labels"]["severity"] for one in alerts.values()} == {"warning", "critical"}


def test_a_changed_objective_changes_rules_and_dashboard() -> None:
    changed = tuple(
        replace(one, target=Target("<", 12, "s"), warning=10.0) if one.metric == "cycle_p95" else one
        for one in OBJECTIVES
    )
    text = rules(changed)
    assert 'le="12.0"' in text
    assert 'run_duration_seconds_bucket{le="30.0"}' not in text
    assert "RegenCycleP95Warning" in text
    panel = next(one for one in panels(changed) if one["title"] == "cycle_p95")
    assert [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 10.0]


def test_the_command_prints_them_for_the_project_and_outside_of_one(tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    config = project / "regen.toml"
    config.write_text(config.read_text() + '[[objective]]\nmetric = "cycle_p95"\ntarget = "< 7s"\n')
    done = regen(project, "telemetry", "rules")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'le="7.0"' in done.stdout
    assert json.loads(regen(project, "telemetry", "grafana").stdout)["title"] == "regen"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: `prometheus`)")
def test_promtool_takes_the_rules_and_they_fire_as_they_should(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules())
    (tmp_path / "test.yml").write_text(FIRING)
    for arguments in (("check", "rules", "rules.yml"), ("test", "rules", "test.yml")):
        done = subprocess.run(["promtool", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


FIRING = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'cicd_pipeline_run_duration_seconds_count{job="regen", instance="a", cicd_pipeline_result="success"}'
        values: '0+8x600'
      - series: 'cicd_pipeline_run_duration_seconds_count{job="regen", instance="a", cicd_pipeline_result="failure"}'
        values: '0+2x600'
      - series: 'cicd_pipeline_run_duration_seconds_bucket{job="regen", instance="a", le="30.0"}'
        values: '0+10x600'
      - series: 'cicd_pipeline_run_duration_seconds_bucket{job="regen", instance="a", le="+Inf"}'
        values: '0+10x600'
      - series: 'regen_available{job="regen", instance="a"}'
        values: '1x600'
      - series: 'regen_watching{job="regen", instance="a"}'
        values: '1x600'
      - series: 'up{job="regen", instance="a"}'
        values: '1x600'
      - series: 'up{job="regen", instance="b"}'
        values: '0x600'
    promql_expr_test:
      - expr: regen:figure:1h{objective="error_rate"}
        eval_time: 2h
        exp_samples: [{labels: 'regen:figure:1h{objective="error_rate", job="regen", instance="a"}', value: 0.2}]
      - expr: regen:missed:ratio_rate1h{objective="cycle_p95"}
        eval_time: 2h
        exp_samples: [{labels: 'regen:missed:ratio_rate1h{objective="cycle_p95", job="regen", instance="a"}', value: 0}]
      - expr: regen:figure:1h{objective="availability"}
        eval_time: 2h
        exp_samples:
          - {labels: 'regen:figure:1h{objective="availability", job="regen", instance="a"}', value: 1}
          - {labels: 'regen:figure:1h{objective="availability", job="regen", instance="b"}', value: 0}
    alert_rule_test:
      - alertname: RegenErrorRateCritical
        eval_time: 2h
        exp_alerts:
          - exp_labels: {job: regen, instance: a, severity: critical, objective: error_rate}
            exp_annotations:
              summary: share of cycles that failed has reached 5% (a)
              description: 'It is 20% over the last hour. Remedy: roll back.'
      - alertname: RegenErrorRateBurnsWarning
        eval_time: 7h
        exp_alerts:
          - exp_labels: {job: regen, instance: a, severity: warning, objective: error_rate}
            exp_annotations:
              summary: the error budget of error_rate (< 2%) burns 6 times too fast (a)
              description: 20% missed it in the last 6h; 0.02 of all may.
      - alertname: RegenCycleP95BurnsCritical
        eval_time: 7h
        exp_alerts: []
      - alertname: RegenDown
        eval_time: 10m
        exp_alerts:
          - exp_labels: {job: regen, instance: b, severity: critical}
            exp_annotations: {summary: regen does not answer (b), description: '`regen status` says more.'}
"""
