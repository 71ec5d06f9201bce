"""A stranger's plugin: installed with pip into a fresh environment, listed, asked first, switched off, and broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import regen_graphs
import regen_templates

import regen
import regen_plugins

SAMPLE = Path(__file__).parent / "sample_plugin"
GRAPH = """\
@prefix : <https://example.org/> .
:Server a :Config ; :host "localhost" ; :port "80" .
"""
TEMPLATE = """\
---
to: "{{ this | local_name | snake }}.properties"
each: SELECT ?this ?host ?port WHERE { ?this a :Config ; :host ?host ; :port ?port }
---
{{ "Made by regen." | comment }}
host={{ each[0].host }}
port={{ each[0].port }}
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that sees the packages of this one, with the stranger's distribution installed by pip."""
    folder = tmp_path_factory.mktemp("stranger")
    source = shutil.copytree(SAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv/bin/python"
    ours = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    ours += [str(Path(package.__path__[0]).parent) for package in (regen, regen_plugins, regen_templates, regen_graphs)]
    (packages,) = (folder / "venv/lib").glob("python*/site-packages")
    (packages / "ours.pth").write_text("".join(f"{path}\n" for path in ours))
    offline = ("--no-index", "--no-build-isolation", "--no-deps", "--disable-pip-version-check", "--quiet")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", *offline, str(source)],
        check=True,
        timeout=120,
        env=environment(),
    )
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in (("graphs/server.ttl", GRAPH), ("templates/server.properties.j2", TEMPLATE)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    (folder / "regen.toml").write_text('[project]\nprefixes = { "" = "https://example.org/" }\n')
    return folder


def environment(path: Path | None = None) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("OTEL_", "PIP_", "PYTHONPATH"))}
    return kept if path is None else {**kept, "PYTHONPATH": str(path)}


def run(python: Path, project: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-c", "from regen.cli import main; main()", *arguments, "-C", str(project)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(path),
    )


def switch_off(project: Path, name: str) -> None:
    with (project / "regen.toml").open("a") as file:
        file.write(f'[plugins]\ndisable = ["{name}"]\n')


def edit(project: Path, path: str, old: str, new: str) -> None:
    text = (project / path).read_text()
    assert old in text
    (project / path).write_text(text.replace(old, new))


def test_a_stranger_is_listed_first_with_its_distribution_and_hooks(python: Path, project: Path) -> None:
    done = run(python, project, "plugins")
    assert (done.returncode, done.stderr) == (0, "")
    first = done.stdout.splitlines()[1].split(maxsplit=4)
    assert first[0] == "properties"
    assert first[1:4] == ["regen-properties", "1.2.0", "on"]
    assert first[4] == "regen_languages, regen_merge, regen_evaluate_file"


def test_hooks_are_listed_in_call_order_with_the_stranger_before_the_built_in_ones(python: Path, project: Path) -> None:
    done = run(python, project, "plugins", "--hooks", "--json")
    hooks = {hook["name"]: hook for hook in json.loads(done.stdout)["hooks"]}
    order = [plugin["name"] for plugin in hooks["regen_merge"]["order"]]
    assert order[0] == "properties"
    assert order[-1] == "merge_lines"
    assert hooks["regen_merge"]["signature"] == "regen_merge(three: ThreeWay) -> Merged | None"
    assert hooks["regen_merge"]["order"][0]["where"] == "regen_properties"
    assert "1. properties  regen-properties 1.2.0" in run(python, project, "plugins", "--hooks").stdout


def test_its_language_and_its_merger_work_in_an_apply(python: Path, project: Path) -> None:
    """Edits of neighbouring lines: a merge by key keeps both, where a merge by line is a conflict."""
    assert run(python, project, "apply").returncode == 0
    assert (project / "out/server.properties").read_text() == "# Made by regen.\nhost=localhost\nport=80\n"
    edit(project, "out/server.properties", "port=80", "port=8080")
    edit(project, "graphs/server.ttl", "localhost", "example.org")
    done = run(python, project, "apply", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (item,) = json.loads(done.stdout)["plan"]["items"]
    assert (item["action"], item["how"]) == ("merge", "structure")
    assert (project / "out/server.properties").read_text() == "# Made by regen.\nhost=example.org\nport=8080\n"


def test_a_conflict_that_it_finds_waits_for_a_person(python: Path, project: Path) -> None:
    assert run(python, project, "apply").returncode == 0
    edit(project, "out/server.properties", "port=80", "port=8080")
    edit(project, "graphs/server.ttl", '"80"', '"81"')
    done = run(python, project, "apply")
    assert done.returncode == 3
    assert "your edit and the template both changed the key port" in done.stdout
    assert "port=8080" in (project / "out/server.properties").read_text()


def test_its_gate_stops_a_cycle_before_anything_is_written(python: Path, project: Path) -> None:
    edit(project, "templates/server.properties.j2", "port=", "host=")
    done = run(python, project, "apply")
    assert done.returncode == 4
    assert "server.properties:3" in done.stderr
    assert "the key host stands here and on line 2" in done.stderr
    assert not (project / "out").exists()


def test_switched_off_it_is_listed_and_not_asked(python: Path, project: Path) -> None:
    switch_off(project, "properties")
    edit(project, "templates/server.properties.j2", '{{ "Made by regen." | comment }}\n', "")
    edit(project, "templates/server.properties.j2", "port=", "host=")
    assert run(python, project, "plugins").stdout.splitlines()[1].split()[:4] == [
        "properties",
        "regen-properties",
        "1.2.0",
        "off",
    ]
    done = run(python, project, "apply")
    assert (done.returncode, done.stderr) == (0, "")
    assert (project / "out/server.properties").read_text() == "host=localhost\nhost=80\n"


BROKEN = {
    "cannot be imported: ModuleNotFoundError": "import nothing_of_that_name\n",
    "cannot be imported: SyntaxError": "def regen_merge(:\n",
    "cannot be imported: TypeError": "class plugin:\n    def __init__(self, needed): ...\n",
    "does not fit its hook": "@hookimpl\ndef regen_merge(theree): ...\n",
    "regen_murge, which is no hook of regen": "@hookimpl\ndef regen_murge(three): ...\n",
    "wraps regen_merge": "@hookimpl(wrapper=True)\ndef regen_merge():\n    return (yield)\n",
    "implements no hook": "",
    "failed in regen_languages: ZeroDivisionError": "@hookimpl\ndef regen_languages():\n    return 1 // 0\n",
    "failed in regen_format for server.properties: ValueError: not my day": (
        '@hookimpl\nasync def regen_format(path):\n    raise ValueError("not my day")\n'
    ),
    "failed in regen_format for server.properties: TypeError: the answer is of the class str, not bytes": (
        '@hookimpl\ndef regen_format(content):\n    return content.decode() + "\\n"\n'
    ),
    "the answer holds a str, not only Finding": (
        '@hookimpl\ndef regen_evaluate_file(file):\n    return ["I do not like it"]\n'
    ),
}


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_plugin_is_one_message_that_says_who_what_and_the_way_out(
    python: Path, project: Path, tmp_path: Path, message: str
) -> None:
    broken_plugin(tmp_path / "more", BROKEN[message])
    done = run(python, project, "apply", path=tmp_path / "more")
    assert done.returncode == 2
    for part in ("error: ", "'broken' of regen-broken 0.1", message):
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 2, "the message and the way out"
    assert not (project / "out").exists()


def test_a_plugin_that_fails_in_a_worker_process_is_the_same_message(
    python: Path, project: Path, tmp_path: Path
) -> None:
    broken_plugin(tmp_path / "more", BROKEN["failed in regen_format for server.properties: ValueError: not my day"])
    with (project / "regen.toml").open("a") as file:
        file.write('[engine]\nexecutor = "processes"\nworkers = 2\n')
    done = run(python, project, "apply", path=tmp_path / "more")
    assert done.returncode == 2
    assert "'broken' of regen-broken 0.1 failed in regen_format for server.properties" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_broken_plugin_that_is_switched_off_stops_nothing(python: Path, project: Path, tmp_path: Path) -> None:
    broken_plugin(tmp_path / "more", "import nothing_of_that_name\n")
    switch_off(project, "broken")
    assert run(python, project, "apply", path=tmp_path / "more").returncode == 0


def broken_plugin(folder: Path, text: str) -> None:
    """A distribution as an installer leaves it behind."""
    name = ":plugin" if text.startswith("class plugin") else ""
    files = {
        "regen_broken.py": f"from regen.hooks import hookimpl\n{text}",
        "regen_broken-0.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: regen-broken\nVersion: 0.1\n",
        "regen_broken-0.1.dist-info/entry_points.txt": f"[regen]\nbroken = regen_broken{name}\n",
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
