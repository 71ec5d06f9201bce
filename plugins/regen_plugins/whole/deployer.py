"""Deployer: what the deployers share that show a release whole."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Prepared, Purpose, Switched
from regen.state.speaking import Speaking
from regen.state.survey import default_mode
from regen.state.tree import Tree
from regen_plugins.whole.current import CURRENT, shown
from regen_plugins.whole.edit import edit
from regen_plugins.whole.look import Shown, look, refuse_unwritable
from regen_plugins.whole.memory import Memory, read_memory


class WholeDeployer(ABC):
    """Shows one of several folders by the link `current`.

    Args:
        name: of the deployer.
        names: what the folders are called that the link may lead to.
        above: folders in which it writes, relative to the root.
        mode: permission bits of a new file, from those that it would have.
        folder: where it remembers what it wrote.
    """

    def __init__(
        self, name: str, names: re.Pattern[str], above: Sequence[str], mode: Callable[[int], int], folder: Path
    ) -> None:
        self.name = name
        self._names = names
        self._above = above
        self._mode = mode
        self._folder = folder

    def tree(self, root: Path) -> Path:
        """The link to what stands."""
        return root / CURRENT

    def read(self, root: Path, path: str) -> bytes | None:
        """What stands at a path now; None where there is no file."""
        with Speaking(path):
            try:
                with Tree(root) as tree:
                    return Shown(tree, shown(tree, self._names), {}).read(path)
            except FileNotFoundError:
                return None

    def prepare(self, root: Path, changes: Sequence[Change], *, token: str, folders: frozenset[str]) -> Prepared:
        """Look at every path and write nothing."""
        del token, folders
        if not os.path.lexists(root):
            return look(None, changes, self._mode, default_mode())
        with Speaking(str(root)), Tree(root) as tree:
            refuse_unwritable(tree, ("", *self._above))
            return look(self._shown(tree), changes, self._mode, default_mode())

    def switch(
        self, root: Path, changes: Sequence[Change], journal: Journal, *, folders: frozenset[str], resumed: bool
    ) -> Switched:
        """Bring a folder to the release, look once more for edits, and show it."""
        del folders, resumed
        with Speaking(str(root)):
            root.mkdir(parents=True, exist_ok=True)
            with Tree(root) as tree:
                now = self._shown(tree)
                if journal.purpose is Purpose.EDIT:
                    return edit(tree, now, changes, journal)
                return self._switch(tree, now, changes, journal)

    @abstractmethod
    def _switch(self, tree: Tree, now: Shown, changes: Sequence[Change], journal: Journal) -> Switched:
        """Bring a folder to the release and show it."""

    def discard(self, root: Path, stages: Iterable[str]) -> None:  # noqa: B027 - right as it is for all of them
        """Nothing was staged."""

    def _shown(self, tree: Tree) -> Shown:
        folder = shown(tree, self._names)
        memory = self._memory(folder) if folder is not None else None
        return Shown(tree, folder, memory.files if memory is not None else {})

    def _memory(self, folder: str) -> Memory | None:
        return read_memory(self._place(folder))

    def _place(self, folder: str) -> Path:
        """Where is remembered what a folder holds."""
        return self._folder / folder.rpartition("/")[2]
