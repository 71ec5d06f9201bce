"""What the page takes with a long history: its first view, every other view, and an event that comes live.

    python -m bench.page [--rounds N]

A project is made with one real cycle; its state is then filled by rows to 1,000 cycles, 100,000 artifacts and 10,000
events. A real `regen serve` shows it in Chromium. A view counts by the browser's own clock from the start of the
navigation, without a cache, to the moment in which nothing of it is loading any more. An event counts to the moment at
which its line is on the page: from its commit by another process; with a watch in the server, from the saved graph.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from regen.model.cycle import Counts, CycleRecord, Share, StageTime
from regen.model.event import CycleStarted
from regen.state import cycles
from regen.state.history import StateHistory
from regen.state.opening import open_state

CYCLES, ARTIFACTS, EVENTS = 1_000, 100_000, 10_000
STAGES = ("load", "diff", "select", "render", "merge", "evaluate", "deploy")
PREFIXES = "@prefix : <http://example.org/> .\n@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
TEMPLATE = """\
---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?label WHERE { ?this a :Person ; rdfs:label ?label }
---
name: {{ each[0].label }}
"""
VIEWS = {
    "overview": "#/",
    "cycles": "#/cycles",
    "one cycle": f"#/cycles/{CYCLES // 2}",
    "artifacts": "#/artifacts",
    "artifacts, search for the last": "#/artifacts?q=file_099999",
    "releases": "#/releases",
    "objectives": "#/objectives",
}
# Set before any script of the page runs: when the view is whole, and when the line of a cycle came.
WATCH = """
window.whole = 0;
window.seen = new Map();
new MutationObserver(() => {
  if (!window.whole && document.querySelector("main h1") && !document.querySelector("main [aria-busy]"))
    window.whole = performance.now();
  for (const line of document.querySelectorAll(".events li"))
    if (!window.seen.has(line.dataset.event)) window.seen.set(line.dataset.event, Date.now() / 1000);
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        root = Path(folder) / "large"
        made(root, ARTIFACTS)
        with served(root, "--no-watch") as address:
            for name, view in VIEWS.items():
                told(name, [first_view(browser, f"{address}/{view}") for _ in range(rounds)])
            told("event of another process to its line", committed(browser, address, root, rounds))
        root = Path(folder) / "watched"
        made(root, 1)  # a watch would look for files that were never there
        with served(root) as address:
            told("saved graph to the end of its cycle", saved(browser, address, root, rounds))
        browser.close()


def told(what: str, times: list[float]) -> None:
    print(f"{what:<40} median {statistics.median(times):5.0f} ms, most {max(times):5.0f} ms", flush=True)


def regen(*arguments: str) -> list[str]:
    """A command of regen in this Python."""
    return [sys.executable, "-m", "regen", *arguments]


def made(root: Path, artifacts: int) -> None:
    """A project with one real cycle, and a long history of made-up ones."""
    (root / "graphs").mkdir(parents=True)
    (root / "templates").mkdir()
    (root / "templates" / "person.j2").write_text(TEMPLATE)
    graph(root, "Ada")
    subprocess.run(regen("apply", "-C", str(root)), check=True, capture_output=True)
    now = time.time()
    with open_state(root / ".regen", command="bench") as state, state.db.transaction():
        for number in range(CYCLES - 1):
            cycles.note(state.db, record(number, now))
        history = StateHistory(state.db, state.blobs)
        for number in range(EVENTS):
            history.append([CycleStarted("dev", f"made up {number}")], 1, now - EVENTS + number, "bench")
        state.db.many(
            "INSERT INTO artifact (environment, template, key, path, content, base, template_digest, rows, because,"
            " release, state) SELECT environment, template, ?, ?, content, base, template_digest, rows, because,"
            " release, state FROM artifact LIMIT 1",
            ((f"<http://example.org/{at}>", f"part{at % 100:02}/file_{at:06}.txt") for at in range(artifacts - 1)),
        )


def record(number: int, now: float) -> CycleRecord:
    """A cycle that could have been."""
    took, failed = 0.05 + (number * 7919 % 100) / 90, number % 37 == 5
    stages = tuple(StageTime(name, took * at / 7, took / 7) for at, name in enumerate(STAGES))
    return CycleRecord(
        number=0,
        environment="dev",
        kind="watch",
        trigger="graphs/people.ttl",
        at=now - (CYCLES - number) * 60,
        duration_s=took,
        cpu_s=took,
        result="failure" if failed else "success",
        error="a gate said no" if failed else None,
        revision=1,
        counts=Counts(triples=3, files=2, artifacts=ARTIFACTS),
        stages=stages,
        shares=(Share("template", "person.j2", took / 3, 2),),
    )


def graph(root: Path, label: str) -> None:
    """Save the graph file, whole."""
    place = root / "graphs" / ".people.ttl.tmp"
    place.write_text(f'{PREFIXES}:ada a :Person ; rdfs:label "{label}" .\n')
    place.replace(root / "graphs" / "people.ttl")


@contextmanager
def served(root: Path, *options: str) -> Iterator[str]:
    """The address of a real `regen serve` of the project."""
    process = subprocess.Popen(
        regen("serve", "--port", "0", "-C", str(root), *options), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = re.match(r"serving (http://\S+)", process.stdout.readline())
        assert found is not None
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    expect(page.locator("main h1")).to_have_count(1)
    expect(page.locator("main [aria-busy]")).to_have_count(0, timeout=30_000)
    return page


def first_view(browser: Browser, address: str) -> float:
    """Milliseconds from the start of the navigation to the whole view, without a cache."""
    page = opened(browser, address)
    took = float(page.evaluate("window.whole"))
    page.context.close()
    return took


def committed(browser: Browser, address: str, root: Path, rounds: int) -> list[float]:
    """Milliseconds from the commit of an event by this process to its line."""
    page, times = live(browser, address), []
    with open_state(root / ".regen", command="bench") as state:
        history = StateHistory(state.db, state.blobs)
        for number in range(rounds):
            with state.db.transaction():
                history.append([CycleStarted("dev", f"live {number}")], 1, time.time(), "bench")
            at = time.time()
            times.append((seen(page, f"live {number}") - at) * 1000)
    page.context.close()
    return times


def saved(browser: Browser, address: str, root: Path, rounds: int) -> list[float]:
    """Milliseconds from a saved graph file to the line that says that its cycle is over."""
    page, times, name = live(browser, address), [], ""
    line = page.locator(".events li", has_text="dev: 1 file in").first
    for number in range(rounds):
        at = time.time()
        graph(root, f"Ada {number}")
        expect(line).not_to_have_attribute("data-event", name, timeout=30_000)
        name = line.get_attribute("data-event") or ""
        times.append((seen(page, "dev: 1 file in") - at) * 1000)
    page.context.close()
    return times


def live(browser: Browser, address: str) -> Page:
    page = opened(browser, f"{address}/#/")
    expect(page.locator("#live-text")).to_have_text("Live")
    return page


def seen(page: Page, text: str) -> float:
    """When the newest line with a text came, in seconds since the epoch."""
    line = page.locator(".events li", has_text=text).first
    name = line.get_attribute("data-event", timeout=30_000)
    return float(page.evaluate("(name) => window.seen.get(name)", name))


if __name__ == "__main__":
    main()
