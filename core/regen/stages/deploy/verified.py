"""Verified: after a switch the files are read back from where readers see them, and held against the release.

The changed paths are, so that it costs what the change costs. Where a deployer shows another tree as a whole, as after
a rollback of `releases`, every file of that tree is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from regen.errors import DeployError, PathError
from regen.model.deploy import Change, Content
from regen.model.verified import Verified, Wrong
from regen.stages.deploy.values import Target
from regen.state.blobs import digest_of
from regen.state.opening import State
from regen.state.standing import standing
from regen.state.tree import Tree, refuse_strange


def verified(target: Target, changes: Iterable[Change], since: float) -> Verified:
    """Read back what changed.

    Args:
        target: where.
        changes: what was switched; a path that was left to a person is not among them.
        since: when the switch began; seconds since the epoch, UTC. In a folder that people work in, a file that was
            written to later holds an edit.
    """
    return _read_back(target, [Content(c.path, c.new, c.mode, fresh=True) for c in changes], since)


def verified_whole(state: State, target: Target, changes: Sequence[Change], since: float) -> Verified:
    """Read back everything that stands, where a deployer shows it as a whole; else what changed."""
    if target.tree == target.root:
        return verified(target, changes, since)
    stands = [content for content in standing(state.db, target.environment) if content.digest is not None]
    gone = [Content(change.path, None, None, fresh=True) for change in changes if change.new is None]
    return _read_back(target, [*stands, *gone], since)


def mismatch(environment: str, number: int, found: Verified) -> DeployError:
    """The error of a release that does not stand as it should."""
    return DeployError(
        f"release {number} of {environment} was deployed, and does not stand as it should: {found}",
        hint="look at the disk and at what writes there; `regen apply` or `regen rollback` brings what should stand",
    )


def _read_back(target: Target, contents: Sequence[Content], since: float) -> Verified:
    in_place = target.tree == target.root
    root = target.tree if in_place else target.tree.resolve()  # once: all of it is read of one release
    if not root.is_dir():
        lost = [Wrong(c.path, "gone", c.digest, None) for c in contents if c.digest is not None]
        return Verified(len(contents), tuple(lost))
    wrong, edited = [], []
    with Tree(root) as tree:
        for content in contents:
            found = compare(tree, content.path, content.digest)
            if found is None:
                continue
            if (in_place and _written_since(tree, content.path, since)) or _carried(content, found):
                edited.append(content.path)
            else:
                wrong.append(found)
    return Verified(len(contents), tuple(wrong), tuple(edited))


def _carried(content: Content, found: Wrong) -> bool:
    """Whether a file that the release did not touch holds what a person made of it before."""
    return not content.fresh and found.what == "other bytes"


def compare(tree: Tree, path: str, expected: str | None) -> Wrong | None:
    """How a file differs from the digest that it has to have, None for no file; None where it does not."""
    try:
        refuse_strange(path)
        data = None if tree.is_folder(path) else tree.read(path)
    except (OSError, PathError):
        return Wrong(path, "unreadable", expected, None)
    digest = digest_of(data) if data is not None else None
    if digest == expected:
        return None
    if digest is None:
        return Wrong(path, "gone", expected, None)
    return Wrong(path, "still there" if expected is None else "other bytes", expected, digest)


def _written_since(tree: Tree, path: str, since: float) -> bool:
    """Whether somebody wrote the file after the switch began; staged files were written before."""
    try:
        status = tree.stat(path)
        return status is not None and status.st_mtime > since
    except (OSError, PathError):
        return False
