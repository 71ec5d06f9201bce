"""The replay of merges finds what people merged, and tells equal, alike, different and conflict apart."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench import merge_alike_tree
from bench.merge_alike import alike
from bench.merge_cases import Case, cases, write
from bench.merge_explained import explained
from bench.merge_replay import outcome, table, to_read

BASE = "import os\n\n\ndef first():\n    return os\n\n\ndef last():\n    return 1\n"
OURS = BASE.replace("import os", "import os\nimport zlib").replace("return os", "return os, zlib")
THEIRS = BASE.replace("import os", "import os\nimport re").replace("return 1", "return re")
RIGHT = "import os\nimport re\nimport zlib\n\n\ndef first():\n    return os, zlib\n\n\ndef last():\n    return re\n"


def git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "person@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=folder, check=False, capture_output=True, env={**os.environ, **who})


def merged_by_people(folder: Path, answer: str) -> Path:
    """A repository in which two branches changed a file, and a person merged them."""
    folder.mkdir()
    git(folder, "init", "--initial-branch", "main")
    for branch, text in (("main", BASE), ("side", THEIRS), ("main", OURS)):
        git(folder, "checkout", *(["-b"] if branch == "side" else []), branch)
        (folder / "lent.py").write_text(text)
        git(folder, "add", "lent.py")
        git(folder, "commit", "-m", branch)
    git(folder, "merge", "--no-commit", "side")
    (folder / "lent.py").write_text(answer)
    git(folder, "commit", "-am", "merge")
    return folder


def test_a_merge_is_found_and_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = list(cases(merged_by_people(tmp_path / "lent", RIGHT), 10))
    assert [(case.base, case.ours, case.theirs, case.expected) for case in found] == [
        tuple(text.encode() for text in (BASE, OURS, THEIRS, RIGHT))
    ]
    result, git_text, regen_text = outcome(found[0])
    assert (result.git, result.regen, git_text) == ("conflict", "equal", None)
    assert regen_text == RIGHT.encode()
    assert to_read(result) is None
    table("lent", [result])
    assert "1 of 1 (100.0%)" in capsys.readouterr().out


def test_a_case_that_was_written_is_read_again(tmp_path: Path) -> None:
    case = Case("lent 1 lent.py", *(text.encode() for text in (BASE, OURS, THEIRS, OURS)))
    write(case, tmp_path / "one", regen=RIGHT.encode())
    assert list(cases(tmp_path, 10)) == [case]
    assert outcome(case)[0].regen == "different"


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no git repository"):
        list(cases(tmp_path, 10))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("import a, b\n", "import b\nimport a\n", True),
        ("def f():\n    a()\n    b()\n", "def f():\n    b()\n    a()\n", False),
        ("x = f(a=1, b=2)\n", "x = f(\n    b=2,\n    a=1,\n)\n", True),
        ("x = f(1, 2)\n", "x = f(2, 1)\n", False),
        ("x = 1  # one\n", "x = 1  # two\n", False),
        ("print 1\n", "print  1\n", True),
    ],
)
def test_order_and_layout_do_not_count_and_all_else_does(one: str, other: str, same: bool) -> None:
    assert alike(one.encode(), other.encode()) is same


def test_what_people_did_beyond_merging_is_not_explained_by_the_sides() -> None:
    sides = [side.encode() for side in (BASE, OURS, THEIRS)]
    assert explained(*sides, RIGHT.encode())
    assert not explained(*sides, RIGHT.replace("return re", "return re, 7").encode())
    assert not explained(*sides, OURS.encode())


GO = "package a\n\nfunc First() int {\n\treturn 1\n}\n\nfunc Last() int {\n\treturn 2\n}\n"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("package a\n\nfunc First() int {\n\treturn 1\n}\n", "package a\n", False),
        ("\treturn 1\n", "\treturn  1 // one\n", False),
        ("\treturn 1\n", "\n    return 1;\n", True),
        ("return 1", "return 2", False),
    ],
)
def test_order_and_layout_do_not_count_in_other_languages_either(old: str, new: str, same: bool) -> None:
    assert merge_alike_tree.alike(GO.encode(), GO.replace(old, new).encode(), "go") is same
    first, last = GO.index("func First"), GO.index("func Last")
    swapped = GO[:first] + GO[last:] + "\n" + GO[first:last].rstrip() + "\n"
    assert merge_alike_tree.alike(GO.encode(), swapped.encode(), "go")


def test_a_merge_of_another_language_is_replayed(tmp_path: Path) -> None:
    texts = (GO, GO + "\nfunc Mine() {}\n", GO + "\nfunc New() {}\n", GO + "\nfunc Mine() {}\n\nfunc New() {}\n")
    case = Case("lent 1 lent.go", *(text.encode() for text in texts))
    found, git_text, regen_text = outcome(case, "go")
    assert (found.git, found.regen, git_text, found.readable) == ("conflict", "alike", None, True)
    write(case, tmp_path / "one", ".go", regen=regen_text or b"")
    assert list(cases(tmp_path, 10)) == [case]
