"""Switch: one path goes from its old bytes to its new ones, and whatever a person wrote meanwhile is still there.

Why so many steps: between reading a file and replacing it anybody may save it, by writing into it or by renaming over
it. So the old file is held open with a lease, under which nobody can begin to write into it, and compared with what
the merge read; then the new file, staged under a hidden name, *changes places* with whatever stands at the path. When
another file came out, or one that a process has open for writing, both change places again, and the path is handed
back to be merged. Nothing is unlinked before that. Where the file system cannot exchange two names, the old file
steps aside first, so for a moment there is none; where it knows no leases, what came out is read again. Nothing is
lost there either.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Raced
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.staged import aside, set_permissions, write_stage
from regen.state.syscalls import exchange, has_writer, rename_new
from regen.state.tree import Tree, read_all, split


class Switch:
    """Switches paths of one tree.

    Args:
        tree: open.
        journal: gives the new bytes where a staged file is missing.
        resumed: whether paths may be switched already; then each is looked at before anything is done.
        rebuilt: whether the root had to be made anew; a file that is missing was then not removed by a person.
    """

    def __init__(self, tree: Tree, journal: Journal, *, resumed: bool, rebuilt: bool = False) -> None:
        self._tree = tree
        self._journal = journal
        self._resumed = resumed
        self._rebuilt = rebuilt
        self.touched: set[str] = set()

    def remove(self, change: Change) -> Raced | None:
        """Take the file at the path off the disk, into its staged name."""
        faults.point("switch.remove")
        self._touch(change)
        if self._resumed:
            self._tidy_removal(change)
            found = None if self._tree.is_folder(change.path) else self._tree.read(change.path)
            if found is None:
                return None
            if digest_of(found) != change.old:
                return Raced(change, found)
        fd = self._tree.open(change.path)
        if fd is None:
            return None
        try:
            if _untouched(fd, change.old) and self._remove_held(change, fd):
                return None
        finally:
            os.close(fd)
        return Raced(change, self._tree.read(change.path))

    def _remove_held(self, change: Change, fd: int) -> bool:
        """Rename to the staged name; False where another file came out, or one with a writer, and it was put back."""
        try:
            self._rename(change.path, change.stage)
        except (FileNotFoundError, NotADirectoryError):
            return True
        faults.point("switch.removed")
        if self._is_old(change, fd, lambda: self._put_back(change)):
            return True
        self._put_back(change)
        return False

    def place(self, change: Change) -> Raced | None:
        """Put the new file at the path."""
        faults.point("switch.place")
        self._touch(change)
        if change.old == change.new:
            return set_permissions(self._tree, change)
        if self._resumed:
            self._tidy(change)
            found = self._tree.read(change.path)
            digest = digest_of(found) if found is not None else None
            if digest == change.new:
                return None
            gone = found is None and not self._rebuilt
            if digest != change.old and (found is not None or gone):
                self._drop_stage(change)
                return Raced(change, found)
            self._ensure_stage(change)
            if found is None:
                return self._create(change)
        return self._create(change) if change.old is None else self._replace(change)

    def remove_empty(self, folders: Sequence[str]) -> list[str]:
        """Remove those of `folders` that are empty, the deepest first; gives the removed ones."""
        return [folder for folder in sorted(folders, key=lambda f: (-f.count("/"), f)) if self._remove_folder(folder)]

    def _remove_folder(self, folder: str) -> bool:
        if not self._tree.remove_folder(folder):
            return False
        self.touched.add(split(folder)[0])
        return True

    def _touch(self, change: Change) -> None:
        self.touched |= {split(change.path)[0], split(change.stage)[0]}

    def _create(self, change: Change) -> Raced | None:
        try:
            self._into_folder(change, lambda: self._rename_new(change.stage, change.path))
        except FileExistsError:
            found = self._tree.read(change.path)
            if found is not None and digest_of(found) == change.new:
                return None
            self._drop_stage(change)
            return Raced(change, found)
        faults.point("switch.placed")
        return None

    def _replace(self, change: Change) -> Raced | None:
        fd = self._tree.open(change.path)
        if fd is None:
            self._drop_stage(change)
            return Raced(change, None)
        try:
            if _untouched(fd, change.old):
                return self._replace_held(change, fd)
        finally:
            os.close(fd)
        self._drop_stage(change)
        return Raced(change, self._tree.read(change.path))

    def _replace_held(self, change: Change, fd: int) -> Raced | None:
        """Exchange; `fd` is the old file, with a lease, so that nobody begins to write into it meanwhile."""
        try:
            self._into_folder(change, lambda: self._exchange(change))
        except FileNotFoundError:
            self._drop_stage(change)
            return Raced(change, None)
        except FileExistsError:
            self._drop_stage(change)
            return Raced(change, self._tree.read(change.path))
        faults.point("switch.placed")
        if self._is_old(change, fd, lambda: self._exchange_back(change)):
            return None
        self._exchange_back(change)
        return Raced(change, self._tree.read(change.path))

    def _into_folder(self, change: Change, move: Callable[[], None]) -> None:
        """Run `move`; where its folder or the staged file was removed meanwhile, make them once more."""
        try:
            self._tree.make_folders(split(change.path)[0])
            move()
        except FileNotFoundError:
            if change.old is not None and self._tree.stat(change.path) is None:
                raise
            self._tree.forget()
            self._tree.make_folders(split(change.path)[0])
            self._ensure_stage(change)
            move()

    def _is_old(self, change: Change, held: int, restore: Callable[[], None]) -> bool:
        """Whether what came out to the staged name is what the merge read, and no process can still write to it.

        Args:
            held: the old file, with a lease where the system gives one: then nobody has written to it since.
            restore: called before an error is raised.
        """
        try:
            fd = self._tree.open(change.stage)
        except BaseException:
            restore()
            raise
        if fd is None:
            return True
        try:
            same = os.path.samestat(os.fstat(fd), os.fstat(held))
        finally:
            os.close(fd)
        return same and (has_writer(held) is False or _untouched(held, change.old))

    def _exchange_back(self, change: Change) -> None:
        """Give the path its user's file again; what came out then, if it is not ours, is a stray."""
        faults.point("switch.back")
        try:
            self._exchange(change)
        except FileNotFoundError:
            self._put_back(change)
            return
        except FileExistsError:
            pass
        self._drop_stage(change)

    def _put_back(self, change: Change) -> None:
        """Rename the staged name to the path; a file that appeared there meanwhile is newer and stays."""
        try:
            self._tree.make_folders(split(change.path)[0])
            self._rename_new(change.stage, change.path)
        except FileExistsError:
            self._drop_stage(change)

    def _drop_stage(self, change: Change) -> None:
        """Remove the staged file, unless somebody is writing to it: then it steps aside for the end to look at."""
        if not self._drop(change, change.stage):
            self._rename(change.stage, aside(change.stage))

    def _drop(self, change: Change, name: str) -> bool:
        """Remove a hidden file; bytes that are neither the old nor the new ones are a person's, and kept.

        False where a process has it open for writing, and it was left.
        """
        fd = self._tree.open(name)
        if fd is None:
            return True
        try:
            if has_writer(fd) is True:
                return False
            data = read_all(fd)
            if digest_of(data) not in (change.old, change.new):
                self._journal.keep(change.path, data)
            self._tree.remove(name)
        finally:
            os.close(fd)
        return True

    def _tidy(self, change: Change) -> None:
        """Bring the names of a placed path that was cut off into one of the states before or after the exchange."""
        self._tidy_aside(change)
        data = self._tree.read(change.stage)
        if data is None or digest_of(data) in (change.old, change.new):
            return
        found = self._tree.read(change.path)
        if found is not None and digest_of(found) == change.new:
            self._exchange_back(change)  # cut off before it was looked at: an edit came out
            return
        if not self._journal.read(change.new or "").startswith(data):  # else cut off while it was written
            self._journal.keep(change.path, data)
        self._tree.remove(change.stage)

    def _tidy_removal(self, change: Change) -> None:
        data = self._tree.read(change.stage)
        if data is None or digest_of(data) == change.old:
            return
        if self._tree.stat(change.path) is None:
            self._put_back(change)
        else:
            self._drop_stage(change)

    def _tidy_aside(self, change: Change) -> None:
        name = aside(change.stage)
        if self._tree.stat(name) is None:
            return
        if self._tree.stat(change.path) is None:
            self._rename_new(name, change.path)
        elif self._tree.stat(change.stage) is None:
            self._rename(name, change.stage)
        else:
            self._drop(change, name)

    def _ensure_stage(self, change: Change) -> None:
        data = self._tree.read(change.stage)
        if data is not None:
            if digest_of(data) == change.new:
                return
            self._tree.remove(change.stage)
        self._tree.make_folders(split(change.stage)[0])
        write_stage(self._tree, change, self._journal.read(change.new or ""), sync=True)

    def _exchange(self, change: Change) -> None:
        """Swap staged name and path. FileNotFoundError: the path is gone; FileExistsError: it was taken meanwhile."""
        stage, path = self._tree.at(change.stage), self._tree.at(change.path)
        if exchange(*stage, *path):
            return
        between = aside(change.stage)
        self._rename(change.path, between)
        faults.point("switch.aside")
        try:
            self._rename_new(change.stage, change.path)
        except FileExistsError:
            self._drop(change, between)
            raise
        faults.point("switch.aside")
        self._rename(between, change.stage)

    def _rename(self, old: str, new: str) -> None:
        (old_fd, old_name), (new_fd, new_name) = self._tree.at(old), self._tree.at(new)
        os.rename(old_name, new_name, src_dir_fd=old_fd, dst_dir_fd=new_fd)

    def _rename_new(self, old: str, new: str) -> None:
        (old_fd, old_name), (new_fd, new_name) = self._tree.at(old), self._tree.at(new)
        rename_new(old_fd, old_name, new_fd, new_name)


def _untouched(fd: int, digest: str | None) -> bool:
    """Whether an open file holds these bytes and no process can write to it; takes a lease until it is closed."""
    return has_writer(fd) is not True and digest_of(read_all(fd)) == digest
