"""Differences: everything that stands on disk, against the digests of what a release left there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from regen.errors import PathError
from regen.model.verified import Wrong
from regen.stages.deploy.verified import compare
from regen.state import releases
from regen.state.db import Database
from regen.state.standing import standing
from regen.state.tree import Tree

Told = Callable[[int, int], None]
"""Told how many files of how many were looked at."""
_OWN = ".regen-"  # how names begin that a deployment under way uses


def differences(
    db: Database, environment: str, root: Path, *, whole: bool, number: int | None = None, told: Told | None = None
) -> list[Wrong]:
    """Paths that differ from what stands, or from an earlier release whose folder is still there; sorted.

    Every file of the release is read. Files that wait for a person, in a conflict or after their key went, may hold
    anything.

    Args:
        root: the folder in which the release is read; `Target.tree` for what stands.
        whole: whether everything below `root` is the release's: each other file is foreign. Else people work there,
            and a file is foreign in a folder that regen made.
        number: an earlier release; None: what stands.

    Raises:
        UsageError: there is no such release.
    """
    expected = _expected(db, environment, number)
    place = root.resolve()
    if not place.is_dir():
        return [Wrong(path, "gone", digest, None) for path, digest in sorted(expected.items()) if digest]
    found: list[Wrong] = []
    with Tree(place) as tree:
        for count, (path, digest) in enumerate(expected.items(), start=1):
            if told is not None and (count % 64 == 0 or count == len(expected)):
                told(count, len(expected))
            wrong = compare(tree, path, digest) if digest is not None else None
            if wrong is not None:
                found.append(wrong)
        if number is None:
            others = _everything(place) if whole else _in_folders(db, environment, tree)
            found += [Wrong(path, "still there", None, None) for path in others if path not in expected]
    return sorted(found, key=lambda one: one.path)


def _expected(db: Database, environment: str, number: int | None) -> dict[str, str | None]:
    if number is not None:
        return {one.path: one.content for one in releases.contents(db, environment, number)}
    return {one.path: one.digest for one in standing(db, environment)}


def _everything(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        within = Path(folder).relative_to(root)
        links = (name for name in folders if (Path(folder) / name).is_symlink())
        yield from ((within / name).as_posix() for name in (*names, *links))


def _in_folders(db: Database, environment: str, tree: Tree) -> Iterator[str]:
    """Files in folders that regen made, without those of a deployment under way."""
    for (folder,) in db.execute("SELECT path FROM folder WHERE environment = ? ORDER BY path", (environment,)):
        try:
            names = tree.names(folder)
        except PathError:
            continue  # a link stands there: each file of the release below it is told
        for name in names:
            path = f"{folder}/{name}" if folder else name
            if not name.startswith(_OWN) and not tree.is_folder(path):
                yield path
