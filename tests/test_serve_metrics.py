"""The page /metrics of `regen serve`: its requests, where the project stands, and cycles of whoever runs them."""

from __future__ import annotations

from pathlib import Path

from tests.serve_world import served_elsewhere, serving
from tests.test_metrics import OPENMETRICS, parsed
from tests.test_telemetry import made, regen


def test_a_served_project_shows_its_cycles_requests_and_standing(tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    with served_elsewhere(project) as server, server.client() as client:
        server.ready()
        client.get("/api/v1/cycles", params={"limit": 1}).raise_for_status()
        assert client.get("/nothing/here").status_code == 404
        assert client.post("/nothing/here", headers={"Origin": "https://example.org"}).status_code == 403
        answer = client.get("/metrics", headers={"Accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    samples = parsed(answer.content)
    requests = {
        (said["http_route"], said["http_response_status_code"]): value
        for said, value in (
            (dict(labels), value)
            for (name, labels), (value, _) in samples.items()
            if name == "regen_stable_requests_total"
        )
    }
    assert requests["/api/v1/cycles", "200"] == 1
    assert requests["other", "404"] == 1
    assert requests["other", "403"] == 1
    assert samples["regen_stable_active_requests", ()][0] == 1, "the one that asks"
    assert samples["regen_artifacts", (("regen_environment", "dev"),)][0] == 70
    assert samples["regen_watching", ()][0] == 1
    cycles = [value for (name, _), (value, _) in samples.items() if name == "cicd_pipeline_run_duration_seconds_count"]
    assert cycles == [1]


def test_beside_others_their_cycles_are_counted_and_their_state_is_shown(tmp_path: Path) -> None:
    project = made(tmp_path / "project")
    assert regen(project, "apply").returncode == 0
    with served_elsewhere(project, "--no-watch") as server, server.client() as client:
        server.ready()
        assert regen(project, "apply", "--full").returncode == 0
        samples = parsed(client.get("/metrics", headers={"Accept": OPENMETRICS}).content)
    cycles = [value for (name, _), (value, _) in samples.items() if name == "cicd_pipeline_run_duration_seconds_count"]
    assert cycles == [1]
    assert samples["regen_watching", ()][0] == 0
    assert samples["regen_release", (("regen_environment", "dev"),)][0] == 1


def test_without_a_state_the_page_answers(tmp_path: Path) -> None:
    with serving(made(tmp_path / "project")) as server, server.client() as client:
        assert "regen_build_info" in client.get("/metrics").text


def test_the_page_is_for_those_who_may_read(tmp_path: Path) -> None:
    with serving(made(tmp_path / "project"), open_reading=False) as server, server.client() as client:
        assert client.get("/metrics").status_code == 401
