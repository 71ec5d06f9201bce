"""`regen merge-file`: anybody's files, by hand and as the merge driver of git."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from regen.cli.main import run

BASE = "import os\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 2\n"
OURS = BASE.replace("import os\n", "import os\nimport re\n") + "\n\ndef c():\n    return 3\n"
THEIRS = BASE.replace("return 1", "return 11").replace("import os\n", "import os\nimport sys\n")
BOTH = "import os\nimport re\nimport sys\n" + OURS.replace("return 1\n", "return 11\n").split("import re\n")[1]


def sides(folder: Path, *texts: str, name: str = "a.py") -> list[str]:
    places = [folder / f"{side}-{name}" for side in ("base", "ours", "theirs")]
    for place, text in zip(places, texts, strict=True):
        place.write_text(text)
    return [str(place) for place in places]


def test_a_clean_merge_is_printed(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """By structure: both sides' imports and functions."""
    assert run(["merge-file", *sides(tmp_path, BASE, OURS, THEIRS)]) == 0
    out, err = capfdbinary.readouterr()
    assert (out.decode(), err) == (BOTH, b"")


def test_conflicts_are_counted_and_marked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.py"
    ours = OURS.replace("return 1\n", "return 7\n").replace("return 2", "return 8")
    theirs = THEIRS.replace("return 2", "return 22")
    assert run(["merge-file", *sides(tmp_path, BASE, ours, theirs), "-o", str(out)]) == 2
    assert out.read_text().count("<<<<<<< ours") == 2
    err = capfd.readouterr().err
    assert "ours-a.py: 2 conflicts" in err
    assert "[content]" in err


def test_the_path_tells_the_language(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And so does the option; without either, lines are all that is known."""
    files = sides(tmp_path, BASE, OURS, THEIRS, name="a")
    assert run(["merge-file", *files]) > 0
    for extra in (["-p", "src/a.py"], ["--language", "python"]):
        assert run(["merge-file", *files, *extra, "--json"]) == 0
        assert json.loads(capfd.readouterr().out.partition("{")[2].join(["{", ""]))["how"] == "structure"


def test_what_fails_is_told_from_conflicts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With 255, as with git; and nothing is written."""
    base, ours, _ = sides(tmp_path, BASE, OURS, THEIRS)
    out = tmp_path / "out"
    assert run(["merge-file", base, ours, str(tmp_path / "none"), "-o", str(out)]) == 255
    assert "none cannot be read: No such file" in capfd.readouterr().err
    assert not out.exists()
    assert run(["merge-file", base, ours, ours, "-o", str(tmp_path / "no" / "folder")]) == 255
    assert "folder cannot be written: No such file" in capfd.readouterr().err
    assert run(["merge-file", base, ours, ours, "--language", "klingon"]) == 255
    assert "no plugin knows the language 'klingon'" in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments", [(), ("one",), ("a", "b", "c", "d"), ("--none", "a", "b", "c"), ("a", "b", "c", "-o")]
)
def test_wrong_arguments_are_told_from_conflicts(arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["merge-file", *arguments]) == 255
    assert "--help` lists what there is" in capfd.readouterr().err


def test_a_fault_of_regen_is_told_from_conflicts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's own exit code would count one conflict."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr("regen.orchestrator.outside.merge_file", broken)
    assert run(["merge-file", *sides(tmp_path, BASE, OURS, THEIRS)]) == 255
    assert "no such luck" in capfd.readouterr().err
    monkeypatch.setattr("regen.cli.parsing.dispatch", broken)
    with pytest.raises(RuntimeError):
        run(["status"])


def test_binary_files_are_conflicts(tmp_path: Path) -> None:
    """And the result is yours."""
    places = [tmp_path / name for name in "bot"]
    for place in places:
        place.write_bytes(b"\0" + place.name.encode())
    out = tmp_path / "out"
    assert run(["merge-file", *map(str, places), "-o", str(out)]) == 1
    assert out.read_bytes() == b"\0o"


def test_git_merges_with_it(tmp_path: Path) -> None:
    """A merge that git alone cannot make is made; one that nobody can stays in conflict."""

    def git(*arguments: str, code: int = 0) -> str:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *identity, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout

    def commit(text: str) -> None:
        (tmp_path / "a.py").write_text(text)
        git("add", "-A")
        git("commit", "-qm", "x")

    git("init", "-q")
    (tmp_path / ".gitattributes").write_text("*.py merge=regen\n")
    git("config", "merge.regen.driver", f"{sys.executable} -m regen merge-file %O %A %B -o %A -p %P")
    commit(BASE)
    git("checkout", "-qb", "other")
    commit(THEIRS)
    git("checkout", "-q", "main")
    commit(OURS)
    git("merge", "-q", "other", "-m", "merged")
    assert (tmp_path / "a.py").read_text() == BOTH
    git("checkout", "-q", "other")
    commit(THEIRS.replace("return 11", "return 12"))
    git("checkout", "-q", "main")
    commit(BOTH.replace("return 11", "return 13"))
    git("merge", "-q", "other", "-m", "merged", code=1)
    assert (tmp_path / "a.py").read_text().count("<<<<<<< ours") == 1
    assert git("diff", "--name-only", "--diff-filter=U") == "a.py\n"
