"""Edges over HTTP: the worked example of the guide, what the hub gives and takes, and downloads that break off."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.serve_world import Server, serving
from tests.test_cli import started

from regen.cli.main import run
from regen.config.check import keys_of
from regen.fleet.executions import Execution, note_execution
from regen.fleet.settings import Edge
from regen.model.fleet import Hub
from regen.starter import initialise
from regen.state import edges
from regen.state.blobs import digest_of
from regen.state.opening import read_state
from regen.web import Unanswered, download
from regen_plugins.sync_http import HttpTransport

GUIDE = (Path(__file__).parents[1] / "docs/edges.md").read_text("utf-8")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A project with one release."""
    initialise(tmp_path / "hub", ())
    assert run(["apply", "-C", str(tmp_path / "hub")]) == 0
    return tmp_path / "hub"


def token(hub: Path, capsys: pytest.CaptureFixture[str], role: str = "system") -> str:
    """A new token."""
    capsys.readouterr()
    assert run(["token", "create", f"a-{role}", "--role", role, "-C", str(hub)]) == 0
    return capsys.readouterr().out.strip()


@pytest.fixture
def server(hub: Path) -> Iterator[Server]:
    """It is served."""
    with serving(hub) as found:
        yield found


def made(server: Server, folder: Path, secret: str, *more: str) -> Path:
    """An edge in a folder."""
    folder.mkdir(parents=True)
    (folder / "edge.token").write_text(secret + "\n")
    given = ["--name", "shop-1", "--token-file", str(folder / "edge.token"), *more, "-C", str(folder)]
    assert run(["edge", "init", server.address, *given]) == 0
    return folder


def test_the_guides_example_runs_as_it_is_shown(
    hub: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = tmp_path / "shop"
    edge.mkdir()
    (edge / "edge.token").write_text(token(hub, capsys))
    shown = [block for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL) if "regen edge" in block]
    assert len(shown) == 2
    for block, folder in zip(shown, (edge, hub), strict=True):
        monkeypatch.chdir(folder)
        for part in block.split("$ ")[1:]:
            command, _, says = part.partition("\n")
            if not command.startswith("regen "):
                assert (edge / command.removeprefix("cat ")).read_text().startswith("# Order")
                continue
            capsys.readouterr()
            asked = command.replace("http://127.0.0.1:8765", server.address).split()[1:]
            assert run(asked) == 0, command
            said = capsys.readouterr().out.replace(server.address, "http://127.0.0.1:8765")
            assert _timeless(said) == _timeless(says)


def _timeless(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "WHEN", text)


def test_every_key_and_action_is_in_the_guide() -> None:
    for key in keys_of(Edge):
        assert f"| `{key}` |" in GUIDE
    assert dataclasses.fields(Edge)
    from regen.cli.commands.fleet import COMMANDS

    for action in COMMANDS[0].arguments[0].options["choices"]:
        assert f"`regen edge {action}" in GUIDE


@pytest.mark.parametrize(("secret", "code"), [(None, 7), ("rgn_wrong", 7), ("user", 7), ("system", 0), ("admin", 0)])
def test_only_who_may_record_is_let_in(
    hub: Path, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], secret: str | None, code: int
) -> None:
    given = token(hub, capsys, secret) if secret in ("user", "system", "admin") else secret
    edge = made(server, tmp_path / "shop", given or "x", "--env", "dev")
    if given is None:
        text = (edge / "edge.toml").read_text()
        (edge / "edge.toml").write_text(re.sub("^token_file.*$", "", text, flags=re.MULTILINE))
    capsys.readouterr()
    assert run(["edge", "sync", "-C", str(edge)]) == code
    told = capsys.readouterr()
    assert given is None or given not in told.out + told.err
    if code:
        assert "token" in told.err
        assert not (edge / "site").exists()


def test_a_hub_that_is_not_there_is_told_and_costs_nothing(
    hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(hub) as server:
        edge = made(server, tmp_path / "shop", token(hub, capsys))
        assert run(["edge", "sync", "-C", str(edge)]) == 0
    note_execution(edge, Execution("import", error="no network", status="failed"))
    capsys.readouterr()
    assert run(["edge", "sync", "-C", str(edge)]) == 1
    assert "gives no answer" in capsys.readouterr().err
    assert run(["edge", "status", "--json", "-C", str(edge)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["release"], found["reachable"], found["depth"]) == (1, False, 1)
    assert found["outbox"] == {"pending": 1, "synced": 1, "conflict": 0, "error": 0}
    assert found["bytes_down"] > 0
    assert found["database_bytes"] > 0
    assert found["latency_s"] < 30
    with serving(hub) as server:
        text = (edge / "edge.toml").read_text()
        (edge / "edge.toml").write_text(re.sub('http://[^"]*', server.address, text))
        assert run(["edge", "sync", "-C", str(edge)]) == 0
    with read_state(hub / ".regen") as state:
        assert state is not None
        (last, *_) = edges.messages(state.db, "shop-1")
        assert (last[2], json.loads(last[5])["error"]) == ("execution", "no network")


def test_init_asks_the_hub_and_says_how_to_do_without(
    hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(hub) as server:
        address = server.address
    edge = str(tmp_path / "shop")
    assert run(["edge", "init", address, "-C", edge]) == 1
    assert "--env dev" in capsys.readouterr().err
    assert run(["edge", "init", address, "--env", "dev", "-C", edge]) == 0
    assert run(["edge", "init", address, "--env", "dev", "-C", edge]) == 2
    assert run(["edge", "init", "ftp://host", "--env", "dev", "-C", str(tmp_path / "other")]) == 2
    assert not (tmp_path / "other/edge.toml").exists()
    assert run(["edge", "init", "--env", "dev", "-C", str(tmp_path / "other")]) == 2
    assert run(["edge", "init", address, "--name", "a b", "-C", str(tmp_path / "other")]) == 2
    assert run(["edge", "sync", "-C", str(tmp_path)]) == 2
    assert "is no edge" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[edge]\nname = "e"\nhub = "http://h"\nhelth = "x"\n[[environment]]\nname = "dev"\n', "edge.toml:4"),
        ('[edge]\nname = "e"\n[[environment]]\nname = "dev"\n', "needs `hub`"),
        ('[edge]\nname = "e"\nhub = "http://a:b@h"\n[[environment]]\nname = "dev"\n', "edge.toml:3"),
        ('[edge]\nname = "e"\nhub = "http://h"\n[[environment]]\nname = "dev"\ntarget = "../x"\n', "edge.toml:6"),
        ('[edge]\nname = "e"\nhub = "http://h"\n[[environment]]\nname = "dev"\nkeeep = 1\n', "keep"),
        ('[edge]\nname = "e"\nhub = "http://h"\nhealth = "a \'"\n[[environment]]\nname = "dev"\n', "edge.toml:4"),
        ('[edge]\nname = "e"\nhub = "http://h"\ntoken_file = "no"\n[[environment]]\nname = "dev"\n', "token"),
        ('[edge]\nname = "e"\nhub = "smoke:h"\n[[environment]]\nname = "dev"\n', "no plugin knows a way"),
        ('[edge]\nname = "e"\nhub = "http://h"\n', "needs `environment`"),
    ],
)
def test_wrong_settings_are_told_with_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    if "target" not in text and "keeep" in text:
        text = text.replace("keeep", 'deployer = "releases"\nkeeep')
    (tmp_path / "edge.toml").write_text(text)
    assert run(["edge", "sync", "-C", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_the_hub_gives_what_a_release_holds_and_nothing_else(hub: Path, server: Server) -> None:
    with read_state(hub / ".regen") as state:
        assert state is not None
        (graph,) = state.db.one("SELECT blob FROM file") or ("",)
    with server.client() as client:
        found = client.get("/api/v1/edge/releases/dev/1").json()
        file = found["files"][0]
        whole = client.get(f"/api/v1/edge/blobs/dev/1/{file['digest']}")
        assert digest_of(whole.content) == file["digest"]
        part = client.get(f"/api/v1/edge/blobs/dev/1/{file['digest']}", headers={"Range": "bytes=5-"})
        assert (part.status_code, part.content) == (206, whole.content[5:])
        end = {"Range": f"bytes={len(whole.content)}-"}
        assert client.get(f"/api/v1/edge/blobs/dev/1/{file['digest']}", headers=end).status_code == 416
        assert client.get(f"/api/v1/edge/blobs/dev/1/{found['receipt']}").status_code == 200
        for place in (f"dev/1/{graph}", f"dev/2/{file['digest']}", f"no/1/{file['digest']}", "dev/1/..%2f..%2fx"):
            assert client.get(f"/api/v1/edge/blobs/{place}").status_code == 404, place
        assert client.get("/api/v1/edge/releases/dev/7").status_code == 404
        assert client.get("/api/v1/edge/deltas/dev/1?since=7").status_code == 404
        assert client.get("/api/v1/edge/deltas/dev/1?since=1").json() == {"files": [], "removed": []}
        digests = [one["digest"] for one in found["files"]]
        way = HttpTransport(Hub(server.address, "e"))
        assert sorted(map(digest_of, way.bundle("dev", 1, digests))) == sorted(digests)
        for wanted, status in ((graph, 404), ("", 400), (",".join(["a" * 64] * 101), 400)):
            asked = client.get(f"/api/v1/edge/bundles/dev/1?digests={wanted}")
            assert asked.status_code == status
        assert client.get("/api/v1/edge/releases?environment=no").status_code == 404


def test_the_hub_takes_messages_once_and_says_of_each_what_became_of_it(
    hub: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = token(hub, capsys)
    good = {"id": "m1", "sequence": 1, "kind": "deployed", "at": 1.0, "release": 1, "data": "{}"}
    edit = {"id": "m2", "sequence": 2, "kind": "edit", "at": 1.0, "release": 1, "data": '{"path": "a"}', "content": "!"}
    named = json.dumps({"path": "a", "base": None, "digest": "0" * 64})
    wrong = {**edit, "id": "m3", "data": named, "content": "YQ=="}
    with server.client(headers={"Authorization": f"Bearer {secret}"}) as client:

        def send(*messages: object, edge: str = "e", known: str = "i") -> tuple[int, list[int]]:
            body = {"edge": edge, "id": known, "messages": list(messages)}
            answer = client.post("/api/v1/edge/messages", json=body)
            return answer.status_code, [one["status"] for one in answer.json().get("items", ())]

        assert send(good, good) == (200, [200, 200])
        listed = {**good, "id": "m4", "data": "[]"}
        digest = digest_of(b"a")
        out = {**wrong, "id": "m6", "data": json.dumps({"path": "../a", "base": None, "digest": digest})}
        assert send(good, edit, wrong, listed, out) == (200, [200, 422, 422, 422, 422])
        assert send(good, edge="a\x1b[2J") == send(good, edge="") == send(good, known="") == (422, [])
        assert send({**good, "id": "m5", "kind": "x"}) == (422, [])
        assert send(good, known="another") == (409, [])
        assert send({**good, "id": 5})[0] == 422
        assert client.post("/api/v1/edge/messages", content=b"[1").status_code == 400
        (node,) = client.get("/api/v1/edge/nodes").json()["items"]
        assert (node["name"], node["release"], node["messages"]) == ("e", 1, 1)
        assert client.get("/api/v1/edge/edits").json()["items"] == []
    with server.client() as stranger:
        assert stranger.post("/api/v1/edge/messages", json={}).status_code == 401
        assert stranger.post("/api/v1/edge/nodes", json={}).status_code == 401


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[str]]]:
    """A server that gives each answer as it is, one a connection; and the ranges that it was asked for."""
    left, ranges = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ranges.append(self.headers.get("Range", ""))
            self.wfile.write(left.pop(0) if len(left) > 1 else left[0])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", ranges
        finally:
            server.shutdown()
            thread.join()


def test_a_download_that_breaks_off_goes_on_and_begins_anew_where_it_has_to(tmp_path: Path) -> None:
    file = tmp_path / "blob"
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"
    rest = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 5-9/10\r\n\r\n56789"
    with answering(first, rest) as (url, ranges):
        with pytest.raises(Unanswered, match="cut off"):
            download(url, file, timeout_s=10, most=100)
        assert file.read_bytes() == b"01234"
        download(url, file, timeout_s=10, most=100)
    assert (file.read_bytes(), ranges) == (b"0123456789", ["", "bytes=5-"])
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"
    with answering(whole) as (url, _):
        download(url, file, timeout_s=10, most=100)
    assert file.read_bytes() == b"new"
    other = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 0-1/10\r\n\r\nno"
    with answering(other) as (url, _), pytest.raises(Unanswered, match="another part"):
        download(url, file, timeout_s=10, most=100)
    with answering(whole) as (url, _):
        assert download(url, file, timeout_s=10, most=2).cut
    said = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno"
    with answering(said) as (url, _):
        answer = download(url, file, timeout_s=10, most=100)
    assert (answer.status, answer.body, answer.header("Retry-After")) == (503, b"no", "7")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nno!!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"environment":"dev"}',
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_whatever_answers_for_a_hub_gives_one_clear_error(answer: bytes) -> None:
    from regen.errors import HubError

    with answering(answer) as (url, _), pytest.raises(HubError) as caught:
        HttpTransport(Hub(url, "e", "rgn_secret")).offers("dev", 0)
    assert caught.value.hint
    assert "rgn_secret" not in str(caught.value) + repr(Hub(url, "e", "rgn_secret"))


def test_a_loop_goes_on_until_it_is_told_to_end(
    hub: Path, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = made(server, tmp_path / "shop", token(hub, capsys))
    text = (edge / "edge.toml").read_text()
    (edge / "edge.toml").write_text(text.replace("[[environment]]", "interval_s = 1\n\n[[environment]]"))
    with started("edge", "run", "--json", cwd=edge) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["deployed"]["hub"] == 1
        note_execution(edge, Execution("import"))  # beside it
        assert json.loads(process.stdout.readline())["pushed"]["sent"] == 1
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert run(["edge", "rollback", "-C", str(edge)]) == 2  # there is nothing before it; and nobody holds the edge
