"""The staged copy holds what is wanted, whatever tools did in it, at the cost of what differs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.errors import PathError, StateError
from regen.staging import Given, Linked, StagedCopy, Wanted, list_project, on_disk
from regen.staging.listing import ignored_by_git
from regen.state import faults

_TAMPERS = ("write", "keep time", "remove", "folder", "link", "mode")
_PATHS = ("a", "b", "b/c", "b/d/e", "f/g", ".h/i", "target/x", "node_modules")


def nothing(paths: list[str]) -> frozenset[str]:
    return frozenset()


def contents(folder: Path) -> dict[str, str]:
    """Texts and links of a copy by path, without what marks its root."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
    return found


def shown(wanted: Mapping[str, Wanted]) -> dict[str, str]:
    """What a copy of it holds."""
    return {
        path: f"-> {want.target}" if isinstance(want, Linked) else want.content.decode()
        for path, want in sorted(wanted.items())
        if isinstance(want, Linked | Given)
    }


def given_files(*paths: str, text: str = "") -> dict[str, Wanted]:
    return {path: Given((text or path).encode(), 0o644) for path in paths}


def free_of_clashes(wanted: Mapping[str, Wanted]) -> bool:
    return not any(other.startswith(f"{path}/") for path in wanted for other in wanted)


wants = st.dictionaries(
    st.sampled_from(_PATHS),
    st.one_of(
        st.builds(Given, st.sampled_from([b"", b"one", b"two"]), st.sampled_from([0o644, 0o755])),
        st.builds(Linked, st.sampled_from(["a", "nowhere", "/etc/hostname"])),
    ),
    max_size=6,
).filter(free_of_clashes)
tampers = st.tuples(st.sampled_from(_TAMPERS), st.sampled_from(_PATHS))


def tamper(folder: Path, what: str, path: str) -> None:
    """Do what a test might do in the copy; nothing where it cannot be done."""
    place = folder / path
    if os.path.realpath(place.parent) != str(place.parent) or place.is_symlink():
        return  # a tool that writes through a link writes elsewhere
    try:
        match what:
            case "write":
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text("xxx")
            case "keep time":
                state = place.stat()
                place.write_text("yyy"[: state.st_size])
                os.utime(place, ns=(state.st_atime_ns, state.st_mtime_ns))
            case "remove":
                place.unlink()
            case "folder":
                place.unlink(missing_ok=True)
                (place / "inner").mkdir(parents=True)
                (place / "inner" / "file").write_text("z")
            case "link":
                place.unlink(missing_ok=True)
                place.symlink_to(folder.parent / "outside")
            case "mode":
                place.chmod(0o600)
    except OSError:
        pass


@given(st.lists(st.tuples(wants, st.lists(tampers, max_size=4), st.booleans()), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_whatever_was_wanted_and_done_before_the_copy_holds_what_is_wanted(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[dict[str, Wanted], list[tuple[str, str]], bool]],
) -> None:
    root = tmp_path_factory.mktemp("staged")
    outside = root / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    copy = StagedCopy(root / "copy")
    for wanted, done, anew in steps:
        copy.bring(wanted, nothing)
        caches = (".git/", "target/", ".h/", "node_modules/")
        found = {path: text for path, text in contents(root / "copy").items() if not path.startswith(caches)}
        assert found == {path: text for path, text in shown(wanted).items() if not path.startswith(caches)}
        assert shown(wanted).items() <= contents(root / "copy").items()
        modes = {p: w.mode for p, w in wanted.items() if isinstance(w, Given)}
        assert {p: (root / "copy" / p).stat().st_mode & 0o777 for p in modes} == modes
        assert copy.bring(wanted, nothing) == (), "nothing is written twice"
        for what, path in done:
            tamper(root / "copy", what, path)
        if anew:
            copy = StagedCopy(root / "copy")
    assert contents(outside) == {"precious": "mine"}


def test_caches_of_tools_stay_and_other_things_that_they_leave_go(tmp_path: Path) -> None:
    copy = StagedCopy(tmp_path / "copy")
    copy.bring(given_files("src/a.py"), nothing)
    for path in ("target/debug/x", "src/__pycache__/a.pyc", ".mypy_cache/x.json", "Cargo.lock", "left.txt", "t/u/v"):
        (tmp_path / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / path).write_text("x")
    assert copy.bring(given_files("src/a.py"), nothing) == ("left.txt", "t/u/v")
    left = {path for path in contents(tmp_path / "copy") if path != "src/a.py"}
    assert left == {"target/debug/x", "src/__pycache__/a.pyc", ".mypy_cache/x.json", "Cargo.lock"}
    assert not (tmp_path / "copy/t").exists()


def test_a_file_that_changes_gets_a_second_of_its_own(tmp_path: Path) -> None:
    """Python, mypy and make take a file of the same size and second for the same one."""
    copy = StagedCopy(tmp_path / "copy")
    seconds = []
    for text in ("one", "two", "six"):
        copy.bring(given_files("a.py", text=text), nothing)
        seconds.append(int((tmp_path / "copy/a.py").stat().st_mtime))
    (tmp_path / "copy/a.py").write_text("ten")
    os.utime(tmp_path / "copy/a.py", (seconds[-1] + 5, seconds[-1] + 5))
    copy.bring(given_files("a.py", text="six"), nothing)
    seconds.append(int((tmp_path / "copy/a.py").stat().st_mtime))
    assert seconds == sorted(set(seconds))
    assert seconds[-1] > seconds[-2] + 5


def test_a_file_of_the_project_with_the_bytes_of_the_candidate_is_left_as_it_is(tmp_path: Path) -> None:
    """After a release the project's file stands where the candidate's bytes stood."""
    project, copy = tmp_path / "project", StagedCopy(tmp_path / "copy")
    project.mkdir()
    copy.bring({"a": Given(b"text", 0o644)}, nothing)
    before = (tmp_path / "copy/a").stat()
    (project / "a").write_text("text")
    (project / "a").chmod(0o644)
    released = on_disk(project / "a", project)
    assert released is not None
    assert copy.bring({"a": released}, nothing) == ()
    assert (tmp_path / "copy/a").stat() == before
    assert not list((tmp_path / "copy").glob("*.tmp"))
    (project / "a").write_text("next")
    newer = on_disk(project / "a", project)
    assert newer is not None
    assert copy.bring({"a": newer}, nothing) == ("a",)
    (project / "a").unlink()
    assert copy.bring({"a": newer, "b": Given(b"b", 0o644)}, nothing) == ("b",), "what is gone meanwhile is left out"


@pytest.mark.parametrize("point", ["staged.write", "staged.rename", "tree.mkdir"])
def test_a_full_disk_is_told_of_and_the_next_use_mends_the_copy(tmp_path: Path, point: str) -> None:
    wanted = given_files("a", "b/c", "d/e")
    faults.arm(f"ENOSPC@{point}#2")
    try:
        with pytest.raises(StateError, match=r"the staged copy cannot be brought up: .*No space left"):
            StagedCopy(tmp_path / "copy").bring(wanted, nothing)
    finally:
        faults.arm(None)
    copy = StagedCopy(tmp_path / "copy")
    copy.bring(wanted, nothing)
    assert contents(tmp_path / "copy") == shown(wanted)


@pytest.mark.parametrize("point", ["staged.write", "staged.rename"])
def test_a_kill_in_the_middle_is_mended_by_the_next_use(tmp_path: Path, point: str) -> None:
    first, second = given_files("a", "b/c", "d/e"), given_files("a", "b/c", "f", text="newer")
    for nth in range(1, 4):
        folder = tmp_path / f"{nth}"
        StagedCopy(folder).bring(first, nothing)
        child = os.fork()
        if child == 0:
            faults.arm(f"kill@{point}#{nth}")
            StagedCopy(folder).bring(second, nothing)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
        StagedCopy(folder).bring(second, nothing)
        assert contents(folder) == shown(second)


def test_a_damaged_manifest_costs_a_new_copy_only(tmp_path: Path) -> None:
    wanted = given_files("a", "b/c")
    StagedCopy(tmp_path / "copy").bring(wanted, nothing)
    for damage in ("", "{", "[]", '{"version": 1, "second": 1, "rows": {"a": 3}}', '{"version": 99}'):
        (tmp_path / "copy.manifest").write_text(damage)
        assert StagedCopy(tmp_path / "copy").bring(wanted, nothing) == ("a", "b/c")
        assert contents(tmp_path / "copy") == shown(wanted)


def project(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(os.fsencode(path))
    return root


_PROJECT = (
    "pyproject.toml",
    "src/a.py",
    "src/.regen/state.db",
    ".regen/state.db",
    ".github/ci.yml",
    "web/node_modules/zod/index.js",
    ".venv/bin/python",
    "target/debug/x",
    "secret.env",
    "prod/current/a.py",
)


def test_git_says_what_belongs_to_a_project(tmp_path: Path) -> None:
    root = project(tmp_path / "repository/project", *_PROJECT, "gone.py")
    (root / ".gitignore").write_text("target/\n*.env\nnode_modules\n")
    subprocess.run(["git", "init", "-q", str(root.parent)], check=True)
    subprocess.run(["git", "add", "src/a.py", "gone.py"], cwd=root, check=True)
    (root / "gone.py").unlink()
    (root / "link").symlink_to("src")
    listing = list_project(root, ("prod",))
    assert listing.git
    assert listing.linked == (".venv", "web/node_modules")
    assert listing.files == (".github/ci.yml", ".gitignore", "gone.py", "link", "pyproject.toml", "src/a.py")
    assert on_disk(root / "gone.py", root) is None
    assert on_disk(root / "link", root) == Linked("src")


def test_without_git_hidden_folders_and_heavy_ones_are_left_out(tmp_path: Path) -> None:
    root = project(tmp_path / "project", *_PROJECT, ".eslintrc.json")
    listing = list_project(root, ("prod",))
    assert not listing.git
    assert listing.linked == (".venv", "web/node_modules")
    assert listing.files == (".eslintrc.json", "pyproject.toml", "secret.env", "src/a.py")


def test_links_out_of_the_project_lead_where_they_led(tmp_path: Path) -> None:
    root = project(tmp_path / "project", "src/a.py")
    (tmp_path / "shared").mkdir()
    (root / "src/out").symlink_to("../../shared")
    (root / "src/in").symlink_to(root / "src/a.py")
    os.mkfifo(root / "src/pipe")
    (tmp_path / "other name").symlink_to(root)
    (root / "src/round").symlink_to(tmp_path / "other name/src/a.py")
    assert on_disk(root / "src/round", root) == Linked("a.py")
    assert on_disk(tmp_path / "other name/src/round", tmp_path / "other name") == Linked("a.py")
    assert on_disk(root / "src/out", root) == Linked(str(tmp_path / "shared"))
    assert on_disk(root / "src/in", root) == Linked("a.py")
    assert on_disk(root / "src/pipe", root) is None


@pytest.mark.parametrize("path", ["../evil", "a/../../evil", "/tmp/evil", "a//b", "out/link/evil", "a/\n"])
def test_a_candidate_is_never_written_outside_of_the_copy(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside").mkdir()
    wanted: dict[str, Wanted] = {"out/link": Linked("../../outside"), path: Given(b"x", 0o644)}
    with pytest.raises(PathError):
        StagedCopy(tmp_path / "copy").bring(wanted, nothing)
    assert not list(tmp_path.rglob("evil"))
    StagedCopy(tmp_path / "copy").bring(given_files("a"), nothing)
    assert contents(tmp_path / "copy") == {"a": "a"}


@pytest.mark.parametrize("git", [True, False])
def test_names_that_are_no_text_are_copied_too(tmp_path: Path, git: bool) -> None:
    root, name = tmp_path / "p", os.fsdecode(b"\xff \n.txt")
    project(root, name, "é/" + name)
    if git:
        subprocess.run(["git", "init", "-q", str(root)], check=True)
    listed = list_project(root)
    assert listed.git is git
    wanted = {path: want for path in listed.files if (want := on_disk(root / path, root)) is not None}
    copy = StagedCopy(root / ".regen/staged/dev")
    assert len(copy.bring(wanted, nothing)) == 2
    assert StagedCopy(copy.folder).bring(wanted, nothing) == ()
    assert ignored_by_git(root, [name]) == frozenset()
