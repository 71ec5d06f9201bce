"""Prometheus, the real one: it scrapes a real `regen serve`, takes the rules, and answers every query of the board."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.feed_world import Entry, publishing
from tests.otlp_receiver import receiving
from tests.serve_world import served_elsewhere
from tests.test_telemetry import GRAPH, TEMPLATE, environment, made, regen

from regen.telemetry.shipped import dashboard, rules

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed (Debian: `prometheus`)"),
]
CONFIG = """
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: [rules.yml]
scrape_configs:
  - job_name: regen
    static_configs: [{{ targets: ["{target}"] }}]
"""
SETTINGS = """
[[environment]]
name = "dev"
deployer = "workspace"
rollback = "automatic"
[[probe]]
name = "fine"
run = "test ! -e bad"
interval_s = 1
failures = 1
[[learn]]
name = "news"
kind = "feed"
url = "{feed}"
interval_s = 1
"""
WAIT_S = 60.0


class Prometheus:
    """One that runs."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, trust_env=False, timeout=30)

    def get(self, path: str, **params: str) -> Any:
        answer = self.client.get(f"/api/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def query(self, expr: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("query", query=expr)["result"]
        return found

    def until(self, expr: str) -> list[dict[str, Any]]:
        """Ask until there is something."""
        end = time.monotonic() + WAIT_S
        while not (found := self.query(expr)):
            assert time.monotonic() < end, expr
        return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """One that scrapes an address, and keeps exemplars."""
    (folder / "rules.yml").write_text(rules())
    (folder / "prometheus.yml").write_text(CONFIG.format(target=target))
    address = f"127.0.0.1:{free_port()}"
    arguments = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["prometheus", *arguments, "--enable-feature=exemplar-storage"], cwd=folder, stdout=log, stderr=log
        )
        with process:
            found = Prometheus(f"http://{address}")
            try:
                ready(found, process, folder / "log")
                yield found
            finally:
                found.client.close()
                process.terminate()


def ready(found: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it answers."""
    end = time.monotonic() + WAIT_S
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        try:
            if found.client.get("/-/ready").status_code == 200:
                return
        except httpx.TransportError:
            continue


def lived(project: Path) -> None:
    """A project in which everything happened once: a merge, a conflict, a failure, a rollback, more cycles."""
    for number, (edit, text) in enumerate(
        (("# mine\n", TEMPLATE + "NEW = 1\n"), ("OLD = 'mine'\n", TEMPLATE.replace("OLD = 1", "OLD = 2")))
    ):
        file = project / f"out/C00{number}.py"
        file.write_text(edit + file.read_text() if number == 0 else file.read_text().replace("OLD = 1\n", edit))
        (project / "templates/c.py.j2").write_text(text)
        assert regen(project, "apply").returncode in {0, 3}
    (project / "templates/c.py.j2").write_text(TEMPLATE + "{{ 1 // 0 }}\n")
    assert regen(project, "apply").returncode == 2
    (project / "templates/c.py.j2").write_text(TEMPLATE)
    assert regen(project, "rollback", "1").returncode in {0, 3}
    assert regen(project, "resume").returncode in {0, 3}


def fell_ill(project: Path, found: Prometheus) -> None:
    """A release that a probe does not like: it is rolled back by itself."""
    (project / "graphs/c.ttl").write_text(GRAPH.replace('"c5"', '"five"'))
    found.until("regen_release > 3 and on () (regen_held == 0)")
    (project / "bad").touch()
    found.until("regen_rollback_duration_seconds_count > 0")
    (project / "bad").unlink()
    assert regen(project, "resume").returncode in {0, 3}


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, Any]]:
    """A Prometheus that has seen a project live, and the receiver of its traces."""
    folder = tmp_path_factory.mktemp("prometheus")
    project = made(folder / "project")
    with publishing() as feed, receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        for name, text in environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces").items():
            patch.setenv(name, text)
        config = project / "regen.toml"
        config.write_text(config.read_text() + SETTINGS.format(feed=feed.feed))
        with served_elsewhere(project) as server:
            server.ready()
            with prometheus(folder, server.address.removeprefix("http://")) as found:
                found.until("regen_available == 1")
                lived(project)
                feed.publish(Entry("urn:item:1", published=time.time()))
                with server.client() as client:
                    for _ in range(20):
                        client.get("/api/v1/cycles").raise_for_status()
                        client.get("/api/v1/status").raise_for_status()
                fell_ill(project, found)
                found.until("regen_learning_delay_seconds_count > 0")
                found.until('regen_objective_figure{regen_objective="rollback"}')
                found.until("increase(regen_rollbacks_total[5m]) > 0")
                found.until('rate(cicd_pipeline_run_duration_seconds_count{cicd_pipeline_result="failure"}[5m])')
                found.until("increase(regen_merge_conflicts_total[5m]) > 0")
                found.until("rate(regen_change_delay_seconds_count[5m]) > 0")
                found.until('rate(regen_stable_requests_total{http_route="/api/v1/status"}[5m])')
                yield found, receiver


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [
        (panel["title"], target)
        for panel in json.loads(dashboard())["panels"]
        if panel["type"] != "row"
        for target in panel["targets"]
    ]


def asked(expr: str) -> str:
    """A query of the board as Grafana asks it."""
    filled = expr.replace("$__rate_interval", "1m").replace("$job", "regen").replace("$instance", ".+")
    assert "$" not in filled, expr
    return filled


def test_every_panel_of_the_board_shows_something(scraped: tuple[Prometheus, Any]) -> None:
    found, _ = scraped
    numbers = {
        (title, target["expr"]): [one["value"][1] for one in found.query(asked(target["expr"]))]
        for title, target in panels()
    }
    empty = [asked for asked, values in numbers.items() if not [value for value in values if value != "NaN"]]
    # A rate over a series that is new sees no step from 0 yet, for which the burn rate of what came once is no number.
    assert [title for title, _ in empty if title != "Burn rates"] == []
    assert len(empty) <= 2


def test_the_rules_are_evaluated_without_an_error(scraped: tuple[Prometheus, Any]) -> None:
    found, _ = scraped
    found.until("regen:figure:1h")
    every = [rule for group in found.get("rules")["groups"] for rule in group["rules"]]
    assert len(every) > 50
    assert {rule["lastError"] for rule in every if rule.get("lastError")} == set()
    recorded = {one["metric"]["objective"] for one in found.query("regen:figure:1h")}
    assert {
        "cycle_p95",
        "error_rate",
        "stable_latency_p95",
        "availability",
        "merge_success",
        "processor_use",
    } <= recorded
    (conflicts,) = [rule for rule in every if rule["name"] == "RegenConflictsOpen"]
    assert conflicts["type"] == "alerting"


def test_exemplars_are_kept_and_lead_to_traces_that_were_sent(scraped: tuple[Prometheus, Any]) -> None:
    found, receiver = scraped
    now = time.time()
    series = found.get(
        "query_exemplars",
        query="cicd_pipeline_run_duration_seconds_bucket",
        start=f"{now - 600:.0f}",
        end=f"{now + 60:.0f}",
    )
    traces = {one["labels"]["trace_id"] for each in series for one in each["exemplars"]}
    assert traces
    with receiver.more:
        assert receiver.more.wait_for(
            lambda: traces <= {span.trace_id.hex() for span in receiver.named("RUN regen")}, timeout=WAIT_S
        )


def test_the_scrape_itself_has_no_complaint(scraped: tuple[Prometheus, Any]) -> None:
    found, _ = scraped
    (target,) = found.get("targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    metadata = found.get("metadata")
    assert metadata["cicd_pipeline_run_duration_seconds"][0]["type"] == "histogram"
    assert metadata["regen_releases"][0]["type"] == "counter"
