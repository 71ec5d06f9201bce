"""A project with a probe, whose watch runs in a thread of the test or in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.cycle_world import PEOPLE, World

from regen.hooks import hookimpl
from regen.model.alert import Alert

ROBERT = PEOPLE.replace('"Bob"', '"Robert"')
ROB = PEOPLE.replace('"Bob"', '"Rob"')
WAIT_S = 60.0
COMMAND = (sys.executable, "-m", "regen")


Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(respond: Respond) -> Iterator[str]:
    """A server on this machine; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Quiet."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.daemon_threads = True
    thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_port}/"
    finally:
        served.shutdown()
        served.server_close()
        thread.join()


def says(text: str, status: int = 200, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return respond


def quick(run: str, **keys: object) -> str:
    """A probe that finds a breach in a moment."""
    given = {"interval_s": 0.1, "failures": 2, **keys}
    lines = [f"{name} = {f'{value!r}' if isinstance(value, str) else value}" for name, value in given.items()]
    return "\n".join(["[[probe]]", 'name = "web"', f"run = '''{run}'''", *lines, ""])


def guarded(
    folder: Path, *, rollback: str = "automatic", more: str = "", run: str = "grep -q Bob out/bob.txt"
) -> World:
    """A project whose file `bob.txt` has to say Bob."""
    world = World(folder)
    world.write("regen.toml", f'[[environment]]\nname = "dev"\nrollback = "{rollback}"\n{quick(run)}{more}')
    return world


class Heard:
    """A plugin that keeps the alerts that it hears."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    @hookimpl
    def regen_alert(self, alert: Alert) -> None:
        self.alerts.append(alert)

    def said(self) -> list[tuple[str, bool]]:
        """(severity, whether it is over) of each."""
        return [(alert.severity, alert.recovered) for alert in self.alerts]


def until(holds: Callable[[], object], what: str = "") -> None:
    """Wait until something holds."""
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, what or "it never came about"
        time.sleep(0.02)


def started(world: World, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """A process of regen in the project."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=world.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def done(world: World, *arguments: str, **variables: str) -> tuple[int, str]:
    """A command that ran to its end: exit code and all that it said."""
    process = started(world, *arguments, **variables)
    said, _ = process.communicate(timeout=WAIT_S)
    return process.returncode, said


def stop(process: subprocess.Popen[Any]) -> str:
    """End a watch as a person does; gives what it said."""
    process.terminate()
    said, _ = process.communicate(timeout=WAIT_S)
    return str(said)
