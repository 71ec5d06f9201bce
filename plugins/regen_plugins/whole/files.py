"""Files: bytes become a file of a folder, under its name only when they are all there."""

from __future__ import annotations

import os

from regen.state import faults
from regen.state.durably import write_all
from regen.state.tree import Tree, split
from regen_plugins.whole.memory import Remembered, remembered

_SECOND = 1_000_000_000  # ns


def write_new(tree: Tree, path: str, data: bytes, digest: str, mode: int, *, sync: bool) -> Remembered:
    """Write a file that is not there yet; the folder above it is there. Raises FileExistsError."""
    folder, name = tree.at(path)
    faults.point("file.open")
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        faults.point("file.write")
        write_all(fd, data)
        os.fchmod(fd, mode)
        written = os.fstat(fd).st_mtime_ns
        os.utime(fd, ns=(written, written - written % _SECOND))  # see regen_plugins.whole.memory
        if sync:
            faults.point("file.sync")
            os.fsync(fd)
        return remembered(digest, os.fstat(fd))
    finally:
        os.close(fd)


def replace_file(tree: Tree, spare: str, path: str, data: bytes, digest: str, mode: int, *, sync: bool) -> Remembered:
    """Write a file beside and rename it over what stands at the path; folders are made.

    Args:
        spare: a name in the same file system that is regen's own; what a cut-off left there goes.
    """
    tree.remove(spare)
    found = write_new(tree, spare, data, digest, mode, sync=sync)
    tree.make_folders(split(path)[0])
    (old_fd, old), (new_fd, new) = tree.at(spare), tree.at(path)
    faults.point("file.rename")
    os.rename(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd)
    return found
