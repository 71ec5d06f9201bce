"""Formatters of the user's choice: their output is taken, their failures are no one's loss."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from regen.errors import ConfigError
from regen.model.settings import PluginSettings
from regen_plugins.format_command import FormatCommand

pytestmark = pytest.mark.anyio


def plugin(tmp_path: Path, body: str, *arguments: str) -> FormatCommand:
    script = tmp_path / "my formatter.py"
    script.write_text(f"import sys\ntext = sys.stdin.read()\n{body}\n", encoding="utf-8")
    command = " ".join([f"'{sys.executable}'", f"'{script}'", *arguments])
    made = FormatCommand()
    made.regen_configure(PluginSettings(format=(("python", command),)))
    return made


async def test_the_command_reads_the_render_and_writes_it_formatted(tmp_path: Path) -> None:
    made = plugin(tmp_path, "print(text.upper() + sys.argv[1], end='')", "{path}")
    assert await made.regen_format("a/b.py", "python", b"x = 1\n") == b"X = 1\na/b.py"


async def test_other_languages_are_left_to_the_next_plugin(tmp_path: Path) -> None:
    made = plugin(tmp_path, "print('never')")
    assert await made.regen_format("a.go", "go", b"package a\n") is None
    assert await made.regen_format("a", None, b"") is None


async def test_a_command_that_fails_leaves_the_file_to_the_next_plugin_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = plugin(tmp_path, "sys.exit('cannot parse line 1')")
    assert await made.regen_format("a.py", "python", b"x = = 1\n") is None
    assert "a.py: " in caplog.text
    assert "ended with 1: cannot parse line 1" in caplog.text


async def test_a_command_that_ends_before_it_has_read_everything_fails_as_any_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = plugin(tmp_path, "")
    (tmp_path / "my formatter.py").write_text("import os; os.close(0); raise SystemExit('no')\n")
    assert await made.regen_format("a.py", "python", b"x" * 10_000_000) is None
    assert "ended with 1: no" in caplog.text


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("no-such-formatter -", "the formatter 'no-such-formatter' of `python` is not installed"),
        ("black '", "cannot be split"),
        ("", "is not installed"),
    ],
)
async def test_a_command_that_cannot_run_is_an_error_of_the_configuration(command: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FormatCommand().regen_configure(PluginSettings(format=(("python", command),)))
