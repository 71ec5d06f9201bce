"""Bad collectors: whatever one does, no cycle fails, none waits, and a command ends soon."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.otlp_receiver import receiving
from tests.test_telemetry import GRAPH, closed_port, environment, made, regen

Behaviour = Callable[[socket.socket], None]


def hangs(connection: socket.socket) -> None:
    """Takes everything and answers nothing."""
    while connection.recv(65536):
        pass


def resets(connection: socket.socket) -> None:
    """Cuts the connection off in the middle of a request."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def reads_slowly(connection: socket.socket) -> None:
    """Takes a byte now and then: the sleep is the collector's, nobody waits for its end."""
    while connection.recv(1):
        time.sleep(0.05)


def talks_nonsense(connection: socket.socket) -> None:
    """Is no HTTP server."""
    connection.recv(65536)
    connection.sendall(b"220 smtp.example.org ESMTP\r\n" * 100)
    connection.close()


def drips(connection: socket.socket) -> None:
    """Answers, a byte now and then."""
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@contextmanager
def behaving(behaviour: Behaviour | None) -> Iterator[str]:
    """A collector that treats each connection in one way; None: nobody ever accepts one, and its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        waiting = [socket.create_connection(address) for _ in range(1)] if behaviour is None else []
        ended = threading.Event()
        open_now: list[socket.socket] = []

        def work() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                open_now.append(connection)
                threading.Thread(target=treat, args=(connection,), daemon=True).start()

        def treat(connection: socket.socket) -> None:
            try:
                assert behaviour is not None
                behaviour(connection)
            except OSError:
                pass

        thread = threading.Thread(target=work, daemon=True)
        if behaviour is not None:
            thread.start()
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
            for one in (*waiting, *open_now):
                one.close()
            if behaviour is not None:
                thread.join()


LESS_LIKELY = [reads_slowly, talks_nonsense, drips]
BEHAVIOURS = [hangs, resets, None, *(pytest.param(one, marks=pytest.mark.long) for one in LESS_LIKELY)]


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda one: one.__name__ if one else "never accepts")
def test_a_command_ends_well_and_soon_with_one_line_of_warning(tmp_path: Path, behaviour: Behaviour | None) -> None:
    project = made(tmp_path / "project")
    with behaving(behaviour) as url:
        done = regen(project, "apply", OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_TIMEOUT="600")
    assert done.returncode == 0
    assert "release 1" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"warning: the collector at {url} ")


@pytest.mark.parametrize("status", [429, 503])
def test_one_that_is_full_is_left_behind(tmp_path: Path, status: int) -> None:
    with receiving(status) as full:
        done = regen(made(tmp_path / "project"), "apply", OTEL_EXPORTER_OTLP_ENDPOINT=full.url)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"warning: the collector at {full.url} ")


WATCH = """
import json, sys, anyio
from regen import Project

async def main():
    number = 0
    async with Project.open(sys.argv[1], command="watch") as project:
        async for turn in project.watch():
            assert turn.error is None, turn.error
            number += 1
            print(json.dumps(turn.duration_s), flush=True)
            if number == int(sys.argv[2]):
                break

anyio.run(main)
"""


@pytest.mark.parametrize("behaviour", [hangs, None], ids=["hangs", "never accepts"])
def test_cycles_of_a_watch_go_on_and_what_finds_no_room_is_dropped(tmp_path: Path, behaviour: Behaviour | None) -> None:
    """A queue of 20 spans, of which a cycle makes more: what waits is bounded, and the watch ends without an answer, of
    which each may take ten minutes."""
    project, cycles = made(tmp_path / "project"), 5
    with behaving(behaviour) as url:
        variables = environment(
            OTEL_EXPORTER_OTLP_ENDPOINT=url,
            OTEL_EXPORTER_OTLP_TIMEOUT="600",
            OTEL_BSP_MAX_QUEUE_SIZE="20",
            OTEL_BSP_MAX_EXPORT_BATCH_SIZE="10",
            OTEL_BSP_SCHEDULE_DELAY="10",
            OTEL_METRIC_EXPORT_INTERVAL="20",
        )
        watch = subprocess.Popen(
            [sys.executable, "-c", WATCH, str(project), str(cycles)],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with watch:
            assert watch.stdout is not None
            for number in range(cycles):
                assert json.loads(watch.stdout.readline()) < 30
                (project / "graphs/c.ttl").write_text(GRAPH.replace('"c5"', f'"{number} is five"'))
            said = watch.stderr.read() if watch.stderr is not None else ""
    assert watch.returncode == 0, said
    assert len(said.splitlines()) <= 1, said


def test_a_dead_one_costs_no_wait_where_nothing_is_to_be_sent(tmp_path: Path) -> None:
    """`status` opens nothing, and knows no collector."""
    project = made(tmp_path / "project")
    assert regen(project, "apply").returncode == 0
    done = regen(project, "status", OTEL_EXPORTER_OTLP_ENDPOINT=closed_port())
    assert (done.returncode, done.stderr) == (0, "")
