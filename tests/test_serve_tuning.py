"""What the interface says of the feedback loop, switches it, and takes what people say of files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cycle_world import World
from tests.serve_world import Server, serving
from tests.test_cli import regen

from regen.access import TokenStore
from regen.errors import ExitCode
from regen.orchestrator.reading import read_audit
from regen.orchestrator.tuning import read_tuning


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path / "project")
    assert regen(found, "apply") == ExitCode.DONE
    return found


def bearer(server: Server, role: str) -> dict[str, str]:
    assert server.desk is not None
    return {"Authorization": f"Bearer {TokenStore(server.desk.folder).create(f'{role}-x', role)}"}  # type: ignore[arg-type]


def test_settings_and_recommendations_are_told(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        found = client.get("/api/v1/tuning").json()
        assert (found["adaptive"], found["target_s"], found["decisions"]) == (True, 30.0, [])
        assert {one["name"] for one in found["settings"]} == {"workers", "executor", "debounce_ms", "chunk"}
        assert client.get("/api/v1/tuning", params={"dry_run": "true"}).status_code == 200


def test_the_loop_is_switched_by_an_admin_and_it_is_audited(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        assert client.post("/api/v1/tuning", json={"adaptive": False}).status_code == 401
        user = client.post("/api/v1/tuning", json={"adaptive": False}, headers=bearer(server, "user"))
        assert user.status_code == 403
        admin = bearer(server, "admin")
        done = client.post("/api/v1/tuning", json={"adaptive": False}, headers=admin)
        assert (done.status_code, done.json()["adaptive"]) == (200, False)
        assert "admin-x" in done.json()["why_off"]
        assert not read_tuning(world.root).adaptive
        assert any(one.subject == "adaptive" for one in read_audit(world.root, action="configure"))
        world.write("regen.toml", "[engine]\nadaptive = false\n")
        while client.get("/api/v1/tuning").json()["why_off"] != "`adaptive = false` in regen.toml":
            pass  # the server takes the configuration for as old as a second
        refused = client.post("/api/v1/tuning", json={"adaptive": True}, headers=admin)
        assert refused.status_code == 409


def test_what_people_say_joins_the_figures(world: World) -> None:
    said = {"environment": "dev", "path": "ada.txt", "score": 1, "text": "-- no birthday"}
    with serving(world.root) as server, server.client() as client:
        assert client.post("/api/v1/feedback", json=said).status_code == 401
        headers = bearer(server, "user")
        done = client.post("/api/v1/feedback", json=said, headers=headers)
        assert done.status_code == 200, done.text
        assert done.json()["result"]["artifact"]["template"] == "person.j2"
        assert client.post("/api/v1/feedback", json={**said, "score": 6}, headers=headers).status_code == 422
        assert client.post("/api/v1/feedback", json={**said, "path": "no.txt"}, headers=headers).status_code >= 400
        (one,) = client.get("/api/v1/feedback").json()["items"]
        assert (one["text"], one["score"]) == ("-- no birthday", 1.0)
        everything, person = client.get("/api/v1/feedback/templates").json()["items"]
        assert (everything["artifacts"], person["template"], person["good"]) == (1, "person.j2", 0)
        figures = {one["metric"]: one["value"] for one in client.get("/api/v1/stats").json()["figures"]}
        assert figures["accuracy"] < 1
