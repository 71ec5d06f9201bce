"""Survey: every path of a commit is looked at before anything is written, so that most failures happen here."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from regen.errors import DeployError, PathError
from regen.model.deploy import Change, Prepared, Raced
from regen.state.blobs import digest_of
from regen.state.tree import Tree, parents, split


class Survey:
    """Looks at the paths of a commit; writes nothing.

    Args:
        token: names the release.
        folders: those above the changes that regen made earlier.
    """

    def __init__(self, tree: Tree, changes: Sequence[Change], token: str, folders: frozenset[str]) -> None:
        self._tree = tree
        self._changes = changes
        self._token = token
        self._ours = folders
        self._going = {change.path for change in changes if change.new is None}
        self._existing: dict[str, bool] = {"": True}
        self._missing: set[str] = set()
        self._raced: list[Raced] = []

    @cached_property
    def _mode(self) -> int:
        return default_mode()

    def prepared(self) -> Prepared:
        """What was found; raises PathError or DeployError for what cannot be written."""
        refuse_nested({change.path for change in self._changes if change.new is not None})
        changes = tuple(self._look(change) for change in self._changes)
        return Prepared(changes, tuple(self._raced), tuple(sorted(self._missing)))

    def _look(self, change: Change) -> Change:
        found = self._tree.stat(change.path) if self._is_folder(split(change.path)[0]) else None
        if found is not None and self._is_only_another_case(change, found):
            found = None
        if found is not None and not stat.S_ISREG(found.st_mode):
            self._refuse(change, found)
            found = None
        data = self._tree.read(change.path) if found is not None else None
        digest = digest_of(data) if data is not None else None
        if digest != change.old:
            self._raced.append(Raced(change, data))
        elif found is not None and change.new != change.old and not found.st_mode & 0o222:
            raise DeployError(
                "the file is read-only; nothing was written", where=change.path, hint=f"run `chmod u+w {change.path}`"
            )
        return replace(
            change,
            mode=self._mode_of(change, found),
            old_mode=stat.S_IMODE(found.st_mode) if found is not None else None,
            stage=self._stage(change),
        )

    def _mode_of(self, change: Change, found: os.stat_result | None) -> int:
        """Of the file that moves here; else, or where its bits are those lent to it, what the change asks for; else
        as it is; else as new files are."""
        moved = self._tree.stat(change.source) if change.source is not None else None
        if moved is not None and (change.mode is None or stat.S_IMODE(moved.st_mode) != change.lent):
            return stat.S_IMODE(moved.st_mode)
        if change.mode is not None:
            return change.mode
        return stat.S_IMODE(found.st_mode) if found is not None else self._mode

    def _is_folder(self, folder: str) -> bool:
        """Whether a folder exists; raises where a link or a stranger's file stands for it."""
        known = self._existing.get(folder)
        if known is not None:
            return known
        exists = False
        if self._is_folder(split(folder)[0]):
            found = self._tree.stat(folder)
            if found is not None and stat.S_ISDIR(found.st_mode):
                self._tree.folder(folder)
                exists = True
            elif found is not None and (stat.S_ISLNK(found.st_mode) or folder not in self._going):
                raise _in_the_way(folder, found)
        self._existing[folder] = exists
        return exists

    def _refuse(self, change: Change, found: os.stat_result) -> None:
        """Raise, unless it is a folder that the removals of this commit leave empty and regen made."""
        leaves = stat.S_ISDIR(found.st_mode) and change.new is not None and self._gets_empty(change.path)
        if not leaves:
            raise _in_the_way(change.path, found)

    def _gets_empty(self, folder: str) -> bool:
        if folder not in self._ours:
            return False
        with os.scandir(self._tree.folder(folder)) as entries:
            names = [(f"{folder}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries]
        return all(self._gets_empty(path) if is_folder else path in self._going for path, is_folder in names)

    def _is_only_another_case(self, change: Change, found: os.stat_result) -> bool:
        """Whether a path that should be free is, on a file system that ignores case, one that is removed here."""
        if change.old is not None or change.path in self._going:
            return False
        folded = change.path.casefold()
        others = (path for path in self._going if path.casefold() == folded)
        return any((other := self._tree.stat(path)) and os.path.samestat(other, found) for path in others)

    def _stage(self, change: Change) -> str:
        """A hidden name in the nearest folder that exists and stays; checks that regen may write there."""
        folder, _ = split(change.path)
        for above in [folder, *parents(folder)] if folder else []:
            if self._is_folder(above) and not (change.new is None and above in self._ours):
                folder = above
                break
            if not self._is_folder(above) and change.new is not None:
                self._missing.add(above)
        else:
            folder = ""
        if change.new != change.old:
            self._refuse_unwritable(folder, change)
        return f"{folder}/{stage_name(self._token, change.path)}".lstrip("/")

    def _refuse_unwritable(self, folder: str, change: Change) -> None:
        for place in {folder, split(change.path)[0]}:
            if self._is_folder(place) and not os.access(".", os.W_OK | os.X_OK, dir_fd=self._tree.folder(place)):
                shown = self._tree.root / place
                raise DeployError(
                    f"{shown} does not let regen write; nothing was written",
                    where=change.path,
                    hint=f"make the folder writable: `chmod u+wx {shown}`",
                )


def stage_name(token: str, path: str) -> str:
    """The hidden name beside a path, one for each release; `.gitignore` and watchers know it by `.regen-*.tmp`."""
    return f".regen-{digest_of(f'{token} {path}'.encode())[:20]}.tmp"


def survey_without_root(root: Path, changes: Sequence[Change], token: str) -> Prepared:
    """As `Survey`, for a root that does not exist yet; the folder "" stands for the root in the answer."""
    if any(change.old is not None for change in changes):
        raise DeployError(f"{root} is gone since the plan was made; nothing was written", hint="run it again")
    refuse_nested({change.path for change in changes if change.new is not None})
    mode = default_mode()
    named = tuple(
        replace(c, mode=c.mode if c.mode is not None else mode, stage=stage_name(token, c.path)) for c in changes
    )
    folders = {folder for change in changes for folder in parents(change.path)}
    return Prepared(named, (), ("", *sorted(folders)))


def refuse_nested(paths: Set[str]) -> None:
    """Raise PathError where one path would have to be a file and a folder."""
    for path in sorted(paths):
        above = next((folder for folder in parents(path) if folder in paths), None)
        if above is not None:
            raise PathError(
                f"{above} is a file, and {path} needs a folder of that name",
                where=path,
                hint="change the `to:` of one of the templates",
            )


def default_mode() -> int:
    """Permission bits that this process gives to new files. (Linux tells the umask there; setting it would race.)"""
    with Path("/proc/self/status").open(encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("Umask:"):
                return 0o666 & ~int(line.split()[1], 8)
    return 0o644


def _in_the_way(path: str, found: os.stat_result) -> PathError:
    if stat.S_ISLNK(found.st_mode):
        what = "a symbolic link"
    elif stat.S_ISDIR(found.st_mode):
        what = "a folder with other files in it"
    elif stat.S_ISREG(found.st_mode):
        what = "a file where a folder is needed"
    else:
        what = "a device or a socket"
    return PathError(
        f"{what} stands in the way; nothing was written",
        where=path,
        hint="move it away, or change the template's `to:`",
    )
