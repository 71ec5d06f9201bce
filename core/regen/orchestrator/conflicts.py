"""Conflicts: what is open, and how a person settles it; what was decided once is remembered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from regen.errors import DeployError, UsageError
from regen.model.artifact import ArtifactId, Because
from regen.model.merge import Conflict
from regen.model.plan import Action, Inputs, Plan, PlanItem
from regen.orchestrator.apply import remerger
from regen.orchestrator.disk import read_disk
from regen.orchestrator.facts import facts
from regen.orchestrator.remember import remember
from regen.orchestrator.session import Place, Session
from regen.orchestrator.settle import known_path, spellings
from regen.orchestrator.survey import has_markers
from regen.stages import deploy
from regen.state import audit, holds, releases
from regen.state.blobs import digest_of
from regen.state.codec import conflicts_of
from regen.state.db import Database
from regen.state.records import because_values, key_term
from regen.state.stale import add_stale


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """One open conflict.

    Attributes:
        path: of the file, which stays as it is.
        artifact: whose file it is.
        conflicts: the places where both sides changed.
        because: why the template's side changed.
        base, ours, theirs, marked: digests of the three sides and of the file with markers; None where there is none.
        at: since when; seconds since the epoch, UTC.
    """

    path: str
    artifact: ArtifactId
    conflicts: tuple[Conflict, ...]
    because: Because | None
    base: str | None
    ours: str | None
    theirs: str | None
    marked: str | None
    at: float


def conflicts(database: Database, environment: str) -> tuple[OpenConflict, ...]:
    """Open conflicts of an environment, by path."""
    rows = database.execute(
        "SELECT path, template, key, base, ours, theirs, marked, detail, because, at FROM conflict"
        " WHERE environment = ? ORDER BY path",
        (environment,),
    )
    return tuple(_conflict(row) for row in rows)


def open_artifacts(database: Database, environment: str) -> dict[str, ArtifactId]:
    """Whose files are in conflict, by path: all that each cycle has to know of those that are open."""
    rows = database.execute("SELECT path, template, key FROM conflict WHERE environment = ?", (environment,))
    return {path: ArtifactId(template, key_term(key)) for path, template, key in rows}


def _conflict(row: tuple[object, ...]) -> OpenConflict:
    path, template, key, base, ours, theirs, marked, detail, because, at = row
    reasons = because_values(str(because))
    artifact = ArtifactId(str(template), key_term(str(key)))
    return OpenConflict(
        str(path),
        artifact,
        conflicts_of(str(detail)),
        reasons[0] if reasons else None,
        _digest(base),
        _digest(ours),
        _digest(theirs),
        _digest(marked),
        float(str(at)),
    )


def _digest(value: object) -> str | None:
    return None if value is None else str(value)


async def resolve(
    session: Session, place: Place, path: str, how: str, *, start: Path | None, content: bytes | None = None
) -> str:
    """Settle one conflict; what settled it becomes the base.

    Args:
        session: the open project.
        place: the environment.
        path: relative to the environment's root, to the project or to `start`.
        how: "ours", "theirs", "markers" or "merged".
        start: the folder that the person is in; None: this process's.
        content: for "merged", what the file becomes; None: it is on disk already. For "markers", the file with some of
            its places settled; None: with all of them.

    Raises:
        UsageError: no such conflict is open, or the file still holds conflict markers.
    """
    names = set(spellings(place, path, start))
    open_ones = conflicts(session.state.db, place.name)
    found = next((conflict for conflict in open_ones if conflict.path in names), None)
    if found is None:
        known_path(place, path, start)
    if found is None or found.theirs is None:
        raise UsageError(f"no conflict is open in {path}", hint="`regen conflicts` lists those that are")
    disk = read_disk(place.root, found.path)
    theirs = session.state.blobs.read(found.theirs)
    match how:
        case "ours" | "merged":
            content = disk if content is None else content
            if content is not None and has_markers(content):
                raise UsageError(
                    f"{found.path} still holds conflict markers",
                    hint="edit them away, then run this again with --merged",
                )
            done = "kept your version of" if how == "ours" else "took the merge of"
        case "theirs":
            content, done = theirs, "took the template's version of"
        case _:
            return _write_markers(session, place, found, disk, content)
    item = _settling(session, place, found, disk, content, theirs)
    _commit(session, place, item, f"{found.path} was settled by hand ({how})")
    others = [(one.artifact, one.marked) for one in open_ones if one is not found]
    remember(session, place, found.path, found.marked, content, others)
    # A newer render may wait, or another path: the next cycle looks.
    because = Because("edited", "its conflict was settled", where=found.path)
    add_stale(session.state.db, place.name, {found.artifact: because}, session.revision)
    return f"{done} {found.path}"


def _write_markers(
    session: Session, place: Place, found: OpenConflict, disk: bytes | None, marked: bytes | None
) -> str:
    if marked is None and found.marked is not None:
        marked = session.state.blobs.read(found.marked)
    if marked is None or not has_markers(marked):
        why = "; ".join(conflict.message for conflict in found.conflicts)
        raise UsageError(
            f"{found.path} has no version with markers: {why}",
            hint="`regen resolve` in a terminal shows it; or --ours, --theirs, or edit it and use --merged",
        )
    if disk is not None and digest_of(disk) != found.ours:
        raise UsageError(
            f"{found.path} was edited since the conflict was found",
            hint="run `regen apply` to merge again, or settle it with --merged",
        )
    _put_markers(session, place, found, disk, marked)
    standing = session.parent(place)
    why = "conflict markers were written into the file"
    audit.note(
        session.state.db,
        "resolve",
        environment=place.name,
        subject=found.path,
        why=why,
        before=standing,
        after=standing,
    )
    return f"wrote conflict markers into {found.path}; edit it, then run `regen resolve {found.path} --merged`"


def _put_markers(session: Session, place: Place, found: OpenConflict, disk: bytes | None, marked: bytes) -> None:
    record = place.records.get(found.artifact)
    written = deploy.hand_back(
        session.state,
        place.target,
        found.path,
        marked,
        old=None if disk is None else digest_of(disk),
        base=record.base if record is not None else None,
        edited=False,  # what stands there is one of the sides
        at=time.time(),
        why=f"conflict markers were written into {found.path}",
        remerge=remerger(session),
    )
    if not written:
        raise DeployError(f"{found.path} is being edited; nothing was written", hint="run it again")


def _settling(
    session: Session, place: Place, found: OpenConflict, disk: bytes | None, content: bytes | None, theirs: bytes
) -> PlanItem:
    record = place.records.get(found.artifact)
    unit = session.units.get(found.artifact.template)
    because = Because("edited", "a conflict was settled by hand")
    return PlanItem(
        artifact=found.artifact,
        action=Action.ADOPT if content == disk else Action.UPDATE,
        path=found.path,
        because=(because,),
        old=None if disk is None else digest_of(disk),
        content=None if content == disk else content,
        render=theirs,
        base=found.base,
        inputs=Inputs(
            unit.digest if unit is not None else record.template_digest if record is not None else "",
            record.rows if record is not None else (),
        ),
    )


def _commit(session: Session, place: Place, item: PlanItem, note: str) -> None:
    database, parent = session.state.db, session.parent(place)
    plan = Plan(place.name, parent, session.revision, (item,))

    def within(number: int | None) -> None:
        after = parent if number is None else number
        audit.note(database, "resolve", environment=place.name, subject=item.path, why=note, before=parent, after=after)

    with audit.attempting(database, "resolve", environment=place.name, subject=item.path, why=note, before=parent):
        done = deploy.commit(
            session.state,
            place.target,
            plan,
            inputs=_inputs(session, place),
            at=time.time(),
            remerge=remerger(session),
            note=note,
            within=within,
            facts=facts(session, place),
        )
    if done.release is not None and done.verified is not None and not done.verified.passed:
        raise deploy.mismatch(place.name, done.release.number, done.verified)


def _inputs(session: Session, place: Place) -> str:
    """What a person settles is made from what the release before was; a rollback that holds goes on holding."""
    hold, newest = holds.held(session.state.db, place.name), releases.current(session.state.db, place.name)
    return hold.inputs if hold is not None else newest.inputs if newest is not None else session.inputs()
