"""Learning: what a feed costs, in time and memory, and what it costs the cycles of a watch that learns beside them.

`python -m bench.learning [ENTRIES [CYCLES]]` publishes a feed on the loopback and prints one JSON document. Cycles are
measured in pairs, with a source that has something new all the time and without one, in turn, in one process.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import anyio
from tests.cycle_world import PEOPLE, World
from tests.feed_world import Entry, FeedServer, atom, now, publishing

from regen.orchestrator.outcome import Turn

FILLER = "<p>" + "Some words about graphs and the code that is made from them. " * 5
READER = Path(__file__).parents[1] / "plugins/regen_plugins/learn_feeds/reader.py"


def entries(count: int) -> list[Entry]:
    """Old ones."""
    return [Entry(f"urn:{n}", f"Title {n}", FILLER, f"http://example.org/{n}") for n in range(count)]


def configure(world: World, server: FeedServer, *, on: bool) -> None:
    """One source, asked all the time."""
    learn = f'[[learn]]\nname = "news"\nurl = "{server.feed}"\ninterval_s = 0.2\nmax_items = 100000\nmax_mb = 100\n'
    world.write("regen.toml", f"[engine]\ndebounce_ms = 5\n{learn}enabled = {'true' if on else 'false'}\n")


def peak_kib() -> int:
    """Of this process since it started."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


async def costs(world: World, server: FeedServer, count: int) -> dict[str, float]:
    """Seconds of a first time, of one new entry, and of an answer that nothing changed."""
    server.entries = entries(count)
    found = {}
    before = peak_kib()
    async with world.open() as project:
        for name in ("first_s", "unchanged_s", "one_new_s"):
            if name == "one_new_s":
                server.publish(Entry("urn:new", "New", FILLER, published=now()))
            started, cpu = time.perf_counter(), time.process_time()
            (run,) = await project.learn("news")
            assert run.error is None, run.error
            found[name] = round(time.perf_counter() - started, 3)
            found[name.replace("_s", "_own_cpu_s")] = round(time.process_time() - cpu, 3)
    found |= {"own_growth_mib": (peak_kib() - before) // 1024}
    return found | reading(atom(server.entries), count)


def reading(body: bytes, count: int) -> dict[str, float]:
    """What the process that reads a feed takes."""
    arguments = [sys.executable, "-I", str(READER), "{}", str(2**32), "100", str(count * 2)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, input=body, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"feed_mb": round(len(body) / 1e6, 1), "reader_cpu_s": round(cpu_s, 2)}


async def turns_of(world: World, turns: AsyncGenerator[Turn, None], cycles: int) -> list[float]:
    """Seconds from a changed person to the end of the cycle that wrote it."""
    found = []
    for number in range(cycles):
        mark = f"Ada {time.monotonic_ns()} {number}"
        world.graph(PEOPLE.replace('"Ada"', f'"{mark}"'))
        started = time.perf_counter()
        async for turn in turns:
            assert turn.error is None, turn.error
            if turn.applied is not None and any(item.path == "ada.txt" for item in turn.applied.plan.items):
                break
        found.append(time.perf_counter() - started)
    return found


async def beside(world: World, server: FeedServer, cycles: int, kind: str) -> list[float]:
    """The same, where the feed is not asked, is sent whole each time, or has a new text whenever it is asked."""
    configure(world, server, on=kind != "alone")
    count = 0

    def say(path: str, headers: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if kind == "asking":
            headers.pop("if-none-match", None)
        else:
            server.entries[0] = Entry("urn:0", f"Title {count}", FILLER, "http://example.org/0")

    server.say = say
    async with world.open() as project, aclosing(project.watch()) as turns:
        await anext(turns)
        return (await turns_of(world, turns, cycles + 2))[2:]  # the first ones read and compile what is needed


async def main(count: int, cycles: int) -> dict[str, object]:
    """Everything, in a folder of its own."""
    with publishing() as server, tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        configure(world, server, on=True)
        found: dict[str, object] = {"entries": count, **await costs(world, server, count)}
        kinds: dict[str, list[float]] = {"alone": [], "asking": [], "changing": []}
        for _ in range(4):
            for kind in kinds:
                kinds[kind] += await beside(world, server, cycles // 4, kind)
        for name, values in kinds.items():
            ordered = sorted(values)
            found[f"cycle_{name}_p50_ms"] = round(statistics.median(values) * 1000, 1)
            found[f"cycle_{name}_p95_ms"] = round(ordered[int(len(ordered) * 0.95)] * 1000, 1)
        return found


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    print(json.dumps(anyio.run(main, given[0] if given else 10_000, given[1] if len(given) > 1 else 80), indent=2))
