"""An alert is told once, to the log, a command, an address and plugins; and once more when it is over."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cycle_world import World
from tests.health_world import Heard

from regen.cli.main import run
from regen.hooks import hookimpl
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.alert import Alert
from regen.model.settings import AlertSettings, PluginSettings
from regen.orchestrator.alerting import alert, recovered
from regen.orchestrator.status import read_status

pytestmark = pytest.mark.anyio

ALERT = Alert("dev/web", "dev", "critical", "it burns", 3.0, 1.0, 2)


async def told(settings: AlertSettings, *plugins: tuple[str, object]) -> list[str]:
    """Tell of an alert; gives what went wrong."""
    hooks = Hooks(PluginManager(extra=plugins))
    await hooks.configure(PluginSettings(alerts=settings))
    return [str(error) for error in await hooks.alert(ALERT)]


@contextmanager
def taking(status: int = 200) -> Iterator[tuple[str, list[tuple[str | None, bytes]]]]:
    """A server that takes what is posted; gives its address and (type, body) of each."""
    taken: list[tuple[str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Content-Type"], body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_it_is_told_once_until_it_is_over(tmp_path: Path) -> None:
    """Unless it gets worse; the status lists what is open."""
    world, heard = World(tmp_path / "project"), Heard()
    async with world.open(plugins=[("heard", heard)]) as project:
        session = project._session
        for severity in ("warning", "warning", "critical", "critical", "warning"):
            await alert(session, "dev", "web", severity, f"{severity} thing")  # type: ignore[arg-type]
        (opened,) = read_status(world.root, None).alerts
        assert (opened.severity, opened.count, opened.key) == ("warning", 5, "dev/web")
        await recovered(session, "dev", "web", "it is well")
        await recovered(session, "dev", "web", "it is well")
        await recovered(session, "dev", "other", "it never was ill")
        assert read_status(world.root, None).alerts == ()
        await alert(session, "dev", "web", "warning", "again")
    assert [(one.severity, one.recovered, one.message) for one in heard.alerts] == [
        ("warning", False, "warning thing"),
        ("critical", False, "critical thing"),
        ("warning", True, "it is well"),
        ("warning", False, "again"),
    ]


async def test_a_command_reads_it_as_json(tmp_path: Path) -> None:
    """Or as variables."""
    script = 'cat > alert.json; echo "$REGEN_ALERT $REGEN_ENVIRONMENT $REGEN_MESSAGE" > words'
    assert await told(AlertSettings(str(tmp_path), ("sh", "-c", script))) == []
    document = json.loads((tmp_path / "alert.json").read_text())
    assert document["text"] == "critical: dev: it burns"
    assert {name: document[name] for name in ("key", "severity", "count", "recovered", "since")} == {
        "key": "dev/web",
        "severity": "critical",
        "count": 2,
        "recovered": False,
        "since": 1.0,
    }
    assert (tmp_path / "words").read_text() == "critical dev it burns\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("no-such-program",), "cannot be run"),
        (("sh", "-c", "echo no mail here; exit 3"), "ended with 3: no mail here"),
        (("sleep", "600"), "did not end in 0.2 s"),
    ],
)
async def test_a_command_that_fails_holds_nobody_up(tmp_path: Path, command: tuple[str, ...], said: str) -> None:
    """It is told of, and the others are asked all the same."""
    heard = Heard()
    (error,) = await told(AlertSettings(str(tmp_path), command, timeout_s=0.2), ("heard", heard))
    assert said in error
    assert heard.alerts == [ALERT]


async def test_an_address_gets_it_posted() -> None:
    with taking() as (url, taken):
        assert await told(AlertSettings(url=url)) == []
        ((kind, body),) = taken
        assert (kind, json.loads(body)["message"]) == ("application/json", "it burns")
    (error,) = await told(AlertSettings(url=url))
    assert "did not take an alert: it cannot be reached" in error
    with taking(500) as (url, _):
        (error,) = await told(AlertSettings(url=url))
        assert "answered 500" in error


class Broken:
    """A plugin that raises."""

    @hookimpl
    def regen_alert(self) -> None:
        raise RuntimeError("the pager is on fire")


async def test_a_plugin_that_raises_is_logged_and_the_others_are_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world, heard = World(tmp_path / "project"), Heard()
    async with world.open(plugins=[("heard", heard), ("broken", Broken())]) as project:
        await alert(project._session, "dev", "web", "warning", "it smokes")
    assert [one.message for one in heard.alerts] == ["it smokes"]
    logged = {(record.levelno, record.name) for record in caplog.records}
    assert logged == {(logging.WARNING, "regen.alert")}
    assert "the pager is on fire" in caplog.text
    assert "warning: dev: it smokes" in caplog.text


async def test_it_goes_to_every_channel_that_apprise_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses are in variables; one that does not work keeps no other from being told, and is in no message."""
    with taking() as (url, taken):
        monkeypatch.setenv("CHAT", url.replace("http://", "json://"))
        monkeypatch.setenv("BROKEN", "nonsense://secret@there")
        settings = AlertSettings(channels=("BROKEN", "CHAT", "UNSET"))
        (error,) = await told(settings)
    ((_, body),) = taken
    found = json.loads(body)
    assert (found["title"], found["message"], found["type"]) == ("regen: critical: dev", "it burns", "failure")
    assert "the channel of BROKEN has an address that Apprise does not know" in error
    assert "the channel of UNSET has no address" in error
    assert "secret" not in error


async def test_without_the_package_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT", "json://me:secret@127.0.0.1/")
    monkeypatch.setitem(sys.modules, "apprise", None)
    (error,) = await told(AlertSettings(channels=("CHAT",)))
    assert "the channel of CHAT needs a package that is not installed: `pip install 'regen[alerts]'`" in error


async def test_no_address_of_a_channel_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not by those who send it either, however much is logged."""
    with caplog.at_level(logging.DEBUG), taking(500) as (url, _):
        monkeypatch.setenv("CHAT", url.replace("http://", "json://me:secret@") + "secret/path?token=secret")
        monkeypatch.setenv("UNKNOWN", "nonsense://secret@there")
        monkeypatch.setenv("WRONG", "discord://secret/")
        (error,) = await told(AlertSettings(channels=("CHAT", "UNKNOWN", "WRONG")))
    assert "the channel of WRONG has an address that Apprise does not know" in error
    assert "secret" not in error + caplog.text


async def test_a_channel_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with taking(500) as (url, _):
        monkeypatch.setenv("CHAT", url.replace("http://", "json://"))
        (error,) = await told(AlertSettings(channels=("CHAT",)))
    assert "the channel of CHAT did not take an alert" in error


async def test_alerts_lists_what_is_open_and_what_was_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path / "project")
    assert run(["-C", str(world.root), "alerts"]) == 0
    assert "no alert is open" in capsys.readouterr().out
    async with world.open() as project:
        await alert(project._session, "dev", "web", "warning", "it smoulders")
        await alert(project._session, "dev", "disk", "critical", "it is full")
        await recovered(project._session, "dev", "disk", "it has room")
    assert run(["-C", str(world.root), "alerts", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["key"], one["severity"]) for one in found["open"]] == [("dev/web", "warning")]
    assert [one["what"] for one in found["told"]] == ["recovered", "critical", "warning"]
    assert run(["-C", str(world.root), "alerts"]) == 0
    assert "warning   dev: it smoulders" in capsys.readouterr().out
    assert run(["-C", str(world.root), "alerts", "--env", "nowhere"]) == 2
