"""Executors: workers do not run the program that started them, may die, and end when they are told to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.executor_world import (
    DEADLY,
    PLAIN,
    apply,
    interrupted,
    make,
    outputs,
)

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


def test_a_chunk_that_kills_every_worker_is_named(tmp_path: Path) -> None:
    make(tmp_path, "processes", DEADLY)
    done = apply(tmp_path)
    assert done.returncode == 2
    assert "a worker process died 2 times on the same chunk of work: a.txt.j2, 64 artifacts from urn:x:" in done.stderr
    assert outputs(tmp_path) == 0


@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_ends_all_workers_at_once(tmp_path: Path, whole_group: bool) -> None:
    interrupted(tmp_path, "processes", whole_group=whole_group, children=2)
    (tmp_path / "templates/filters.py").write_text(PLAIN)
    assert apply(tmp_path).returncode == 0
    assert outputs(tmp_path) == 600
