"""Settling conflicts in a terminal: each place is shown with its sides, and the file becomes what was answered."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cycle_world import World

from regen.cli import interactive
from regen.cli.main import run
from regen.errors import ExitCode

TEMPLATE = """\
---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?n ?m WHERE { ?this :n ?n ; :m ?m }
---
first
n = {{ each[0].n }}

-

m = {{ each[0].m }}
last
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two files in conflict, one in two places."""
    found = World(tmp_path, {"templates/n.j2": TEMPLATE})
    found.graph(':a :n "1" ; :m "1" . :b :n "1" ; :m "1" .')
    run(["apply", "-C", str(tmp_path)])
    found.edit("a.txt", "n = 1", "n = mine")
    found.edit("a.txt", "m = 1", "m = own")
    found.edit("b.txt", "m = 1", "m = own")
    found.graph(':a :n "2" ; :m "2" . :b :n "2" ; :m "2" .')
    assert run(["apply", "-C", str(tmp_path)]) == ExitCode.CONFLICTS
    return found


def answered(world: World, monkeypatch: pytest.MonkeyPatch, answers: list[str], *arguments: str) -> int:
    """The exit code of `regen resolve` in a terminal in which this is typed."""
    typed = iter(answers)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    return run(["resolve", *arguments, "-C", str(world.root)])


def test_each_place_as_it_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(world, monkeypatch, ["t", "b", "o"]) == ExitCode.DONE
    assert world.read("a.txt") == "first\nn = 2\n\n-\n\nm = own\nm = 2\nlast\n"
    assert world.read("b.txt") == "first\nn = 2\n\n-\n\nm = own\nlast\n"
    assert run(["conflicts", "-C", str(world.root)]) == ExitCode.DONE


def test_skipping_and_leaving(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was settled before stays settled; what was not is as it was."""
    before = world.tree()
    assert answered(world, monkeypatch, ["o", "s", "?", "q"]) == ExitCode.CONFLICTS
    assert world.tree() == before
    assert answered(world, monkeypatch, ["o", "t", "q"]) == ExitCode.CONFLICTS
    assert world.read("a.txt") == "first\nn = mine\n\n-\n\nm = 2\nlast\n"
    assert world.read("b.txt") == before["b.txt"].decode()


def test_a_place_for_the_editor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are settled in the text, and the file waits."""
    assert answered(world, monkeypatch, ["t", "e"], "a.txt") == ExitCode.CONFLICTS
    text = world.read("a.txt")
    assert text.startswith("first\nn = 2\n")
    assert "<<<<<<< ours\nm = own\n||||||| base\nm = 1\n=======\nm = 2\n>>>>>>> theirs\n" in text
    assert run(["resolve", "a.txt", "--merged", "-C", str(world.root)]) == ExitCode.USAGE
    world.write("out/a.txt", "first\nn = 2\n\n-\n\nm = 3\nlast\n")
    assert run(["resolve", "a.txt", "--merged", "-C", str(world.root)]) == ExitCode.CONFLICTS


def test_a_file_that_was_edited_since_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.edit("a.txt", "first", "my first")
    assert answered(world, monkeypatch, ["t", "t"], "out/a.txt") == ExitCode.USAGE
    assert "n = mine" in world.read("a.txt")


def test_without_a_terminal_it_says_what_to_type(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["resolve", "-C", str(world.root)]) == ExitCode.USAGE
    assert "--ours, --theirs, --markers or --merged" in capfd.readouterr().err
    assert run(["resolve", "a.txt", "--ours", "--theirs", "-C", str(world.root)]) == ExitCode.USAGE


def test_a_terminal(world: World) -> None:
    """As a person has it: a process of its own on a terminal of its own."""
    mine, its = pty.openpty()
    command = [sys.executable, "-m", "regen", "resolve", "b.txt", "-C", str(world.root)]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, close_fds=True)
    os.close(its)
    shown = b""
    deadline = time.monotonic() + 60
    while b"  > " not in shown and time.monotonic() < deadline:
        if select.select([mine], [], [], 1)[0]:
            shown += os.read(mine, 9999)
    os.write(mine, b"t\n")
    assert process.wait(60) == ExitCode.CONFLICTS
    os.close(mine)
    for part in ("b.txt", "became", "o m = own", "t m = 2", "[o]urs"):
        assert part in shown.decode()
    assert world.read("b.txt") == "first\nn = 2\n\n-\n\nm = 2\nlast\n"


def test_the_keys_are_those_that_are_taken() -> None:
    for key in "otbesq":
        assert f"[{key}]" in interactive.KEYS


@pytest.mark.parametrize(
    ("typed", "content"),
    [("o", "n = 1\nmine\n"), ("t", "n = 2\nlast\n"), ("m", "n = 2\nmine\n"), ("s", "n = 1\nmine\n")],
)
def test_a_merge_in_doubt_is_shown_and_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], typed: str, content: str
) -> None:
    text = '---\nto: "[{{ this | local_name }}].txt"\neach: SELECT ?this ?n WHERE { ?this :n ?n }\n---\n'
    text += "n = {{ each[0].n }}\n\n\nlast\n"
    world = World(tmp_path, {"templates/n.j2": text, "regen.toml": "[merge]\nthreshold = 1\n"})
    world.graph(':a :n "1" .')
    run(["apply", "-C", str(tmp_path)])
    world.edit("[a].txt", "last", "mine")
    world.graph(':a :n "2" .')
    assert run(["apply", "-C", str(tmp_path)]) == ExitCode.CONFLICTS
    assert answered(world, monkeypatch, [typed]) == (ExitCode.CONFLICTS if typed == "s" else ExitCode.DONE)
    assert world.read("[a].txt").replace("\n\n\n", "\n") == content
    shown = capfd.readouterr().out
    assert "[a].txt  (1 of 1)" in shown
    assert "+n = 2" in shown
    assert "90% sure" in shown


def test_the_first_release_is_shown(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "1", "-C", str(world.root)]) == ExitCode.DONE
    assert "a.txt" in capfd.readouterr().out
