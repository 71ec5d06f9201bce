"""Commit: a plan becomes a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from regen.errors import DeployError, StateError
from regen.model.deploy import Change, Prepared, Purpose, Raced
from regen.model.merge import Conflict, Merged
from regen.model.plan import Action, Plan, PlanItem
from regen.model.receipt import Facts
from regen.stages.deploy.again import BUSY, as_conflict, decided_again
from regen.stages.deploy.around import before
from regen.stages.deploy.draft import Draft, Drafting, writes
from regen.stages.deploy.journal import CommitJournal, sweep_trash
from regen.stages.deploy.rows import Heading, open_conflicts, write_rows
from regen.stages.deploy.settle import Settled, carry_out
from regen.stages.deploy.staging import folders_of_regen, recording, stage
from regen.stages.deploy.values import Committed, Remerge, Target
from regen.stages.deploy.verified import verified
from regen.state import faults, undo
from regen.state.blobs import digest_of
from regen.state.opening import State
from regen.state.record import CommitRecord, RecordKind, read_record, write_record
from regen.state.releases import current

_ROUNDS = 6
_NO_FACTS = Facts()


def commit(
    state: State,
    target: Target,
    plan: Plan,
    *,
    inputs: str,
    at: float,
    remerge: Remerge,
    note: str = "",
    nothing: Sequence[PlanItem] = (),
    within: Callable[[int | None], None] | None = None,
    facts: Facts = _NO_FACTS,
) -> Committed:
    """Write what a plan says, all of it or nothing, and record it as a release.

    Args:
        plan: `old` of each item is the digest of the bytes that its merge read.
        inputs: digest of everything that the release is made from.
        at: now, in seconds since the epoch, UTC.
        remerge: for files that were edited since the plan was made.
        note: why, in one line.
        nothing: items that came out equal: their stale entries go, and their inputs are stored.
        within: runs in the transaction of the commit, with the number of the release (None where there is none);
            artifacts have their rows then.
        facts: what the receipt says beside what the state knows.

    Raises:
        PathError: a link, a folder or another artifact is in the way; nothing was written.
        DeployError: the system said no; everything was put back.
        StateError: `.regen/` cannot be written; nothing was written elsewhere, or the next command completes it.
    """
    refuse_unsettled(state, target)
    swept = sweep_trash(state, target.environment, at=at)
    heading = _heading(state, target, plan, inputs, at, note)
    draft, prepared, again = _prepare(state, target, heading, plan.items, remerge)
    conflicts = open_conflicts(state, target, draft)
    changed = tuple(change for change in prepared.changes if change.alters)
    why = f"edited while release {heading.number} was written"
    record = CommitRecord(target.environment, heading.number, RecordKind.DEPLOY, at, changed)
    journal = CommitJournal(state, target.environment, at=at, why=why, record=record, fresh=draft.fresh)
    made = bool(draft.changes or draft.ended)
    if made:
        before(target, heading.number, Purpose.DEPLOY)
    stage(state, target, prepared, changed, journal)
    with recording(state, target, prepared):
        state.blobs.put_soon(list(draft.fresh.values()))
        write_rows(state.db, heading, draft, prepared, conflicts, nothing, made=made)
        if within is not None:
            within(heading.number if made else None)
        _record(state, target, record if made else None, facts, draft.fresh)
    faults.point("commit.recorded")
    settled = carry_out(state, target, record, remerge=remerge, journal=journal) if made else Settled()
    return Committed(
        current(state.db, target.environment) if made else None,
        tuple(sorted({*again, *settled.again})),
        tuple(sorted({*settled.conflicts, *(found.path for found, _ in conflicts)})),
        (*swept, *settled.kept),
        verified(target, settled.switched, settled.since) if made else None,
    )


def _record(
    state: State, target: Target, record: CommitRecord | None, facts: Facts, fresh: Mapping[str, bytes]
) -> None:
    """The receipt and the commit record; None: no release is made, and there is nothing to take back."""
    if record is None:
        undo.forget(state.db, target.environment)
        return
    from regen.stages.deploy.receipt import give_receipt

    give_receipt(state, target, record.release, facts, fresh)
    write_record(state.db, record)


def refuse_unsettled(state: State, target: Target) -> None:
    """Raise StateError while a commit record waits for `recover`."""
    record = read_record(state.db, target.environment)
    if record is not None:
        raise StateError(
            f"release {record.release} of {target.environment} was interrupted and is not settled",
            hint="open the project again: that brings it to its end",
        )


def _heading(state: State, target: Target, plan: Plan, inputs: str, at: float, note: str) -> Heading:
    newest = current(state.db, target.environment)
    parent = newest.number if newest is not None else None
    return Heading(target.environment, (parent or 0) + 1, parent, plan.revision, inputs, at, note)


def _prepare(
    state: State,
    target: Target,
    heading: Heading,
    items: Sequence[PlanItem],
    remerge: Remerge,
) -> tuple[Draft, Prepared, set[str]]:
    """Look at every path; merge again what was edited since the plan, until nothing is."""
    again: set[str] = set()
    wanted = list(items)
    drafting = Drafting(state, target.environment)
    for turn in range(_ROUNDS + 1):
        draft = drafting.draft(wanted)
        folders = folders_of_regen(state, target.environment, draft.changes)
        token = f"{target.environment} {heading.number}"
        prepared = target.deployer.prepare(target.root, draft.changes, token=token, folders=folders)
        raced = prepared.raced or keep_old_bytes(state, target, (*draft.changes, *draft.ended))
        if not raced:
            return draft, prepared, again
        again.update(one.change.path for one in raced)
        by_path = {one.change.path: one for one in raced}
        drafting.seen.update({p: digest_of(r.ours) if r.ours is not None else None for p, r in by_path.items()})
        wanted = [_decide(state, item, by_path, remerge, last=turn == _ROUNDS - 1) for item in wanted]
    raise DeployError(
        f"{', '.join(sorted(by_path))} keep changing; nothing was written",
        hint="stop what writes there, and run it again",
    )


def _decide(state: State, item: PlanItem, raced: dict[str, Raced], remerge: Remerge, *, last: bool) -> PlanItem:
    found = raced.get(item.moved_from or item.path) or raced.get(item.path)
    if found is None or item.action is Action.CONFLICT:
        return item
    if last and found.ours is not None and writes(item):
        return as_conflict(item, Merged(None, (Conflict("content", BUSY),), "lines", 0.0), found.ours)
    return decided_again(state, item, found, remerge)


def keep_old_bytes(state: State, target: Target, changes: Sequence[Change]) -> tuple[Raced, ...]:
    """Store what stands on disk where no blob holds it, for a person's bytes must not be in that file alone.

    Gives paths that turn out to be edited once more.
    """
    missing = [change for change in changes if change.old is not None and not state.blobs.has(change.old)]
    read = [(change, target.deployer.read(target.root, change.path)) for change in missing]
    digests = state.blobs.put_many([data for _, data in read if data is not None])
    found = iter(digests)
    return tuple(
        Raced(change, data) for change, data in read if (next(found) if data is not None else None) != change.old
    )
