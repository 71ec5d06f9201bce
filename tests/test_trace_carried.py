"""The trace of a cycle goes on in commands, messages and logs, and leads back to what the cycle is about."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.otlp_receiver import Receiver, attributes, receiving
from tests.test_telemetry import CONFIG, GRAPH, PARENT, TEMPLATE, environment, made, regen

from regen import carried

_SAYS = "import os, sys; open({file}, 'a').write(os.environ.get('TRACEPARENT', '-') + chr(10))"
TELL = f'{sys.executable} -c "{_SAYS.format(file="sys.argv[1]")}"'
FORMAT = f'{sys.executable} -c "{_SAYS}; sys.stdout.buffer.write(sys.stdin.buffer.read())"'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return made(tmp_path / "project")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def traces(file: Path) -> set[str]:
    """The traces that a command was told of."""
    return {line.split("-")[1] for line in file.read_text().splitlines()}


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_gates_commands_around_a_deployment_and_formatters_go_on_with_the_trace(
    project: Path, receiver: Receiver, executor: str
) -> None:
    said = {name: project.parent / name for name in ("gate", "pre", "post", "format")}
    (project / "regen.toml").write_text(
        CONFIG
        + f'[engine]\nexecutor = "{executor}"\nworkers = 2\n'
        + f"[format]\npython = '''{FORMAT.format(file=repr(str(said['format'])))}'''\n"
        + f"[[environment]]\nname = \"dev\"\ndeployer = \"workspace\"\npre = ['''{TELL} {said['pre']}''']\n"
        + f"post = ['''{TELL} {said['post']}''']\n"
        + f"[[gate]]\nname = \"says\"\nrun = '''{TELL} {said['gate']}'''\n"
    )
    done = regen(project, "apply", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces")
    assert (done.returncode, done.stderr) == (0, "")
    trace = receiver.one("RUN regen").trace_id.hex()
    assert {name: traces(file) for name, file in said.items()} == {name: {trace} for name in said}


def test_without_a_trace_commands_get_that_of_the_environment(project: Path) -> None:
    said = project.parent / "gate"
    (project / "regen.toml").write_text(CONFIG + f"[[gate]]\nname = \"says\"\nrun = '''{TELL} {said}'''\n")
    assert regen(project, "apply", TRACEPARENT=PARENT).returncode == 0
    assert said.read_text() == PARENT + "\n"
    (project / "graphs/c.ttl").write_text(GRAPH.replace('"c5"', '"five"'))
    assert regen(project, "apply").returncode == 0
    assert said.read_text() == PARENT + "\n-\n"


@contextmanager
def listening(headers: list[str | None], status: int = 200, body: bytes = b"") -> Iterator[str]:
    """A server that notes the trace of each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.append(self.headers["traceparent"])
            self.send_response(status)
            self.send_header("Content-Type", "text/turtle")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_source_that_a_cycle_asks_gets_its_trace(project: Path, receiver: Receiver) -> None:
    headers: list[str | None] = []
    with listening(headers, body=b"<urn:a> <urn:b> <urn:c> .") as url:
        (project / "regen.toml").write_text(CONFIG + f'[[source]]\nname = "more"\nurl = "{url}/graph.ttl"\n')
        done = regen(project, "apply", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces")
    assert (done.returncode, done.stderr) == (0, "")
    assert [str(value).split("-")[1] for value in headers] == [receiver.one("RUN regen").trace_id.hex()]


def test_work_for_another_goes_on_with_its_trace() -> None:
    with carried.around({"TRACEPARENT": PARENT, "TRACESTATE": "a=b", "HOME": "/"}):
        assert carried.carried() == {"TRACEPARENT": PARENT, "TRACESTATE": "a=b"}
        assert carried.headers() == {"traceparent": PARENT, "tracestate": "a=b"}
    assert carried.carried() == {}


def test_a_rollback_links_to_the_cycle_that_made_the_release(project: Path, receiver: Receiver) -> None:
    variables = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{receiver.url}/v1/traces"}
    assert regen(project, "apply").returncode == 0
    (project / "graphs/c.ttl").write_text(GRAPH.replace('"c5"', '"five"'))
    assert regen(project, "apply", **variables).returncode == 0
    assert regen(project, "rollback", "1", **variables).returncode == 0
    made_it, rollback = receiver.named("RUN regen")
    (link,) = rollback.links
    assert (link.trace_id, link.span_id) == (made_it.trace_id, made_it.span_id)
    assert {pair.key: pair.value.string_value or pair.value.int_value for pair in link.attributes} == {
        "regen.link": "release",
        "regen.release": 2,
    }
    assert attributes(rollback)["regen.cycle.kind"] == "rollback"


PUBLISHED = """
import sys, anyio
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from regen import Project
from regen.model.delta import Delta, Quad
from regen.model.term import Iri

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)

async def main():
    async with Project.open(sys.argv[1]) as project:
        with trace.get_tracer("host").start_as_current_span("message") as message:
            quad = Quad(Iri("urn:a"), Iri("urn:b"), Iri("urn:c"))
            await project.notifier.publish(Delta(frozenset({quad}), frozenset()))
        await project.apply()
        await project.apply()
    first, second = [span for span in memory.get_finished_spans() if span.name == "RUN regen"]
    assert [link.context.span_id for link in first.links] == [message.get_span_context().span_id]
    assert dict(first.links[0].attributes) == {"regen.link": "message"}
    assert not second.links

anyio.run(main)
"""


def test_a_cycle_links_to_the_messages_that_it_takes_up(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PUBLISHED, str(project)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


ALERTED = """
import sys, anyio
from regen import Project
from regen.orchestrator.alerting import alert

async def main():
    async with Project.open(sys.argv[1]) as project:
        await project.apply()
        await alert(project._session, "dev", "probe", "critical", "it is ill")

anyio.run(main)
"""


def test_an_alert_after_a_cycle_goes_on_with_its_trace(project: Path, receiver: Receiver) -> None:
    headers: list[str | None] = []
    said = project.parent / "alert"
    with listening(headers) as url:
        alerts = f"[alerts]\nurl = \"{url}\"\nrun = '''{TELL} {said}'''\n"
        (project / "regen.toml").write_text(CONFIG + alerts)
        done = subprocess.run(
            [sys.executable, "-c", ALERTED, str(project)],
            env=environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    trace = receiver.one("RUN regen").trace_id.hex()
    assert traces(said) == {trace}
    assert [str(value).split("-")[1] for value in headers] == [trace]


def lines(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


def test_logs_are_one_json_object_a_line_and_know_the_trace(project: Path, receiver: Receiver) -> None:
    broken = f"{sys.executable} -c \"import sys; sys.exit('no')\""
    (project / "regen.toml").write_text(CONFIG + f"[format]\npython = '''{broken}'''\n")
    endpoint = f"{receiver.url}/v1/traces"
    done = regen(project, "apply", REGEN_LOG="json", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=endpoint)
    assert done.returncode == 0
    said = lines(done.stderr)
    trace = receiver.one("RUN regen").trace_id.hex()
    assert {one["trace_id"] for one in said} == {trace}
    spans = {span.span_id.hex() for span in receiver.spans}
    assert {one["span_id"] for one in said} <= spans
    formats = [one for one in said if one["logger"] == "regen.format"]
    assert len(formats) == 70
    (cycle,) = [one for one in said if one["logger"] == "regen.cycle"]
    assert cycle["level"] == "info"
    assert cycle["message"].startswith("cycle 1 of dev (apply, command): success in ")
    assert cycle["span_id"] == receiver.one("RUN regen").span_id.hex()


def test_a_worker_logs_with_the_trace_too(project: Path, receiver: Receiver) -> None:
    broken = f"{sys.executable} -c \"import sys; sys.exit('no')\""
    engine = '[engine]\nexecutor = "processes"\nworkers = 2\n'
    (project / "regen.toml").write_text(CONFIG + engine + f"[format]\npython = '''{broken}'''\n")
    endpoint = f"{receiver.url}/v1/traces"
    done = regen(project, "apply", REGEN_LOG="json", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=endpoint)
    assert {one["trace_id"] for one in lines(done.stderr)} == {receiver.one("RUN regen").trace_id.hex()}


def test_logs_as_text_say_when_and_what_and_without_a_trace_none(project: Path) -> None:
    done = regen(project, "apply", REGEN_LOG="text")
    (line,) = done.stderr.splitlines()
    assert " INFO regen.cycle: cycle 1 of dev (apply, command): success in " in line
    assert "trace_id" not in line


def test_a_level_may_follow(project: Path) -> None:
    assert regen(project, "apply", REGEN_LOG="json:warning").stderr == ""
    (project / "templates/c.py.j2").write_text(TEMPLATE + "{{ 1 // 0 }}\n")
    logged = [one for one in regen(project, "apply", REGEN_LOG="json:info").stderr.splitlines() if one[:1] == "{"]
    (said,) = [json.loads(one) for one in logged]
    assert (said["level"], said["logger"]) == ("info", "regen.cycle")
    assert "failure" in said["message"]


def test_a_wrong_form_is_one_clear_error(project: Path) -> None:
    done = regen(project, "plan", REGEN_LOG="xml")
    assert done.returncode == 2
    assert "REGEN_LOG cannot be 'xml'" in done.stderr
