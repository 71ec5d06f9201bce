"""Probes ask real commands and real servers, within limits of time and size, whatever is at the other end."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.health_world import says, server

from regen.commands import run
from regen.health import ask
from regen.health.figures import NoFigure, figure_in
from regen.health.own import Own
from regen.model.objective import Target
from regen.model.probe import Probe, Reading

pytestmark = pytest.mark.anyio

COMMAND = Probe("p", "dev", timeout_s=20)
FIGURE = replace(COMMAND, metric="error_rate", target=Target.parse("< 5%"))


def nothing() -> Own:
    return Own(0, (), ())


async def asked(probe: Probe, folder: Path) -> Reading:
    return await ask(probe, folder, nothing)


def python(text: str, probe: Probe = COMMAND) -> Probe:
    return replace(probe, run=(sys.executable, "-c", text))


async def test_a_command_is_judged_by_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("")
    good = await asked(
        python("import os; assert os.path.exists('here.txt') and os.environ['REGEN_ENVIRONMENT']"), tmp_path
    )
    assert (good.outcome, good.message) == ("pass", "exit code 0")
    bad = await asked(python("print('out of order'); raise SystemExit(3)"), tmp_path)
    assert (bad.outcome, bad.message) == ("fail", "exit code 3: out of order")
    rude = await asked(python("print('\\x1b[2Jgone\\x07' + 'x' * 5000); raise SystemExit(1)"), tmp_path)
    assert (rude.message.isprintable(), len(rude.message) <= 300) == (True, True)
    killed = await asked(python("import os; os.kill(os.getpid(), 9)"), tmp_path)
    assert (killed.outcome, killed.message) == ("fail", "ended by signal 9")


async def test_a_command_that_is_not_there_says_nothing_of_the_release(tmp_path: Path) -> None:
    for command in (("no-such-program",), ("sh", "-c", "no-such-program"), (str(tmp_path),)):
        found = await asked(replace(COMMAND, run=command), tmp_path)
        assert found.outcome == "inconclusive", command


async def test_a_command_that_hangs_is_ended_with_all_its_children(tmp_path: Path) -> None:
    """The time is over: it has failed; nothing of it goes on."""
    text = (
        "import os, time, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.fork()\n"
        "open(f'pid-{os.getpid()}', 'w').close()\ntime.sleep(600)"
    )
    found = await asked(python(text, replace(COMMAND, timeout_s=2)), tmp_path)
    assert (found.outcome, found.message) == ("fail", "no answer in 2 s")
    pids = started(tmp_path)
    assert len(pids) == 2
    ended(pids)


def started(folder: Path) -> list[int]:
    """Processes that said that they run."""
    return [int(file.name[4:]) for file in folder.glob("pid-*")]


def ended(pids: list[int]) -> None:
    """Wait until they are over; the kernel ends a killed one when it comes to it."""
    end = time.monotonic() + 10
    while any(map(alive, pids)):
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be told of is over."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_child_that_is_left_behind_holds_nothing_up(tmp_path: Path) -> None:
    """It has the pipe open, and writes to it for ever."""
    text = "import os\nif os.fork() == 0:\n while True:\n  os.write(1, b'x' * 60000)\n"
    found = await asked(python(text), tmp_path)
    assert found.outcome == "pass"
    assert found.duration_s < 15


def test_gigabytes_of_output_are_dropped(tmp_path: Path) -> None:
    text = "import os\nfor _ in range(2000): os.write(1, b'x' * 100000)\n"
    ran = run((sys.executable, "-c", text), folder=tmp_path, variables={}, timeout_s=60, most=1000)
    assert (ran.code, len(ran.output), ran.cut) == (0, 1000, 2000 * 100_000 - 1000)


async def test_a_figure_of_a_command_is_held_against_the_target(tmp_path: Path) -> None:
    for text, outcome in (
        ("0.049", "pass"),
        ("5%", "fail"),
        ("7e-2", "fail"),
        ("", "inconclusive"),
        ("nan", "inconclusive"),
    ):
        found = await asked(python(f"print('{text}')", FIGURE), tmp_path)
        assert found.outcome == outcome, text
    assert (await asked(python("raise SystemExit(1)", FIGURE), tmp_path)).outcome == "inconclusive"


async def test_an_address_is_judged_by_status_and_text(tmp_path: Path) -> None:
    with server(says("all is well\n")) as url:
        web = replace(COMMAND, url=url)
        for probe, outcome in (
            (web, "pass"),
            (replace(web, status=200), "pass"),
            (replace(web, status=204), "fail"),
            (replace(web, contains="well"), "pass"),
            (replace(web, contains="ill"), "fail"),
            (replace(web, body="all is well"), "pass"),
            (replace(web, body="all is"), "fail"),
            (replace(web, target=Target.parse("< 20s")), "pass"),
            (replace(web, target=Target.parse("< 0.000001s")), "fail"),
        ):
            assert (await asked(probe, tmp_path)).outcome == outcome, probe
    with server(says("", 503)) as url:
        found = await asked(replace(COMMAND, url=url), tmp_path)
        assert (found.outcome, found.message) == ("fail", "503 Service Unavailable")
    gone = await asked(replace(COMMAND, url=url), tmp_path)
    assert (gone.outcome, gone.message) == ("fail", "it cannot be reached: Connection refused")


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """What is elsewhere says nothing of what is here."""
    asked_elsewhere: list[str] = []

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        asked_elsewhere.append(handler.path)
        says("well")(handler)

    with server(elsewhere) as other, server(says("", 302, Location=other)) as url:
        assert (await asked(replace(COMMAND, url=url), tmp_path)).outcome == "fail"
        assert (await asked(replace(COMMAND, url=url, status=302), tmp_path)).outcome == "pass"
    assert asked_elsewhere == []


async def test_a_server_that_drips_or_never_ends_is_given_up(tmp_path: Path) -> None:
    """The limits are those of the whole answer."""
    stop = threading.Event()

    def drips(handler: BaseHTTPRequestHandler) -> None:
        says("")(handler)
        with suppress(OSError):
            while not stop.wait(0.05):
                handler.wfile.write(b"x")

    def floods(handler: BaseHTTPRequestHandler) -> None:
        says("")(handler)
        with suppress(OSError):  # it hangs up
            while not stop.is_set():
                handler.wfile.write(b"x" * 1_000_000)

    with server(drips) as url:
        found = await asked(replace(COMMAND, url=url, contains="y", timeout_s=0.5), tmp_path)
        assert (found.outcome, found.message) == ("fail", "no answer in 0.5 s")
        assert found.duration_s < 10
        stop.set()
    stop.clear()
    with server(floods) as url:
        assert (await asked(replace(COMMAND, url=url, contains="y"), tmp_path)).outcome == "fail"
        stop.set()


async def test_one_that_accepts_and_is_silent_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        found = await asked(replace(COMMAND, url=url, timeout_s=0.3), tmp_path)
        assert (found.outcome, found.message) == ("fail", "no answer in 0.3 s")
        found = await asked(replace(FIGURE, url=url, timeout_s=0.3), tmp_path)
        assert found.outcome == "inconclusive"


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with server(says("well")) as url:
        assert (await asked(replace(COMMAND, url=url), tmp_path)).outcome == "pass"


PAGE = """\
# HELP errors_ratio Share of requests that failed.
# TYPE errors_ratio gauge
errors_ratio{job="web",path="/a b"} 0.07 1700000000
errors_ratio{job="worker",path="x\\"y"} 1e-3
up 1
"""


async def test_a_figure_is_found_in_json_and_on_a_page(tmp_path: Path) -> None:
    with server(says('{"a": {"x/y": [0, {"share": "7%"}]}, "ok": true}')) as url:
        web = replace(FIGURE, url=url)
        found = await asked(replace(web, pointer="/a/x~1y/1/share"), tmp_path)
        assert (found.outcome, found.value) == ("fail", 0.07)
        for pointer in ("/a/x~1y/2", "/b", "/ok", "/a", "/a/x~1y/01"):
            assert (await asked(replace(web, pointer=pointer), tmp_path)).outcome == "inconclusive", pointer
    with server(says(PAGE)) as url:
        web = replace(FIGURE, url=url)
        for series, outcome in (
            ('errors_ratio{job="web"}', "fail"),
            ('errors_ratio{path="x\\"y",job="worker"}', "pass"),
            ("errors_ratio", "inconclusive"),
            ("nothing", "inconclusive"),
            ("not a series", "inconclusive"),
        ):
            assert (await asked(replace(web, series=series), tmp_path)).outcome == outcome, series
    with server(says("0.01", 500)) as url:
        assert (await asked(replace(FIGURE, url=url), tmp_path)).outcome == "inconclusive"


TEXTS = st.text() | st.binary().map(lambda data: data.decode(errors="replace"))


@given(TEXTS, st.sampled_from(["/a", None]), st.booleans())
def test_no_answer_breaks_what_looks_for_a_figure(text: str, pointer: str | None, page: bool) -> None:
    probe = replace(FIGURE, pointer=pointer, series="a" if page and pointer is None else None)
    with suppress(NoFigure):
        assert isinstance(figure_in(text, probe), float)


async def test_a_command_is_ended_when_the_asking_is_cancelled(tmp_path: Path) -> None:
    """As when a watch ends."""
    text = "import os, time\nopen(f'pid-{os.getpid()}', 'w').close()\ntime.sleep(600)"
    async with anyio.create_task_group() as group:
        group.start_soon(asked, python(text), tmp_path)
        await anyio.to_thread.run_sync(lambda: wait_for(tmp_path))
        group.cancel_scope.cancel()
    ended(started(tmp_path))


def wait_for(folder: Path) -> None:
    """Wait until a process says that it runs."""
    end = time.monotonic() + 20
    while not started(folder):
        assert time.monotonic() < end
        time.sleep(0.01)
