"""Shelf: a folder for each release, `releases/N`, and a link `current` that leads to the one that stands.

What a release does not change is the same file as in the release before: a hard link, read-only. A folder gets its name
when every file is there and synced, and is shown by one rename of the link; so who resolves `current` once reads one
release, whatever happens meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from regen.config import Key
from regen.errors import PathError
from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Purpose, Switched
from regen.state import faults
from regen.state.speaking import Speaking
from regen.state.syscalls import rename_new
from regen.state.tree import Tree
from regen_plugins.whole.build import Build, Source
from regen_plugins.whole.clear import clear
from regen_plugins.whole.current import point, point_nowhere
from regen_plugins.whole.deployer import WholeDeployer
from regen_plugins.whole.look import Shown, refuse_clashes
from regen_plugins.whole.memory import Memory, drop_memory, same_digests, save_memory

_SHELF = "releases"
_NAMES = re.compile(r"releases/[1-9][0-9]*")
_BUILDING = re.compile(r"\.regen-[1-9][0-9]*\.tmp")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Keys of an environment with the deployer `releases`."""

    keep: Annotated[
        int, Key("old releases whose folders stay; the one that a rollback goes to stays beside them", minimum=0)
    ] = 5


class ShelfDeployer(WholeDeployer):
    """Shows releases whole.

    Args:
        name: of the deployer.
        keep: how many folders of old releases stay; the one that a rollback goes to stays beside them.
        folder: where it remembers what it wrote.
    """

    def __init__(self, name: str, keep: int, folder: Path) -> None:
        super().__init__(name, _NAMES, (_SHELF,), _read_only, folder)
        self._keep = keep

    def folder_of(self, root: Path, release: int) -> Path:
        """Where a release is kept."""
        return root / _SHELF / str(release)

    def stage(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Look at the folder's name alone: it is built when it is known what stands in it."""
        if journal.purpose is not Purpose.EDIT:
            self.refuse_unknown(root, journal.release + 1)

    def refuse_unknown(self, root: Path, release: int) -> None:
        """Raise PathError where a release's folder stands that this project's state knows nothing of."""
        wanted = f"{_SHELF}/{release}"
        if self._memory(wanted) is not None:
            return
        with suppress(FileNotFoundError), Tree(root) as tree:
            if tree.stat(wanted) is not None:
                raise PathError(
                    f"{root / wanted} stands already, and this project's state does not know it",
                    where=wanted,
                    hint=f"a state that is gone made it: move {root} away, and it is built anew",
                )

    def _switch(self, tree: Tree, now: Shown, changes: Sequence[Change], journal: Journal) -> Switched:
        wanted = f"{_SHELF}/{journal.release}" if journal.release else None
        undo = journal.purpose is Purpose.UNDO
        self._drop_unfinished(tree)
        if now.folder != wanted and not (undo and _number(now.folder) <= journal.release):
            if wanted is not None:
                self._complete(tree, wanted, now.folder, journal)
            found = () if undo else now.raced(changes)
            if found:
                return Switched(found)
            point(tree, wanted) if wanted is not None else point_nowhere(tree)
            if not undo:
                now.keep_late(changes, journal)
        if undo:
            self._remove(tree, [n for n in self._numbers(tree) if n > journal.release], journal)
        return Switched()

    def finish(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Remove the folders of old releases."""
        with Speaking(str(root)), Tree(root) as tree:
            old = [number for number in self._numbers(tree) if number < journal.release]
            going = old[: max(len(old) - self._keep, 0)]
            if going and journal.purpose is not Purpose.EDIT:
                stays = journal.way_back
                self._remove(tree, [number for number in going if number != stays], journal)

    def _complete(self, tree: Tree, wanted: str, now: str | None, journal: Journal) -> None:
        """Build a folder, unless it stands there complete."""
        contents = list(journal.contents())
        memory = self._memory(wanted)
        if tree.is_folder(wanted):
            digests = {content.path: content.digest for content in contents}
            if journal.purpose is Purpose.UNDO or (memory is not None and same_digests(memory, digests)):
                return
            clear(tree, wanted, memory or Memory(0), None)  # it was never shown
        unfinished = f"{_SHELF}/.regen-{journal.release}.tmp"
        tree.make_folders(unfinished)
        refuse_clashes(tree, unfinished, contents)
        restores = f"{_SHELF}/{journal.restores}" if journal.restores is not None else None
        build = Build(
            tree,
            unfinished,
            journal,
            before=self._source(now),
            restored=self._source(restores) if restores is not None and tree.is_folder(restores) else None,
            release=journal.release,
        )
        build.fill(contents)
        save_memory(self._place(wanted), build.memory)
        (old_fd, old), (new_fd, new) = tree.at(unfinished), tree.at(wanted)
        faults.point("build.rename")
        rename_new(old_fd, old, new_fd, new)
        tree.forget()
        tree.sync([_SHELF])

    def _drop_unfinished(self, tree: Tree) -> None:
        for name in sorted(tree.names(_SHELF)):
            if _BUILDING.fullmatch(name):
                clear(tree, f"{_SHELF}/{name}", Memory(0), None)

    def _numbers(self, tree: Tree) -> list[int]:
        return sorted(int(name) for name in tree.names(_SHELF) if name.isdigit())

    def _remove(self, tree: Tree, numbers: Iterable[int], journal: Journal) -> None:
        for number in numbers:
            folder = f"{_SHELF}/{number}"
            memory = self._memory(folder)
            if memory is not None and clear(tree, folder, memory, journal):
                drop_memory(self._place(folder))

    def _source(self, folder: str | None) -> Source | None:
        if folder is None:
            return None
        memory = self._memory(folder)
        return Source(folder, memory.files if memory is not None else {})


def _number(folder: str | None) -> int:
    """0 where there is no folder."""
    return int(folder.rpartition("/")[2]) if folder is not None else 0


def _read_only(mode: int) -> int:
    return 0o555 if mode & 0o111 else 0o444
