"""Rollback: an earlier release stands again, as a new one; edits made since are carried over or kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from regen.errors import DeployError
from regen.model.artifact import ArtifactId, Because
from regen.model.deploy import Change, Prepared, Purpose
from regen.model.receipt import Facts
from regen.model.release import Hold, KeptEdit, Release, ReleaseState, Standing, Version
from regen.stages.deploy.around import before
from regen.stages.deploy.commit import keep_old_bytes, refuse_unsettled
from regen.stages.deploy.journal import CommitJournal, sweep_trash
from regen.stages.deploy.restore import Restored, Restoring
from regen.stages.deploy.settle import carry_out
from regen.stages.deploy.staging import folders_of_regen, recording, stage
from regen.stages.deploy.values import Edit, Remerge, RolledBack, Target
from regen.stages.deploy.verified import verified_whole
from regen.stages.deploy.way import Wanted, Way, find_way, mark_bad
from regen.state import faults
from regen.state.codec import artifact_of
from regen.state.holds import hold
from regen.state.ledger import Ledger, spell
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind, write_record
from regen.state.releases import differing, release
from regen.state.stale import add_stale

_ROUNDS = 6
_NO_FACTS = Facts()


def rollback(
    state: State,
    target: Target,
    wanted: Wanted,
    *,
    at: float,
    remerge: Remerge,
    within: Callable[[Release, Release], None] | None = None,
    facts: Facts = _NO_FACTS,
) -> RolledBack:
    """Restore the exact bytes of a release, deletions included, as a new release, and hold the environment there.

    The release that is left becomes bad, and its inputs are held. Edits made since are merged onto what is restored; an
    edit that does not fit is set aside as a blob, and what is restored stands. Costs the number of paths that differ.

    Args:
        wanted: which.
        at: now, in seconds since the epoch, UTC.
        within: runs in the transaction of the commit, with the release that is left and the one that it makes.
        facts: what the receipt says beside what the state knows.

    Raises:
        UsageError: there is no such release, it is the current one, or it is bad; or a person asked, and no good one
            is left: then nothing changes.
        FrozenError: a trigger asked, and no good release is left: the current one is bad, and the environment frozen.
        PathError, DeployError, StateError: as for `commit`.
    """
    refuse_unsettled(state, target)
    sweep_trash(state, target.environment, at=at)
    way = find_way(state, target, wanted, at)
    restoring = Restoring(state, target, way.to.number, remerge, discard_edits=wanted.discard_edits)
    restored, prepared = _prepare(state, target, way, restoring)
    changed = tuple(change for change in prepared.changes if change.alters)
    record = CommitRecord(target.environment, way.number, RecordKind.ROLLBACK, at, changed)
    journal = CommitJournal(state, target.environment, at=at, why=way.why, record=record)
    before(target, way.number, Purpose.ROLLBACK)
    stage(state, target, prepared, changed, journal)
    with recording(state, target, prepared):
        _write_rows(state, target, way, restored, prepared)
        if within is not None:
            within(way.left, release(state.db, target.environment, way.number))
        from regen.stages.deploy.receipt import give_receipt

        give_receipt(state, target, way.number, facts)
        write_record(state.db, record)
    faults.point("rollback.recorded")
    settled = carry_out(state, target, record, remerge=remerge, journal=journal)
    edits = [edit for one in restored if (edit := one.edit) is not None]
    edits += [Edit(kept.path, kept.content, "set aside") for kept in settled.kept]
    conflicts = sorted({*settled.conflicts, *(one.path for one in restored if one.conflict is not None)})
    return RolledBack(
        release(state.db, target.environment, way.number),
        release(state.db, target.environment, way.left.number),
        tuple(sorted(edits, key=lambda edit: (edit.path, edit.content or ""))),
        tuple(conflicts),
        verified_whole(state, target, settled.switched, settled.since),
    )


def _prepare(state: State, target: Target, way: Way, restoring: Restoring) -> tuple[list[Restored], Prepared]:
    """Work out what each path gets, again while somebody keeps editing."""
    paths = differing(state.db, target.environment, way.to.number)
    if not target.tree.exists():
        paths = restoring.all_paths(paths)
    for _ in range(_ROUNDS):
        restored = restoring.work_out(paths)
        changes = [one.change for one in restored if one.change is not None]
        folders = folders_of_regen(state, target.environment, changes)
        token = f"{target.environment} {way.number}"
        prepared = target.deployer.prepare(target.root, changes, token=token, folders=folders)
        raced = prepared.raced or keep_old_bytes(state, target, changes)
        if not raced:
            return restored, prepared
    shown = ", ".join(sorted(one.change.path for one in raced))
    raise DeployError(f"{shown} keep changing; nothing was written", hint="stop what writes there, and run it again")


def _write_rows(state: State, target: Target, way: Way, restored: Sequence[Restored], prepared: Prepared) -> None:
    db, environment = state.db, target.environment
    ledger = Ledger(db, environment, way.number, way.at)
    by_path = {change.path: change for change in prepared.changes}
    conflicts = [one.conflict for one in restored if one.conflict is not None]
    ledger.release(_release(way, prepared.changes, complete=not conflicts))
    ledger.close(_closing(one, by_path) for one in restored)
    gone = {one.standing.artifact for one in restored if one.standing is not None}
    back = {one.version.artifact for one in restored if one.version is not None}
    ledger.leave_paths(sorted(gone | back, key=lambda artifact: artifact.sort_key))
    orphans = [one.orphan for one in restored if one.orphan is not None]
    stay = {version.artifact for version in orphans}
    ledger.forget(sorted(gone - back - stay, key=lambda artifact: artifact.sort_key))
    versions = [_version(one.version, way, by_path[one.path]) for one in restored if one.version and not one.deleted]
    tombs = [one.version for one in restored if one.version is not None and one.deleted]
    spelt = [spell(version) for version in versions]
    ledger.versions(spelt)
    ledger.stand((*spelt, *(spell(version) for version in (*orphans, *tombs))))
    ledger.mark([version.artifact for version in orphans], Standing.ORPHAN)
    ledger.mark([version.artifact for version in tombs], Standing.DELETED)
    touched = gone | back | _forget_later_conflicts(state, ledger, way, gone | back)
    ledger.settle_conflicts(touched)
    for conflict in conflicts:
        ledger.conflict(conflict, None)
    mark_bad(state, way.left)
    hold(db, environment, Hold(way.left.inputs, way.number, way.at, way.wanted.interrupted))
    because = Because("restored", f"release {way.to.number} was restored over release {way.left.number}")
    add_stale(db, environment, dict.fromkeys(sorted(touched, key=lambda a: a.sort_key), because), way.left.revision)
    ledger.keep_edits(_kept(way, restored))
    ledger.folders(prepared.folders)
    ledger.dirty(one.path for one in restored)


def _forget_later_conflicts(state: State, ledger: Ledger, way: Way, touched: set[ArtifactId]) -> set[ArtifactId]:
    """Conflicts younger than the restored release are with renders that were left: their artifacts are stale again."""
    rows = state.db.execute(
        "SELECT conflict.template, conflict.key, content FROM conflict LEFT JOIN artifact"
        " USING (environment, template, key) WHERE environment = ? AND conflict.at > ?",
        (way.left.environment, way.to.at),
    )
    later = {artifact_of(template, key): content for template, key, content in rows}
    others = [artifact for artifact in later if artifact not in touched]
    ledger.mark([artifact for artifact in others if later[artifact] is not None], Standing.OK)
    ledger.forget(artifact for artifact in others if later[artifact] is None)
    return set(others)


def _kept(way: Way, restored: Sequence[Restored]) -> list[KeptEdit]:
    return [KeptEdit(one.path, way.at, one.set_aside, way.why, _base(one)) for one in restored if one.set_aside]


def _base(one: Restored) -> str | None:
    """The last render in what is set aside: of the artifact that has the path, or of the one that comes back to it."""
    if one.set_aside == one.found:
        return one.standing.base if one.standing is not None else None
    return one.change.parent_base if one.change is not None else None


def _closing(one: Restored, by_path: dict[str, Change]) -> Change:
    """What ends the version at a path: with the bytes that are on disk."""
    change = by_path.get(one.path)
    return change if change is not None else Change(one.path, one.artifact, one.found, one.found, None)


def _version(version: Version, way: Way, change: Change) -> Version:
    return replace(
        version,
        since=way.number,
        until=None,
        content=change.new or version.content,
        mode=change.mode if change.mode is not None else version.mode,
        last=None,
    )


def _release(way: Way, changes: Sequence[Change], *, complete: bool) -> Release:
    return Release(
        way.left.environment,
        way.number,
        way.left.number,
        way.to.revision,
        way.to.inputs,
        way.at,
        ReleaseState.DEPLOYING,
        complete,
        created=sum(c.old is None and c.new is not None for c in changes),
        updated=sum(c.old is not None and c.new is not None and c.old != c.new for c in changes),
        deleted=sum(c.new is None and c.old is not None for c in changes),
        note=f"release {way.to.number} restored" + (f": {way.wanted.why}" if way.wanted.why else ""),
        restores=way.to.number,
    )
