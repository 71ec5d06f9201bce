"""Revisions: what git knows of a lock's bases, and a project's inputs or graphs as they were at one of its revisions.

Nothing of the user's is touched: files are taken out by an index of our own into a folder of our own. A git that is not
there, that refuses, or that is too slow, knows nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from subprocess import CompletedProcess

import anyio

from regen.config import Config, load_config
from regen.dataset.files import IGNORE_FILE
from regen.errors import UsageError

_GIT_S = 30.0  # for one call; a history in which git does not find a line by then is not worth the wait
_AT_ONCE = 500  # digests in one pattern: 32 KiB, and an argument may have 128 KiB
_ADDED = re.compile(rb"[0-9a-f]{64}$")
_CONFIGURATION = ("regen.toml", "pyproject.toml", IGNORE_FILE)


class Repository:
    """The git work tree that a project is in.

    Args:
        top: its folder.
        prefix: the project's folder in it, "" or with a slash at its end.
    """

    def __init__(self, top: Path, prefix: str) -> None:
        self.top = top
        self.prefix = prefix

    async def holding(self, bases: Iterable[str], lock_folder: str) -> dict[str, tuple[str, ...]]:
        """For each revision at which a lock got some of these bases last, the bases; newest revisions first.

        Args:
            bases: digests.
            lock_folder: the environment's part of the lock, relative to the project.
        """
        left = sorted(set(bases))
        found: dict[str, str] = {}
        order: list[str] = []
        for start in range(0, len(left), _AT_ONCE):
            pattern = "|".join(left[start : start + _AT_ONCE])
            options = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "-U0", "--format=commit %H")
            log = await _git(self.top, "log", f"-G{pattern}", "-p", *options, "--", f"{self.prefix}{lock_folder}")
            if log is not None:
                _read(log, set(left), found, order)
        return {revision: tuple(sorted(b for b, r in found.items() if r == revision)) for revision in order}

    async def take_out(self, revision: str, folder: Path) -> Path | None:
        """Write configuration, graphs and templates of a revision below a folder; gives the project in it.

        None where git cannot, or there was no project. Raises RegenError for a configuration that is wrong.
        """
        names = await self._listed(revision, folder)
        if names is None:
            return None
        project = folder / "tree" / self.prefix
        project.mkdir(parents=True)
        await self._check_out([n for n in names if n.removeprefix(self.prefix) in _CONFIGURATION], folder)
        for name in ("graphs", "templates"):
            if any(n.startswith(f"{self.prefix}{name}/") for n in names):
                (project / name).mkdir()
        inputs = self._below(names, _inputs(load_config(project)))
        return project if await self._check_out(inputs, folder) else None

    async def commit_of(self, revision: str) -> str | None:
        """The full name of the commit that a revision is; None where git knows none."""
        said = await _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return None if said is None else said.decode().strip()

    async def take_out_graphs(self, revision: str, folder: Path, entries: Sequence[str]) -> Path | None:
        """Write what entries of `graphs` named at a revision below a folder; gives the project in it.

        None where git cannot, or they named nothing. Entries that name nothing are empty folders.
        """
        names = await self._listed(revision, folder)
        inputs = self._below(names or (), _fixed(entries))
        if not inputs:
            return None
        ignored = [f"{self.prefix}{IGNORE_FILE}"] if f"{self.prefix}{IGNORE_FILE}" in (names or ()) else []
        if not await self._check_out([*inputs, *ignored], folder):
            return None
        project = folder / "tree" / self.prefix
        for place in _fixed(entries):
            if not (project / place).exists():
                (project / place).mkdir(parents=True)
        return project

    async def _listed(self, revision: str, folder: Path) -> list[str] | None:
        """Files of the project at a revision, which is in an index of our own from then on; None where git cannot."""
        environment = _index(folder)
        if await _git(self.top, "read-tree", revision, environment=environment) is None:
            return None
        listed = await _git(self.top, "ls-files", "-z", "--", self.prefix or ".", environment=environment)
        return None if listed is None else [os.fsdecode(name) for name in listed.split(b"\0") if name]

    def _below(self, names: Iterable[str], wanted: Sequence[PurePosixPath]) -> list[str]:
        return [n for n in names if any(PurePosixPath(n.removeprefix(self.prefix)).is_relative_to(w) for w in wanted)]

    async def _check_out(self, names: Sequence[str], folder: Path) -> bool:
        if not names:
            return True
        text = b"".join(os.fsencode(name) + b"\0" for name in names)
        into = f"--prefix={folder / 'tree'}/"
        done = await _git(
            self.top, "checkout-index", "-f", into, "-z", "--stdin", given=text, environment=_index(folder)
        )
        return done is not None


async def repository(root: Path) -> Repository | None:
    """The repository of a project's folder; None where there is no git, or it does not keep the folder."""
    said = await _git(root, "rev-parse", "--show-toplevel", "--show-prefix")
    if said is None:
        return None
    top, prefix = os.fsdecode(said).split("\n")[:2]
    return Repository(Path(top), prefix)


async def graphs_at(root: Path, revision: str, folder: Path, entries: Sequence[str]) -> tuple[str, Path]:
    """Write the graph files of a git revision below a folder.

    Args:
        root: the project.
        revision: as git spells it: a commit, a branch, `HEAD~2`.
        folder: empty.
        entries: of `graphs` under [project].

    Returns:
        The full name of the commit, and the project in the folder.

    Raises:
        UsageError: there is no repository, no such revision, or it has no such files.
    """
    git = await repository(root)
    if git is None:
        raise UsageError(
            f"there is no file and no git revision {revision!r}: git keeps no repository here",
            hint="name files or folders that are there, or commit the project",
        )
    commit = await git.commit_of(revision)
    if commit is None:
        raise UsageError(
            f"there is no file and no git revision {revision!r}", hint="`git log --oneline` lists the revisions"
        )
    project = await git.take_out_graphs(commit, folder, entries)
    if project is None:
        raise UsageError(
            f"git {commit[:12]} ({revision}) has no graph files at {', '.join(entries)}",
            hint=f"`git ls-tree -r --name-only {commit[:12]}` lists what it has",
        )
    return commit, project


def _index(folder: Path) -> dict[str, str]:
    return {"GIT_INDEX_FILE": str(folder / "index")}


def _read(log: bytes, wanted: set[str], found: dict[str, str], order: list[str]) -> None:
    """Read which revision brought a line that ends with a base, the newest one for each."""
    revision = ""
    for line in log.split(b"\n"):
        if line.startswith(b"commit "):
            revision = line[7:].decode()
        elif line.startswith(b"+") and (ending := _ADDED.search(line)) is not None:
            base = ending[0].decode()
            if base in wanted and base not in found:
                found[base] = revision
                if revision not in order:
                    order.append(revision)


def _inputs(config: Config) -> list[PurePosixPath]:
    """Folders and files that a configuration reads; of globs the part that is fixed."""
    project = config.project
    return _fixed(entry for entry in (*project.graphs, *project.templates) if not entry.startswith("pack:"))


def _fixed(entries: Iterable[str]) -> list[PurePosixPath]:
    """What entries name; of globs the part that is fixed."""
    found = []
    for entry in entries:
        parts = PurePosixPath(entry).parts
        fixed = next((n for n, part in enumerate(parts) if any(letter in part for letter in "*?[")), len(parts))
        found.append(PurePosixPath(*parts[:fixed]))
    return found


async def _git(
    folder: Path, *arguments: str, given: bytes = b"", environment: dict[str, str] | None = None
) -> bytes | None:
    """What a command of git prints; None where it fails, takes too long, or there is no git."""
    command = ("git", "--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false")
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    done: CompletedProcess[bytes] | None = None
    try:
        with anyio.move_on_after(_GIT_S):
            done = await anyio.run_process(
                [*command, *arguments],
                input=given,
                cwd=folder,
                check=False,
                env={**os.environ, **quiet, **(environment or {})},
            )
    except OSError:
        return None
    return done.stdout if done is not None and done.returncode == 0 else None
