"""Durably: bytes become a file that is there whole or not at all, and stays after a power cut."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from regen.state import faults


def write_durably(
    target: Path, data: bytes, *, folders: set[Path] | None = None, flush: bool = True, alone: bool = False
) -> None:
    """Write a file that is there whole or not at all, and stays after a power cut.

    Args:
        folders: takes the file's folder for `sync_folders`, where many files are written; None: it is flushed here.
        flush: False where the caller flushes the whole file system next; until then a power cut may leave it empty.
        alone: nobody else writes this file meanwhile; what a killed process left of it goes.
    """
    temporary = target.with_name(f".{target.name[:40]}.{'new' if alone else secrets.token_hex(4)}")
    try:
        if alone:
            temporary.unlink(missing_ok=True)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            faults.point("blobs.write")
            write_all(fd, data)
            if flush:
                os.fsync(fd)
        finally:
            os.close(fd)
        faults.point("blobs.rename")
        temporary.rename(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if folders is None:
        sync_folders([target.parent])
    else:
        folders.add(target.parent)


def sync_folders(folders: Iterable[Path]) -> None:
    """Flush names that came and went in folders."""
    for folder in folders:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, however few bytes the system takes at once."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
