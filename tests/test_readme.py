"""What the README shows works as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from regen.cli.commands import COMMANDS
from regen.cli.main import run
from regen.starter import initialise

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_build_script_runs_on_a_new_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    initialise(tmp_path, ())
    monkeypatch.chdir(tmp_path)
    found = re.search(r"<!-- library example: begin -->\n```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    exec(compile(found[1], "README.md", "exec"), {})  # noqa: S102 - our own text
    assert "create docs/order.md first run" in capsys.readouterr().out
    assert (tmp_path / "out/docs/customer.md").read_text().startswith("# Customer")


def test_the_first_screen_tells_what_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    initialise(tmp_path, ())
    place = ["-C", str(tmp_path)]
    assert run(["apply", *place]) == 0
    graph, output = tmp_path / "graphs/shop.ttl", tmp_path / "out/docs/order.md"
    graph.write_text(graph.read_text().replace("The sum of all items", "The total"))
    output.write_text(output.read_text().replace("# Order", "# Order (reviewed)"))
    capsys.readouterr()
    assert run(["apply", *place]) == 0
    shown = next(line for line in README.splitlines() if line.startswith("merge "))
    assert shown in capsys.readouterr().out
    assert run(["why", "out/docs/order.md:8", *place]) == 0
    said = capsys.readouterr().out
    for line in README.splitlines():
        if line.startswith(("  made by", "  line from", "  changed by")):
            assert line in said
    assert run(["rollback", *place]) == 0
    assert "restored release 1 as release 3" in capsys.readouterr().out


def test_every_command_that_is_shown_exists() -> None:
    known = {command.name for command in COMMANDS}
    for text in (README, *(path.read_text("utf-8") for path in (Path(__file__).parents[1] / "docs").glob("*.md"))):
        for name in re.findall(r"^\$ regen ([a-z]+)", text, re.MULTILINE):
            assert name in known
