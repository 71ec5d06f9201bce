"""Settle: a durable commit record is carried out on disk, whatever part of it was done before."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regen.errors import DeployError, PathError
from regen.model.deploy import Change, Raced, Switched
from regen.model.release import KeptEdit, ReleaseState
from regen.stages.deploy.around import PostError, after
from regen.stages.deploy.journal import CommitJournal
from regen.stages.deploy.raced import RaceSettler
from regen.stages.deploy.staging import folders_of_regen, forget_stages
from regen.stages.deploy.values import Remerge, Target
from regen.state import audit, faults, undo
from regen.state.lockfile import write_dirty
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind, clear_record, write_record
from regen.state.releases import current

_ROUNDS = 7
_PAUSE_S = 0.005  # doubled each round, 0.3 s in all: an editor that is in the middle of saving ends meanwhile


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: paths merged again, conflicts, a person's bytes that left the disk, and what was switched.

    Attributes:
        switched: the last change of each path that was not left to a person.
        since: when the first switch began; seconds since the epoch, UTC.
    """

    again: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    kept: tuple[KeptEdit, ...] = ()
    switched: tuple[Change, ...] = ()
    since: float = 0.0


def carry_out(
    state: State, target: Target, record: CommitRecord, *, remerge: Remerge, journal: CommitJournal
) -> Settled:
    """Carry out a record that was just written; where that fails, put everything back.

    Raises DeployError. An interruption (Ctrl-C) comes through after the record was carried out.
    """
    try:
        return settle(state, target, record, remerge=remerge, journal=journal, resumed=False)
    except (DeployError, PathError) as error:
        take_back(state, target, record, error, remerge=remerge)
        raise DeployError(f"{error.message}; everything was put back", where=error.where, hint=error.hint) from error
    except KeyboardInterrupt:
        settle(state, target, record, remerge=remerge, journal=journal, resumed=True, commands=False)
        raise


def settle(
    state: State,
    target: Target,
    record: CommitRecord,
    *,
    remerge: Remerge,
    journal: CommitJournal,
    resumed: bool,
    commands: bool = True,
) -> Settled:
    """Carry a record out and clear it.

    Args:
        resumed: False right after the record was written; True whenever a part of it may be done.
        commands: whether the environment's commands run when everything is switched.

    Raises DeployError, PathError, StateError; the record then stays as it is.
    """
    deployer = target.deployer
    settler = RaceSettler(state, record, remerge, journal)
    folders = folders_of_regen(state, record.environment, record.changes)

    def switch(changes: Sequence[Change], *, resumed: bool) -> Switched:
        faults.point("settle.switch")
        return deployer.switch(target.root, changes, journal, folders=folders, resumed=resumed)

    since = time.time()
    switched = switch(record.changes, resumed=resumed)
    removed = set(switched.removed)
    latest = {change.path: change for change in record.changes}
    left: set[str] = set()
    for turn in range(_ROUNDS):
        if not switched.raced:
            break
        if turn:
            time.sleep(_PAUSE_S * 2**turn)
        following = _decide(state, target, record, settler.settle, switched.raced)
        latest.update((change.path, change) for change in following)
        left.update({raced.change.path for raced in switched.raced} - {change.path for change in following})
        switched = switch(following, resumed=True)
        removed.update(switched.removed)
    else:
        _decide(state, target, record, settler.give_up, switched.raced)
        left.update(raced.change.path for raced in switched.raced)
        switch((), resumed=True)  # what a deployer shows whole waits for it
    if commands:
        after(target, journal.release, journal.purpose)
    faults.point("settle.finish")
    deployer.finish(target.root, tuple(latest.values()), journal)
    faults.point("settle.clear")
    _clear(state, record, removed)
    forget_stages(state, record.environment)
    write_dirty(state, record.environment)
    done = tuple(change for path, change in latest.items() if path not in left)
    return Settled(tuple(sorted(settler.again)), tuple(sorted(settler.conflicts)), tuple(journal.kept), done, since)


def _decide(
    state: State,
    target: Target,
    record: CommitRecord,
    decide: Callable[[Raced], Change | None],
    raced: Sequence[Raced],
) -> list[Change]:
    from regen.stages.deploy.receipt import amend_receipt

    with state.db.transaction():
        following = [change for one in raced if (change := decide(one)) is not None]
        if record.kind is not RecordKind.UNDO:
            amend_receipt(state, target, record.release, [one.change.path for one in raced])
        return following


def _clear(state: State, record: CommitRecord, removed: set[str]) -> None:
    # Not flushed: after a power cut the record may be there again, and settling it finds everything done.
    with state.db.transaction(durable=False):
        clear_record(state.db, record.environment)
        state.db.many(
            "DELETE FROM folder WHERE environment = ? AND path = ?",
            [(record.environment, folder) for folder in sorted(removed)],
        )
        state.db.execute(
            "UPDATE release SET state = ? WHERE environment = ? AND number = ? AND state = ?",
            (ReleaseState.DEPLOYED.value, record.environment, record.release, ReleaseState.DEPLOYING.value),
        )


def take_back(
    state: State, target: Target, record: CommitRecord, error: DeployError | PathError, *, remerge: Remerge
) -> None:
    """Put the old tree and the old state back after a record could not be carried out.

    Raises DeployError where that fails too; the record stays, and the next holder goes on with it.
    """
    back = CommitRecord(
        record.environment,
        record.release,
        RecordKind.UNDO,
        record.at,
        tuple(change.reversed() for change in record.changes),
    )
    why = f"release {record.release} was put back after it failed"
    journal = CommitJournal(state, record.environment, at=record.at, why=why, record=back)
    from regen.state import merkle

    try:
        if record.kind is not RecordKind.UNDO:
            folders = folders_of_regen(state, record.environment, record.changes)
            with state.db.transaction():
                touched = merkle.changed_by(state.db, record.environment, record.release)
                undo.take_back(state.db, record.environment)
                merkle.follow(state.db, record.environment, touched)
                _note(state, record, error)
                write_record(state.db, back)
                _remember_folders(state, record.environment, folders)
        else:
            back = record
        again = isinstance(error, PostError)  # what `post` set going goes on with what stands now
        settle(state, target, back, remerge=remerge, journal=journal, resumed=True, commands=again)
    except (DeployError, PathError) as second:
        raise DeployError(
            f"{error.message}; nor could it be put back: {second.message}",
            where=second.where or error.where,
            hint="mend that and run any regen command: it brings the deployment to its end first",
        ) from error


def _note(state: State, record: CommitRecord, error: DeployError | PathError) -> None:
    standing = current(state.db, record.environment)
    audit.note(
        state.db,
        "take back",
        outcome="failed",
        environment=record.environment,
        why=error.message,
        before=record.release,
        after=standing.number if standing is not None else None,
    )


def _remember_folders(state: State, environment: str, folders: frozenset[str]) -> None:
    """Folders that the failed commit made are regen's until they are removed again."""
    state.db.many(
        "INSERT INTO folder (environment, path) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(environment, folder) for folder in sorted(folders)],
    )
