"""Load beside a watch: what 200 requests a second at `regen serve` do to the cycles of the watch in the same process.

`python -m bench.serve_load [FILES [RATE [SECONDS [PAIRS]]]]` makes a project in a temporary folder, serves it with the
watch in the same process, and changes a triple each second: for so many seconds alone, then for as many with the
requests, and so on. It prints the cycles' 95th percentile with the load against that without it, and the answers'.

The client is a few sockets that are kept open, each asking one thing after another at its rate, so that it costs little
itself; the paths are those that the page and Prometheus ask for.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

COMMAND = (sys.executable, "-m", "regen")
TEMPLATE = """\
---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?state WHERE { ?this a <http://example.org/File> ; <http://example.org/state> ?state }
with:
  friends: SELECT ?this ?friend WHERE { ?this <http://example.org/next> ?friend }
---
{{ each[0].state }}
{% for row in friends %}
{{ row.friend }}
{% endfor %}
"""
PATHS = (
    "/metrics",
    "/api/v1/status",
    "/api/v1/cycles?limit=50",
    "/api/v1/cycles/1",
    "/api/v1/events?limit=50",
    "/api/v1/artifacts?limit=50",
    "/api/v1/artifacts/dev/n1.txt",
    "/api/v1/releases?limit=50",
    "/api/v1/graph?node=http://example.org/n1&depth=1",
    "/api/v1/graph/search?q=n42",
    "/api/v1/conflicts",
    "/api/v1/alerts",
    "/api/v1/audit?limit=50",
    "/healthz",
    "/readyz",
    "/",
)
SOCKETS = 16
LONGEST_S = 10.0


@dataclass
class Answers:
    """What came back: seconds of each answer by path, and what was no answer as it should be."""

    took_s: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that so many are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def graph(files: int) -> str:
    """The triples of so many files."""
    line = (
        '<http://example.org/n{0}> a <http://example.org/File> ; <http://example.org/state> "as it was" ;'
        " <http://example.org/next> <http://example.org/n{1}> .\n"
    )
    return "".join(line.format(n, (n + 1) % files) for n in range(files))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`regen serve` with its watch; gives its address once the first cycle is over."""
    process = subprocess.Popen([*COMMAND, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.match(r"serving (\S+)", process.stdout.readline())
        assert found is not None
        while process.poll() is None:
            try:
                ask(found[1] + "/readyz")
                break
            except OSError:
                time.sleep(0.1)
        yield found[1]
    finally:
        process.terminate()
        process.communicate()
        assert process.returncode == 0, process.returncode


def ask(url: str) -> Any:
    """One answer in JSON."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return json.load(answer)


async def socket_of(port: int, number: int, rate: float, until: float, answers: Answers) -> None:
    """Ask at a rate until the time is over, each time for the next path."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter() + number / rate / SOCKETS
    asked = number
    while (now := time.perf_counter()) < until:
        if due > now:
            await asyncio.sleep(due - now)
        due += 1 / rate
        path = PATHS[asked % len(PATHS)]
        asked += 1
        started = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        try:
            async with asyncio.timeout(LONGEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]) if length else 0)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            answers.errors[f"{path}: {type(error).__name__}"] += 1
            return
        answers.took_s.setdefault(path, []).append(time.perf_counter() - started)
        if not head.startswith(b"HTTP/1.1 200 "):
            answers.errors[f"{path}: {head.splitlines()[0].decode()}"] += 1
    writer.close()


async def changed(folder: Path, text: str, until: float, count: int) -> int:
    """Change one triple each second; gives how many changes were made in all."""
    file = folder / "graphs/files.ttl"
    while (now := time.perf_counter()) < until:
        count += 1
        new = text.replace("as it was", f"change {count}", 1)
        await asyncio.to_thread(replaced, file, new)
        await asyncio.sleep(max(0.0, now + 1 - time.perf_counter()))
    return count


def replaced(file: Path, text: str) -> None:
    """Write a file so that nobody sees half of it."""
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(text)
    temporary.replace(file)


async def phase(folder: Path, port: int, text: str, seconds: float, rate: float, answers: Answers, count: int) -> int:
    """Changes for some seconds, with requests where there is a rate."""
    until = time.perf_counter() + seconds
    jobs: list[Any] = [changed(folder, text, until, count)]
    if rate:
        jobs += [socket_of(port, number, rate / SOCKETS, until, answers) for number in range(SOCKETS)]
    done = await asyncio.gather(*jobs)
    return int(done[0])


def cycles_since(address: str, number: int) -> list[dict[str, Any]]:
    """Cycles with higher numbers that changed something."""
    found = ask(f"{address}/api/v1/cycles?limit=500")["items"]
    return [one for one in found if one["number"] > number and one["release"] is not None]


def measure(folder: Path, files: int, rate: float, seconds: float, pairs: int) -> dict[str, Any]:
    """Give figures, in seconds."""
    for name in ("graphs", "templates"):
        (folder / name).mkdir()
    text = graph(files)
    (folder / "graphs/files.ttl").write_text(text)
    (folder / "templates/file.j2").write_text(TEMPLATE)
    alone: list[float] = []
    loaded: list[float] = []
    delays: list[int] = []
    answers, count = Answers(), 0
    with served(folder) as address:
        port = int(address.rpartition(":")[2])
        count = asyncio.run(phase(folder, port, text, 5, 0, answers, count))  # so that everything was imported
        for _ in range(pairs):
            for load, into in ((0.0, alone), (rate, loaded)):
                before = ask(f"{address}/api/v1/cycles?limit=1")["items"][0]["number"]
                count = asyncio.run(phase(folder, port, text, seconds, load, answers, count))
                time.sleep(1)
                found = cycles_since(address, before)
                into += [one["duration_s"] for one in found]
                delays.append(len(found))
    took = [value for values in answers.took_s.values() for value in values]
    return {
        "files": files,
        "requests": len(took),
        "rate": round(len(took) / (seconds * pairs), 1),
        "errors": dict(answers.errors),
        "cycles": {"alone": len(alone), "loaded": len(loaded)},
        "cycle_p50_ms": [round(1000 * median(one), 1) for one in (alone, loaded)],
        "cycle_p95_ms": [round(1000 * percentile(one, 0.95), 1) for one in (alone, loaded)],
        "ratio_p50": round(median(loaded) / median(alone), 3),
        "ratio_p95": round(percentile(loaded, 0.95) / percentile(alone, 0.95), 3),
        "answer_ms": {f"p{share}": round(1000 * percentile(took, share / 100), 1) for share in (50, 95, 99)},
        "answer_p95_ms": {
            path: round(1000 * percentile(values, 0.95), 1) for path, values in sorted(answers.took_s.items())
        },
        "load": [round(one, 1) for one in os.getloadavg()],
    }


def main(arguments: list[str]) -> None:
    """Measure and print one JSON document."""
    files, rate, seconds, pairs = (
        kind(arguments[index]) if len(arguments) > index else default
        for index, (kind, default) in enumerate(((int, 1000), (float, 200.0), (float, 30.0), (int, 1)))
    )
    with tempfile.TemporaryDirectory(prefix="regen-") as folder:
        print(json.dumps(measure(Path(folder), int(files), rate, seconds, int(pairs)), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
