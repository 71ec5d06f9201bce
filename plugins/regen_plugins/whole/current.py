"""Current: the link that says which folder is read; it changes by one rename."""

from __future__ import annotations

import os
import re
import stat

from regen.errors import PathError
from regen.state import faults
from regen.state.tree import Tree

CURRENT = "current"
_FRESH = ".regen-current.tmp"


def shown(tree: Tree, names: re.Pattern[str]) -> str | None:
    """The folder that the link leads to; None where there is no link, or its folder is gone.

    Args:
        names: folders that it may lead to, relative to the root.

    Raises PathError where something else stands at its place.
    """
    found = tree.stat(CURRENT)
    if found is None:
        return None
    if not stat.S_ISLNK(found.st_mode):
        raise _strange(tree, "is no link")
    target = os.readlink(CURRENT, dir_fd=tree.folder(""))
    if names.fullmatch(target) is None:
        raise _strange(tree, f"is a link to {target}, which regen did not make")
    return target if tree.is_folder(target) else None


def point(tree: Tree, folder: str) -> None:
    """Make the link lead to a folder, in one step and durably."""
    root = tree.folder("")
    tree.remove(_FRESH)
    faults.point("current.make")
    os.symlink(folder, _FRESH, dir_fd=root)
    faults.point("current.rename")
    os.rename(_FRESH, CURRENT, src_dir_fd=root, dst_dir_fd=root)
    faults.point("current.sync")
    os.fsync(root)


def point_nowhere(tree: Tree) -> None:
    """Remove the link: nothing stands any more."""
    faults.point("current.remove")
    tree.remove(CURRENT)
    tree.remove(_FRESH)
    os.fsync(tree.folder(""))


def _strange(tree: Tree, what: str) -> PathError:
    return PathError(
        f"{tree.root / CURRENT} {what}; nothing was written",
        where=CURRENT,
        hint="move it away, or give the environment a `target` of its own",
    )
