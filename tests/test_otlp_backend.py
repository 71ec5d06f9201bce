"""A real OTLP backend with an interface, Arize Phoenix: what its API gives back is the tree that regen sent.

It comes from the package index into a virtual environment of its own (850 MB) in the folder for temporary files, which
later runs use again; `REGEN_TEST_PHOENIX` names one that is there already.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.test_prometheus import free_port
from tests.test_telemetry import TEMPLATE, made, regen

pytestmark = pytest.mark.long
INSTALLS_S, STARTS_S, ARRIVES_S = 900, 180, 60
Span = dict[str, Any]


@pytest.fixture(scope="module")
def program() -> Path:
    """`phoenix`, installed where it is not; skips where it cannot be."""
    given = os.environ.get("REGEN_TEST_PHOENIX")
    folder = Path(given) if given else Path(tempfile.gettempdir()) / "regen-test-phoenix"
    found = folder / "bin" / "phoenix"
    if found.exists():
        return found
    if given:
        pytest.skip(f"there is no phoenix in {folder}")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "arize-phoenix"],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLS_S, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"Phoenix was not installed within {INSTALLS_S} s")
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            pytest.skip(f"Phoenix cannot be installed: {last}")
    return found


@pytest.fixture(scope="module")
def backend(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder, port = tmp_path_factory.mktemp("phoenix"), free_port()
    variables = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([str(program), "serve"], env={**os.environ, **variables}, stdout=log, stderr=log) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
    ):
        try:
            until(lambda: answers(client, process, folder / "log"), STARTS_S)
            yield client
        finally:
            process.terminate()


def answers(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def until(true: Callable[[], bool], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end, f"not within {limit_s} s"


def spans(client: httpx.Client, project: str) -> list[Span]:
    found: list[Span] = []
    cursor: str | None = None
    while True:
        asked = {"limit": "1000", **({"cursor": cursor} if cursor else {})}
        answer = client.get(f"/v1/projects/{project}/spans", params=asked)
        if answer.status_code == 404:  # it makes the project with the first span
            return []
        page = answer.raise_for_status().json()
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def sent(client: httpx.Client, project: Path, name: str, *arguments: str) -> list[Span]:
    """What the backend has after a command that sends to it."""
    roots = len([span for span in spans(client, name) if span["name"] == "RUN regen"])
    regen(
        project,
        *arguments,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{client.base_url}/v1/traces",
        OTEL_RESOURCE_ATTRIBUTES=f"openinference.project.name={name}",
    )

    def arrived() -> bool:
        return len([span for span in spans(client, name) if span["name"] == "RUN regen"]) > roots

    until(arrived, ARRIVES_S)
    known = spans(client, name)
    newest = max((span for span in known if span["name"] == "RUN regen"), key=lambda span: span["start_time"])
    return [span for span in known if span["context"]["trace_id"] == newest["context"]["trace_id"]]


def tree(found: list[Span]) -> dict[str, list[Span]]:
    """Spans by the id of the one above."""
    below: dict[str, list[Span]] = {}
    for span in found:
        below.setdefault(span["parent_id"] or "", []).append(span)
    return below


def test_the_backend_shows_one_tree_a_cycle_and_what_failed(backend: httpx.Client, tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    found = sent(backend, project, "regen-tree", "apply")
    below = tree(found)
    (root,) = below[""]
    assert root["name"] == "RUN regen"
    assert {span["parent_id"] for span in found} - {None} <= {span["context"]["span_id"] for span in found}
    stages = {span["name"] for span in below[root["context"]["span_id"]]}
    assert {"regen.load", "regen.diff", "regen.select", "regen.render", "regen.evaluate", "regen.deploy"} <= stages
    said = root["attributes"]
    assert (said["cicd.pipeline.name"], said["cicd.pipeline.result"], said["regen.files"]) == ("regen", "success", 70)
    (render,) = [span for span in found if span["name"] == "regen.render"]
    chunks = [span for span in below[render["context"]["span_id"]] if span["name"] == "regen.chunk"]
    assert sum(span["attributes"]["regen.artifacts"] for span in chunks) == 70
    assert root["start_time"] <= render["start_time"] <= render["end_time"] <= root["end_time"]

    (project / "templates/c.py.j2").write_text(TEMPLATE + "{{ 1 // 0 if each[0].name == 'c7' }}\n")
    failed = sent(backend, project, "regen-tree", "apply")
    (root,) = tree(failed)[""]
    assert (root["status_code"], root["attributes"]["error.type"]) == ("ERROR", "TemplateError")
    (artifact,) = [span for span in failed if span["name"] == "regen.artifact" and span["status_code"] == "ERROR"]
    assert artifact["attributes"]["regen.key"] == "<https://example.org/C007>"


def test_a_cycle_of_many_templates_has_at_most_500_spans_there(backend: httpx.Client, tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    for number in range(160):
        (project / f"templates/t{number}.txt.j2").write_text(
            f'---\nto: "t{number}/{{{{ this | local_name }}}}.txt"\n'
            f"each: 'SELECT ?this WHERE {{ ?this a :Class ; :name \"c{number % 70}\" }}'\n---\nx\n"
        )
    found = sent(backend, project, "regen-many", "apply")
    assert 300 < len(found) <= 500
    assert [span["name"] for span in tree(found)[""]] == ["RUN regen"]


def test_a_build_that_has_a_trace_holds_the_cycle(backend: httpx.Client, tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    regen(
        project,
        "apply",
        TRACEPARENT=f"00-{trace}-{span}-01",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{backend.base_url}/v1/traces",
        OTEL_RESOURCE_ATTRIBUTES="openinference.project.name=regen-build",
    )
    until(lambda: any(one["name"] == "RUN regen" for one in spans(backend, "regen-build")), ARRIVES_S)
    (root,) = [one for one in spans(backend, "regen-build") if one["name"] == "RUN regen"]
    assert (root["context"]["trace_id"], root["parent_id"]) == (trace, span)
