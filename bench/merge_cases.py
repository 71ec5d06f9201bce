"""Merges that people made become cases: three sides of a file, and what was committed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_FILES = frozenset(("100644", "100755"))  # modes of regular files in git's trees


@dataclass(frozen=True, slots=True)
class Case:
    """One file of one merge.

    Attributes:
        name: repository, merge commit and path; of a folder, its path.
        base, ours, theirs: the three sides, as bytes.
        expected: what people committed.
    """

    name: str
    base: bytes
    ours: bytes
    theirs: bytes
    expected: bytes


class _Change(NamedTuple):
    """Blobs of a file before and after."""

    old: str
    new: str


def cases(place: Path, most: int, suffix: str = ".py") -> Iterator[Case]:
    """Cases of a git repository, or of folders with the files base, ours, theirs and expected, of any suffix.

    Args:
        place: a work tree, a git directory, or a folder of folders.
        most: merges of a repository that are looked at, spread evenly over its history.
        suffix: of the files of a repository that are taken.

    Raises:
        SystemExit: it is neither.
    """
    folders = sorted({file.parent for file in place.rglob("base*") if file.is_file()})
    if (place / "HEAD").exists() or (place / ".git").exists():
        yield from _of_repository(place, most, suffix)
    elif folders:
        for folder in folders:
            yield _of_folder(folder)
    else:
        raise SystemExit(f"merge_replay: {place} is no git repository and holds no folder with a file `base`")


def write(case: Case, folder: Path, suffix: str = ".py", **more: bytes) -> None:
    """Write a case as a folder that `cases` reads; `more`: texts to read beside it, such as git's answer."""
    folder.mkdir(parents=True, exist_ok=True)
    sides = {"base": case.base, "ours": case.ours, "theirs": case.theirs, "expected": case.expected}
    for name, content in {**sides, **more}.items():
        (folder / f"{name}{suffix}").write_bytes(content)
    (folder / "name").write_text(case.name + "\n", "utf-8")


def _of_folder(folder: Path) -> Case:
    sides = {file.name.partition(".")[0]: file for file in sorted(folder.iterdir()) if file.is_file()}
    missing = sorted({"base", "ours", "theirs", "expected"} - sides.keys())
    if missing:
        raise SystemExit(f"merge_replay: {folder} has no file {', '.join(missing)}; add it or leave the folder out")
    name = sides["name"].read_text("utf-8").strip() if "name" in sides else str(folder)
    contents = [sides[side].read_bytes() for side in ("base", "ours", "theirs", "expected")]
    return Case(name, *contents)


def _of_repository(place: Path, most: int, suffix: str) -> Iterator[Case]:
    merges = [line.split() for line in _git(place, "rev-list", "--all", "--merges", "--parents").splitlines()]
    pairs = [(merge, *parents) for merge, *parents in merges if len(parents) == 2]
    step = max(1, -(-len(pairs) // most))
    chosen = [
        (merge, ours, theirs, base) for merge, ours, theirs in pairs[::step] for base in _base(place, ours, theirs)
    ]
    changes = _changes(place, [pair for _, ours, theirs, base in chosen for pair in ((ours, base), (theirs, base))])
    seen: set[tuple[str, str, str]] = set()
    with _Objects(place) as objects:
        for merge, ours, theirs, base in chosen:
            mine, other = changes[ours, base], changes[theirs, base]
            for path in sorted(mine.keys() & other.keys()):
                sides = (mine[path].old, mine[path].new, other[path].new)
                if not path.endswith(suffix) or "\n" in path or mine[path].new == other[path].new or sides in seen:
                    continue
                seen.add(sides)
                contents = [objects.read(name) for name in (*sides, f"{merge}:{path}")]
                if all(contents):
                    yield Case(f"{_called(place)} {merge[:12]} {path}", *(content or b"" for content in contents))


def _called(place: Path) -> str:
    """A repository's name, such as `owner+name` of `owner+name/repo`."""
    return place.parent.name if place.name in {"repo", ".git"} else place.name


def _base(place: Path, ours: str, theirs: str) -> list[str]:
    """The one merge base; none where there is none, or several, of which git would merge a base first."""
    done = subprocess.run(
        ["git", "-C", place, "merge-base", "--all", ours, theirs], capture_output=True, text=True, check=False
    )
    found = done.stdout.split()
    return found if len(found) == 1 and found[0] not in {ours, theirs} else []


def _changes(place: Path, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, _Change]]:
    """What each commit changed in regular files since another one, by path."""
    asked = "".join(f"{commit} {since}\n" for commit, since in pairs)
    told = _git(place, "diff-tree", "--stdin", "-r", "-z", "--always", "--no-renames", "--diff-filter=M", given=asked)
    found: dict[tuple[str, str], dict[str, _Change]] = {}
    files: dict[str, _Change] = {}
    at = 0
    parts = iter(told.split("\0"))
    for part in parts:
        if part.startswith(":"):
            old_mode, new_mode, old, new, _ = part[1:].split(" ")
            path = next(parts)
            if {old_mode, new_mode} <= _FILES:
                files[path] = _Change(old, new)
        elif part:
            files = found[pairs[at]] = {}
            at += 1
    return found


class _Objects:
    """Contents of a repository, read by one process."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> _Objects:
        self._process = subprocess.Popen(
            ["git", "-C", self._place, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # a worker that was forked meanwhile holds its input open, so that it would wait for more
        self._process.communicate()

    def read(self, name: str) -> bytes | None:
        """The content of a blob; None where there is none of this name."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(name.encode() + b"\n")
        process.stdin.flush()
        head = process.stdout.readline().split()
        if len(head) != 3:
            return None
        content = process.stdout.read(int(head[2]) + 1)[:-1]
        return content if head[1] == b"blob" else None


def _git(place: Path, *arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", place, *arguments],
        input=None if given is None else given.encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"merge_replay: git {arguments[0]} in {place} failed: {done.stderr.decode().strip()}")
    return done.stdout.decode("utf-8", "surrogateescape")
