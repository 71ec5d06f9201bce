"""Build: a folder gets every file of a release; what did not change is the same file as in the release before."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from regen.hooks.protocols import Journal
from regen.model.deploy import Content
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.speaking import Speaking
from regen.state.syscalls import has_writer, sync_file_system
from regen.state.tree import Tree, split
from regen_plugins.whole.files import write_new
from regen_plugins.whole.memory import Memory, Remembered, remembered

_NO_LINK = frozenset({errno.EMLINK, errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of another release.

    Attributes:
        folder: relative to the root.
        files: what is remembered of it; empty where that is lost.
    """

    folder: str
    files: dict[str, Remembered]


class Build:
    """Fills one new folder.

    Args:
        folder: relative to the root; it is there and empty.
        before: what is read now; None: nothing is.
        restored: the release whose contents come back; None where it is not there.
    """

    def __init__(
        self, tree: Tree, folder: str, journal: Journal, *, before: Source | None, restored: Source | None, release: int
    ) -> None:
        self._tree = tree
        self._folder = folder
        self._journal = journal
        self._before = before
        self._restored = restored
        self.memory = Memory(release)

    def fill(self, contents: Sequence[Content]) -> None:
        """Put every file there, durably."""
        for content in contents:
            with Speaking(content.path):
                self._tree.make_folders(split(f"{self._folder}/{content.path}")[0])
                self._put(content)
        with Speaking(self._folder):
            faults.point("build.sync")
            if not sync_file_system(self._tree.folder(self._folder)):
                self._sync_each()

    def _sync_each(self) -> None:
        folders = {split(path)[0] for path in self.memory.files}
        for path in (*self.memory.files, *folders):
            fd = os.open(self._tree.root / self._folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            os.fsync(fd)
            os.close(fd)

    def _put(self, content: Content) -> None:
        if self._before is not None and (content.digest is None or not content.fresh):
            self._along(content, self._before)
        elif content.digest is not None and not self._from_restored(content, content.digest):
            self._write(content.path, self._journal.read(content.digest), content.digest, content.mode or 0o444)

    def _along(self, content: Content, before: Source) -> None:
        """A file that the release does not touch comes along as it is; one that is gone was removed by a person."""
        try:
            found = self._link(before.folder, content.path)
        except (FileNotFoundError, NotADirectoryError):
            return
        if found is None:
            self._judge(content, self._tree.stat(f"{before.folder}/{content.path}"), f"{before.folder}/{content.path}")
            return
        known = before.files.get(content.path)
        if stat.S_ISREG(found.st_mode) and self._has_writer(content.path):
            self._tree.remove(f"{self._folder}/{content.path}")
            self._judge(content, self._tree.stat(f"{before.folder}/{content.path}"), f"{before.folder}/{content.path}")
            return
        if known is not None and known.digest == content.digest and known.is_still(found):
            self.memory.files[content.path] = known
            return
        self._judge(content, found, f"{self._folder}/{content.path}")

    def _link(self, source: str, path: str) -> os.stat_result | None:
        """The file of another folder under a name in this one; None where the system cannot link it."""
        (old_fd, old), (new_fd, new) = self._tree.at(f"{source}/{path}"), self._tree.at(f"{self._folder}/{path}")
        faults.point("build.link")
        try:
            os.link(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd, follow_symlinks=False)
        except OSError as error:
            if error.errno in _NO_LINK:
                return None
            raise
        return os.stat(new, dir_fd=new_fd, follow_symlinks=False)

    def _has_writer(self, path: str) -> bool:
        """Whether a process has the file open for writing, and could still write into every release that has it."""
        fd = self._tree.open(f"{self._folder}/{path}")
        if fd is None:
            return False
        try:
            return has_writer(fd) is True
        finally:
            os.close(fd)

    def _judge(self, content: Content, found: os.stat_result | None, where: str) -> None:
        """Look at the bytes of a file that is not as it is remembered.

        Args:
            where: it is read; inside this folder that is a link, and a link to an edited file does not stay.
        """
        here = where.startswith(f"{self._folder}/")
        if found is None or not stat.S_ISREG(found.st_mode):
            if here:
                self._tree.remove(where)
            self._anew(content)
            return
        data = self._tree.read(where) or b""
        digest = digest_of(data)
        if here and digest == content.digest:
            self._keep_link(content, found)
            return
        if here:
            self._tree.remove(where)
        shared = found.st_nlink > (2 if here else 1)
        if shared and content.digest not in (None, digest):
            self._journal.keep(content.path, data)
            self._anew(content)
            return
        mode = content.mode if content.mode is not None else stat.S_IMODE(found.st_mode)
        self._write(content.path, data, digest, mode)

    def _keep_link(self, content: Content, found: os.stat_result) -> None:
        """The bytes are right: only what is remembered was lost, or somebody has set permissions."""
        if content.mode is not None and stat.S_IMODE(found.st_mode) != content.mode:
            folder, name = self._tree.at(f"{self._folder}/{content.path}")
            faults.point("build.chmod")
            os.chmod(name, content.mode, dir_fd=folder)
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        self.memory.files[content.path] = remembered(content.digest or "", found)

    def _anew(self, content: Content) -> None:
        if content.digest is not None:
            self._write(content.path, self._journal.read(content.digest), content.digest, content.mode or 0o444)

    def _from_restored(self, content: Content, digest: str) -> bool:
        """Link the file of the release that is restored; False where it is not there as it was."""
        known = self._restored.files.get(content.path) if self._restored is not None else None
        if known is None or self._restored is None or (known.digest, known.mode) != (digest, content.mode):
            return False
        try:
            found = self._link(self._restored.folder, content.path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        if found is None:
            return False
        here = f"{self._folder}/{content.path}"
        regular = stat.S_ISREG(found.st_mode)
        if regular and known.is_still(found) and not self._has_writer(content.path):
            self.memory.files[content.path] = known
            return True
        data = self._tree.read(here) if regular else None
        self._tree.remove(here)
        if data is not None and digest_of(data) != digest:
            self._journal.keep(content.path, data)
        return False

    def _write(self, path: str, data: bytes, digest: str, mode: int) -> None:
        self.memory.files[path] = write_new(self._tree, f"{self._folder}/{path}", data, digest, mode, sync=False)
