"""Again: an item whose file was edited between the plan and the commit is merged once more, before any writing."""

from __future__ import annotations

from dataclasses import replace

from regen.model.deploy import Raced
from regen.model.merge import Conflict, Merged, ThreeWay
from regen.model.plan import Action, PlanItem
from regen.stages.deploy.values import Remerge
from regen.state.blobs import digest_of
from regen.state.opening import State

BUSY = "another process keeps writing to this file"


def decided_again(state: State, item: PlanItem, raced: Raced, remerge: Remerge) -> PlanItem:
    """The item for what is on disk now.

    Args:
        raced: the path that was found edited: the item's own, or the one that it moves from.
    """
    ours = raced.ours
    path = raced.change.path
    moving = item.moved_from is not None and item.moved_from != item.path
    if ours is None:
        return _without_file(item, path)
    if item.action in (Action.DELETE, Action.KEEP):
        return replace(item, action=Action.KEEP, content=None, old=digest_of(ours))
    base = state.blobs.read(item.base) if item.base is not None and state.blobs.has(item.base) else None
    theirs = item.render or b""
    if moving and path == item.path:  # the path that it moves to was taken
        base, theirs = None, item.content or theirs
    merged = remerge(ThreeWay(item.path, None, base, ours, theirs))
    if merged.content is None:
        return as_conflict(item, merged, ours)
    if moving and path == item.path:
        return replace(item, content=merged.content)
    return replace(
        item,
        action=Action.MERGE,
        old=digest_of(ours),
        content=merged.content,
        how=merged.how,
        confidence=merged.confidence,
    )


def _without_file(item: PlanItem, path: str) -> PlanItem:
    """The user deleted the file: it stays deleted; a path that has become free is simply written."""
    if item.action is Action.DELETE:
        return replace(item, old=None, content=None)
    if item.moved_from is not None and path == item.path != item.moved_from:
        return item
    if item.action is Action.CREATE:
        return replace(item, old=None)
    return replace(
        item, action=Action.KEEP, path=path, moved_from=None, old=None, content=None, render=None, inputs=None
    )


def as_conflict(item: PlanItem, merged: Merged, ours: bytes) -> PlanItem:
    """The item as a conflict that leaves the user's file."""
    return replace(
        item,
        action=Action.CONFLICT,
        old=digest_of(ours),
        content=None,
        how=merged.how,
        confidence=merged.confidence,
        conflicts=merged.conflicts or (Conflict("content", BUSY),),
        marked=merged.marked,
    )
