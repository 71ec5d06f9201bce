"""Rows: what a draft says becomes the rows of a release, inside the transaction of the commit."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from regen.model.artifact import ArtifactId
from regen.model.deploy import Change, Prepared
from regen.model.plan import Action, Inputs, PlanItem
from regen.model.release import Release, ReleaseState, Standing, Version
from regen.stages.deploy.draft import Draft, writes
from regen.stages.deploy.values import Target
from regen.state.db import Database
from regen.state.ledger import Ledger, OpenConflict, spell
from regen.state.opening import State
from regen.state.releases import standing_paths

_COUNTED = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.ADOPT: "updated",
    Action.MERGE: "merged",
    Action.DELETE: "deleted",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What is known of a release beside its items."""

    environment: str
    number: int
    parent: int | None
    revision: int
    inputs: str
    at: float
    note: str


def open_conflicts(state: State, target: Target, draft: Draft) -> list[tuple[OpenConflict, Inputs | None]]:
    """The conflicts of a draft, their sides stored as blobs; "ours" is what is on disk now."""
    found = []
    for item in draft.items:
        if item.action is not Action.CONFLICT:
            continue
        ours = target.deployer.read(target.root, item.moved_from or item.path)
        sides = [None if side is None else state.blobs.put(side) for side in (ours, item.render, item.marked)]
        conflict = OpenConflict(
            item.path, item.artifact, item.base, sides[0], sides[1], sides[2], item.conflicts, item.because
        )
        found.append((conflict, item.inputs))
    return found


def write_rows(
    db: Database,
    heading: Heading,
    draft: Draft,
    prepared: Prepared,
    conflicts: Sequence[tuple[OpenConflict, Inputs | None]],
    nothing: Sequence[PlanItem],
    *,
    made: bool,
) -> None:
    """Write everything but the commit record.

    Args:
        prepared: the draft's changes as the deployer found them.
        nothing: items that came out equal.
        made: whether there is a release at all, not only conflicts and stale entries.
    """
    ledger = Ledger(db, heading.environment, heading.number if made else heading.parent or 0, heading.at)
    if made:
        ledger.release(_release(heading, draft, complete=not conflicts))
        _write_versions(db, ledger, heading, draft, prepared)
        db.execute("DELETE FROM hold WHERE environment = ? AND inputs <> ?", (heading.environment, heading.inputs))
    ledger.settle_conflicts(item.artifact for item in draft.items if item.action is not Action.CONFLICT)
    for conflict, inputs in conflicts:
        ledger.conflict(conflict, inputs)
    kept = [item for item in draft.items if item.action is Action.KEEP]
    ledger.mark([item.artifact for item in kept if item.old is not None], Standing.ORPHAN)
    ledger.mark([item.artifact for item in kept if item.old is None], Standing.DELETED)
    same = [(item.artifact, item.inputs) for item in (*nothing, *kept) if item.inputs is not None]
    ledger.inputs(same)
    ledger.fresh(item.artifact for item in (*draft.items, *nothing))


def _write_versions(db: Database, ledger: Ledger, heading: Heading, draft: Draft, prepared: Prepared) -> None:
    by_path = {change.path: change for change in prepared.changes}
    written = [item for item in draft.items if writes(item)]
    standing = standing_paths(db, heading.environment, (item.path for item in written))
    versions = [spell(_version(heading, item, by_path[item.path], standing)) for item in written]
    ledger.close((*prepared.changes, *draft.ended))
    _forget(ledger, draft)
    ledger.leave_paths(i.artifact for i in written if i.moved_from not in (None, i.path))
    ledger.free_paths(versions)
    ledger.versions(versions)
    ledger.stand(versions)
    ledger.folders(prepared.folders)
    ledger.dirty(change.path for change in (*prepared.changes, *draft.ended))


def _forget(ledger: Ledger, draft: Draft) -> None:
    """Deleted artifacts go, but for those whose template only says that there is no file now."""
    deleted = [item for item in draft.items if item.action is Action.DELETE]
    ledger.forget(item.artifact for item in deleted if item.inputs is None)
    silent: list[tuple[ArtifactId, Inputs]] = [(i.artifact, i.inputs) for i in deleted if i.inputs is not None]
    ledger.inputs(silent)
    ledger.without_file(artifact for artifact, _ in silent)


def _version(heading: Heading, item: PlanItem, change: Change, standing: Set[str]) -> Version:
    inputs = item.inputs or Inputs("")
    return Version(
        path=item.path,
        since=heading.number,
        until=None,
        artifact=item.artifact,
        content=change.new or "",
        base=change.base or change.new or "",
        template=inputs.template,
        rows=inputs.rows,
        because=item.because,
        mode=change.mode or 0,
        found=change.old if item.path not in standing else None,
    )


def _release(heading: Heading, draft: Draft, *, complete: bool) -> Release:
    counts = dict.fromkeys(("created", "updated", "merged", "deleted"), 0)
    for item in draft.items:
        name = _COUNTED.get(item.action) if item.path else None  # without a path only a record goes
        if name is not None:
            counts[name] += 1
    return Release(
        heading.environment,
        heading.number,
        heading.parent,
        heading.revision,
        heading.inputs,
        heading.at,
        ReleaseState.DEPLOYING,
        complete,
        counts["created"],
        counts["updated"],
        counts["merged"],
        counts["deleted"],
        heading.note,
    )
