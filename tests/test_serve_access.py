"""Who may do what on the server: tokens, roles, sessions, other sites, limits; and what the audit says of it."""

from __future__ import annotations

import hmac
import json
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cycle_world import World
from tests.serve_world import Server, served_elsewhere, serving
from tests.test_cli import regen

from regen.access import Role, TokenStore
from regen.errors import ExitCode, StateError, UsageError
from regen.orchestrator.reading import read_audit
from regen.serve.api import routes
from regen.serve.front import HEADERS
from regen.serve.limits import RATES, Limits, Rate, What
from regen.serve.route import Route
from regen.state.noting import note_beside

DAY_S = 86_400.0
RESUME = "/api/v1/releases/dev/resume"
CHANGES = [route for route in routes() if isinstance(route, Route) and route.changes and route.right is not None]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A deployed project."""
    found = World(tmp_path / "project")
    assert regen(found, "apply") == ExitCode.DONE
    return found


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    """A server of it."""
    with serving(world.root) as found:
        yield found


def token(world: World, role: Role = "admin", name: str = "ann") -> str:
    """A token of the project."""
    return TokenStore(world.root / ".regen").create(name, role)


def bearer(secret: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {secret}"}


def asked(world: World) -> list[tuple[str, str, str | None, str]]:
    """Attempts that the audit tells of, the oldest first: (what, outcome, on whose behalf, why)."""
    rows = [one for one in read_audit(world.root) if one.action == "request"]
    return [(one.subject, one.outcome, one.who.sudo, one.why) for one in reversed(rows)]


def path_of(route: Route) -> str:
    """A path of a route."""
    values = {"environment": "dev", "path:path": "ada.txt", "number": "1", "name": "x"}
    path = route.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path


# Tokens


def test_a_token_is_shown_once_and_only_its_digest_is_kept(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert regen(world, "token", "create", "ann", "--role", "admin") == ExitCode.DONE
    secret = capsys.readouterr().out.splitlines()[-1]
    file = world.root / ".regen" / "tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert regen(world, "token", "list") == ExitCode.DONE
    listed = capsys.readouterr().out
    assert "ann" in listed
    found = TokenStore(world.root / ".regen").find(secret)
    assert found is not None
    assert found.role == "admin"
    whole = b"".join(one.read_bytes() for one in (world.root / ".regen").rglob("*") if one.is_file())
    assert secret.encode() not in whole
    assert secret not in listed
    assert found.digest not in listed
    assert [(one.subject, one.why) for one in read_audit(world.root) if one.action == "token"] == [
        ("ann", "made, with the role admin")
    ]


def test_a_token_that_was_revoked_opens_nothing(world: World) -> None:
    secret = token(world)
    assert regen(world, "token", "revoke", "ann") == ExitCode.DONE
    assert TokenStore(world.root / ".regen").find(secret) is None
    assert regen(world, "token", "revoke", "ann") == ExitCode.USAGE


def test_a_token_expires(tmp_path: Path) -> None:
    now = [1000.0]
    tokens = TokenStore(tmp_path, lambda: now[0])
    secret = tokens.create("ann", "user", days=1)
    assert tokens.find(secret) is not None
    now[0] += DAY_S
    assert tokens.find(secret) is None
    assert tokens.named("ann") is None


def test_tokens_of_a_new_project_are_committed_by_nobody(tmp_path: Path) -> None:
    TokenStore(tmp_path / ".regen").create("ann", "user")
    assert (tmp_path / ".regen" / ".gitignore").read_text() == "*\n"


def test_other_processes_see_a_new_token_at_once(tmp_path: Path) -> None:
    one, other = TokenStore(tmp_path), TokenStore(tmp_path)
    assert other.find("rgn_x") is None
    secrets = [one.create(f"t{number}", "user") for number in range(3)]
    assert all(other.find(secret) is not None for secret in secrets)
    other.revoke("t1")
    assert [one.find(secret) is not None for secret in secrets] == [True, False, True]


def test_every_digest_is_compared_in_constant_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = TokenStore(tmp_path)
    secrets = [tokens.create(f"t{number}", "user") for number in range(4)]
    compared: list[object] = []

    def counted(one: str, other: str) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for secret in (secrets[0], secrets[3], "rgn_wrong"):
        compared.clear()
        tokens.find(secret)
        assert len(compared) == 4


@pytest.mark.parametrize("name", ["", "a b", "-x", "a/b", "x" * 65, "é"])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        TokenStore(tmp_path).create(name, "user")
    with pytest.raises(UsageError):
        TokenStore(tmp_path).create("ann", "user", days=-1)


def test_tokens_that_cannot_be_read_open_nothing(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path)
    secret = tokens.create("ann", "admin")
    for text in ("{", '{"tokens": [{"name": "ann"}]}', '{"tokens": [1]}'):
        (tmp_path / "tokens.json").write_text(text)
        with pytest.raises(StateError):
            tokens.find(secret)


# No token, no change; roles


@pytest.mark.parametrize("route", CHANGES, ids=lambda route: route.name)
def test_without_a_token_nothing_is_changed(world: World, server: Server, route: Route) -> None:
    before = world.tree()
    with server.client() as client:
        answer = client.request(route.method, path_of(route), json={})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert world.tree() == before
    assert asked(world) == [(f"{route.method} {path_of(route)}", "refused", None, "from 127.0.0.1: this needs a token")]


@pytest.mark.parametrize(
    ("role", "right"),
    [("user", "decide"), ("user", "record"), ("system", "decide"), ("system", "judge"), ("admin", None)],
)
def test_a_role_may_do_what_its_rights_say(world: World, server: Server, role: Role, right: str | None) -> None:
    headers = bearer(token(world, role))
    with server.client(headers=headers) as client:
        for route in [one for one in CHANGES if one.right == right]:
            answer = client.request(route.method, path_of(route), json={})
            assert answer.status_code == 403
            assert answer.json()["detail"] == f"the role {role} may not do this"
        if right is None:
            assert client.post(RESUME).status_code == 200
    assert {outcome for _, outcome, _, _ in asked(world)} <= ({"refused"} if right else {"done"})


def test_a_secret_is_in_no_answer_and_not_in_the_audit(
    world: World, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "rgn_thisIsNobodysToken"  # noqa: S105 - it opens nothing
    told = ""
    with server.client() as client:
        for answer in (
            client.post(RESUME, headers=bearer(secret)),
            client.post(RESUME, headers={"Authorization": secret}),
            client.get("/api/v1/cycles", params={"token": secret}),
            client.get("/api/v1/cycles", params={"result": secret}),
            client.post("/api/v1/session", json={"token": secret}),
            client.post("/api/v1/session", json={"tokens": secret}),
            client.post("/api/v1/session", content=secret),
        ):
            assert answer.status_code in {400, 401, 422}
            told += answer.text + str(answer.headers)
    told += json.dumps([str(one) for one in read_audit(world.root)]) + caplog.text
    assert secret not in told


def test_reading_can_need_a_token(world: World) -> None:
    with serving(world.root, open_reading=False) as server, server.client() as client:
        for path in ("/api/v1/status", "/api/v1/cycles", "/api/v1/stream", "/metrics", "/openapi.json"):
            assert client.get(path).status_code == 401, path
        for path in ("/", "/healthz", "/readyz", "/api/v1/session"):
            assert client.get(path).status_code == 200, path
        for role in ("admin", "user", "system"):
            headers = bearer(token(world, role, role))
            assert client.get("/api/v1/status", headers=headers).status_code == 200


def test_elsewhere_than_on_loopback_reading_needs_a_token(world: World) -> None:
    with served_elsewhere(world.root, "--no-watch", "--host", "0.0.0.0") as server:  # noqa: S104 - of the test
        address = server.address.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - of the test
        with httpx.Client(base_url=address, trust_env=False) as client:
            assert client.get("/api/v1/status").status_code == 401
            assert client.get("/healthz").status_code == 200


# The page's session


def signed_in(world: World, client: httpx.Client, role: Role = "admin") -> dict[str, str]:
    """The header that a page sends after its person showed a token."""
    answer = client.post("/api/v1/session", json={"token": token(world, role, f"{role}-page")})
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    return {"X-CSRF-Token": answer.json()["csrf"]}


def test_a_page_changes_things_by_its_cookie_and_the_header(world: World, server: Server) -> None:
    with server.client() as client:
        assert client.get("/api/v1/session").json() == {"name": None, "role": None, "csrf": None, "open": True}
        headers = signed_in(world, client)
        known = client.get("/api/v1/session").json()
        assert (known["name"], known["role"]) == ("admin-page", "admin")
        assert known["csrf"] == headers["X-CSRF-Token"]
        for wrong in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": ""}):
            assert client.post(RESUME, headers=wrong).status_code == 403
        assert client.post(RESUME, headers=headers).status_code == 200
        assert client.request("DELETE", "/api/v1/session", headers=headers).status_code == 200
        assert client.post(RESUME, headers=headers).status_code == 401


def test_a_session_ends_with_its_token(world: World, server: Server) -> None:
    with server.client() as client:
        headers = signed_in(world, client)
        tokens = TokenStore(world.root / ".regen")
        tokens.revoke("admin-page")
        assert client.post(RESUME, headers=headers).status_code == 401
        tokens.create("admin-page", "admin")
        assert client.post(RESUME, headers=headers).status_code == 401


# Other sites


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:8765", 200),
        ("evil.example", 421),
        ("evil.example:8765", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::1", 421),
        ("", 421),
        ("team.example", 200),
    ],
)
def test_a_name_that_leads_here_by_a_trick_is_refused(world: World, host: str, status: int) -> None:
    world.write("regen.toml", '[serve]\nhosts = "team.example"\n')
    with serving(world.root) as server, server.client() as client:
        assert client.get("/api/v1/status", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://{host}"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_another_site_changes_nothing(world: World, server: Server, headers: dict[str, str], status: int) -> None:
    host = server.address.removeprefix("http://")
    given = {name: value.format(host=host) for name, value in headers.items()}
    with server.client(headers=bearer(token(world))) as client:
        assert client.post(RESUME, headers=given).status_code == status
    ((_, outcome, _, why),) = asked(world)
    assert outcome == ("done" if status == 200 else "refused")
    assert status == 200 or why == "from 127.0.0.1: this request comes from another site"


def test_nobody_fills_the_audit_with_what_is_refused(world: World, server: Server) -> None:
    assert server.desk is not None
    server.desk.limits.rates = {**RATES, "refusals": Rate(0.001, 3.0)}
    with server.client() as client:
        for _ in range(10):
            assert client.post(RESUME, headers={"Origin": "http://evil.example"}).status_code == 403
    told = [why for _, _, _, why in asked(world)]
    assert len(told) == 4
    assert told[-1].endswith("others of the next 60 s are not noted")


def test_every_answer_has_the_headers_that_guard_a_page(world: World, server: Server) -> None:
    with server.client() as client:
        for method, path in (
            ("GET", "/"),
            ("GET", "/api/v1/status"),
            ("GET", "/nothing"),
            ("GET", "/static/nothing"),
            ("POST", RESUME),
            ("PUT", "/api/v1/status"),
            ("GET", "/healthz"),
        ):
            answer = client.request(method, path)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (path, name)
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy


# Limits


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    limits = Limits({"requests": Rate(2.0, 3.0), "changes": Rate(1.0, 1.0), "failures": Rate(1.0, 1.0)}, lambda: now[0])
    assert [limits.take("requests", "a") for _ in range(4)] == [None, None, None, 0.5]
    assert limits.take("requests", "b") is None
    now[0] = 0.5
    assert limits.wait("requests", "a") is None
    assert [limits.take("requests", "a") for _ in range(2)] == [None, 0.5]
    now[0] = 1000.0
    assert [limits.take("requests", "a") for _ in range(4)] == [None, None, None, 0.5]


def test_who_asks_too_much_is_told_when_to_ask_again(world: World, server: Server) -> None:
    assert server.desk is not None
    rates: dict[What, Rate] = {
        **RATES,
        "requests": Rate(0.001, 1000.0),
        "changes": Rate(0.001, 3.0),
        "failures": Rate(0.001, 2.0),
    }
    server.desk.limits.rates = rates
    secret = token(world)
    with server.client() as client:
        answers = [client.post(RESUME, headers=bearer("rgn_wrong")) for _ in range(5)]
        assert [one.status_code for one in answers] == [401, 401, 429, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 1
        # Not even a good token is looked at then: whoever guesses must not see that one is.
        assert client.post(RESUME, headers=bearer(secret)).status_code == 429
    told = [why for _, _, _, why in asked(world)]
    assert len(told) == 3
    assert told[-1].startswith("from 127.0.0.1: too many requests; others")


def test_requests_of_one_client_are_bounded(world: World, server: Server) -> None:
    assert server.desk is not None
    rates: dict[What, Rate] = {**RATES, "requests": Rate(0.001, 4.0)}
    server.desk.limits.rates = rates
    with server.client() as client:
        answers = [client.get("/healthz") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 4 + [429] * 2
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_not_read(world: World, server: Server, chunked: bool) -> None:
    data = b'{"token": "' + b"x" * 6_000_000 + b'"}'

    def pieces() -> Iterator[bytes]:
        yield from (data[start : start + 100_000] for start in range(0, len(data), 100_000))

    content: Any = pieces() if chunked else data
    with server.client() as client:
        with suppress(httpx.WriteError):  # it was told while it still sent, and the server hung up
            assert client.post("/api/v1/session", content=content).status_code == 413
        assert client.get("/healthz").status_code == 200


# The audit from beside


def test_rows_noted_from_beside_keep_the_chain(world: World) -> None:
    for number in range(3):
        assert note_beside(world.root / ".regen", "request", subject=str(number), who="token ann")
        world.graph(f":x{number} a :Person ; <http://www.w3.org/2000/01/rdf-schema#label> 'X' .", "more")
        assert regen(world, "apply") == ExitCode.DONE
    assert regen(world, "verify") == ExitCode.DONE
    assert note_beside(world.root / "nothing", "request") is False
