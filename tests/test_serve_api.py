"""What the interface says of files, releases, conflicts and the graph, and what it changes by a token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.beside_world import watched
from tests.cycle_world import PEOPLE, World
from tests.serve_world import Server, served_elsewhere, serving
from tests.test_cli import regen

from regen.access import TokenStore
from regen.errors import ExitCode
from regen.orchestrator.reading import read_audit
from regen.serve import graphs

ROBERT = PEOPLE.replace('"Bob"', '"Robert"')
ADA = "http://example.org/ada"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A deployed project of two releases."""
    found = World(tmp_path / "project")
    assert regen(found, "apply") == ExitCode.DONE
    found.graph(ROBERT)
    assert regen(found, "apply") == ExitCode.DONE
    return found


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    """A server of it, with nobody who watches."""
    with serving(world.root) as found:
        yield found


def got(client: httpx.Client, path: str, **query: Any) -> Any:
    """The JSON of an answer that is no problem."""
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def admin(server: Server) -> httpx.Client:
    """A client with a token that opens everything."""
    assert server.desk is not None
    token = TokenStore(server.desk.folder).create("ann", "admin")
    return server.client(headers={"Authorization": f"Bearer {token}"})


def conflicting(world: World) -> None:
    """Both sides change one line."""
    world.edit("bob.txt", "name: Robert", "name: Bobby")
    world.graph(PEOPLE.replace('"Bob"', '"Rob"'))
    assert regen(world, "apply") == ExitCode.CONFLICTS


def test_files_are_listed_searched_and_turned_over(server: Server) -> None:
    with server.client() as client:
        whole = got(client, "/api/v1/artifacts")
        assert [one["path"] for one in whole["items"]] == ["ada.txt", "bob.txt"]
        first = got(client, "/api/v1/artifacts", limit=1)
        rest = got(client, "/api/v1/artifacts", limit=1, before=first["next"])
        assert first["items"] + rest["items"] == whole["items"]
        assert [one["path"] for one in got(client, "/api/v1/artifacts", q="BOB")["items"]] == ["bob.txt"]


def test_a_file_is_shown_with_its_edit_and_its_reason(world: World, server: Server) -> None:
    world.edit("bob.txt", "two\n", "zwei\n")
    with server.client() as client:
        found = got(client, "/api/v1/artifacts/dev/bob.txt")
        assert found["edited"] is True
        assert "-two" in found["diff"].splitlines()
        assert "+zwei" in found["diff"].splitlines()
        assert '"Robert"' in found["why"]["because"][0]["text"]
        assert found["why"]["views"] is None
        assert got(client, "/api/v1/artifacts/dev/ada.txt")["diff"] == ""
        assert client.get("/api/v1/artifacts/dev/../../regen.toml").status_code == 404
        assert client.get("/api/v1/artifacts/dev/%2e%2e/graphs/people.ttl").status_code == 404
        assert client.get("/api/v1/artifacts/prod/bob.txt").status_code == 404


def test_the_views_behind_a_file_are_asked_at_a_watch(world: World, server: Server) -> None:
    with watched(world), server.client() as client:
        views = got(client, "/api/v1/artifacts/dev/ada.txt")["why"]["views"]
    assert [(one["view"], one["rows"]) for one in views] == [
        ("each", [[f"<{ADA}>", '"Ada"']]),
        ("friends", [[f"<{ADA}>", "<http://example.org/bob>"]]),
    ]


def test_releases_and_two_side_by_side(server: Server) -> None:
    with server.client() as client:
        assert [one["number"] for one in got(client, "/api/v1/releases")["items"]] == [2, 1]
        assert [one["path"] for one in got(client, "/api/v1/releases/dev/2")["changes"]] == ["bob.txt"]
        assert client.get("/api/v1/releases/dev/9").status_code == 404
        compared = got(client, "/api/v1/compare/dev", **{"from": 1, "to": 2})
        assert [one["path"] for one in compared["files"]] == ["bob.txt"]
        assert got(client, "/api/v1/compare/dev") == compared
        assert client.get("/api/v1/compare/dev?from=2&to=2").status_code == 409


WAYS = ["as the state has it", "in the process of the watch", "too large, at the watch"]


@contextmanager
def graph_server(world: World, way: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that gets at the graph in that way."""
    if way == WAYS[1]:
        with served_elsewhere(world.root) as found:
            found.ready()
            yield found
        return
    if way == WAYS[2]:
        monkeypatch.setattr(graphs, "MOST", 0)
    with watched(world) if way == WAYS[2] else nullcontext(), serving(world.root) as found:
        yield found


@pytest.mark.parametrize("way", WAYS)
def test_the_graph_is_walked(world: World, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with graph_server(world, way, monkeypatch) as server, server.client() as client:
        near = got(client, "/api/v1/graph", node=ADA)
        assert near["nodes"][0]["id"] == ADA
        assert {one["label"] for one in near["nodes"] if one["kind"] == "node"} == {"Ada", "Robert", "Person"}
        assert {one["label"] for one in near["edges"]} == {"knows", "type", "label"}
        assert [one["path"] for one in near["files"]] == ["ada.txt", "bob.txt"]
        assert [one["label"] for one in near["nodes"] if one["changed"]] == ["Robert"]
        assert got(client, "/api/v1/graph", node="http://example.org/nobody")["known"] is False
        assert [one["label"] for one in got(client, "/api/v1/graph/search", q="rob")["items"]] == ["Robert"]
        assert client.get("/api/v1/graph", params={"node": "<x>"}).status_code == 400


def test_a_graph_that_changed_is_read_again(world: World, server: Server) -> None:
    with server.client() as client:
        assert got(client, "/api/v1/graph/search", q="rupert")["items"] == []
        world.graph(PEOPLE.replace('"Bob"', '"Rupert"'))
        assert regen(world, "apply") == ExitCode.DONE
        assert [one["label"] for one in got(client, "/api/v1/graph/search", q="rupert")["items"]] == ["Rupert"]


def test_a_picture_of_a_hub_is_bounded_and_says_so(world: World, server: Server) -> None:
    world.graph(PEOPLE + "".join(f":p{n} a :Person ; :knows :bob .\n" for n in range(300)))
    assert regen(world, "apply") == ExitCode.DONE
    with server.client() as client:
        near = got(client, "/api/v1/graph", node="http://example.org/bob", depth=2, limit=40)
        ids = {one["id"] for one in near["nodes"]}
        assert len(ids) == 40
        assert near["cut"] is True
        assert {end for one in near["edges"] for end in (one["source"], one["target"])} <= ids


def test_the_command_walks_the_graph(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert regen(world, "graph", ADA) == ExitCode.DONE
    assert "Ada  knows  Robert" in capsys.readouterr().out.splitlines()
    assert regen(world, "graph", "--search", "rob") == ExitCode.DONE
    assert "http://example.org/bob" in capsys.readouterr().out
    assert regen(world, "graph", "http://example.org/nobody") == ExitCode.DONE
    assert regen(world, "graph") == ExitCode.USAGE
    assert regen(world, "graph", "person") == ExitCode.USAGE
    assert "'person' is no IRI" in capsys.readouterr().err


@pytest.mark.parametrize("beside", [True, False], ids=["beside a watch", "alone"])
def test_a_rollback_and_going_on_are_done_and_noted(world: World, server: Server, beside: bool) -> None:
    with admin(server) as client, watched(world) if beside else nullcontext():
        done = client.post("/api/v1/releases/dev/rollback", json={"to": 1})
        assert done.status_code == 200, done.text
        assert done.json()["result"]["release"]["restores"] == 1
        assert world.read("bob.txt").startswith("name: Bob\n")
        assert got(client, "/api/v1/status")["environments"][0]["held"] is True
        again = client.post("/api/v1/releases/dev/rollback", json={"to": 3})
        assert again.status_code == 409
        assert again.headers["content-type"] == "application/problem+json"
        assert client.post("/api/v1/releases/dev/resume").status_code == 200
        assert client.post("/api/v1/releases/dev/rollback", json={"to": 99}).status_code == 404
    rows = read_audit(world.root)
    assert {str(one.who.sudo) for one in rows if one.action in {"rollback", "resume"}} == {"token ann"}
    asked = [(one.subject, one.outcome) for one in reversed(rows) if one.action == "request"]
    assert asked == [
        ("POST /api/v1/releases/dev/rollback", "done"),
        ("POST /api/v1/releases/dev/rollback", "refused"),
        ("POST /api/v1/releases/dev/resume", "done"),
        ("POST /api/v1/releases/dev/rollback", "refused"),
    ]


def test_a_conflict_is_shown_with_its_sides_and_settled(world: World, server: Server) -> None:
    conflicting(world)
    with admin(server) as client, watched(world):
        (listed,) = got(client, "/api/v1/conflicts")["items"]
        assert (listed["path"], listed["environment"]) == ("bob.txt", "dev")
        found = got(client, "/api/v1/conflicts/dev/bob.txt")
        names = [found[side].splitlines()[0] for side in ("base", "ours", "theirs")]
        assert names == ["name: Robert", "name: Bobby", "name: Rob"]
        assert "<<<<<<<" in found["marked"]
        merged = found["ours"].replace("Bobby", "Bobby Rob")
        answer = client.post("/api/v1/conflicts/dev/bob.txt/resolve", json={"how": "merged", "content": merged})
        assert answer.status_code == 200, answer.text
        assert answer.json()["conflicts"] is False
        assert world.read("bob.txt") == merged
        assert got(client, "/api/v1/conflicts")["items"] == []
        assert client.get("/api/v1/conflicts/dev/bob.txt").status_code == 404
        assert client.post("/api/v1/conflicts/dev/bob.txt/resolve", json={"how": "ours"}).status_code == 404


def test_a_merge_with_markers_is_refused(world: World, server: Server) -> None:
    conflicting(world)
    with admin(server) as client, watched(world):
        marked = got(client, "/api/v1/conflicts/dev/bob.txt")["marked"]
        answer = client.post("/api/v1/conflicts/dev/bob.txt/resolve", json={"how": "merged", "content": marked})
        assert answer.status_code == 409
        assert "conflict markers" in answer.json()["detail"]
        assert client.post("/api/v1/conflicts/dev/bob.txt/resolve", json={"how": "guess"}).status_code == 422


def test_the_audit_is_turned_over(server: Server) -> None:
    with server.client() as client:
        whole = [one["sequence"] for one in got(client, "/api/v1/audit")["items"]]
        assert whole == sorted(whole, reverse=True)
        first = got(client, "/api/v1/audit", limit=2)
        rest = got(client, "/api/v1/audit", before=first["next"])
        assert [one["sequence"] for one in first["items"] + rest["items"]] == whole
