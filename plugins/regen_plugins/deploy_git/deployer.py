"""Deployer: what stands on the branch is read in a private checkout; a release is the changes, committed onto it."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from regen.config import Key
from regen.errors import DeployError
from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Prepared, Purpose, Switched
from regen.state import faults
from regen.state.speaking import Speaking
from regen.state.tree import Tree, parents, refuse_strange, split
from regen_plugins.deploy_git.branch import Branch, Write
from regen_plugins.whole.files import replace_file
from regen_plugins.whole.look import Shown, look

_TREE = "tree"
_SPARE = ".regen-git.tmp"
_HEAD = "head"  # the commit that the private checkout is of
_MADE = "made"  # the last commit of regen's own, and the release that it is of
_NO_FILE = ".regen-no-plain-file"
_TURNS = 5  # how often a branch that moves meanwhile is followed
_LOG = logging.getLogger("regen.deploy")


@dataclass(frozen=True, slots=True)
class GitKeys:
    """Keys of an environment with the deployer `git`; its `target` is the folder in the branch, `.` its top."""

    branch: Annotated[str, Key("the branch that releases are committed to; it may not be checked out")] = "generated"
    repository: Annotated[str, Key("a folder inside the project, in the repository that has the branch")] = "."
    author: Annotated[str, Key("who commits, as `Name <mail>`")] = "regen <regen@localhost>"
    message: Annotated[str, Key("of the commits; `{release}` and `{environment}` are filled in")] = (
        "Release {release} of {environment}"
    )
    push: Annotated[str | None, Key("a remote that the branch is pushed to after each release")] = None


class GitDeployer:
    """Commits releases.

    Args:
        branch: of a repository.
        project: what the environment's `target` is relative to: the same path is the folder in the branch.
        message: of commits, with `{release}`.
        push: a remote; None: nothing is pushed.
        folder: for the private checkout.
    """

    name = "git"

    def __init__(self, branch: Branch, *, project: Path, message: str, push: str | None, folder: Path) -> None:
        self._branch = branch
        self._project = project
        self._message = message
        self._push = push
        self._folder = folder

    def tree(self, root: Path) -> Path:
        """The private checkout."""
        return self._folder / _TREE

    def follow(self, root: Path) -> None:
        """Take in what people committed: the private checkout becomes what the branch holds."""
        if self._branch.is_there():
            self._follow(root)

    def read(self, root: Path, path: str) -> bytes | None:
        """What stands at a path, as the branch was when it was last followed; None where there is no file."""
        refuse_strange(path)
        with Speaking(path):
            try:
                with Tree(self._folder) as tree:
                    return Shown(tree, _TREE, {}).read(path)
            except FileNotFoundError:
                return None

    def prepare(self, root: Path, changes: Sequence[Change], *, token: str, folders: frozenset[str]) -> Prepared:
        """Follow the branch, and look at every path."""
        del token, folders
        self._branch.check()
        with Speaking(self._branch.name):
            self._follow(root)
            with Tree(self._folder) as tree:
                return look(Shown(tree, _TREE, {}), changes, _bits, 0o644)

    def stage(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Nothing: objects that no branch has are nobody's."""

    def switch(
        self, root: Path, changes: Sequence[Change], journal: Journal, *, folders: frozenset[str], resumed: bool
    ) -> Switched:
        """Commit what is not there yet, and move the branch from the commit that it was looked at."""
        del folders, resumed
        self._branch.check()
        with Speaking(self._branch.name):
            for _ in range(_TURNS):
                switched = self._turn(root, changes, journal)
                if switched is not None:
                    return switched
        raise DeployError(
            f"the branch {self._branch.name} keeps moving", hint="stop what commits there, then run again"
        )

    def _turn(self, root: Path, changes: Sequence[Change], journal: Journal) -> Switched | None:
        """None where the branch moved meanwhile."""
        head = self._follow(root)
        if journal.purpose is Purpose.UNDO and self._moved_back(root, head, journal):
            return Switched()
        with Tree(self._folder) as tree:
            now = Shown(tree, _TREE, {})
            raced = now.raced(changes)
            writes = [] if raced else self._writes(now, root, changes, journal)
        if raced:
            return Switched(raced)
        if writes and not self._committed(head, writes, journal):
            return None
        self._follow(root)
        return Switched()

    def finish(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Push the branch; on the way back a remote that does not take it is told of and stops nothing."""
        if self._push is None or journal.purpose is Purpose.UNDO:
            return
        try:
            with Speaking(self._branch.name):
                self._branch.push(self._push)
        except DeployError as error:
            if journal.purpose is not Purpose.ROLLBACK:
                raise
            _LOG.warning("%s; the way back goes on", error)

    def discard(self, root: Path, stages: Iterable[str]) -> None:
        """Nothing was staged."""

    def _writes(self, now: Shown, root: Path, changes: Sequence[Change], journal: Journal) -> list[Write]:
        below = self._below(root)
        writes = []
        for change in changes:
            digest, mode = now.find(change.path)
            runs = bool((change.mode or 0) & 0o111)
            if digest == change.new and (digest is None or bool((mode or 0) & 0o111) == runs):
                continue
            data = journal.read(change.new) if change.new is not None else None
            writes.append(Write(f"{below}{change.path}", data, runs))
        return writes

    def _committed(self, head: str | None, writes: Sequence[Write], journal: Journal) -> bool:
        """Whether the branch stands at a new commit; False where it moved meanwhile."""
        message = self._message.replace("{release}", str(journal.release))
        if journal.purpose is Purpose.EDIT:
            message = f"An edit that was set aside comes back\n\n{message}"
        made = self._branch.commit(head, message, writes)
        self._note(_MADE, f"{made} {journal.release}")
        return self._branch.move(made, head)

    def _moved_back(self, root: Path, head: str | None, journal: Journal) -> bool:
        """Take the commit of the release that failed off the branch, where it is still the newest."""
        made, _, release = (self._noted(_MADE) or "").partition(" ")
        if head is None or made != head or int(release or 0) <= journal.release:
            return False
        moved = self._branch.move(self._branch.parent(head), head)
        if moved:
            self._follow(root)
        return moved

    def _follow(self, root: Path) -> str | None:
        """Bring the private checkout to the branch; gives the commit."""
        head, known = self._branch.head(), self._noted(_HEAD)
        with Speaking(str(self._folder)):
            if head == known and (self._folder / _TREE).is_dir():
                return head
            self._folder.mkdir(parents=True, exist_ok=True)
            if known is None or head is None or not (self._folder / _TREE).is_dir() or not self._branch.knows(known):
                known = None
                self._empty()
            if head is not None:
                self._take_in(known, head, self._below(root))
            self._note(_HEAD, head)
        return head

    def _take_in(self, known: str | None, head: str, below: str) -> None:
        entries = self._branch.differing(known, head, below.rstrip("/"))
        there = sorted((entry for entry in entries if entry.object is not None), key=lambda entry: entry.path)
        with Tree(self._folder) as tree:
            for entry in entries:
                if known is not None:
                    self._remove(tree, entry.path.removeprefix(below))
            blobs = self._branch.blobs([entry.object for entry in there if entry.object is not None])
            for entry, data in zip(there, blobs, strict=True):
                path = entry.path.removeprefix(below)
                refuse_strange(path)
                replace_file(tree, _SPARE, f"{_TREE}/{path}", data, "", 0o755 if entry.runs else 0o644, sync=False)
            for entry in entries:
                if entry.strange:
                    self._stand_for(tree, entry.path.removeprefix(below))

    def _stand_for(self, tree: Tree, path: str) -> None:
        """What is no plain file on the branch is a link here, which nobody follows or writes through."""
        refuse_strange(path)
        tree.make_folders(split(f"{_TREE}/{path}")[0])
        folder, name = tree.at(f"{_TREE}/{path}")
        os.symlink(_NO_FILE, name, dir_fd=folder)

    def _remove(self, tree: Tree, path: str) -> None:
        refuse_strange(path)
        faults.point("git.checkout")
        if tree.is_folder(f"{_TREE}/{path}"):
            return  # a file comes in its place when those in it are gone
        tree.remove(f"{_TREE}/{path}")
        for folder in parents(path):
            if not tree.remove_folder(f"{_TREE}/{folder}"):
                break

    def _empty(self) -> None:
        """Begin the private checkout anew; a branch that is gone leaves an empty one."""
        shutil.rmtree(self._folder / _TREE, ignore_errors=True)
        (self._folder / _TREE).mkdir(exist_ok=True)

    def _below(self, root: Path) -> str:
        """What stands before each path in the branch."""
        folder = root.relative_to(self._project).as_posix()
        return "" if folder == "." else f"{folder}/"

    def _noted(self, name: str) -> str | None:
        try:
            return (self._folder / name).read_text(encoding="utf-8").strip() or None
        except OSError:
            return None

    def _note(self, name: str, text: str | None) -> None:
        with Speaking(str(self._folder / name)):
            faults.point("git.note")
            fresh = self._folder / f"{name}.new"
            fresh.write_text(text or "", encoding="utf-8")
            fresh.replace(self._folder / name)


def _bits(mode: int) -> int:
    return 0o755 if mode & 0o111 else 0o644
