"""Recover: a deployment that was cut off ends, forward where that is possible."""

from __future__ import annotations

from regen.errors import DeployError, PathError
from regen.stages.deploy.journal import CommitJournal, sweep_trash
from regen.stages.deploy.settle import settle, take_back
from regen.stages.deploy.staging import drop_stages
from regen.stages.deploy.values import Interrupted, Recovered, Remerge, Target
from regen.stages.deploy.verified import verified_whole
from regen.state.lockfile import write_dirty
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind, read_record


def interrupted(state: State, environment: str) -> Interrupted | None:
    """What was cut off; None where nothing was. Reads only, for `status` and `verify`."""
    record = read_record(state.db, environment)
    return Interrupted(record.release, tuple(c.path for c in record.changes)) if record is not None else None


def recover(state: State, target: Target, *, at: float, remerge: Remerge) -> Recovered | None:
    """Bring what was cut off to its end, by path: old bytes are switched, new ones are done, others are merged.

    Call it whenever a project is opened by its holder; it may itself be killed at any moment, and called again.

    Args:
        at: now, in seconds since the epoch, UTC.
        remerge: for files that were edited meanwhile.

    Returns:
        What became of it; None where nothing was interrupted.

    Raises:
        DeployError: neither the new nor the old tree can be completed; the message says why.
        StateError: blobs that are needed are missing or damaged, or the disk is full.
    """
    sweep_trash(state, target.environment, at=at)
    record = read_record(state.db, target.environment)
    if record is None:
        drop_stages(state, target)
        write_dirty(state, target.environment)
        return None
    journal = CommitJournal(
        state,
        target.environment,
        at=at,
        why=f"found when release {record.release} was brought to its end",
        record=record,
    )
    try:
        settled = settle(state, target, record, remerge=remerge, journal=journal, resumed=True)
    except (DeployError, PathError) as error:
        return _back(state, target, record, error, remerge)
    forward = record.kind is not RecordKind.UNDO
    found = verified_whole(state, target, settled.switched, settled.since) if forward else None
    return Recovered(record.release, forward, None, settled.again, settled.conflicts, settled.kept, found)


def _back(
    state: State, target: Target, record: CommitRecord, error: DeployError | PathError, remerge: Remerge
) -> Recovered:
    if record.kind is RecordKind.UNDO:
        raise error
    take_back(state, target, record, error, remerge=remerge)
    return Recovered(record.release, forward=False, why=str(error))
