"""What an edge costs: a first release, a release of one changed file, a round with nothing new, and records.

`python -m bench.edges [FILES]` serves a project by `regen serve` in a process of its own, on this machine, and prints
what rounds of an edge take, in seconds, and how often they asked the hub.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

from regen.access import TokenStore
from regen.cli.main import run
from regen.fleet.edits import Looks
from regen.fleet.opening import held, make_ready
from regen.fleet.round import Round, meet
from regen.state import outbox
from regen_plugins import sync_http

TEMPLATE = """---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?label WHERE { ?this a :Thing ; :label ?label }
---
name: {{ each[0].label }}
{{ "line of text that makes it a kilobyte\\n" * 25 }}
"""


def graph(files: int, changed: str = "") -> str:
    """A graph of so many things, the first of them called otherwise."""
    things = "\n".join(f':t{n} a :Thing ; :label "T {n}{changed if n == 0 else ""}" .' for n in range(files))
    return f"@prefix : <http://example.org/> .\n{things}\n"


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The project over HTTP; gives the address."""
    command = [sys.executable, "-m", "regen", "serve", "--port", "0", "-C", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.match(r"serving (http://\S+)", process.stdout.readline())
        assert found is not None
        try:
            yield found[1]
        finally:
            process.terminate()


class Asked:
    """Counts questions."""

    def __init__(self) -> None:
        self.count = 0
        for name in ("ask", "download"):
            self._count(name)

    def _count(self, name: str) -> None:
        import regen.web

        before: Callable[..., object] = getattr(regen.web, name)

        def counted(*arguments: object, **options: object) -> object:
            self.count += 1
            return before(*arguments, **options)

        setattr(regen.web, name, counted)


async def one(edge: Path, looks: Looks) -> Round:
    """A round."""
    with held(await make_ready(edge), "bench") as work:
        return await meet(work, looks)


def told(what: str, asked: Asked, work: Callable[[], Round]) -> None:
    """Print what a round takes."""
    asked.count, started, cpu = 0, time.perf_counter(), time.process_time()
    found = work()
    took, busy = time.perf_counter() - started, time.process_time() - cpu
    blobs, size = found.pulled
    sent = found.pushed.sent
    times = f"{what:<34} {took:7.2f} s  {busy:6.2f} s cpu"
    print(f"{times}  {asked.count:5} questions  {blobs:6} files  {size:11,} B  {sent:5} sent")


def main(files: int) -> None:
    """Run it."""
    asked, looks = Asked(), Looks()
    with tempfile.TemporaryDirectory() as folder:
        hub, edge = Path(folder, "hub"), Path(folder, "edge")
        for name, text in (("graphs/things.ttl", graph(files)), ("templates/thing.j2", TEMPLATE)):
            (hub / name).parent.mkdir(parents=True)
            (hub / name).write_text(text)
        assert run(["apply", "-C", str(hub)]) == 0
        edge.mkdir()
        (edge / "token").write_text(TokenStore(hub / ".regen").create("edge", "system"))
        with served(hub) as address:
            (edge / "edge.toml").write_text(
                f'[edge]\nname = "bench"\nhub = "{address}"\ntoken_file = "token"\n'
                '[[environment]]\nname = "dev"\ndeployer = "releases"\n'
            )
            told(f"first release of {files:,} files", asked, lambda: anyio.run(one, edge, looks))
            told("nothing new", asked, lambda: anyio.run(one, edge, looks))
            (hub / "graphs/things.ttl").write_text(graph(files, " changed"))
            before = time.perf_counter()
            while anyio.run(one, edge, looks).deployed is None and time.perf_counter() - before < 120:
                time.sleep(0.5)
            (hub / "graphs/things.ttl").write_text(graph(files, " again"))
            time.sleep(10)  # the watch makes a release of it
            told("one file of it changed", asked, lambda: anyio.run(one, edge, looks))
            told("nothing new", asked, lambda: anyio.run(one, edge, looks))

            async def noted() -> None:
                with held(await make_ready(edge), "bench") as work, work.state.db.transaction():
                    for number in range(5000):
                        outbox.note(work.state.db, "execution", {"number": number}, at=1.0, release=1)

            anyio.run(noted)
            told("5,000 records", asked, lambda: anyio.run(one, edge, looks))


if __name__ == "__main__":
    assert sync_http
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
