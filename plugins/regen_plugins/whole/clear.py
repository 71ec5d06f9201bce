"""Clear: a folder of an old release goes, but for what regen did not write into it."""

from __future__ import annotations

import os
import stat

from regen.hooks.protocols import Journal
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.speaking import Speaking
from regen.state.tree import Tree
from regen_plugins.whole.memory import Memory


def clear(tree: Tree, folder: str, memory: Memory, journal: Journal | None) -> bool:
    """Remove what regen wrote; an edit of it is kept first. Files of others stay, and their folders with them.

    Args:
        folder: relative to the root.
        memory: what regen wrote there.
        journal: keeps edits; None for a folder that nobody has seen yet.

    Returns:
        Whether the folder is gone.
    """
    for name, inner in _entries(tree, folder):
        path = f"{folder}/{name}"
        if inner:
            _clear_inner(tree, folder, name, memory, journal)
        else:
            with Speaking(path):
                _drop(tree, folder, name, memory, journal)
    faults.point("clear.rmdir")
    return tree.remove_folder(folder)


def _clear_inner(tree: Tree, folder: str, inner: str, memory: Memory, journal: Journal | None) -> None:
    for name, deeper in _entries(tree, f"{folder}/{inner}"):
        if deeper:
            _clear_inner(tree, folder, f"{inner}/{name}", memory, journal)
        else:
            with Speaking(f"{folder}/{inner}/{name}"):
                _drop(tree, folder, f"{inner}/{name}", memory, journal)
    faults.point("clear.rmdir")
    tree.remove_folder(f"{folder}/{inner}")


def _entries(tree: Tree, folder: str) -> list[tuple[str, bool]]:
    """What is in a folder, sorted, and whether it is a folder itself."""
    with os.scandir(tree.folder(folder)) as entries:
        return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)


def _drop(tree: Tree, folder: str, path: str, memory: Memory, journal: Journal | None) -> None:
    at = f"{folder}/{path}"
    if journal is not None:
        known, found = memory.files.get(path), tree.stat(at)
        if known is None or found is None or not stat.S_ISREG(found.st_mode):
            return
        if not known.is_still(found):
            data = tree.read(at)
            if data is not None and not memory.wrote(path, digest_of(data)):
                journal.keep(path, data)
    faults.point("clear.unlink")
    tree.remove(at)
