"""Assemble: decisions about single artifacts become the items of a plan, with one owner a path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from regen.errors import PathError, RegenError
from regen.model.artifact import ArtifactId, Because
from regen.model.merge import Conflict
from regen.model.plan import Action, Inputs, PlanItem
from regen.orchestrator.chunk import Made
from regen.orchestrator.disk import read_disk
from regen.orchestrator.loops import refuse_loops
from regen.orchestrator.remember import as_before
from regen.orchestrator.session import Place, Session
from regen.stages import merge as merging
from regen.state.blobs import digest_of
from regen.state.records import Record


@dataclass(slots=True)
class Work:
    """What the planner knows before anything is rendered.

    Attributes:
        place: the environment.
        because: why each affected artifact is.
        records: what stands, for artifacts whose key exists.
        rows: (view, digest) of each.
        equal: artifacts whose rows are what they were.
        gone: records whose key, or template, is gone.
        vanished: stale entries of artifacts that neither stand nor should.
        inherited: what artifacts take over from others, whose records are in `records` under their own name too.
    """

    place: Place
    because: dict[ArtifactId, Because] = field(default_factory=dict)
    records: dict[ArtifactId, Record | None] = field(default_factory=dict)
    rows: dict[ArtifactId, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    equal: list[ArtifactId] = field(default_factory=list)
    gone: list[Record] = field(default_factory=list)
    vanished: list[ArtifactId] = field(default_factory=list)
    inherited: dict[ArtifactId, Record] = field(default_factory=dict)


async def assemble(
    session: Session, work: Work, made: Mapping[ArtifactId, Made]
) -> tuple[tuple[PlanItem, ...], tuple[PlanItem, ...]]:
    """Make the items of a plan.

    Returns:
        The items that do something, and those that came out equal, both sorted.

    Raises:
        RegenError: the first error of rendering, by artifact; PathError: two artifacts claim one path.
    """
    _raise_first(made)
    items = [await _item(session, work, artifact, value) for artifact, value in made.items()]
    items += [await _gone_item(session, work, record) for record in work.gone]
    items += [_handed_over(work, record) for record in work.inherited.values() if record.artifact not in made]
    items += [_nothing(session, work, artifact) for artifact in (*work.equal, *work.vanished)]
    items = _settle_paths(work, items)
    refuse_loops(session.config, work.place, items)
    items.sort(key=lambda item: (item.path, item.artifact.sort_key))
    doing = tuple(item for item in items if item.action is not Action.NOTHING)
    return doing, tuple(item for item in items if item.action is Action.NOTHING)


def _raise_first(made: Mapping[ArtifactId, Made]) -> None:
    failed = sorted((a for a, value in made.items() if value.error is not None), key=lambda a: a.sort_key)
    if not failed:
        return
    error = made[failed[0]].error
    if not isinstance(error, RegenError):
        raise TypeError(f"no error in {failed[0]}")
    if len(failed) > 1:
        more = f"{error.message} ({len(failed) - 1} more artifacts failed in this cycle)"
        error = type(error)(more, where=error.where, hint=error.hint)
    raise error


async def _item(session: Session, work: Work, artifact: ArtifactId, made: Made) -> PlanItem:
    record = work.records.get(artifact)
    unit = session.units[artifact.template]
    inputs = Inputs(unit.digest, work.rows[artifact], made.lookups)
    because = (work.because[artifact],)
    before = record.path if record is not None else None
    if made.path is None or made.decision is None:
        if record is None or record.path is None:
            return PlanItem(artifact, Action.NOTHING, "", because, inputs=inputs)
        if record in work.inherited.values():
            return replace(_handed_over(work, record), inputs=inputs)
        return replace(await _gone_item(session, work, record), inputs=inputs)
    decision = await as_before(session, work.place, made, before) or made.decision
    moved = before is not None and before != made.path
    action = decision.action
    if action is Action.KEEP and record is not None and record.state == "deleted":
        action = Action.NOTHING
    if moved and action is Action.NOTHING:
        action = Action.UPDATE
    if moved and action is Action.CONFLICT and before is not None:
        # The file stays where it is until it is settled; then the next cycle moves it.
        made, moved = replace(made, path=before), False
    return PlanItem(
        artifact=artifact,
        action=action,
        path=made.path or "",
        because=because,
        moved_from=before if moved else None,
        old=made.old,
        content=decision.content,
        render=decision.render,
        base=record.base if record is not None else None,
        how=decision.how,
        confidence=decision.confidence,
        conflicts=decision.conflicts,
        marked=decision.marked,
        findings=decision.findings,
        inputs=inputs,
    )


async def _gone_item(session: Session, work: Work, record: Record) -> PlanItem:
    """What becomes of a file whose key is gone, or whose template says no now."""
    because = (work.because[record.artifact],)
    if record.path is None:
        return PlanItem(record.artifact, Action.DELETE, "", because)
    disk = read_disk(work.place.root, record.path)
    old = None if disk is None else digest_of(disk)
    base = disk if old is not None and old == record.base else None
    if base is None and record.base is not None and session.state.blobs.has(record.base):
        base = session.state.blobs.read(record.base)
    unit = session.units.get(record.artifact.template)
    sides = merging.Sides(
        record.path,
        session.language(record.artifact.template, record.path),
        None,
        base,
        disk,
        known=True,
        inject=unit.template.inject if unit is not None else None,
    )
    decision = await merging.merge(sides, session.hooks, threshold=session.config.merge.threshold)
    return PlanItem(
        record.artifact,
        decision.action,
        record.path,
        because,
        old=old,
        content=decision.content,
        base=record.base,
        findings=decision.findings,
    )


def _handed_over(work: Work, record: Record) -> PlanItem:
    """An artifact whose file is another's now: only its record goes."""
    return PlanItem(record.artifact, Action.DELETE, "", (work.because[record.artifact],))


def _nothing(session: Session, work: Work, artifact: ArtifactId) -> PlanItem:
    record = work.records.get(artifact)
    unit = session.units.get(artifact.template)
    inputs = Inputs(unit.digest, work.rows.get(artifact, ())) if unit is not None else None
    path = record.path if record is not None and record.path is not None else ""
    return PlanItem(artifact, Action.NOTHING, path, (work.because[artifact],), inputs=inputs)


def _settle_paths(work: Work, items: list[PlanItem]) -> list[PlanItem]:
    """Every path has one owner after the plan.

    A path whose owner leaves it in this plan is free for another; one that an edited orphan holds is a conflict.
    """
    leaving = {item.moved_from or item.path for item in items if item.moved_from or item.action is Action.DELETE}
    claims: dict[str, PlanItem] = {}
    settled = []
    taken = work.place.records.taken(item.path for item in items if item.path)
    for item in sorted(items, key=lambda i: i.artifact.sort_key):
        if item.action in {Action.DELETE, Action.KEEP} or not item.path:
            settled.append(item)
            continue
        other = claims.get(item.path)
        if other is not None:
            raise _two_owners(item.path, item.artifact, other.artifact)
        claims[item.path] = item
        settled.append(_against_standing(work, item, leaving, taken))
    return settled


def _against_standing(work: Work, item: PlanItem, leaving: Iterable[str], taken: Collection[str]) -> PlanItem:
    record = work.records.get(item.artifact)
    if record is not None and record.path == item.path:
        return item
    standing = work.place.records.at(item.path) if item.path in taken else None
    if standing is None:
        return _against_stranger(work, item, leaving)
    if standing.artifact == item.artifact:
        return item
    if standing.state == "orphan" or (standing in work.gone and item.path not in leaving):
        message = f"{item.path} holds an edited file whose source is gone; {item.artifact} wants the path"
        return replace(item, action=Action.CONFLICT, content=None, conflicts=(Conflict("content", message),))
    if item.path in leaving:
        return item
    raise _two_owners(item.path, item.artifact, standing.artifact)


def _against_stranger(work: Work, item: PlanItem, leaving: Iterable[str]) -> PlanItem:
    """A file of nobody's where an artifact moves to: the artifact stays where it is until a person has looked."""
    if item.moved_from is None or item.action is Action.CONFLICT or item.path in leaving:
        return item
    disk = read_disk(work.place.root, item.path)
    if disk is None or disk == (item.content if item.content is not None else item.render):
        return item
    message = f"{item.artifact} moves to {item.path}, where a file of yours stands: move that, or delete it"
    conflicts = (Conflict("rename", message),)
    return replace(
        item, action=Action.CONFLICT, path=item.moved_from, moved_from=None, content=None, conflicts=conflicts
    )


def _two_owners(path: str, one: ArtifactId, other: ArtifactId) -> PathError:
    return PathError(
        f"two artifacts claim this path: {one} and {other}",
        where=path,
        hint="make `to:` of one of the templates tell them apart",
    )
