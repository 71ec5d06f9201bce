"""Wanted: what a staged copy has to hold at each path, and what tells that it is still the same."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from regen.state.blobs import digest_of

Key = tuple[str | int, ...]
"""Equal keys are equal sources, without a byte being read; of strings and numbers, so that it is JSON."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A plain file of the project, as it was when it was looked at."""

    path: Path
    mode: int
    key: Key


@dataclass(frozen=True, slots=True)
class Given:
    """Bytes of a candidate."""

    content: bytes
    mode: int

    @property
    def key(self) -> Key:
        """By content."""
        return ("bytes", digest_of(self.content), self.mode)


@dataclass(frozen=True, slots=True)
class Linked:
    """A symbolic link."""

    target: str

    @property
    def key(self) -> Key:
        """By where it leads."""
        return ("link", self.target)


Wanted = OnDisk | Given | Linked


def on_disk(path: Path, project: Path) -> OnDisk | Linked | None:
    """What stands at a path of the project; None where nothing does, or no file.

    A link into the project leads into the copy in the copy, and one out of it to where it led.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISREG(found.st_mode):
        return OnDisk(path, stat.S_IMODE(found.st_mode), ("file", *signature(found)))
    if not stat.S_ISLNK(found.st_mode):
        return None
    target = path.parent / path.readlink()
    inside = Path(os.path.normpath(target))
    if inside.is_relative_to(project):
        return Linked(os.path.relpath(inside, path.parent))
    leads = Path(os.path.realpath(target))  # of a circle of links, too
    if leads.is_relative_to(os.path.realpath(project)):
        return Linked(os.path.relpath(leads, os.path.realpath(path.parent)))
    return Linked(str(leads))


def signature(found: os.stat_result) -> tuple[int, ...]:
    """What tells without reading that a file is the same, as in git's index."""
    return (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
