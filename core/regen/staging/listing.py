"""Listing: the files of a project that its tools need, and the heavy folders beside them that are linked.

They are the files that git tracks or would track. Where git does not know the folder they are all files but those in
hidden folders and in folders of packages and caches.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINKED = frozenset({".venv", "node_modules", "venv"})
"""Folders of installed packages: nothing is copied, for they are heavy, and tools only read them."""

HEAVY = frozenset({"__pycache__", "bower_components", "target", *LINKED})
"""Folders that are not looked into where git does not say what belongs to the project."""

_STATE = ".regen"
_GIT = ("git", "--no-pager", "-c", "core.fsmonitor=false")
_TIMEOUT_S = 60.0  # git answers in milliseconds; a file system that does not answer is told of


@dataclass(frozen=True, slots=True)
class Listing:
    """What a project holds.

    Attributes:
        files: paths relative to the project, with slashes; links among them.
        linked: folders that are linked.
        git: whether git said so.
    """

    files: tuple[str, ...]
    linked: tuple[str, ...]
    git: bool


def list_project(root: Path, without: tuple[str, ...] = ()) -> Listing:
    """List a project.

    Args:
        root: its folder.
        without: folders that are left out, relative to it.

    Raises:
        OSError: a folder cannot be read, or git does not answer.
    """
    listed = _by_git(root)
    files, linked = listed if listed is not None else _by_walking(root)
    return Listing(
        tuple(path for path in files if not _left_out(path, without)),
        tuple(path for path in linked if not _left_out(path, without)),
        listed is not None,
    )


def ignored_by_git(root: Path, paths: list[str]) -> frozenset[str]:
    """Those of some paths that git ignores in a project."""
    text = "\0".join(paths).encode("utf-8", "surrogateescape")
    done = _git(root, "check-ignore", "-z", "--stdin", given=text)
    return frozenset(_split(done.stdout))


def _left_out(path: str, without: tuple[str, ...]) -> bool:
    return _STATE in path.split("/") or any(path == folder or path.startswith(f"{folder}/") for folder in without)


def _by_git(root: Path) -> tuple[list[str], list[str]] | None:
    """Files and heavy folders as git knows them; None where the project is in no repository, or git is not there."""
    if shutil.which("git") is None or not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    tracked = _git(root, "ls-files", "-z", "--cached", "--recurse-submodules")
    others = _git(root, "ls-files", "-z", "--others", "--exclude-standard")
    ignored = _git(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    if tracked.returncode or others.returncode or ignored.returncode:
        return None
    packages = {path: _packages(path) for path in (*_split(others.stdout), *_split(ignored.stdout))}
    untracked = {path for path in _split(others.stdout) if packages[path] is None and not path.endswith("/")}
    linked = {folder for folder in packages.values() if folder is not None and (root / folder).is_dir()}
    return sorted(untracked.union(_split(tracked.stdout))), sorted(linked)


def _packages(path: str) -> str | None:
    """The outermost folder of installed packages that a path is, or is in; None where it is in none."""
    parts = path.rstrip("/").split("/")
    end = next((index for index, part in enumerate(parts) if part in LINKED), None)
    return None if end is None else "/".join(parts[: end + 1])


def _git(root: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [*_GIT, *arguments],
            cwd=root,
            input=given,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(0, f"git {arguments[0]} took more than {_TIMEOUT_S:g} s", str(root)) from error


def _split(output: bytes) -> list[str]:
    return [os.fsdecode(path) for path in output.split(b"\0") if path]


def _by_walking(root: Path) -> tuple[list[str], list[str]]:
    files, linked = [], []
    for path, entry in _walk(root, ""):
        if not entry.is_dir(follow_symlinks=False):
            files.append(path)
        elif entry.name in LINKED:
            linked.append(path)
    return sorted(files), sorted(linked)


def _walk(folder: Path, above: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{above}{entry.name}"
            yield path, entry
            into = entry.is_dir(follow_symlinks=False) and entry.name not in HEAVY and not entry.name.startswith(".")
            if into:
                yield from _walk(folder / entry.name, f"{path}/")
