"""Deploy: a commit is written in place, into the folder that people work in."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from regen.hooks import hookimpl
from regen.hooks.protocols import Deployer, Journal
from regen.model.deploy import Change, Prepared, Switched
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.speaking import Speaking
from regen.state.staged import aside, removable, write_stage
from regen.state.survey import Survey, survey_without_root
from regen.state.switch import Switch
from regen.state.syscalls import has_writer, sync_file_system
from regen.state.tree import Tree, read_all, refuse_strange, split

_SYNC_ONE_BY_ONE = 100  # files; above it one call that flushes the file system is cheaper
_LISTED_FROM = 64  # changes in one folder
_STAGE_NAME = re.compile(r"\.regen-[0-9a-f]{20}\.tmp(\.old)?")


@hookimpl
def regen_deploy(name: str) -> Deployer | None:
    """The deployer "workspace"."""
    return WorkspaceDeployer() if name == WorkspaceDeployer.name else None


class WorkspaceDeployer:
    """Writes in place; see `regen.state.switch` for how no edit is lost."""

    name = "workspace"

    def tree(self, root: Path) -> Path:
        """The root itself."""
        return root

    def read(self, root: Path, path: str) -> bytes | None:
        """What stands at a path now; None where there is no file."""
        refuse_strange(path)
        with Speaking(path):
            try:
                with Tree(root) as tree:
                    return None if tree.is_folder(path) else tree.read(path)
            except FileNotFoundError:
                return None

    def prepare(self, root: Path, changes: Sequence[Change], *, token: str, folders: frozenset[str]) -> Prepared:
        """Look at every path and write nothing."""
        for change in changes:
            refuse_strange(change.path)
        if not os.path.lexists(root):
            return survey_without_root(root, changes, token)
        with Speaking(str(root)), Tree(root) as tree:
            return Survey(tree, changes, token, folders).prepared()

    def stage(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Write the new files beside their targets, under hidden names."""
        written = [change for change in changes if change.new is not None and change.new != change.old]
        one_by_one = len(written) <= _SYNC_ONE_BY_ONE
        with Speaking(str(root)):
            root.mkdir(parents=True, exist_ok=True)
        with Tree(root) as tree:
            for change in written:
                with Speaking(change.path):
                    data = journal.read(change.new or "")
                    try:
                        write_stage(tree, change, data, sync=one_by_one)
                    except FileExistsError:  # of a process that was killed
                        tree.remove(change.stage)
                        write_stage(tree, change, data, sync=one_by_one)
            if not one_by_one:
                self._flush(tree, written)

    @staticmethod
    def _flush(tree: Tree, written: Sequence[Change]) -> None:
        with Speaking(str(tree.root)):
            faults.point("stage.sync")
            if sync_file_system(tree.folder("")):
                return
            for change in written:
                fd = tree.open(change.stage)
                if fd is not None:
                    os.fsync(fd)
                    os.close(fd)

    def switch(
        self, root: Path, changes: Sequence[Change], journal: Journal, *, folders: frozenset[str], resumed: bool
    ) -> Switched:
        """Removals first, then folders that they left empty, then new files: so a file may become a folder."""
        rebuilt = not root.exists()
        with Speaking(str(root)):
            root.mkdir(parents=True, exist_ok=True)
        with Tree(root) as tree:
            switch = Switch(tree, journal, resumed=resumed, rebuilt=rebuilt)
            raced = []
            for change in changes:
                if change.new is None:
                    with Speaking(change.path):
                        raced.append(switch.remove(change))
            with Speaking(str(root)):
                removed = switch.remove_empty(removable(changes, folders))
            for change in changes:
                if change.new is not None:
                    with Speaking(change.path):
                        raced.append(switch.place(change))
            with Speaking(str(root)):
                tree.sync(switch.touched)
        return Switched(tuple(r for r in raced if r is not None), tuple(removed))

    def finish(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Drop the old files; those that a process may still write to go to the trash."""
        with suppress(FileNotFoundError), Tree(root) as tree:
            listed = _listed(tree, changes)
            for change in changes:
                for name in (change.stage, aside(change.stage)):
                    folder, last = split(name)
                    if folder not in listed or last in listed[folder]:
                        with Speaking(change.path):
                            _drop(tree, change, name, journal)

    def discard(self, root: Path, stages: Iterable[str]) -> None:
        """Remove staged files that no commit record speaks of; anything not named as one is left."""
        try:
            with Tree(root) as tree:
                for stage in stages:
                    if _STAGE_NAME.fullmatch(split(stage)[1]):
                        with Speaking(stage):
                            tree.remove(stage)
        except FileNotFoundError:
            return


def _listed(tree: Tree, changes: Sequence[Change]) -> dict[str, frozenset[str]]:
    """What is in folders with so many changes that listing them costs less than looking for each name."""
    counts = Counter(split(change.stage)[0] for change in changes)
    return {folder: tree.names(folder) for folder, count in counts.items() if count > _LISTED_FROM}


def _drop(tree: Tree, change: Change, name: str, journal: Journal) -> None:
    fd = tree.open(name)
    if fd is None:
        return
    faults.point("finish.drop")
    try:
        writer = has_writer(fd)
        data = read_all(fd)
        digest = digest_of(data)
        if digest not in (change.old, change.new):
            journal.keep(change.path, data)
        if writer is not False and _to_trash(tree, name, journal.trash(split(name)[1], change.path, digest)):
            return
        tree.remove(name)
    finally:
        os.close(fd)


def _to_trash(tree: Tree, name: str, place: Path) -> bool:
    """False where the trash is on another file system: then the file is dropped with what it holds now."""
    folder, old = tree.at(name)
    try:
        os.rename(old, place, src_dir_fd=folder)
    except OSError:
        return False
    return True
