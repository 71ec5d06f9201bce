"""Executors: workers do not run the program that started them, may die, and end when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.executor_world import (
    DEADLY,
    PLAIN,
    POISON,
    WAIT_S,
    apply,
    applying,
    interrupted,
    make,
    outputs,
    workers_of,
)

from regen.errors import PluginError
from regen.hooks.culprits import Culprits

SCRIPT = """
from regen import Project

print("started")
with Project.open_sync(".") as project:
    print(project.apply().plan.rendered, "rendered")
"""


def test_a_build_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    (tmp_path / "graphs").mkdir()
    (tmp_path / "templates").mkdir()
    things = "".join(f"<urn:x:{number}> a <urn:x:C> .\n" for number in range(450))
    (tmp_path / "graphs/things.nt").write_text(
        things.replace(" a ", " <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ")
    )
    (tmp_path / "templates/a.txt.j2").write_text(
        '---\nto: "{{ this | local_name }}.txt"\neach: SELECT ?this WHERE { ?this a <urn:x:C> }\n---\n{{ this }}\n'
    )
    (tmp_path / "regen.toml").write_text("[engine]\nworkers = 2\n")
    (tmp_path / "build.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "build.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["started", "450 rendered"]


def test_a_worker_that_is_killed_costs_its_chunk_one_more_try(tmp_path: Path) -> None:
    make(tmp_path, "processes", DEADLY)
    (tmp_path / "once").touch()
    done = apply(tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "spared").exists()
    assert outputs(tmp_path) == 450


@pytest.mark.parametrize("way", ["segfault", *(pytest.param(w, marks=pytest.mark.long) for w in ("exit", "memory"))])
def test_an_artifact_that_kills_every_worker_is_named_alone(tmp_path: Path, way: str) -> None:
    make(tmp_path, "processes", POISON.format(keys={"urn:x:237"}, way=way))
    done = apply(tmp_path)
    assert done.returncode == 2
    assert "templates/a.txt.j2: a worker process dies whenever it makes a.txt.j2 for <urn:x:237>" in done.stderr
    assert "more artifacts failed" not in done.stderr
    assert "Traceback" not in done.stderr
    assert outputs(tmp_path) == 0


@pytest.mark.long
def test_an_artifact_that_stands_and_kills_is_named_by_its_path_and_the_next_run_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "processes")
    assert apply(tmp_path).returncode == 0
    (tmp_path / "templates/filters.py").write_text(POISON.format(keys={"urn:x:7", "urn:x:300"}, way="exit"))
    done = apply(tmp_path)
    assert done.returncode == 2
    assert "dies whenever it makes 300.txt, a.txt.j2 for <urn:x:300>" in done.stderr
    assert "(1 more artifacts failed in this cycle)" in done.stderr
    (tmp_path / "templates/filters.py").write_text(PLAIN.replace("return text", "return f'{text}!'"))
    assert apply(tmp_path).returncode == 0
    assert (tmp_path / "out/300.txt").read_text() == "urn:x:300!\n"


@dataclass(frozen=True)
class Numbers:
    """A parcel of numbers."""

    values: tuple[int, ...]

    def halves(self) -> tuple[Numbers, ...]:
        middle = len(self.values) // 2
        return (Numbers(self.values[:middle]), Numbers(self.values[middle:])) if middle else ()

    def join(self, results: Sequence[list[str]]) -> list[str]:
        return [text for result in results for text in result]

    def lost(self, why: str, hint: str) -> list[str]:
        return [f"{why} {value}" for value in self.values]


@pytest.mark.anyio
async def test_what_was_with_a_culprit_is_made_and_costs_few_tries() -> None:
    tried: list[tuple[int, ...]] = []

    async def attempt(chunk: Numbers) -> tuple[list[str]] | None:
        tried.append(chunk.values)
        return None if 40 in chunk.values else ([str(value) for value in chunk.values],)

    result = await Culprits(attempt, "a worker").result(Numbers(tuple(range(64))))
    assert result == [str(n) if n != 40 else "a worker dies whenever it makes 40" for n in range(64)]
    assert sum(40 in values for values in tried) == 2 + 5 + 2  # the chunk twice, five parts once, the culprit twice
    assert sum(len(values) for values in tried if 40 not in values) == 63  # what is innocent is made once


@pytest.mark.anyio
async def test_work_that_always_kills_is_not_tried_to_its_end() -> None:
    tries = 0

    async def attempt(chunk: object) -> None:
        nonlocal tries
        tries += 1

    with pytest.raises(PluginError, match="dies of more than 8 artifacts"):
        await Culprits(attempt, "a worker").result(Numbers(tuple(range(10_000))))
    assert tries < 50
    with pytest.raises(PluginError, match="dies whenever it does this work: settings"):
        await Culprits(attempt, "a worker").result("settings")


@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_ends_all_workers_at_once(tmp_path: Path, whole_group: bool) -> None:
    interrupted(tmp_path, "processes", whole_group=whole_group, children=2)
    (tmp_path / "templates/filters.py").write_text(PLAIN)
    assert apply(tmp_path).returncode == 0
    assert outputs(tmp_path) == 600


@pytest.mark.long
def test_workers_that_are_stopped_and_go_on_lose_nothing(tmp_path: Path) -> None:
    """As Ctrl-Z and `fg` do it: it cuts off what a worker is writing, where its pipe is full."""
    make(tmp_path, "processes", PLAIN.replace("return text", "return f'{text}' * 600"), artifacts=6400)
    with applying(tmp_path) as process:
        end = time.monotonic() + WAIT_S
        while process.poll() is None and time.monotonic() < end:
            for worker in workers_of(process.pid):
                for number in (signal.SIGSTOP, signal.SIGCONT):
                    with suppress(ProcessLookupError):
                        os.kill(worker, number)
        assert process.poll() == 0
    assert outputs(tmp_path) == 6400
