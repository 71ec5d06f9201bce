"""Look: the paths of a commit as they are in the folder that is read now, before anything is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from regen.errors import DeployError, PathError
from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Content, Prepared, Raced
from regen.state.blobs import digest_of
from regen.state.survey import refuse_nested
from regen.state.tree import Tree, refuse_strange
from regen_plugins.whole.memory import Remembered

Bits = Callable[[int], int]
"""Permission bits that a file gets, from those that it would have in a folder where people work."""


class Shown:
    """The folder that is read now.

    Args:
        tree: of the root.
        folder: relative to the root; None: nothing stands.
        files: what is remembered of it; a file that is still so is not read to be compared.
    """

    def __init__(self, tree: Tree, folder: str | None, files: Mapping[str, Remembered]) -> None:
        self._tree = tree
        self._files = files
        self.folder = folder

    def find(self, path: str) -> tuple[str | None, int | None]:
        """Digest and permission bits of the file at a path; None twice where there is none, or a folder."""
        found = self._stat(path)
        if found is None:
            return None, None
        known = self._files.get(path)
        if known is not None and known.is_still(found):
            return known.digest, known.mode
        data = self._tree.read(f"{self.folder}/{path}")
        return (None, None) if data is None else (digest_of(data), stat.S_IMODE(found.st_mode))

    def read(self, path: str) -> bytes | None:
        """The bytes of the file at a path; None where there is none, or a folder."""
        return None if self._stat(path) is None else self._tree.read(f"{self.folder}/{path}")

    def _stat(self, path: str) -> os.stat_result | None:
        found = self._tree.stat(f"{self.folder}/{path}") if self.folder is not None else None
        return None if found is None or stat.S_ISDIR(found.st_mode) else found

    def raced(self, changes: Iterable[Change]) -> tuple[Raced, ...]:
        """Paths that hold neither what the merge read nor what the change writes."""
        edited = [change for change in changes if self.find(change.path)[0] not in (change.old, change.new)]
        return tuple(Raced(change, self.read(change.path)) for change in edited)

    def keep_late(self, changes: Iterable[Change], journal: Journal) -> None:
        """Keep what somebody saved here while another folder was shown."""
        for one in self.raced(change for change in changes if change.old is not None):
            if one.ours is not None:
                journal.keep(one.change.path, one.ours)


def look(now: Shown | None, changes: Sequence[Change], bits: Bits, plain: int) -> Prepared:
    """Compare every path with what the merge read.

    Args:
        now: None where the root does not exist yet.
        bits: what becomes of permission bits.
        plain: permission bits of a new file.

    Raises PathError for a link or a device at a path, DeployError where what was there is gone.
    """
    if (now is None or now.folder is None) and any(change.old is not None for change in changes):
        raise DeployError("what stood there is gone since the plan was made; nothing was written", hint="run it again")
    found = [_look(now, change, bits, plain) for change in changes]
    return Prepared(tuple(change for change, _ in found), tuple(raced for _, raced in found if raced is not None), ())


def _look(now: Shown | None, change: Change, bits: Bits, plain: int) -> tuple[Change, Raced | None]:
    refuse_strange(change.path)
    digest, mode = now.find(change.path) if now is not None else (None, None)
    raced = Raced(change, now.read(change.path)) if now is not None and digest != change.old else None
    moved = now.find(change.source)[1] if now is not None and change.source is not None else None
    wanted = change.mode
    if moved is not None and (wanted is None or moved != change.lent):
        wanted = moved
    new = bits(wanted if wanted is not None else mode if mode is not None else plain)
    return replace(change, mode=new, old_mode=mode), raced


def refuse_unwritable(tree: Tree, folders: Iterable[str]) -> None:
    """Raise where something else stands for one of these folders, or regen may not write into it."""
    for folder in folders:
        found = tree.stat(folder) if folder else os.fstat(tree.folder(""))
        if found is None:
            continue
        shown = tree.root / folder
        if not stat.S_ISDIR(found.st_mode):
            raise PathError(f"{shown} is no folder; nothing was written", where=folder, hint="move it away")
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=tree.folder(folder)):
            raise DeployError(
                f"{shown} does not let regen write; nothing was written",
                where=folder or str(tree.root),
                hint=f"make the folder writable: `chmod u+wx {shown}`, or mount its file system for writing",
            )


def ignores_case(tree: Tree, folder: str) -> bool:
    """Whether the file system takes names that differ by case only for one, seen at a folder with letters in it."""
    return tree.stat(folder.swapcase()) is not None


def refuse_clashes(tree: Tree, folder: str, contents: Sequence[Content]) -> None:
    """Raise PathError where two paths of a release cannot stand in one folder.

    Args:
        folder: on the file system in question, with letters in its name.
    """
    paths = {content.path for content in contents}
    refuse_nested(paths)
    if ignores_case(tree, folder):
        folded: dict[str, str] = {}
        for path in sorted(paths):
            other = folded.setdefault(path.casefold(), path)
            if other != path:
                raise PathError(
                    f"{other} and {path} differ by case only, and are one file here",
                    where=path,
                    hint="change the `to:` of one of the templates",
                )
