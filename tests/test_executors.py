"""Executors: workers do not run the program that started them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
