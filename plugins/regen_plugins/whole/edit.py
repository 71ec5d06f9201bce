"""Edit: a person's bytes go to a path of the folder that is read now, into a file of its own."""

from __future__ import annotations

from collections.abc import Sequence

from regen.errors import DeployError
from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Raced, Switched
from regen.state.speaking import Speaking
from regen.state.survey import stage_name
from regen.state.tree import Tree, split
from regen_plugins.whole.files import replace_file
from regen_plugins.whole.look import Shown


def edit(tree: Tree, now: Shown, changes: Sequence[Change], journal: Journal) -> Switched:
    """Put every path from its old bytes to its new ones, whatever part of it is done already.

    Raises DeployError where nothing stands that could be edited.
    """
    if now.folder is None:
        raise DeployError(
            f"nothing stands in {tree.root}; nothing was written", hint="run `regen apply`, then run it again"
        )
    raced = [_one(tree, now, now.folder, change, journal) for change in changes]
    with Speaking(now.folder):
        tree.sync(folder for change in changes if tree.is_folder(folder := split(f"{now.folder}/{change.path}")[0]))
    return Switched(tuple(one for one in raced if one is not None))


def _one(tree: Tree, now: Shown, folder: str, change: Change, journal: Journal) -> Raced | None:
    digest, _ = now.find(change.path)
    if digest == change.new:
        return None
    if digest != change.old:
        return Raced(change, now.read(change.path))
    path = f"{folder}/{change.path}"
    with Speaking(change.path):
        if change.new is None:
            tree.remove(path)
        else:
            spare = f"{folder}/{stage_name('edit', change.path)}"
            mode = change.mode if change.mode is not None else 0o644
            replace_file(tree, spare, path, journal.read(change.new), change.new, mode, sync=True)
    return None
