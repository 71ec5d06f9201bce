"""What telemetry costs: a full regeneration with an exporter on against off, and a collector that hangs beside a watch.

    REGEN_TEST_DATA=DIR python -m bench.telemetry cost [PAIRS]     processor time of whole processes and their workers
    python -m bench.telemetry hanging [CYCLES]                      time of a cycle by the clock, in turns

`DIR` holds `data/schemaorg`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio

_RUN = [sys.executable, "-c", "from regen.cli import main; main()"]
PACKS = ("python", "typescript", "go", "rust", "sql", "markdown")


@contextmanager
def collector() -> Iterator[str]:
    """One that takes everything, in a process of its own, so that its work is not counted."""
    code = "from bench.telemetry import collect; collect()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def collect() -> None:
    """Take everything until killed."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


def without_exporter() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}


def project_of(folder: Path, graph: Path) -> Path:
    """A project of six packs on schema.org."""
    folder.mkdir(parents=True)
    (folder / "graphs").mkdir()
    shutil.copy(graph, folder / "graphs")
    packs = ", ".join(f'"pack:{name}"' for name in PACKS)
    (folder / "regen.toml").write_text(f"[project]\ntemplates = [{packs}]\n")
    return folder


def started(folder: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """A full regeneration in a new project."""
    return subprocess.Popen(
        [*_RUN, "apply", "--json", "-C", str(folder)], env=variables, stdout=subprocess.DEVNULL, start_new_session=True
    )


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time of a process with its workers, when it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def cost(pairs: int) -> None:
    """A pair runs at the same time, one with an exporter and one without, so that both meet what else the machine does.

    Which of them starts first changes from pair to pair.
    """
    graph = Path(os.environ["REGEN_TEST_DATA"]) / "data" / "schemaorg" / "30.0.ttl"
    took: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as place, collector() as url:
        for number in range(pairs + 1):
            running = {}
            for exporting in (True, False) if number % 2 else (False, True):
                folder = project_of(Path(place) / f"{number}-{exporting}", graph)
                more = {"OTEL_EXPORTER_OTLP_ENDPOINT": url} if exporting else {}
                running[exporting] = started(folder, {**without_exporter(), **more})
            found = {exporting: cpu_s(process) for exporting, process in running.items()}
            for exporting in running:
                shutil.rmtree(Path(place) / f"{number}-{exporting}")
            if number:  # the first pair warms up
                for exporting, spent_s in found.items():
                    took[exporting].append(spent_s)
                on, off = found[True], found[False]
                print(f"{number:3}  on {on:.2f} s  off {off:.2f} s  ratio {on / off:.3f}", flush=True)
    ratios = [on / off for on, off in zip(took[True], took[False], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    whole = sum(took[True]) / sum(took[False])
    print(f"median on {statistics.median(took[True]):.2f} s, off {statistics.median(took[False]):.2f} s")
    print(f"ratio: median {middle:.4f}, quartiles {low:.4f} and {high:.4f}, of the sums {whole:.4f}")


@contextmanager
def hanging() -> Iterator[str]:
    """A collector that takes everything and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def work() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)

        threading.Thread(target=work, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for one in held:
                one.close()


class Watch:
    """A watch in a process of its own that changes a graph and tells how long its cycles took."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        code = "import sys; from bench.telemetry import cycles; cycles(sys.argv[1])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.cycle()

    def cycle(self) -> float:
        """The seconds that the next cycle took."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(json.loads(self.process.stdout.readline()))


def cycles(folder: str) -> None:
    """Run a cycle for each line on standard input, the first without a change."""
    from regen import Project

    graph = Path(folder) / "graphs/c.ttl"
    text = graph.read_text()

    async def work() -> None:
        async with Project.open(folder, command="watch") as project:
            number = 0
            async for turn in project.watch():
                assert turn.error is None, turn.error
                sys.stdin.readline()
                print(json.dumps(turn.duration_s), flush=True)
                number += 1
                graph.write_text(text.replace('"c5"', f'"{number}"'))

    anyio.run(work)


def delay(number: int) -> None:
    """Two watches in turns: one whose collector hangs, and one without; a cycle renders one of 70 artifacts."""
    from tests.test_telemetry import made

    with tempfile.TemporaryDirectory() as place, hanging() as url:
        more = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }
        folders = {name: made(Path(place) / name) for name in ("hangs", "none")}
        watches = {
            "hangs": Watch(folders["hangs"], {**without_exporter(), **more}),
            "none": Watch(folders["none"], without_exporter()),
        }
        took: dict[str, list[float]] = {name: [] for name in watches}
        for turn in range(number):
            for name in ("hangs", "none") if turn % 2 else ("none", "hangs"):
                took[name].append(watches[name].cycle())
        for watch in watches.values():
            watch.process.kill()
            watch.process.wait()
        for name, times in took.items():
            middle, high = statistics.median(times), statistics.quantiles(times, n=20)[-1]
            print(f"{name:6} median {middle * 1000:.1f} ms, p95 {high * 1000:.1f} ms, of {len(times)} cycles")
        apart = [a - b for a, b in zip(took["hangs"], took["none"], strict=True)]
        print(f"difference in pairs: median {statistics.median(apart) * 1000:+.2f} ms")


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    {"cost": cost, "hanging": delay}[what](int(rest[0]) if rest else {"cost": 20, "hanging": 200}[what])
