"""Memory: what regen wrote into a folder, by size, time and inode, so that an edit is seen without reading the file.

Why a file beside the state and no table: it is a cache. Where it is lost or cut off, every file is read and compared by
digest instead. Why the time is a whole second: regen sets it after writing, and whatever is written later gets the time
of the clock, which is no whole second but once in a billion times; so an edit in the same tick is seen, too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from regen.state import faults


class Remembered(NamedTuple):
    """A file as regen left it.

    Attributes:
        mode: permission bits.
    """

    digest: str
    size: int
    mtime_ns: int
    inode: int
    mode: int

    def is_still(self, found: os.stat_result) -> bool:
        """Whether nobody touched it since."""
        return (
            found.st_size == self.size
            and found.st_mtime_ns == self.mtime_ns
            and found.st_ino == self.inode
            and found.st_mode == stat.S_IFREG | self.mode
        )


def remembered(digest: str, found: os.stat_result) -> Remembered:
    """What to remember of a file that holds the bytes of a digest."""
    return Remembered(digest, found.st_size, found.st_mtime_ns, found.st_ino, stat.S_IMODE(found.st_mode))


@dataclass(slots=True)
class Memory:
    """What a folder holds.

    Attributes:
        release: whose files they are.
        files: by path.
        planned: digests that regen was about to write when it was cut off, by path.
    """

    release: int
    files: dict[str, Remembered] = field(default_factory=dict)
    planned: dict[str, str] = field(default_factory=dict)

    def wrote(self, path: str, digest: str) -> bool:
        """Whether regen may have left these bytes at a path."""
        known = self.files.get(path)
        return digest == self.planned.get(path) or (known is not None and known.digest == digest)


_END = "end"


def read_memory(file: Path) -> Memory | None:
    """What was saved; None where nothing was, or not all of it."""
    try:
        head, *lines = file.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except OSError:
        return None
    if not lines or lines.pop() != _END or not head.isdigit():
        return None
    memory = Memory(int(head))
    for line in lines:
        digest, size, mtime_ns, inode, mode, path = line.split("\t", 5)
        if size:
            memory.files[path] = Remembered(digest, int(size), int(mtime_ns), int(inode), int(mode))
        else:
            memory.planned[path] = digest
    return memory


def save_memory(file: Path, memory: Memory) -> None:
    """Save it, all or nothing; it need not outlive a power cut."""
    lines = [str(memory.release)]
    lines += [f"{f.digest}\t{f.size}\t{f.mtime_ns}\t{f.inode}\t{f.mode}\t{path}" for path, f in memory.files.items()]
    lines += [f"{digest}\t\t\t\t\t{path}" for path, digest in memory.planned.items()]
    lines.append(_END)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    faults.point("memory.write")
    fresh.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    faults.point("memory.rename")
    fresh.replace(file)


def drop_memory(file: Path) -> None:
    """Forget a folder that is gone."""
    with suppress(FileNotFoundError):
        file.unlink()


def same_digests(memory: Memory, wanted: Mapping[str, str | None]) -> bool:
    """Whether a folder holds these paths with these digests; a digest of None is not compared."""
    if memory.planned or not memory.files.keys() <= wanted.keys():
        return False
    return all(
        digest is None or (path in memory.files and memory.files[path].digest == digest)
        for path, digest in wanted.items()
    )
