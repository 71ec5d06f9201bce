"""Traces: one a cycle, as a tree that a receiver decodes; a bad collector delays no cycle and fails none."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.otlp_receiver import Receiver, attributes, receiving

from regen.hooks.manager import PluginManager

GRAPH = "@prefix : <https://example.org/> .\n" + "".join(f':C{n:03} a :Class ; :name "c{n}" .\n' for n in range(70))
TEMPLATE = """\
---
to: "{{ this | local_name }}.py"
each: SELECT ?this ?name WHERE { ?this a :Class ; :name ?name }
---
NAME = '{{ each[0].name }}'
OLD = 1
"""
CONFIG = '[project]\nprefixes = { "" = "https://example.org/" }\n[merge]\n'
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def made(folder: Path) -> Path:
    for name, text in (("graphs/c.ttl", GRAPH), ("templates/c.py.j2", TEMPLATE), ("regen.toml", CONFIG)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return made(tmp_path / "project")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def environment(**variables: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_") and name != "TRACEPARENT"}
    return {**kept, **variables}


def regen(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from regen.cli import main; main()", *arguments, "-C", str(project)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def applied(project: Path, receiver: Receiver, **variables: str) -> None:
    done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **variables)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Receiver:
    """What a first run of 70 artifacts sends."""
    with receiving() as one:
        applied(made(tmp_path_factory.mktemp("first")), one)
    return one


def test_a_cycle_is_one_trace_with_a_span_for_each_stage_hook_and_chunk(first: Receiver) -> None:
    root = first.one("RUN regen")
    assert not root.parent_span_id
    assert {span.trace_id for span in first.spans} == {root.trace_id}
    assert root.kind == Span.SPAN_KIND_SERVER
    said = attributes(root)
    assert said == said | {
        "cicd.pipeline.name": "regen",
        "cicd.pipeline.action.name": "RUN",
        "cicd.pipeline.result": "success",
        "cicd.pipeline.run.id": root.span_id.hex(),
        "regen.cycle.kind": "apply",
        "regen.environment": "dev",
        "regen.release": 1,
        "regen.files": 70,
        "regen.artifacts": 70,
    }
    stages = sorted(first.below(root), key=lambda span: span.start_time_unix_nano)
    order = ["regen.load", "regen.diff", "regen.select", "regen.render", "regen.evaluate", "regen.deploy"]
    assert [span.name for span in stages if span.name in order] == order
    assert attributes(first.one("regen.load"))["cicd.pipeline.task.run.result"] == "success"
    load = first.one("regen_load")
    assert first.path(load) == ["RUN regen", "regen.load", "regen_load"]
    assert attributes(load) == {
        "regen.plugin": "load_oxigraph",
        "code.function.name": "regen_plugins.load_oxigraph.regen_load",
    }
    assert first.resource["service.name"] == "regen"


def test_calls_for_single_files_are_counted_on_the_span_of_their_chunk(first: Receiver) -> None:
    chunks = first.named("regen.chunk")
    assert [first.path(span)[:2] for span in chunks] == [["RUN regen", "regen.render"]] * 2
    assert [attributes(span)["regen.artifacts"] for span in chunks] == [64, 6]
    assert [attributes(span)["regen.calls.regen_evaluate_file"] for span in chunks] == [64, 6]
    assert not first.named("regen_evaluate_file")
    assert not first.named("regen_format")


def test_of_artifacts_that_went_well_only_the_slowest_get_a_span(first: Receiver) -> None:
    artifacts = first.named("regen.artifact")
    assert len(artifacts) == 5
    for span in artifacts:
        chunk = first.parent(span)
        assert chunk is not None
        assert chunk.name == "regen.chunk"
        assert chunk.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= chunk.end_time_unix_nano
        assert attributes(span)["regen.artifact.because"] == "slow"
        assert attributes(span)["code.file.path"] == "templates/c.py.j2"


def test_chunks_in_worker_processes_are_timed_there(project: Path, receiver: Receiver) -> None:
    (project / "regen.toml").write_text(CONFIG + '[engine]\nexecutor = "processes"\nworkers = 2\n')
    applied(project, receiver)
    stage = receiver.one("regen.render")
    chunks = receiver.named("regen.chunk")
    assert len(chunks) == 2
    for span in chunks:
        assert receiver.parent(span) == stage
        assert stage.start_time_unix_nano <= span.start_time_unix_nano < span.end_time_unix_nano
        assert span.end_time_unix_nano <= stage.end_time_unix_nano
        assert attributes(span)["regen.calls.regen_render"] >= 1  # type: ignore[operator]
    assert len({attributes(span)["cicd.worker.id"] for span in chunks}) == 2


def test_artifacts_in_conflict_and_failed_ones_have_a_span_each(project: Path, receiver: Receiver) -> None:
    assert regen(project, "apply").returncode == 0
    for number in range(8):
        edited = project / f"out/C{number:03}.py"
        edited.write_text(edited.read_text().replace("OLD = 1", "OLD = 'mine'"))
    (project / "templates/c.py.j2").write_text(TEMPLATE.replace("OLD = 1", "OLD = 2"))
    done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert done.returncode == 3
    found = [attributes(span) for span in receiver.named("regen.artifact")]
    conflicts = [one for one in found if one["regen.artifact.because"] == "conflict"]
    assert sorted(str(one["regen.path"]) for one in conflicts) == [f"C{n:03}.py" for n in range(8)]
    assert attributes(receiver.one("RUN regen"))["regen.conflicts"] == 8


def test_a_cycle_that_fails_says_so_on_its_root_and_on_the_artifact(project: Path, receiver: Receiver) -> None:
    (project / "templates/c.py.j2").write_text(TEMPLATE + "{{ 1 // 0 if each[0].name == 'c7' }}\n")
    done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert done.returncode == 2
    root = receiver.one("RUN regen")
    said = attributes(root)
    assert (said["cicd.pipeline.result"], said["error.type"]) == ("failure", "TemplateError")
    assert root.status.code == Status.STATUS_CODE_ERROR
    assert not root.events, "no stack trace leaves the machine"
    (failed,) = [span for span in receiver.named("regen.artifact") if span.status.code == Status.STATUS_CODE_ERROR]
    assert attributes(failed)["regen.key"] == "<https://example.org/C007>"
    assert attributes(failed)["error.type"] == "TemplateError"


def test_a_trace_that_the_environment_names_is_continued(project: Path, receiver: Receiver) -> None:
    applied(project, receiver, TRACEPARENT=PARENT)
    root = receiver.one("RUN regen")
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])


def test_a_trace_that_the_environment_does_not_sample_is_not_sent(project: Path, receiver: Receiver) -> None:
    applied(project, receiver, TRACEPARENT=PARENT.removesuffix("01") + "00")
    assert not receiver.spans


def test_a_cycle_has_at_most_500_spans_and_counts_the_others(project: Path, receiver: Receiver) -> None:
    for number in range(160):
        (project / f"templates/t{number}.txt.j2").write_text(
            f'---\nto: "t{number}/{{{{ this | local_name }}}}.txt"\n'
            f"each: 'SELECT ?this WHERE {{ ?this a :Class ; :name \"c{number % 70}\" }} LIMIT {number + 1}'\n---\nx\n"
        )
    applied(project, receiver)
    root = receiver.one("RUN regen")
    assert 300 < len(receiver.spans) <= 500
    said = attributes(root)
    assert said["regen.spans.omitted.view"] + len(receiver.named("regen.select.rows")) == 161  # type: ignore[operator]
    assert said["regen.spans.omitted.chunk"] == 162 - len(receiver.named("regen.chunk"))
    assert said["regen.spans.omitted.hook"] > 0  # type: ignore[operator]
    assert {"regen.render", "regen.evaluate", "regen.deploy"} <= {span.name for span in receiver.spans}


def test_a_cycle_of_a_watch_is_its_own_trace_and_links_to_the_file_events(project: Path, receiver: Receiver) -> None:
    watch = subprocess.Popen(
        [sys.executable, "-c", "from regen.cli import main; main()", "watch", "--json", "-C", str(project)],
        env=environment(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, TRACEPARENT=PARENT, OTEL_BSP_SCHEDULE_DELAY="50"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watch.stdout is not None
    with watch, watch.stdout:
        try:
            assert json.loads(watch.stdout.readline())["trigger"] == "start"
            (project / "graphs/c.ttl").write_text(GRAPH.replace('"c5"', '"five"'))
            assert json.loads(watch.stdout.readline())["trigger"] == "graphs/c.ttl"
            receiver.wait_for("RUN regen", 2)
        finally:
            watch.kill()
    first, second = sorted(receiver.named("RUN regen"), key=lambda span: span.start_time_unix_nano)[:2]
    outer = bytes.fromhex(PARENT.split("-")[1])
    assert len({first.trace_id, second.trace_id, outer}) == 3
    assert [link.trace_id for link in first.links] == [outer]
    trigger = receiver.named("regen.trigger")[0]
    assert [link.span_id for link in second.links] == [trigger.span_id, bytes.fromhex(PARENT.split("-")[2])]
    assert trigger.trace_id == second.links[0].trace_id
    assert [attributes(event)["code.file.path"] for event in trigger.events] == ["graphs/c.ttl"]
    assert trigger.end_time_unix_nano <= second.start_time_unix_nano
    assert attributes(second)["regen.cycle.trigger"] == "graphs/c.ttl"


def test_a_command_beside_a_watch_continues_the_trace_of_its_own_environment(project: Path, receiver: Receiver) -> None:
    watch = subprocess.Popen(
        [sys.executable, "-c", "from regen.cli import main; main()", "watch", "--json", "-C", str(project)],
        env=environment(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, OTEL_BSP_SCHEDULE_DELAY="50"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watch.stdout is not None
    with watch, watch.stdout:
        try:
            watch.stdout.readline()
            assert regen(project, "plan", TRACEPARENT=PARENT).returncode == 0
            assert json.loads(watch.stdout.readline())["served"]["code"] == 0
            receiver.wait_for("RUN regen", 2)
        finally:
            watch.kill()
    outer = bytes.fromhex(PARENT.split("-")[1])
    kinds = {attributes(span)["regen.cycle.kind"]: span.trace_id == outer for span in receiver.named("RUN regen")}
    assert kinds == {"watch": False, "plan": True}


def closed_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


def one_warning(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("warning: ")
    return line


def test_a_dead_collector_fails_no_cycle_and_is_one_line_of_warning(project: Path) -> None:
    done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=closed_port(), OTEL_EXPORTER_OTLP_TIMEOUT="600")
    assert "http://127.0.0.1" in one_warning(done)
    assert "release 1" in done.stdout


def test_a_collector_that_never_answers_is_left_behind(project: Path) -> None:
    """It still holds the request when the command has ended: nothing waited for its answer."""
    with receiving(status=None) as slow:
        done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=slow.url, OTEL_EXPORTER_OTLP_TIMEOUT="600")
        assert slow.arrived.is_set()
        assert not slow.release.is_set()
    assert "did not take all traces" in one_warning(done)
    assert "release 1" in done.stdout


@pytest.mark.parametrize("status", [400, 503])
def test_a_collector_that_refuses_is_one_line_of_warning(project: Path, status: int) -> None:
    with receiving(status) as refusing:
        done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=refusing.url)
    assert f"the collector at {refusing.url}" in one_warning(done)


def test_a_protocol_that_is_not_built_in_is_one_line_of_warning(project: Path, receiver: Receiver) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    done = regen(project, "plan", **variables)
    assert "OTEL_EXPORTER_OTLP_PROTOCOL is grpc; regen speaks http/protobuf only" in one_warning(done)
    assert not receiver.spans


@pytest.mark.parametrize("off", ["OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none"])
def test_the_standard_variables_switch_traces_off(project: Path, receiver: Receiver, off: str) -> None:
    name, _, text = off.partition("=")
    done = regen(project, "plan", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **{name: text})
    assert (done.returncode, done.stderr) == (0, "")
    assert not receiver.spans


def test_an_endpoint_for_traces_and_a_name_of_the_service_are_taken_from_the_environment(
    project: Path, receiver: Receiver
) -> None:
    variables = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{receiver.url}/v1/traces", "OTEL_SERVICE_NAME": "ontology"}
    assert regen(project, "plan", **variables).returncode == 0
    assert receiver.resource["service.name"] == "ontology"


def test_without_an_exporter_nothing_is_imported_that_only_telemetry_and_the_server_need(project: Path) -> None:
    heavy = ("opentelemetry", "prometheus_client", "starlette", "uvicorn", "feedparser")
    code = (
        "import sys\nfrom regen.cli.main import run\n"
        f"assert run(['apply', '-C', {str(project)!r}]) == 0\n"
        f"print(sorted(name for name in sys.modules if name.startswith({heavy!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


HOST = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from regen import Project

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
with trace.get_tracer("host").start_as_current_span("build") as build, Project.open_sync(sys.argv[1]) as project:
    project.apply()
(root,) = [span for span in memory.get_finished_spans() if span.name == "RUN regen"]
assert root.parent.span_id == build.get_span_context().span_id
"""


def test_in_a_program_with_its_own_provider_cycles_stand_in_its_traces(project: Path, receiver: Receiver) -> None:
    """Its exporter is used, and no second one, though the variables name a collector."""
    done = subprocess.run(
        [sys.executable, "-c", HOST, str(project)],
        env=environment(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not receiver.spans


def test_spans_of_one_level_do_not_overlap_where_one_follows_the_other(first: Receiver) -> None:
    chunks = sorted(first.named("regen.chunk"), key=lambda span: span.start_time_unix_nano)
    for earlier, later in pairwise(chunks):
        assert earlier.end_time_unix_nano <= later.start_time_unix_nano


def test_every_span_and_attribute_is_in_the_guide(first: Receiver) -> None:
    guide = (Path(__file__).parents[1] / "docs/traces.md").read_text("utf-8")
    known = set(re.findall(r"`([\w. ]+)`", guide))
    hooks = set(PluginManager.hook_names())
    names = {span.name for span in first.spans} - hooks
    said = {name for span in first.spans for name in attributes(span)}
    said -= {f"regen.calls.{hook}{figure}" for hook in hooks for figure in ("", ".duration_ms")}
    assert names <= known
    assert said <= known
