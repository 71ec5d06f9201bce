"""Branch: commits are read and made by git's plumbing alone, in a repository whose checkouts are left alone."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from regen.errors import ConfigError, DeployError
from regen.state import faults

_PLAIN = "100644"
_RUNS = "100755"
_GONE = "000000"
_FILES = frozenset({_PLAIN, _RUNS})
_LOCAL_S = 120.0  # a hook of the repository may hang
_AUTHOR = re.compile(r"[^<>\n]*[^<>\n ] <[^<>\n ]*>")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
_OPTIONS = (
    "--no-pager", "--literal-pathspecs", "--no-replace-objects",
    "-c", "core.fsmonitor=false", "-c", "core.fsync=committed,loose-object,reference", "-c", "gc.auto=0",
)  # fmt: skip


class Entry(NamedTuple):
    """A path of a commit that differs from another commit's.

    Attributes:
        path: relative to the top.
        object: the blob of a plain file; None: there is none.
        runs: whether it may be run.
        strange: whether a link or another repository stands there.
    """

    path: str
    object: str | None
    runs: bool
    strange: bool


class Write(NamedTuple):
    """What a new commit does to a path; `data` None: there is no file after it."""

    path: str
    data: bytes | None
    runs: bool


class Branch:
    """A branch of the repository that a folder is in.

    Args:
        project, folder: the repository's place: `folder` is relative to the project and inside it.
        name: of the branch.
        author: of its commits, `Name <mail>`.
        environment: names the private ref that new commits are made on.

    Raises ConfigError for a folder outside the project, and for what is no author.
    """

    def __init__(self, project: Path, folder: str, name: str, author: str, environment: str) -> None:
        place = project / folder
        if not place.resolve().is_relative_to(project.resolve()):
            raise ConfigError(
                f"`repository` of the environment {environment!r} is outside the project: {folder}",
                hint="name a folder inside it",
            )
        if _AUTHOR.fullmatch(author) is None:
            raise ConfigError(
                f"`author` of the environment {environment!r} is no author: {author!r}",
                hint='write it as "Name <mail@example.org>"',
            )
        self.name = name
        self._ref = f"refs/heads/{name}"
        self._next = f"refs/regen/{environment}"
        self._author = author
        self._place = place

    def is_there(self) -> bool:
        """Whether there is a repository."""
        return self._place.is_dir() and self._try("rev-parse", "--git-dir") is not None

    def check(self) -> None:
        """Raise DeployError where there is no repository, no such branch can be, or somebody has it checked out."""
        if not self.is_there():
            raise DeployError(
                f"{self._place} is in no git repository; nothing was written",
                hint="run `git init` there, or name another `repository`",
            )
        if self._try("check-ref-format", self._ref) is None:
            raise DeployError(f"{self.name!r} cannot be a branch; nothing was written", hint="choose another `branch`")
        place = self._checked_out()
        if place is not None:
            raise DeployError(
                f"the branch {self.name} is checked out in {place}; nothing was written",
                hint="regen commits to branches that nobody works on: check another one out, or set another `branch`",
            )

    def _checked_out(self) -> str | None:
        place = ""
        for line in self._git("worktree", "list", "--porcelain").decode(errors="replace").splitlines():
            if line.startswith("worktree "):
                place = line.removeprefix("worktree ")
            elif line == f"branch {self._ref}":
                return place
        return None

    def head(self) -> str | None:
        """The commit that the branch is at; None where there is no branch."""
        found = self._try("rev-parse", "--verify", "--quiet", f"{self._ref}^{{commit}}")
        return found.decode().strip() if found is not None else None

    def parent(self, commit: str) -> str | None:
        """The first parent of a commit."""
        found = self._try("rev-parse", "--verify", "--quiet", f"{commit}^1^{{commit}}")
        return found.decode().strip() if found is not None else None

    def knows(self, commit: str) -> bool:
        """Whether the repository has a commit."""
        return self._try("cat-file", "-e", f"{commit}^{{commit}}") is not None

    def differing(self, old: str | None, new: str, folder: str) -> list[Entry]:
        """Paths below a folder that differ between two commits; all of them for an old one of None."""
        below = ["--", folder] if folder else []
        if old is None:
            records = self._git("ls-tree", "-r", "-z", new, *below).split(b"\0")
            return [self._listed(record) for record in records if record]
        parts = self._git("diff-tree", "-r", "-z", "--no-renames", old, new, *below).split(b"\0")
        return [self._changed(about, path) for about, path in zip(parts[::2], parts[1::2], strict=False)]

    def _listed(self, record: bytes) -> Entry:
        about, _, path = record.partition(b"\t")
        mode, _, name = about.decode().split()
        return _entry(path, mode, name)

    def _changed(self, about: bytes, path: bytes) -> Entry:
        _, mode, _, name, _ = about.decode().split()
        return _entry(path, mode, name)

    def blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """The bytes of blobs, in their order."""
        if not names:
            return
        given = "".join(f"{name}\n" for name in names).encode()
        output = self._git("cat-file", "--batch", given=given)
        at = 0
        for name in names:
            end = output.index(b"\n", at)
            about = output[at:end].split()
            if len(about) != 3:
                raise DeployError(f"the repository of {self.name} lacks the blob {name}", hint="run `git fsck`")
            size = int(about[2])
            yield output[end + 1 : end + 1 + size]
            at = end + 2 + size

    def commit(self, parent: str | None, message: str, writes: Iterable[Write]) -> str:
        """Make a commit that no branch has yet; gives its name."""
        who = f"{self._author} {int(time.time())} +0000"
        text = message.encode()
        stream = [
            b"feature done\n",
            f"commit {self._next}\nauthor {who}\ncommitter {who}\ndata {len(text)}\n".encode() + text + b"\n",
            f"from {parent}\n".encode() if parent is not None else b"",
        ]
        ordered = sorted(writes, key=lambda write: (write.data is not None, write.path))
        for path, data, runs in ordered:
            if data is None:
                stream.append(b"D " + _quoted(path) + b"\n")
            else:
                mode = _RUNS if runs else _PLAIN
                stream.append(f"M {mode} inline ".encode() + _quoted(path) + f"\ndata {len(data)}\n".encode())
                stream.append(data + b"\n")
        stream.append(b"done\n")
        faults.point("git.commit")
        if self._try("update-ref", "-d", self._next) is None:
            self._unlock()
        self._git("fast-import", "--quiet", "--force", given=b"".join(stream))
        return self._git("rev-parse", "--verify", self._next).decode().strip()

    def _unlock(self) -> None:
        """Remove the lock that a git which was killed left on the private ref: only who holds the project writes it."""
        found = self._git("rev-parse", "--git-path", f"{self._next}.lock").decode().rstrip("\n")
        (self._place / found).unlink(missing_ok=True)

    def move(self, new: str | None, old: str | None) -> bool:
        """Move the branch from one commit to another, None for no branch; False where it is not at the old one."""
        faults.point("git.move")
        nothing = "0" * len(new or old or "")
        told = ("-d", self._ref, old or nothing) if new is None else (self._ref, new, old or nothing)
        moved = self._try("update-ref", "-m", "regen", *told) is not None
        faults.point("git.moved")
        if not moved and self.head() == old:
            self._git("update-ref", "-m", "regen", *told)  # it says why
            moved = True
        self._try("update-ref", "-d", self._next)
        return moved

    def push(self, remote: str) -> None:
        """Push the branch; raises DeployError where the remote does not take it."""
        faults.point("git.push")
        self._git("push", "--quiet", remote, f"{self._ref}:{self._ref}")

    def _git(self, *arguments: str, given: bytes = b"") -> bytes:
        done = self._run(arguments, given)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise DeployError(
                f"`git {arguments[0]}` failed in {self._place}: {said[-1] if said else f'code {done.returncode}'}",
                where=self.name,
                hint="\n    ".join(["mend it, then run it again; it printed:", *said[-20:]]),
            )
        return done.stdout

    def _try(self, *arguments: str) -> bytes | None:
        """What git prints; None where it says no."""
        done = self._run(arguments, b"")
        return done.stdout if done.returncode == 0 else None

    def _run(self, arguments: Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
        # Without what a hook of git's tells of its own repository and index, for regen may run in one.
        around = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        kept = {name: os.environ[name] for name in ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS") if name in os.environ}
        try:
            return subprocess.run(
                ["git", *_OPTIONS, *arguments],
                input=given,
                cwd=self._place,
                env={**around, **kept, **_QUIET},
                capture_output=True,
                timeout=_LOCAL_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DeployError(f"`git {arguments[0]}` took more than {_LOCAL_S:g} s", hint="run it again") from error
        except OSError as error:
            raise DeployError(
                f"git cannot be run: {error.strerror}", hint="install it, or choose another deployer"
            ) from error


def _entry(path: bytes, mode: str, name: str) -> Entry:
    plain = mode in _FILES
    return Entry(os.fsdecode(path), name if plain else None, mode == _RUNS, not plain and mode != _GONE)


def _quoted(path: str) -> bytes:
    plain = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + plain + b'"'
