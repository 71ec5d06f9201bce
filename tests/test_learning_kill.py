"""A process that learns is killed anywhere: no item is lost, none is there twice, and each is counted once."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, RdfFormat, Store
from tests.cycle_world import World
from tests.feed_world import ATOM, Answer, Entry, FeedServer, atom, now, publishing
from tests.test_learning_faults import LAUGHS

from regen.state import faults, learning, measures
from regen.state.opening import read_state

FILE = "graphs/learned/news.ttl"
OLD = 1_764_000_000.0
_PROCESS = """
import sys
from regen import Project
with Project.open_sync(sys.argv[1], wait_s=60) as project:
    for _ in range(int(sys.argv[2])):
        (run,) = project.learn("news")
        peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
        print(peak, flush=True)
sys.exit(run.error)
"""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with publishing() as found:
        yield found


def made(root: Path, server: FeedServer, *lines: str) -> World:
    world = World(root, {"graphs/.keep": ""})
    more = "\n".join(lines)
    world.write("regen.toml", f'[[learn]]\nname = "news"\nurl = "{server.feed}"\nretries = 0\n{more}\n')
    return world


def start(world: World, times: int, fault: str = "") -> subprocess.Popen[str]:
    """A process that learns so many times."""
    here = Path(__file__).parent.parent
    path = os.pathsep.join(str(here / part) for part in ("core", "plugins"))
    return subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(world.root), str(times)],
        env={**os.environ, "PYTHONPATH": path, "no_proxy": "127.0.0.1", faults.ENVIRONMENT_VARIABLE: fault},
        stdout=subprocess.PIPE,
        text=True,
    )


def learn(world: World, fault: str = "") -> int:
    """One time to its end; gives how the process ended."""
    with start(world, 1, fault) as process:
        process.communicate()
    return process.returncode


def check(world: World, server: FeedServer, *, measured: bool = True) -> None:
    """The file has each entry that was ever published once, as it was told last; each new one was counted once."""
    store = Store()
    store.load((world.root / FILE).read_bytes(), RdfFormat.TURTLE)
    rows = store.query(
        "PREFIX dcterms: <http://purl.org/dc/terms/> SELECT ?id ?title WHERE {"
        " ?item dcterms:identifier ?id ; dcterms:title ?title ; <https://schema.org/isPartOf> ?source }"
    )
    assert isinstance(rows, QuerySolutions)
    found = Counter((row["id"].value, row["title"].value) for row in rows)  # type: ignore[union-attr]
    assert found == Counter({(entry.id, entry.title): 1 for entry in server.entries})
    with read_state(world.root / ".regen") as state:
        assert state is not None
        row = learning.read(state.db, "news")
        delays = measures.measures(state.db, "learning_delay")
    assert row.items == len(server.entries)
    if measured:
        new = [entry for entry in server.entries if entry.published is not None and entry.published != OLD]
        assert row.later == len(new)
        assert len(delays) == len(new)


@pytest.mark.parametrize(
    "point",
    [
        *("learn.intended", "learn.staged", "learn.placed", "learn.kept"),
        *(
            pytest.param(f"db.{name}#{number}", marks=pytest.mark.long)
            for name in ("commit", "committed")
            for number in range(1, 6)
        ),
    ],
)
def test_killed_at_any_step_it_goes_on_where_it_was(tmp_path: Path, server: FeedServer, point: str) -> None:
    world = made(tmp_path, server)
    server.entries = [Entry(f"urn:{n}", f"{n}", published=OLD) for n in range(3)]
    assert learn(world) == 0
    server.publish(*[Entry(f"urn:new:{n}", f"new {n}", published=now()) for n in range(3)])
    server.entries[3] = Entry("urn:0", "0, again", published=OLD)
    assert learn(world, f"kill@{point}") in {-signal.SIGKILL, 0}
    assert learn(world) == 0
    check(world, server)


def test_a_power_cut_that_takes_the_last_rows_loses_no_item(tmp_path: Path, server: FeedServer) -> None:
    """The file is durable, the row is not: it is behind then, and the source is asked from the beginning."""
    world = made(tmp_path, server)
    server.entries = [Entry("urn:1", "1", published=OLD)]
    assert learn(world) == 0
    state = (tmp_path / ".regen/state.db").read_bytes()
    server.publish(Entry("urn:2", "2", published=now()))
    assert learn(world) == 0
    (tmp_path / ".regen/state.db").write_bytes(state)
    server.publish(Entry("urn:3", "3", published=now()))
    assert learn(world) == 0
    check(world, server, measured=False)


class Faulty:
    """Now and then the server says something else; the seed decides what."""

    def __init__(self, server: FeedServer, chance: random.Random, share: float) -> None:
        self.server, self.chance, self.share = server, chance, share
        self.on = True
        self.said: Counter[str] = Counter()
        packer = zlib.compressobj(9, wbits=31)
        self.bomb = packer.compress(b" " * 50_000_000) + packer.flush()

    def __call__(self, path: str, headers: dict[str, str]) -> Answer | None:
        if not self.on or self.chance.random() > self.share:
            return None
        body = atom(self.server.entries[:200])
        kinds: dict[str, Answer] = {
            "429": Answer(429, headers={"Retry-After": "0"}),
            "503": Answer(503),
            "cut": Answer(200, body[: len(body) // 2], {"Content-Type": ATOM}, promised=len(body)),
            "cut feed": Answer(200, body[: self.chance.randrange(200, len(body))], {"Content-Type": ATOM}),
            "cut gzip": Answer(200, gzip.compress(body)[:-20], {"Content-Encoding": "gzip"}),
            "giant": Answer(200, self.bomb, {"Content-Encoding": "gzip", "Content-Type": ATOM}),
            "bomb": Answer(200, LAUGHS, {"Content-Type": ATOM}),
            "html": Answer(200, b"<html><body>Sign in</body></html>", {"Content-Type": "text/html"}),
            "slow": Answer(200, body, {"Content-Type": ATOM}, pause_s=0.2),
        }
        name = self.chance.choice(sorted(kinds))
        self.said[name] += 1
        return kinds[name]


def kill_at_random(world: World, server: FeedServer, *, kills: int, entries: int, seed: int) -> dict[str, object]:
    """Learn, publish and kill, so many times; then once more in peace."""
    chance, begun = random.Random(seed), time.monotonic()
    filler = "<p>" + "Some words about graphs and the code that is made from them. " * 5
    start_with = entries - kills * 3
    server.entries = [Entry(f"urn:{n}", f"{n}", filler, f"http://example.org/{n}", OLD) for n in range(start_with)]
    assert learn(world) == 0
    faulty = Faulty(server, chance, 0.4)
    server.say = faulty
    points, peaks, died, at_steps = ["learn.intended", "learn.staged", "learn.placed", "learn.kept"], [0], 0, 0
    made_so_far = 0
    while died < kills:
        for _ in range(3 if made_so_far < kills * 3 else 0):
            server.publish(Entry(f"urn:new:{made_so_far}", "new", filler, published=now()))
            made_so_far += 1
        place = chance.randrange(len(server.entries))
        old = server.entries[place]
        server.entries[place] = Entry(old.id, f"{old.title}.", old.summary, old.link, old.published)
        fault, after_s = (f"kill@{chance.choice(points)}", 120.0) if died % 2 else ("", chance.uniform(0.3, 10.0))
        with start(world, 1000, fault) as process:
            try:
                out, _ = process.communicate(timeout=after_s)
                at_steps += 1
            except subprocess.TimeoutExpired:
                process.kill()
                out, _ = process.communicate()
        assert process.returncode == -signal.SIGKILL
        died += 1
        peaks += [int(line) for line in out.split()]
    faulty.on = False
    assert learn(world) == 0
    said = dict(sorted(faulty.said.items()))
    seconds = round(time.monotonic() - begun)
    return {"kills": died, "at_steps": at_steps, "peak_mib": max(peaks) // 1024, "faults": said, "s": seconds}


@pytest.mark.long
def test_a_hundred_kills_among_ten_thousand_items_lose_and_double_nothing(tmp_path: Path, server: FeedServer) -> None:
    """With a server that answers wrongly four times in ten, and half of the kills where a file is being replaced."""
    world = made(tmp_path, server, "max_items = 20000", "timeout_s = 60", "max_mb = 20")
    figures = kill_at_random(world, server, kills=int(os.environ.get("REGEN_KILLS", "100")), entries=10_000, seed=7)
    sys.stdout.write(json.dumps(figures | {"items": len(server.entries)}) + "\n")
    check(world, server)
    assert isinstance(figures["peak_mib"], int)
    assert figures["peak_mib"] < 300
