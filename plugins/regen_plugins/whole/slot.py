"""Slot: a folder that holds an older release is brought to a newer one by what differs."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from regen.errors import DeployError
from regen.hooks.protocols import Journal
from regen.model.deploy import Content, Purpose
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.speaking import Speaking
from regen.state.syscalls import sync_file_system
from regen.state.tree import Tree, parents, split
from regen_plugins.whole.files import replace_file
from regen_plugins.whole.look import Shown
from regen_plugins.whole.memory import Memory, Remembered, remembered, save_memory

_SYNC_ONE_BY_ONE = 16  # written files; above it one call that flushes the file system is cheaper
_SPARE = ".regen-slot.tmp"


class Wanted(NamedTuple):
    """What a path of the slot shall hold.

    Attributes:
        along: whether the bytes come from the folder that is read now, and not from a blob.
    """

    digest: str
    mode: int
    along: bool


class Slot:
    """One folder of two.

    Args:
        folder: relative to the root; it is there.
        place: where its memory is.
        memory: what it holds.
    """

    def __init__(self, tree: Tree, folder: str, place: Path, memory: Memory) -> None:
        self._tree = tree
        self._folder = folder
        self._place = place
        self._memory = memory

    def bring(self, contents: Sequence[Content], now: Shown, journal: Journal) -> None:
        """Bring the slot to what stands when the commit is done, durably; it may have been cut off anywhere before.

        Args:
            now: the folder that is read now; edits of files that the release does not touch come along from there.

        Raises DeployError where files of others are in the way.
        """
        wanted = _wanted(contents, now, journal)
        self._tree.remove(f"{self._folder}/{_SPARE}")
        found = {path: self._judge(path, want, journal) for path, want in wanted.items()}
        writes = [path for path, known in found.items() if known is None]
        going = [path for path in self._memory.files if path not in wanted]
        held = {path: known for path, known in found.items() if known is not None}
        if writes or going:
            planned = {**self._memory.planned, **{path: wanted[path].digest for path in writes}}
            save_memory(self._place, Memory(0, self._memory.files, planned))
            self._remove(going, journal)
            held.update(self._write(writes, wanted, now, journal))
            self._sync(writes)
        save_memory(self._place, Memory(journal.release, {path: held[path] for path in wanted}))

    def _judge(self, path: str, want: Wanted, journal: Journal) -> Remembered | None:
        """What is there, where it is what is wanted; None: it has to be written. An edit is kept first."""
        found = self._tree.stat(f"{self._folder}/{path}")
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        known = self._memory.files.get(path)
        if known is not None and known.is_still(found):
            return known if (known.digest, known.mode) == (want.digest, want.mode) else None
        data = self._tree.read(f"{self._folder}/{path}") or b""
        digest = digest_of(data)
        if digest == want.digest and stat.S_IMODE(found.st_mode) == want.mode:
            return remembered(digest, found)
        if digest != want.digest and not self._memory.wrote(path, digest):
            journal.keep(path, data)
        return None

    def _remove(self, paths: Iterable[str], journal: Journal) -> None:
        folders = set()
        for path in paths:
            at, known = f"{self._folder}/{path}", self._memory.files[path]
            with Speaking(path):
                found = self._tree.stat(at)
                if found is not None and stat.S_ISREG(found.st_mode):
                    data = None if known.is_still(found) else self._tree.read(at)
                    if data is not None and not self._memory.wrote(path, digest_of(data)):
                        journal.keep(path, data)
                    faults.point("slot.unlink")
                    self._tree.remove(at)
            folders.update(parents(path))
        for folder in sorted(folders, key=lambda f: (-f.count("/"), f)):
            self._tree.remove_folder(f"{self._folder}/{folder}")

    def _write(
        self, paths: Iterable[str], wanted: Mapping[str, Wanted], now: Shown, journal: Journal
    ) -> dict[str, Remembered]:
        written = {}
        for path in paths:
            want = wanted[path]
            data = now.read(path) if want.along else journal.read(want.digest)
            if data is None:
                continue  # it was removed a moment ago
            digest = digest_of(data) if want.along else want.digest
            with Speaking(path):
                self._make_room(path)
                written[path] = replace_file(
                    self._tree,
                    f"{self._folder}/{_SPARE}",
                    f"{self._folder}/{path}",
                    data,
                    digest,
                    want.mode,
                    sync=False,
                )
        return written

    def _make_room(self, path: str) -> None:
        """What is no file gives way where it is regen's; a link or a device there was made by a person."""
        found = self._tree.stat(f"{self._folder}/{path}")
        if found is None or stat.S_ISREG(found.st_mode):
            return
        raise DeployError(
            f"{self._tree.root / self._folder / path} is no file of regen's, and in the way",
            where=path,
            hint="move it away, then run it again",
        )

    def _sync(self, paths: Sequence[str]) -> None:
        with Speaking(self._folder):
            faults.point("slot.sync")
            if len(paths) > _SYNC_ONE_BY_ONE and sync_file_system(self._tree.folder(self._folder)):
                return
            for path in paths:
                fd = self._tree.open(f"{self._folder}/{path}")
                if fd is not None:
                    os.fsync(fd)
                    os.close(fd)
            above = {split(f"{self._folder}/{path}")[0] for path in paths}
            self._tree.sync({*above, *(folder for one in above for folder in parents(one)), self._folder})


def _wanted(contents: Sequence[Content], now: Shown, journal: Journal) -> dict[str, Wanted]:
    """What each path shall hold; a file that a person removed where it is read now is not wanted."""
    wanted = {}
    for content in contents:
        touched = content.digest is not None and content.fresh
        if content.digest is not None and (touched or now.folder is None or journal.purpose is Purpose.UNDO):
            wanted[content.path] = Wanted(content.digest, content.mode or 0o644, along=False)
            continue
        digest, mode = now.find(content.path)
        if digest is not None and mode is not None:
            along = digest != content.digest
            wanted[content.path] = Wanted(digest, mode if content.mode is None or along else content.mode, along)
    return wanted
