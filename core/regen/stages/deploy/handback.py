"""Hand back: bytes that were set aside go to a path where people work, as if they had been typed there.

Why no release: regen did not render these bytes. The file is edited, its base stays what it was, and the next render
is merged with it as with every edit. What a person has at the path is set aside first, so nothing is lost, and handing
that back takes this one back. Why a commit record all the same: a kill leaves the old bytes or the new ones. Its kind
is the one whose races change nothing in the history.
"""

from __future__ import annotations

from dataclasses import replace

from regen.errors import DeployError, PathError
from regen.model.artifact import ArtifactId
from regen.model.deploy import Change
from regen.stages.deploy.commit import refuse_unsettled
from regen.stages.deploy.journal import CommitJournal
from regen.stages.deploy.settle import settle, take_back
from regen.stages.deploy.staging import folders_of_regen, stage
from regen.stages.deploy.values import Remerge, Target
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind, write_record
from regen.state.releases import current

_NOBODY = ArtifactId("", None)  # the change is of no release, and whose it is is asked by nobody


def hand_back(
    state: State,
    target: Target,
    path: str,
    content: bytes,
    *,
    old: str | None,
    base: str | None,
    edited: bool,
    at: float,
    why: str,
    remerge: Remerge,
) -> bool:
    """Write bytes to a path, all of them or none, durably.

    Args:
        path: relative to the target's root; folders are made where they are missing.
        old: digest of what the caller found there; None: no file.
        base: digest of the last render in what stands there; None: it is not known, or its bytes are lost.
        edited: whether what stands there is a person's, so that it is set aside.
        at: now, in seconds since the epoch, UTC.
        why: what takes the bytes that stand there off the disk, in one line.
        remerge: for a file that is edited meanwhile: both go in, or the edit is set aside.

    Returns:
        Whether they were written; False where something else stands there by now, and nothing was done.

    Raises:
        PathError: a link or a folder is in the way; nothing was written.
        DeployError: the system said no; everything was put back.
        StateError: `.regen/` cannot be written.
    """
    refuse_unsettled(state, target)
    new = state.blobs.put(content)
    change = Change(path, _NOBODY, old, new, base, base, theirs=new)
    folders = folders_of_regen(state, target.environment, [change])
    prepared = target.deployer.prepare(target.root, [change], token=f"{target.environment} {at}", folders=folders)
    found = target.deployer.read(target.root, path) if old is not None else None
    if prepared.raced or (found is None) is not (old is None):
        return False
    newest = current(state.db, target.environment)
    number = newest.number if newest is not None else 0
    record = CommitRecord(target.environment, number, RecordKind.UNDO, at, prepared.changes)
    journal = CommitJournal(state, target.environment, at=at, why=why, record=record)
    if found is not None and edited:
        journal.keep(path, found)
    stage(state, target, prepared, prepared.changes, journal)
    with state.db.transaction():
        write_record(state.db, record)
    try:
        settle(state, target, record, remerge=remerge, journal=journal, resumed=False)
    except (DeployError, PathError) as error:
        take_back(state, target, replace(record, kind=RecordKind.DEPLOY), error, remerge=remerge)
        raise DeployError(f"{error.message}; everything was put back", where=path, hint=error.hint) from error
    except KeyboardInterrupt:
        settle(state, target, record, remerge=remerge, journal=journal, resumed=True)
        raise
    return True
