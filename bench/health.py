"""Breach to verified: a real watch over a tree of many files, and a probe that finds what a release broke.

`python -m bench.health [FILES [CHANGED [DEPLOYER...]]]` makes a project in a temporary folder, deploys it, breaks it by
a change of the graph, and prints how long it took until the release stood, and then until the way back was verified.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "regen")
CONFIG = """\
[[environment]]
name = "live"
rollback = "automatic"
{deployer}
[[probe]]
name = "web"
run = "grep -q good {tree}/n0.txt"
"""
TEMPLATE = """\
---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?state WHERE { ?this a <http://example.org/File> ; <http://example.org/state> ?state }
---
{{ each[0].state }}
"""


def graph(files: int, state: str, changed: int) -> str:
    """The triples of so many files, of which the first `changed` are in that state."""
    line = '<http://example.org/n{}> a <http://example.org/File> ; <http://example.org/state> "{}" .\n'
    return "".join(line.format(n, state if n < changed else "good") for n in range(files))


def regen(folder: Path, *arguments: str) -> str:
    """Run a command to its end; gives its standard output."""
    return subprocess.run([*COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


def measure(folder: Path, files: int, changed: int, deployer: str) -> dict[str, Any]:
    """Break a release under a watch; gives seconds."""
    whole = deployer != "workspace"
    for name in ("graphs", "templates"):
        (folder / name).mkdir()
    named = f'deployer = "{deployer}"\n' if whole else ""
    (folder / "regen.toml").write_text(CONFIG.format(deployer=named, tree="out/current" if whole else "out"))
    (folder / "templates/file.j2").write_text(TEMPLATE)
    (folder / "graphs/files.ttl").write_text(graph(files, "good", 0))
    regen(folder, "apply")
    watch = subprocess.Popen(
        [sys.executable, "-m", "regen", "watch", "--json"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert watch.stdout is not None
        json.loads(watch.stdout.readline())
        while not _passed(folder):
            time.sleep(0.05)
        new = folder / "graphs/.new"
        new.write_text(graph(files, "broken", changed))
        began = time.time()
        new.replace(folder / "graphs/files.ttl")
        deployed = None
        for line in watch.stdout:
            turn = json.loads(line)
            if turn["applied"] is not None and turn["applied"]["release"] is not None:
                deployed = time.time()
            if turn["rescued"] is not None:
                verified = time.time()
                break
    finally:
        watch.terminate()
        watch.wait(60)
    done = turn["rescued"]
    return {
        "files": files,
        "changed": changed,
        "deployer": deployer,
        "deploy_s": round((deployed or began) - began, 2),
        "broken_to_verified_s": round(verified - (deployed or began), 2),
        "rollback_s": round(done["rollback_s"], 2),
        "way_back_s": round(turn["duration_s"], 2),
        "read_back": done["done"]["verified"]["checked"],
    }


def _passed(folder: Path) -> bool:
    try:
        readings = json.loads((folder / ".regen/health.json").read_text())["probes"]["web"]["readings"]
    except (OSError, ValueError, KeyError):
        return False
    return bool(readings) and readings[-1]["outcome"] == "pass"


def main() -> None:
    """Print one line for each deployer."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    changed = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    for deployer in sys.argv[3:] or ["workspace"]:
        with tempfile.TemporaryDirectory(prefix="regen-bench-") as folder:
            print(json.dumps(measure(Path(folder), files, changed, deployer)))


if __name__ == "__main__":
    main()
