"""Metrics: cycles and requests become the instruments of one table, for OTLP and for Prometheus, with exemplars."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.otlp_receiver import Receiver, attributes, receiving
from tests.test_telemetry import made, regen

from regen.model.cycle import Counts, CycleRecord, StageTime
from regen.model.measure import Measure
from regen.model.objective import OBJECTIVES
from regen.orchestrator.metering import Beside, read_standing
from regen.state import cycles
from regen.state.opening import open_state
from regen.telemetry.instruments import INSTRUMENTS
from regen.telemetry.meters import Meters
from regen.telemetry.observers import CycleBegan, CycleEnded, Measured
from regen.telemetry.page import Page
from regen.telemetry.standing import EnvironmentStanding, Standing

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RECORD = CycleRecord(
    number=1,
    environment="dev",
    kind="watch",
    trigger="graphs/people.ttl",
    at=1_000.0,
    duration_s=0.4,
    cpu_s=0.3,
    result="success",
    trace_id=TRACE,
    span_id=SPAN,
    release=3,
    delay_s=4.5,
    workers=2,
    counts=Counts(triples=7, files=5, evaluated=6, rendered=5, artifacts=9, merges=3, merge_conflicts=1, conflicts=1),
    stages=(StageTime("load", 0.0, 0.1), StageTime("render", 0.1, 0.25)),
)
FAILED = replace(
    RECORD, result="failure", exit_code=4, error="a gate said no", release=None, delay_s=None, trace_id=None
)
STANDING = Standing(1234, 8, True, (EnvironmentStanding("dev", 3, 9, 2, 1, held=False, failed=False),))
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], tuple[float, dict[str, str]]]


class World:
    """Instruments of their own, apart from those of the process."""

    def __init__(self, standing: Standing | None = STANDING) -> None:
        reader = InMemoryMetricReader()
        self.provider = MeterProvider([reader], shutdown_on_exit=False)
        self.standing = standing
        self.meters = Meters(self.provider.get_meter("regen"), OBJECTIVES, lambda: self.standing)
        self.page = Page(reader.get_metrics_data)

    def samples(self) -> Samples:
        return parsed(self.page.render(OPENMETRICS)[0])

    def value(self, name: str, **labels: str) -> float:
        """The sum of those samples that have these labels."""
        found = [
            value
            for (sample, said), (value, _) in self.samples().items()
            if sample == name and labels.items() <= dict(said).items()
        ]
        assert found, name
        return sum(found)


def parsed(body: bytes) -> Samples:
    """Each sample of a page by name and labels: its value and exemplar."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): (
            sample.value,
            dict(sample.exemplar.labels) if sample.exemplar else {},
        )
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


@pytest.fixture
def world() -> Iterator[World]:
    one = World()
    yield one
    one.provider.shutdown()


def test_a_cycle_is_counted_by_how_it_ended_with_its_stages_and_what_it_did(world: World) -> None:
    world.meters.cycle(RECORD)
    world.meters.cycle(FAILED)
    duration = "cicd_pipeline_run_duration_seconds"
    assert world.value(f"{duration}_count", cicd_pipeline_result="success", regen_environment="dev") == 1
    assert world.value(f"{duration}_bucket", cicd_pipeline_result="success", le="0.25") == 0
    assert world.value(f"{duration}_bucket", cicd_pipeline_result="success", le="0.5") == 1
    assert world.value("cicd_pipeline_run_errors_total", error_type="gate_failed") == 1
    assert world.value("regen_stage_duration_seconds_sum", regen_stage="render") == 0.5
    assert world.value("regen_change_delay_seconds_sum") == 4.5
    assert world.value("regen_cycle_cpu_seconds_total") == 0.6
    assert world.value("regen_triples_changed_total") == 14
    assert world.value("regen_artifacts_rendered_total") == 10
    assert world.value("regen_merges_total") == 6
    assert world.value("regen_merge_conflicts_total") == 2
    assert world.value("regen_releases_total") == 1
    assert world.value("regen_rollbacks_total") == 0
    assert world.value("cicd_worker_count") == 2


def test_what_misses_an_objective_is_counted_by_the_objective(world: World) -> None:
    world.meters.cycle(RECORD)
    world.meters.cycle(FAILED)
    world.meters.cycle(replace(RECORD, duration_s=31, delay_s=2.9, counts=Counts()))
    world.meters.heard(Measured(Measure("learning_delay", 301, "s", 1.0, label="blog")))
    missed = {
        one.metric: world.value("regen_stable_slo_violations_total", regen_objective=one.metric)
        for one in OBJECTIVES
        if one.metric in {"cycle_p95", "error_rate", "stable_latency_p95", "merge_success", "learning_delay_p95"}
    }
    assert missed == {
        "cycle_p95": 1,
        "error_rate": 1,
        "stable_latency_p95": 1,
        "merge_success": 2,
        "learning_delay_p95": 1,
    }
    assert world.value("regen_stable_errors_total", regen_part="cycle") == 1
    assert world.value("regen_learning_delay_seconds_count", regen_source="blog") == 1


def test_every_sample_of_a_cycle_leads_to_its_trace_and_goes_on_to_do_so(world: World) -> None:
    """The SDK gives an exemplar once; Prometheus may scrape at any time, and more than one may."""
    world.meters.cycle(RECORD)
    for _ in range(2):
        found = {name for (name, _), (_, exemplar) in fresh(world).items() if exemplar.get("trace_id") == TRACE}
        assert {
            "cicd_pipeline_run_duration_seconds_bucket",
            "regen_stage_duration_seconds_bucket",
            "regen_change_delay_seconds_bucket",
            "regen_releases_total",
        } <= found
    world.meters.cycle(replace(RECORD, trace_id="1" * 32))
    assert {exemplar["trace_id"] for _, exemplar in fresh(world).values() if exemplar} == {"1" * 32}


def fresh(world: World) -> Samples:
    world.page._kept.clear()
    return world.samples()


def test_without_a_trace_there_is_no_exemplar(world: World) -> None:
    world.meters.cycle(FAILED)
    assert not any(exemplar for _, exemplar in world.samples().values())


def test_gauges_show_the_state_as_it_is_and_nothing_where_it_cannot_be_read(world: World) -> None:
    assert world.value("regen_conflicts_open", regen_environment="dev") == 1
    assert world.value("regen_artifacts_stale") == 2
    assert world.value("regen_artifacts") == 9
    assert world.value("regen_release") == 3
    assert world.value("regen_triples") == 1234
    assert world.value("regen_available") == 1
    world.standing = None
    world.meters.cycle(RECORD)  # what is known of the state is looked at anew after each cycle
    assert not any(name == "regen_conflicts_open" for name, _ in fresh(world))


def test_a_project_is_not_available_without_a_watch_or_after_a_cycle_that_failed() -> None:
    assert STANDING.available
    assert not replace(STANDING, watching=False).available
    failed = replace(STANDING.environments[0], failed=True)
    assert not replace(STANDING, environments=(*STANDING.environments, failed)).available


def test_cycles_that_run_are_counted_up_and_down(world: World) -> None:
    world.meters.heard(CycleBegan("watch", "start", 1.0))
    assert world.value("cicd_pipeline_run_active") == 1
    world.meters.heard(CycleEnded(RECORD))
    world.meters.heard(CycleEnded(None))  # one that never began
    assert sum(value for (name, _), (value, _) in fresh(world).items() if name == "cicd_pipeline_run_active") == 0


def test_requests_are_counted_by_route_and_never_by_path(world: World) -> None:
    with world.meters.asked("GET") as asked:
        asked.route, asked.status = "/api/v1/cycles/{number}", 200
    with pytest.raises(RuntimeError), world.meters.asked("GET"):
        raise RuntimeError
    assert world.value("regen_stable_requests_total", http_route="/api/v1/cycles/{number}") == 1
    assert world.value("regen_stable_requests_total", http_route="other", http_response_status_code="500") == 1
    assert world.value("regen_stable_errors_total", regen_part="api") == 1
    assert world.value("regen_stable_active_requests") == 0
    assert world.value("regen_stable_request_duration_seconds_count") == 2


def test_a_method_that_is_none_makes_no_series_of_its_own(world: World) -> None:
    for number in range(100):
        with world.meters.asked(f"WORD{number}"):
            pass
    assert world.value("regen_stable_requests_total", http_request_method="_OTHER") == 100
    assert len([name for name, _ in world.samples() if name == "regen_stable_requests_total"]) == 1


def test_the_time_of_a_stream_is_no_latency(world: World) -> None:
    with world.meters.asked("GET") as asked:
        asked.route, asked.status, asked.streams = "/api/v1/stream", 200, True
    assert world.value("regen_stable_requests_total") == 1
    assert not any("request_duration" in name for name, _ in world.samples())


def test_the_page_for_older_readers_has_the_same_without_exemplars(world: World) -> None:
    world.meters.cycle(RECORD)
    body, kind = world.page.render("text/plain")
    assert kind.startswith("text/plain")
    assert b"trace_id" not in body
    assert b"cicd_pipeline_run_duration_seconds_count{" in body


def test_instruments_of_a_plugin_are_on_the_page_too(world: World) -> None:
    meter = world.provider.get_meter("plugin")
    meter.create_counter("its.things", "{thing}").add(3, {"its.kind": "a"})
    meter.create_histogram("its-own.time", "s").record(2.0)
    assert world.value("its_things_total", its_kind="a") == 3
    assert world.value("its_own_time_seconds_sum") == 2


def test_no_label_is_of_a_path_a_key_or_a_message(world: World) -> None:
    """A thousand cycles of as many triggers make no more series than two."""
    world.meters.cycle(RECORD)
    world.meters.cycle(FAILED)
    before = len(world.samples())
    for number in range(1000):
        world.meters.cycle(replace(RECORD, number=number, trigger=f"graphs/{number}.ttl", error=f"{number}"))
    assert len(fresh(world)) == before


def test_every_instrument_and_label_is_in_the_guide() -> None:
    guide = (Path(__file__).parents[1] / "docs/monitoring.md").read_text("utf-8")
    known = set(re.findall(r"`([\w.]+)`", guide))
    for one in INSTRUMENTS:
        assert one.name in known
        assert {one.family, f"{one.family}_total"} & known, one.family
        assert set(one.labels) <= known


def test_every_measurement_is_of_the_table(world: World) -> None:
    world.meters.cycle(RECORD)
    world.meters.cycle(FAILED)
    with world.meters.asked("GET"):
        pass
    labels = {one.family: {name.replace(".", "_") for name in one.labels} for one in INSTRUMENTS}
    for name, said in world.samples():
        family = re.sub(r"_(total|bucket|count|sum)$", "", name)
        family = family if family in labels else name
        if not name.startswith(("process_", "regen_build")):
            assert {label for label, _ in said} - {"le"} == labels[family], name


WATCHED = """
import sys, anyio
from regen import Project
from regen.telemetry.page import metrics_page

async def main():
    async with Project.open(sys.argv[1], command="watch") as project:
        async for turn in project.watch():
            assert turn.error is None
            break
        print(metrics_page("application/openmetrics-text; version=1.0.0")[0].decode())

anyio.run(main)
"""


def watched(project: Path, **variables: str) -> Samples:
    """What the page of a watch says after its first cycle."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(project)],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return parsed(done.stdout.rstrip("\n").encode() + b"\n")


def test_a_watch_measures_without_an_exporter_and_starts_its_counters_anew_but_not_its_gauges(tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    first, second = watched(project), watched(project)
    environment = (("regen_environment", "dev"),)
    assert first["regen_releases_total", environment][0] == 1
    assert second["regen_releases_total", environment][0] == 0
    for samples in (first, second):
        assert samples["regen_artifacts", environment][0] == 70
        assert samples["regen_release", environment][0] == 1
        assert samples["regen_watching", ()][0] == 1
        assert samples["regen_available", ()][0] == 1
        assert samples["regen_triples", ()][0] == 140
        assert not any(exemplar for _, exemplar in samples.values())


def test_traces_and_metrics_go_to_the_collector_and_exemplars_lead_to_the_trace(tmp_path: Path) -> None:
    with receiving() as one:
        samples = watched(made(tmp_path / "project"), OTEL_EXPORTER_OTLP_ENDPOINT=one.url)
    trace = one.one("RUN regen").trace_id
    (point,) = one.points("cicd.pipeline.run.duration")
    assert attributes(point) == {
        "cicd.pipeline.name": "regen",
        "cicd.pipeline.result": "success",
        "cicd.pipeline.run.state": "executing",
        "regen.cycle.kind": "watch",
        "regen.environment": "dev",
    }
    assert [exemplar.trace_id for exemplar in point.exemplars] == [trace]
    assert {exemplar["trace_id"] for _, exemplar in samples.values() if exemplar} == {trace.hex()}
    assert [attributes(point) for point in one.points("regen.artifacts")] == [{"regen.environment": "dev"}]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def test_a_command_sends_its_metrics_at_its_end(tmp_path: Path, receiver: Receiver) -> None:
    done = regen(made(tmp_path / "project"), "apply", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert (done.returncode, done.stderr) == (0, "")
    (rendered,) = receiver.points("regen.artifacts.rendered")
    assert rendered.as_int == 70  # type: ignore[union-attr]
    assert receiver.resource["service.name"] == "regen"


@pytest.mark.parametrize(("off", "left"), [("METRICS", "traces"), ("TRACES", "metrics")])
def test_each_signal_is_switched_off_by_itself(tmp_path: Path, receiver: Receiver, off: str, left: str) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, f"OTEL_{off}_EXPORTER": "none"}
    assert regen(made(tmp_path / "project"), "apply", **variables).stderr == ""
    assert [bool(receiver.spans), bool(receiver.metrics)] == [left == "traces", left == "metrics"]


def test_an_exporter_of_metrics_that_there_is_none_of_is_one_warning(tmp_path: Path) -> None:
    done = regen(made(tmp_path / "project"), "plan", OTEL_METRICS_EXPORTER="prometheus")
    (line,) = done.stderr.splitlines()
    assert "OTEL_METRICS_EXPORTER names prometheus" in line
    assert "/metrics of `regen serve`" in line


def test_cycles_of_another_process_are_counted_from_when_one_looks(tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    code = (
        "import json, sys\nfrom regen import telemetry\nfrom regen.cli.main import run\n"
        "from regen.orchestrator.metering import Beside\nfrom regen.state.opening import read_state\n"
        "from regen.telemetry.page import metrics_page\nfrom pathlib import Path\nimport subprocess\n"
        "folder = Path(sys.argv[1]) / '.regen'\ntelemetry.start(reading=True)\nbeside = Beside()\n"
        "def apply(): subprocess.run([sys.executable, '-m', 'regen', 'apply', '-C', sys.argv[1]], check=True)\n"
        "apply()\n"
        "for _ in range(2):\n"
        "    with read_state(folder) as state: beside.look(state.db)\n"
        "    apply()\n"
        "with read_state(folder) as state: beside.look(state.db)\n"
        "with read_state(folder) as state: beside.look(state.db)\n"
        "print('PAGE'); print(metrics_page('application/openmetrics-text; version=1.0.0')[0].decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(project)], capture_output=True, text=True, timeout=60, check=True
    )
    samples = parsed(done.stdout.partition("PAGE\n")[2].rstrip("\n").encode() + b"\n")
    counts = [value for (name, _), (value, _) in samples.items() if name == "cicd_pipeline_run_duration_seconds_count"]
    assert counts == [2]


def test_where_a_project_stands_is_read_beside_its_holder(tmp_path: Path) -> None:
    folder = tmp_path / ".regen"
    assert read_standing(folder, lambda: ["dev"]) is None
    with open_state(folder, command="watch") as state:
        cycles.note(state.db, FAILED)
        found = read_standing(folder, lambda: ["dev", "prod"])
    assert found is not None
    assert found.watching
    assert [(one.environment, one.failed) for one in found.environments] == [("dev", True), ("prod", False)]


def test_nothing_is_counted_beside_where_nothing_is_measured(tmp_path: Path) -> None:
    with open_state(tmp_path / ".regen", command="watch") as state:
        Beside().look(state.db)


def test_the_page_of_a_process_that_measures_nothing_tells_of_the_process() -> None:
    body, _ = Page(lambda: None).render(OPENMETRICS)
    names = {name for name, _ in parsed(body)}
    assert "regen_build_info" in names
    assert json.dumps(sorted(names)).count("process_") >= 1


HOST = """
import sys
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from regen import Project

reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
with Project.open_sync(sys.argv[1]) as project:
    project.apply()
    (resource,) = reader.get_metrics_data().resource_metrics
(scope,) = resource.scope_metrics
assert scope.scope.name == "regen"
found = {metric.name: metric.data.data_points for metric in scope.metrics}
assert [point.value for point in found["regen.artifacts.rendered"]] == [70]
assert [point.value for point in found["regen.artifacts"]] == [70]
"""


def test_in_a_program_with_its_own_provider_its_readers_get_the_metrics(tmp_path: Path, receiver: Receiver) -> None:
    """And no second exporter is made, though the variables name a collector."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", HOST, str(made(tmp_path / "project"))],
        env={**kept, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{receiver.url}/v1/metrics"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not receiver.metrics
