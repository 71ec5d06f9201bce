"""A folder of files, reached without ever following a link below its root.

Why folder descriptors: a check by path and a write by path are two walks, and a link put in between sends the second
one elsewhere. Every call here starts from a descriptor that was opened component by component with O_NOFOLLOW.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from regen.errors import PathError
from regen.state import faults
from regen.state.syscalls import sync_file_system

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_FOLDERS = 200  # descriptors kept; a process has 1,024 unless it is told otherwise
_SYNC_ONE_BY_ONE = 16  # above it, one call that flushes the file system is cheaper


def split(path: str) -> tuple[str, str]:
    """Folder ("" for the root) and name of a path."""
    folder, _, name = path.rpartition("/")
    return folder, name


def parents(path: str) -> list[str]:
    """Folders above a path, the nearest first, without the root."""
    found = []
    folder, _ = split(path)
    while folder:
        found.append(folder)
        folder, _ = split(folder)
    return found


def refuse_strange(path: str) -> None:
    """Raise PathError unless `path` is a plain relative one: no "..", no empty part, no control character."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(ord(c) < 32 for c in path):
        raise PathError(
            f"the generated path {path!r} is no plain path below the output folder",
            hint="change the `to:` of its template",
        )


class Tree:
    """Files below `root`, which must be a folder and no link.

    Every path is relative to the root with forward slashes. A method raises PathError where a link or something that
    is no plain file stands in the way, FileNotFoundError where a folder is missing, and OSError as the system gives it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, int] = {}

    def __enter__(self) -> Tree:
        try:
            self._folders[""] = os.open(self.root, _OPEN_FOLDER)
        except NotADirectoryError:
            raise PathError(
                f"{self.root} is a link or a file, not a folder",
                hint="name the folder itself as the output, or move what stands there away",
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fd in self._folders.values():
            os.close(fd)
        self._folders.clear()

    def forget(self) -> None:
        """Close all descriptors but the root's, so that folders are looked up again."""
        for folder in [f for f in self._folders if f]:
            os.close(self._folders.pop(folder))

    def folder(self, path: str) -> int:
        """The descriptor of a folder; it stays open until `forget` or the end."""
        known = self._folders.get(path)
        if known is not None:
            return known
        above, name = split(path)
        parent = self.folder(above)
        try:
            fd = os.open(name, _OPEN_FOLDER, dir_fd=parent)
        except (NotADirectoryError, OSError) as error:
            if isinstance(error, FileNotFoundError) or not self._is_link(parent, name):
                raise
            raise _link_in_the_way(path) from None
        if len(self._folders) > _MOST_FOLDERS:
            self.forget()
        self._folders[path] = fd
        return fd

    @staticmethod
    def _is_link(parent: int, name: str) -> bool:
        try:
            return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
        except OSError:
            return False

    def at(self, path: str) -> tuple[int, str]:
        """Descriptor of the folder that holds `path`, and its name in it."""
        folder, name = split(path)
        return self.folder(folder), name

    def stat(self, path: str) -> os.stat_result | None:
        """What stands at `path`, a link not followed; None where nothing does, or a file stands for a folder of it."""
        try:
            fd, name = self.at(path)
            return os.stat(name, dir_fd=fd, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, path: str) -> frozenset[str]:
        """What is in a folder; nothing where there is none."""
        try:
            return frozenset(os.listdir(self.folder(path)))  # noqa: PTH208 - of a descriptor
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()

    def is_folder(self, path: str) -> bool:
        """Whether a folder, and no link to one, stands at `path`."""
        found = self.stat(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def open(self, path: str) -> int | None:
        """A descriptor to read the plain file at `path`, for the caller to close; None where there is none."""
        try:
            fd, name = self.at(path)
            file = os.open(name, _OPEN_FILE, dir_fd=fd)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            found = self.stat(path)
            if found is not None and stat.S_ISLNK(found.st_mode):
                raise _link_in_the_way(path) from None
            raise
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise PathError(f"{path} is a folder or a device, not a file", where=path, hint="move it away")
        return file

    def read(self, path: str) -> bytes | None:
        """The bytes at `path`; None where there is no file."""
        file = self.open(path)
        if file is None:
            return None
        try:
            return read_all(file)
        finally:
            os.close(file)

    def remove(self, path: str) -> None:
        """Unlink a file; nothing happens where there is none."""
        with suppress(FileNotFoundError, NotADirectoryError):
            fd, name = self.at(path)
            os.unlink(name, dir_fd=fd)

    def make_folders(self, path: str) -> None:
        """Make the folder `path` and those above it that are missing."""
        if not path or path in self._folders:
            return
        above, name = split(path)
        self.make_folders(above)
        with suppress(FileExistsError):
            faults.point("tree.mkdir")
            os.mkdir(name, dir_fd=self.folder(above))
        self.folder(path)

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder; False where it is not empty. True too where it is gone already."""
        known = self._folders.pop(path, None)
        if known is not None:
            os.close(known)
        try:
            fd, name = self.at(path)
            faults.point("tree.rmdir")
            os.rmdir(name, dir_fd=fd)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def sync(self, folders: Iterable[str]) -> None:
        """Make renames in these folders durable; folders that are gone are skipped."""
        wanted = sorted(set(folders))
        faults.point("tree.sync")
        if len(wanted) > _SYNC_ONE_BY_ONE and sync_file_system(self.folder("")):
            return
        for folder in wanted:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.fsync(self.folder(folder))


def read_all(file: int) -> bytes:
    """All bytes of an open plain file, from its start."""
    size = os.fstat(file).st_size
    data = os.pread(file, size + 1, 0)
    if len(data) == size:
        return data
    parts = [data]
    offset = len(data)
    while chunk := os.pread(file, 1 << 20, offset):
        parts.append(chunk)
        offset += len(chunk)
    return b"".join(parts)


def _link_in_the_way(path: str) -> PathError:
    return PathError(
        f"{path} is a symbolic link; regen does not write through links", where=path, hint="move the link away"
    )
