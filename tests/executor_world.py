"""A project of many artifacts whose filter does what a test wants, run by a process in a session of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
WAIT_S = 120
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
TEMPLATE = (
    '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a <urn:x:C> }\n---\n{{ this | act }}\n'
)
PLAIN = "def act(text):\n    return text\n\n\nFILTERS = {'act': act}\n"
SLOW = """
import os
import time


def act(text):
    with open("started", "w") as gate:  # a pipe, which a test reads: it waits for the first worker
        pass
    time.sleep(0.5)
    return text


FILTERS = {"act": act}
"""
DEADLY = """
import os
from pathlib import Path


def act(text):
    if str(text) == "urn:x:237" and not Path("spared").exists():
        if Path("once").exists():
            Path("spared").touch()
        os._exit(9)
    return text


FILTERS = {"act": act}
"""

POISON = """
import ctypes
import os
import signal

ENDS = {{
    "exit": lambda: os._exit(9),
    "segfault": lambda: ctypes.string_at(0),
    "memory": lambda: os.kill(os.getpid(), signal.SIGKILL),  # as the kernel does it
}}


def act(text):
    if str(text) in {keys!r}:
        ENDS[{way!r}]()
    return text


FILTERS = {{"act": act}}
"""


def make(root: Path, executor: str, filters: str = PLAIN, artifacts: int = 450, more: str = "") -> None:
    """Write a project."""
    (root / "graphs").mkdir()
    (root / "templates").mkdir()
    (root / "graphs/things.nt").write_text("".join(f"<urn:x:{n}> {TYPE} <urn:x:C> .\n" for n in range(artifacts)))
    (root / "templates/a.txt.j2").write_text(TEMPLATE)
    (root / "templates/filters.py").write_text(filters)
    (root / "regen.toml").write_text(f'[engine]\nworkers = 2\nexecutor = "{executor}"\n{more}')


def apply(root: Path) -> subprocess.CompletedProcess[str]:
    """Run `regen apply` to its end."""
    with applying(root) as process:
        out, err = process.communicate(timeout=WAIT_S)
    return subprocess.CompletedProcess([], process.returncode, out, err)


@contextmanager
def applying(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A running `regen apply`, first of its session."""
    paths = [str(ROOT / part) for part in ("core", "plugins", "templates", "graphs")]
    with subprocess.Popen(
        [sys.executable, "-c", "from regen.cli import main; main()", "apply"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def of_session(session: int) -> list[str]:
    """Command lines of the processes of a session that are left."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(command)
    return found


def workers_of(process: int) -> list[int]:
    """Processes that a process started."""
    try:
        return [int(n) for n in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []  # it ended


def outputs(root: Path) -> int:
    """How many files stand in the output folder."""
    return len(list((root / "out").glob("*"))) if (root / "out").exists() else 0


def first_started(root: Path) -> None:
    """Wait until a worker is in the midst of an artifact; later ones find the gate gone and a file in its place."""
    with (root / "started").open() as gate:
        gate.read()
    (root / "started").unlink()


def interrupted(root: Path, executor: str, *, whole_group: bool, children: int) -> None:
    """Ctrl-C while a filter works: `apply` ends at once, with nothing left behind and nothing half done.

    Args:
        root: of a project that is made here; 300 s of work are left when the signal comes.
        executor: its name.
        whole_group: as a terminal sends the signal; else as `kill` does, to the first process alone.
        children: how many processes there are at least by then.
    """
    make(root, executor, SLOW, artifacts=600)
    os.mkfifo(root / "started")
    with applying(root) as process:
        first_started(root)
        assert len(of_session(process.pid)) >= children
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert of_session(process.pid) == []
    assert outputs(root) == 0
