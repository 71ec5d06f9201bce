"""Plain: files of regen's own in folders that a clone brings along, where links and pipes may stand in their place."""

from __future__ import annotations

import stat
from pathlib import Path

from regen.errors import StateError


def plain_bytes(path: Path) -> bytes | None:
    """What a file holds; None where there is none, or a link, a pipe or a folder in its place. Raises OSError."""
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None
    except FileNotFoundError:
        return None


def refuse_links(root: Path, folder: Path) -> None:
    """Raise StateError where a link stands for `root` or a folder on the way down from it to `folder`."""
    for place in (folder, *folder.parents):
        if place.is_symlink():
            raise StateError(
                f"{place} is a symbolic link; regen does not write through links",
                hint="move it away; the next command writes what belongs there",
            )
        if place == root:
            return
