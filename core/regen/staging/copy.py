"""Staged copy: a folder that is brought to what is wanted, again and again, by difference.

Why real copies and no hard links: tests write in place. Why signatures and no watching: what a tool did between two
uses is found by one look at each file, its time of change included, which no program can set back. What a kill leaves
is told apart in the same way: the manifest is written last, so whatever it does not know is put there anew.

Why files get times of their own: compilers take a file whose size and whole second stayed for the same one. So
whatever is put there gets a second that no file got before.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from blake3 import blake3

from regen.errors import PathError, StateError
from regen.staging.listing import HEAVY
from regen.staging.manifest import MANIFEST, Manifest, Row, read_manifest, write_manifest
from regen.staging.wanted import Given, Linked, OnDisk, Wanted, signature
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.durably import write_all
from regen.state.tree import Tree, parents, refuse_strange, split

_LEFT = frozenset({"Cargo.lock", "go.sum", "package-lock.json"})
_FICLONE = 0x40049409  # linux/fs.h, FICLONE: share the blocks where the file system can
_TEMPORARY = ".regen-staged.tmp"
_PIECE = 1 << 20
_unshared: set[tuple[int, int]] = set()


class StagedCopy:
    """One copy.

    Args:
        folder: of the copy.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder.with_name(f"{folder.name}{MANIFEST}")
        self._manifest: Manifest | None = None

    def bring(self, wanted: Mapping[str, Wanted], ignored: Callable[[list[str]], frozenset[str]]) -> tuple[str, ...]:
        """Make the copy hold what is wanted, and nothing else but caches of tools.

        Args:
            wanted: by path relative to the project, with slashes.
            ignored: says which of some paths the project ignores: what tools leave there stays.

        Returns:
            Paths that were put there, or removed.

        Raises:
            StateError: it cannot be made.
            PathError: a path leaves the copy, or leads through a link of the project.
        """
        try:
            (self.folder / ".git").mkdir(parents=True, exist_ok=True)  # tools look for no ignore files above it
            if self._manifest is None:
                self._manifest = read_manifest(self._file)
            with Tree(self.folder) as tree:
                return _Bringing(tree, self._manifest, wanted).done(ignored, self._save)
        except PathError:
            self._manifest = None
            raise
        except OSError as error:
            self._manifest = None
            raise StateError(
                f"the staged copy cannot be brought up: {error.filename or self.folder}: {error.strerror}",
                where=str(self.folder),
                hint="free some space or mend its permissions; the folder may be removed, it is made anew",
            ) from error

    def _save(self) -> None:
        if self._manifest is not None:
            write_manifest(self._file, self._manifest)


class _Bringing:
    """One way from what stands to what is wanted."""

    def __init__(self, tree: Tree, manifest: Manifest, wanted: Mapping[str, Wanted]) -> None:
        self._tree, self._manifest, self._wanted = tree, manifest, wanted
        self._folders = {folder for path in wanted for folder in parents(path)}
        self._looked_into = self._folders.union(*(parents(path) for path in manifest.rows))
        self._touched: list[str] = []
        self._second = max(int(time.time()), manifest.second + 1)

    def done(self, ignored: Callable[[list[str]], frozenset[str]], save: Callable[[], None]) -> tuple[str, ...]:
        before = len(self._manifest.rows)
        standing = dict(self._stand("", in_cache=False))
        self._remove(standing, ignored)
        changed = False
        for path, want in self._wanted.items():
            row, stands = self._manifest.rows.get(path), standing.get(path)
            whole = row is not None and stands == row.stands
            if row is None or not whole or row.source != want.key:
                changed = True
                self._put(path, want, row if whole else None, stands)
        if changed or self._touched or len(self._manifest.rows) != before:
            save()
        return tuple(sorted(self._touched))

    def _stand(self, folder: str, *, in_cache: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Signatures of what stands there; caches are not looked into, unless something wanted is in them."""
        with os.scandir(self._tree.folder(folder)) as entries:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        for name, state in found:
            path = f"{folder}/{name}" if folder else name
            cache = in_cache or name.startswith(".") or name in HEAVY
            if not stat.S_ISDIR(state.st_mode):
                if not in_cache or path in self._wanted or path in self._manifest.rows:
                    yield path, signature(state)
            elif path in self._wanted:
                yield path, signature(state)
            elif path in self._looked_into or not cache:
                yield from self._stand(path, in_cache=cache)
                if path not in self._folders:
                    yield path, signature(state)

    def _remove(self, standing: dict[str, tuple[int, ...]], ignored: Callable[[list[str]], frozenset[str]]) -> None:
        """Remove what is in the way, and what neither the project nor a tool's cache knows; folders when empty."""
        unknown = [path for path in standing if path not in self._wanted]
        in_the_way = {path for path in unknown if path in self._folders}
        folders = [path for path in unknown if stat.S_ISDIR(standing[path][0])]
        files = [path for path in unknown if path not in in_the_way and not stat.S_ISDIR(standing[path][0])]
        asked = [path for path in files if path not in self._manifest.rows and split(path)[1] not in _LEFT]
        stays = ignored(asked) if asked else frozenset()
        known = [path for path in files if path in self._manifest.rows]
        for path in (*in_the_way, *known, *(path for path in asked if path not in stays)):
            self._tree.remove(path)
            self._touched.append(path)
        for path in folders:
            self._tree.remove_folder(path)
        for path in [path for path in self._manifest.rows if path not in self._wanted]:
            del self._manifest.rows[path]
        for path in (path for path, state in standing.items() if path in self._wanted and stat.S_ISDIR(state[0])):
            self._clear(path)

    def _clear(self, folder: str) -> None:
        """Remove a folder that stands where a file is wanted."""
        for name in sorted(self._tree.names(folder)):
            path = f"{folder}/{name}"
            self._clear(path) if self._tree.is_folder(path) else self._tree.remove(path)
        self._tree.remove_folder(folder)

    def _put(self, path: str, want: Wanted, row: Row | None, stands: tuple[int, ...] | None) -> None:
        """Put what is wanted at a path; only note where it comes from if the same bytes stand there already."""
        if isinstance(want, Given):
            refuse_strange(path)
        folder, name = split(path)
        self._tree.make_folders(folder)
        place = self._tree.folder(folder)
        if isinstance(want, Linked):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=place)
            os.symlink(want.target, name, dir_fd=place)
            digest = ""
        else:
            made = self._written(place, want)
            if made is None:
                self._manifest.rows.pop(path, None)
                self._tree.remove(path)
                return
            digest, mode = made
            if row is not None and row.digest == digest and stat.S_IMODE(row.stands[0]) == mode:
                os.unlink(_TEMPORARY, dir_fd=place)
                row.source = want.key
                return
            self._give_time(place, stands)
            faults.point("staged.rename")
            os.rename(_TEMPORARY, name, src_dir_fd=place, dst_dir_fd=place)
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
        self._manifest.rows[path] = Row(want.key, digest, signature(found))
        self._touched.append(path)

    def _give_time(self, folder: int, stands: tuple[int, ...] | None) -> None:
        second = self._second if stands is None else max(self._second, stands[2] // 1_000_000_000 + 1)
        self._manifest.second = max(self._manifest.second, second)
        now = max(time.time_ns(), second * 1_000_000_000)
        os.utime(_TEMPORARY, ns=(now, now), dir_fd=folder)

    @staticmethod
    def _written(folder: int, want: OnDisk | Given) -> tuple[str, int] | None:
        """Write the bytes beside their place; gives their digest and mode, None where the source is gone."""
        mode = want.mode | stat.S_IRUSR | stat.S_IWUSR
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(_TEMPORARY, flags, 0o600, dir_fd=folder)
        except FileExistsError:  # of a use that was killed
            os.unlink(_TEMPORARY, dir_fd=folder)
            fd = os.open(_TEMPORARY, flags, 0o600, dir_fd=folder)
        try:
            faults.point("staged.write")
            if isinstance(want, OnDisk):
                digest = _copied(want.path, fd)
            else:
                write_all(fd, want.content)
                digest = digest_of(want.content)
            os.fchmod(fd, mode)
        finally:
            os.close(fd)
        return None if digest is None else (digest, mode)


def _copied(source: Path, fd: int) -> str | None:
    """Copy a file, sharing its blocks where the file system can; gives the digest, None where it is gone."""
    try:
        opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    try:
        shared = _shared(fd, opened)
        hashed = blake3()
        while piece := os.read(opened, _PIECE):
            hashed.update(piece)
            if not shared:
                write_all(fd, piece)
        return hashed.hexdigest()
    finally:
        os.close(opened)


def _shared(fd: int, source: int) -> bool:
    """Share the blocks of a file; False where the file system cannot, which is asked of each pair of them once."""
    pair = os.fstat(fd).st_dev, os.fstat(source).st_dev
    if pair in _unshared:
        return False
    try:
        fcntl.ioctl(fd, _FICLONE, source)
    except OSError:
        _unshared.add(pair)
        return False
    return True
