"""`regen serve`: what is asked, what happens live, and how it begins and ends."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.beside_world import watched
from tests.cycle_world import PEOPLE, World
from tests.serve_world import WAIT_S, served_elsewhere, serving
from tests.test_cli import regen, started

from regen.errors import ExitCode

ROBERT = PEOPLE.replace('"Bob"', '"Robert"')


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A deployed project."""
    found = World(tmp_path / "project")
    assert regen(found, "apply") == ExitCode.DONE
    return found


def messages(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Server-sent events, field by field."""
    found: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            found[name] = value
        elif found:
            yield found
            found = {}


def until(stream: Iterator[dict[str, str]], name: str) -> list[dict[str, str]]:
    """Messages up to the first of that name."""
    found = []
    for message in stream:
        found.append(message)
        if message.get("event") == name:
            return found
    raise AssertionError(f"the stream ended without {name}")


def test_status_and_cycles_say_what_stands(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        status = client.get("/api/v1/status").raise_for_status().json()
        assert status["project"] == "project"
        assert [(one["name"], one["release"]) for one in status["environments"]] == [("dev", 1)]
        assert status["watch"] == {"alive": False, "here": False, "since": None}
        assert status["running"] is None
        listed = client.get("/api/v1/cycles").raise_for_status().json()
        assert [one["result"] for one in listed["items"]] == ["success"]
        whole = client.get(f"/api/v1/cycles/{listed['items'][0]['number']}").raise_for_status().json()
        assert {one["action"] for one in whole["artifacts"]} == {"created"}
        assert "render" in {stage["name"] for stage in whole["stages"]}
        assert whole["events"]


def test_a_project_before_its_first_cycle_is_served(tmp_path: Path) -> None:
    world = World(tmp_path / "project")
    with serving(world.root) as server, server.client() as client:
        assert client.get("/api/v1/status").raise_for_status().json()["revision"] == 0
        assert client.get("/api/v1/cycles").json() == {"items": [], "next": None}
        assert client.get("/api/v1/cycles/1").status_code == 404
        assert client.get("/readyz").status_code == 200


def test_pages_of_cycles_follow_each_other(world: World) -> None:
    for name in ("Robert", "Rob", "Bert"):
        world.graph(PEOPLE.replace('"Bob"', f'"{name}"'))
        assert regen(world, "apply") == ExitCode.DONE
    with serving(world.root) as server, server.client() as client:
        numbers, query = [], "limit=3"
        while query:
            page = client.get(f"/api/v1/cycles?{query}").raise_for_status().json()
            numbers += [one["number"] for one in page["items"]]
            query = f"limit=3&before={page['next']}" if page["next"] else ""
    assert numbers == [4, 3, 2, 1]


def test_the_page_is_served_and_nothing_outside_its_folder(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        page = client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        part = client.get("/static/main.js")
        assert part.headers["content-type"].startswith("text/javascript")
        assert part.headers["cache-control"] == "no-cache"
        assert client.get("/static/main.js", headers={"If-None-Match": part.headers["etag"]}).status_code == 304
        assert client.get("/static/../app.py").status_code == 404
        assert client.get("/static/%2e%2e/app.py").status_code == 404


def test_a_wrong_request_is_a_problem_with_a_way_out(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        for path, status in (
            ("/api/v1/nothing", 404),
            ("/api/v1/cycles?limit=0", 400),
            ("/api/v1/cycles?limit=x", 400),
            ("/api/v1/cycles?limits=1", 400),
            ("/api/v1/cycles?limit=1&limit=2", 400),
            ("/api/v1/cycles/99", 404),
            ("/api/v1/cycles/x", 404),
            ("/api/v1/events?after=x", 400),
        ):
            answer = client.get(path)
            assert answer.status_code == status, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert {"type", "title", "status", "detail", "hint"} == set(answer.json())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_events_come_live_and_a_cut_stream_goes_on(world: World, backend: str) -> None:
    with watched(world, backend), serving(world.root) as server, server.client() as client:
        with client.stream("GET", "/api/v1/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            stream = messages(answer.iter_lines())
            assert next(stream) == {"retry": "1000"}
            world.graph(ROBERT)
            told = until(stream, "cycle.completed")
        kept = [one for one in told if "id" in one]
        assert [one["event"] for one in kept][:2] == ["cycle.started", "node.changed"]
        changed = json.loads(kept[1]["data"])
        assert changed["data"]["gained"][0]["object"] == '"Robert"'
        with client.stream("GET", "/api/v1/stream", headers={"Last-Event-ID": kept[0]["id"]}) as answer:
            again = until(messages(answer.iter_lines()), "cycle.completed")
        assert [one["data"] for one in again[1:]] == [one["data"] for one in kept[1:]]
        listed = client.get("/api/v1/events", params={"after": kept[0]["id"]}).json()
        assert listed["items"] == [json.loads(one["data"]) for one in kept[1:]]


def test_the_last_events_and_those_of_a_type(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        last = client.get("/api/v1/events?limit=1").json()
        assert [one["type"] for one in last["items"]] == ["cycle.completed"]
        assert client.get("/api/v1/events", params={"after": last["next"]}).json()["items"] == []
        cycles = client.get("/api/v1/events?type=cycle.*").json()["items"]
        assert {one["type"] for one in cycles} == {"cycle.started", "cycle.completed"}
        first = client.get("/api/v1/events?after=0.0.0&limit=1").json()
        rest = client.get("/api/v1/events", params={"after": first["next"]}).json()["items"]
        whole = client.get("/api/v1/events?after=0.0.0").json()["items"]
        assert first["items"] + rest == whole


def test_a_taken_port_is_one_clear_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert regen(world, "serve", "--port", port) == ExitCode.USAGE
    assert f"port {port}: another program listens there" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_with_a_watch_in_it_ends_cleanly_with_a_reader(world: World, number: int) -> None:
    with served_elsewhere(world.root) as server, server.client() as client:
        process = server.process
        assert process is not None
        server.ready()
        with client.stream("GET", "/api/v1/stream") as answer:
            stream = messages(answer.iter_lines())
            next(stream)
            world.graph(ROBERT)
            names = [one["event"] for one in until(stream, "cycle.completed")]
            assert {"stage.started", "stage.ended", "node.changed"} <= set(names)
            assert client.get("/api/v1/status").json()["watch"]["here"] is True
            process.send_signal(number)
            assert "cycle.completed" not in [one.get("event") for one in stream]
        assert process.wait(WAIT_S) == ExitCode.DONE
        with pytest.raises(httpx.ConnectError):
            client.get("/healthz")


def test_a_server_is_beside_a_watch_of_another_process(world: World) -> None:
    with watched(world), served_elsewhere(world.root) as server, server.client() as client:
        assert client.get("/api/v1/status").json()["watch"]["alive"] is True


def test_a_configuration_that_is_wrong_now_leaves_the_last_good_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regen.serve.desk._KEPT_S", 0.0)
    with serving(world.root) as server, server.client() as client:
        world.write("regen.toml", "[project")
        assert client.get("/api/v1/status").raise_for_status().json()["environments"][0]["name"] == "dev"


def test_a_watch_that_was_killed_is_told_of_and_the_server_goes_on(world: World) -> None:
    with started("watch", "--json", cwd=world.root) as watch:
        assert watch.stdout is not None
        watch.stdout.readline()
        with served_elsewhere(world.root) as server, server.client() as client:
            assert client.get("/api/v1/status").json()["watch"]["alive"] is True
            watch.kill()
            watch.wait()
            assert client.get("/api/v1/status").json()["watch"]["alive"] is False
            assert client.get("/api/v1/cycles").raise_for_status().json()["items"]
        watch.communicate()


def test_what_may_be_done_with_a_path_is_said(world: World) -> None:
    with serving(world.root) as server, server.client() as client:
        for path, methods in (
            ("/api/v1/session", "DELETE, GET, HEAD, POST"),
            ("/api/v1/status", "GET, HEAD"),
            ("/api/v1/releases/dev/resume", "POST"),
            ("/api/v1/conflicts/dev/a.txt/resolve", "POST"),
        ):
            answer = client.request("OPTIONS", path)
            assert (answer.status_code, answer.headers["allow"]) == (405, methods)
        assert client.get("/api/v1/releases/dev/resume").status_code == 405
