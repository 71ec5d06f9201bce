"""Reaching: the first targets of a canary environment get a release, and the others the stable one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from regen.errors import DeployError, PathError
from regen.hooks.abilities import Spreads
from regen.model.rollout import Rollout, share
from regen.orchestrator.session import Place, Session
from regen.stages.deploy.spread import bring
from regen.state import rollouts
from regen.state.rollouts import TargetRow

RETRY_S = 10.0
"""How long a target that could not be reached is left alone, in seconds."""

Clock = Callable[[], float]
_LOG = logging.getLogger("regen.deploy")


async def reach(
    session: Session, place: Place, spreads: Spreads, rollout: Rollout, weight: int, clock: Clock
) -> list[str]:
    """Give the first targets the release and the others the stable one; names those that could not be reached."""
    database = session.state.db
    known = rollouts.targets(database, place.name)
    rollouts.forget_targets(database, place.name, known.keys() - set(spreads.targets))
    first = set(share(spreads.targets, salt_of(session, place, spreads), weight))
    missed = []
    for target in _by_need(spreads.targets, known):
        wanted = rollout.release if target in first else rollout.stable
        row = known.get(target, TargetRow(target, None, 0.0))
        if wanted is None or (row.release == wanted and row.error is None):
            continue
        if row.error is not None and 0 <= clock() - row.at < RETRY_S:
            missed.append(target)
            continue
        row = await _bring(session, place, spreads, row, wanted, clock)
        rollouts.write_targets(database, place.name, [row])
        if row.error is not None:
            missed.append(target)
    return missed


def _by_need(targets: Sequence[str], known: dict[str, TargetRow]) -> list[str]:
    """Those first that have the newest release: it is theirs that may be a bad one."""
    return sorted(targets, key=lambda target: -((known[target].release or 0) if target in known else 0))


async def _bring(
    session: Session, place: Place, spreads: Spreads, row: TargetRow, wanted: int, clock: Clock
) -> TargetRow:
    try:
        kept = await bring(session.state, place.target, spreads, row.target, wanted, row.release, at=clock())
    except (DeployError, PathError) as error:
        return replace(row, at=clock(), error=error.message)
    for edit in kept:
        command = f"regen restore {edit.path} --edit {edit.name} --env {place.name}"
        _LOG.warning("%s: an edit of %s was set aside: `%s` brings it back", row.target, edit.path, command)
    tree, root = spreads.tree_of(row.target), session.config.root
    if tree is not None and tree.is_relative_to(root):
        tree = tree.relative_to(root)  # a project may be moved, and such targets with it
    return TargetRow(row.target, wanted, clock(), None, None if tree is None else str(tree))


def salt_of(session: Session, place: Place, spreads: Spreads) -> str:
    """From which the order of an environment's targets follows."""
    return spreads.salt if spreads.salt is not None else rollouts.salt(session.state.db, place.name)
