"""Settle: what a person decides: conflicts, files to bring back, rollbacks, and what may be forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regen.errors import UsageError
from regen.model.artifact import ArtifactId, Because
from regen.model.merge import Conflict
from regen.model.plan import Action, Inputs, Plan, PlanItem
from regen.model.release import Release, Standing
from regen.orchestrator.apply import remerger
from regen.orchestrator.chunk import read_disk
from regen.orchestrator.session import Place, Session
from regen.orchestrator.survey import has_markers
from regen.stages import deploy
from regen.state import releases
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


async def resolve(session: Session, place: Place, path: str, how: str, *, start: Path | None) -> str:
    """Settle one conflict; what settled it becomes the base.

    Args:
        session: the open project.
        place: the environment.
        path: relative to the environment's root, to the project or to `start`.
        how: "ours", "theirs", "markers" or "merged".
        start: the folder that the person is in; None: this process's.

    Raises:
        UsageError: no such conflict is open, or the file still holds conflict markers.
    """
    name = known_path(place, path, start)
    open_ones = conflicts(session.state.db, place.name)
    found = next((conflict for conflict in open_ones if conflict.path == name), None)
    if found is None or found.theirs is None:
        raise UsageError(f"no conflict is open in {path}", hint="`regen conflicts` lists those that are")
    disk = read_disk(place.root, found.path)
    theirs = session.state.blobs.read(found.theirs)
    match how:
        case "ours" | "merged":
            if disk is not None and has_markers(disk):
                raise UsageError(
                    f"{found.path} still holds conflict markers",
                    hint="edit them away, then run this again with --merged",
                )
            content, done = disk, "kept your version of"
        case "theirs":
            content, done = theirs, "took the template's version of"
        case _:
            return _write_markers(session, place, found, disk)
    item = _settling(session, place, found, disk, content, theirs)
    await _commit(session, place, item, f"{found.path} was settled by hand ({how})")
    # A newer render may wait, or another path: the next cycle looks.
    because = Because("edited", "its conflict was settled", where=found.path)
    add_stale(session.state.db, place.name, {found.artifact: because}, session.revision)
    return f"{done} {found.path}"


def _write_markers(session: Session, place: Place, found: OpenConflict, disk: bytes | None) -> str:
    if found.marked is None:
        raise UsageError(
            f"{found.path} has no version with markers",
            hint="settle it with --ours, --theirs, or edit it and use --merged",
        )
    if disk is not None and digest_of(disk) != found.ours:
        raise UsageError(
            f"{found.path} was edited since the conflict was found",
            hint="run `regen apply` to merge again, or settle it with --merged",
        )
    marked = session.state.blobs.read(found.marked)
    (place.root / found.path).write_bytes(marked)
    return f"wrote conflict markers into {found.path}; edit it, then run `regen resolve {found.path} --merged`"


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


async def _commit(session: Session, place: Place, item: PlanItem, note: str) -> None:
    plan = Plan(place.name, session.parent(place), session.revision, (item,))
    deploy.commit(
        session.state,
        place.target,
        plan,
        inputs=_inputs(session, place),
        at=time.time(),
        remerge=remerger(session),
        note=note,
    )


def _inputs(session: Session, place: Place) -> str:
    """What a person settles is made from what the release before was; a rollback that holds goes on holding."""
    hold, newest = releases.held(session.state.db, place.name), releases.current(session.state.db, place.name)
    return hold.inputs if hold is not None else newest.inputs if newest is not None else session.inputs()


def known_path(place: Place, path: str, start: Path | None) -> str:
    """The path of an artifact as the environment knows it, from how a person in the folder `start` spells it.

    Raises:
        UsageError: regen makes no such file.
    """
    for name in spellings(place, path, start):
        if place.records.at(name) is not None:
            return name
    raise UsageError(
        f"regen makes no file {path}",
        hint=f"paths are relative to {place.root.name}/; `regen status` and `regen show` name them",
    )


def spellings(place: Place, path: str, start: Path | None) -> Iterator[str]:
    """Paths of the environment that a person may mean: by it, by the folder `start`, by the project.

    The folder is this process's for None.
    """
    yield path
    for folder in (start or Path.cwd(), place.root.parent):
        whole = folder / path
        if whole.is_relative_to(place.root):
            yield whole.relative_to(place.root).as_posix()


def ask_back(session: Session, place: Place, path: str, *, start: Path | None) -> None:
    """Make a file stale that was deleted by hand, so that the next cycle writes it again.

    Raises:
        UsageError: regen makes no such file, or it is there.
    """
    name = known_path(place, path, start)
    record = place.records.at(name)
    if record is None or ((place.root / name).exists() and record.state != Standing.DELETED):
        raise UsageError(f"{path} is there", hint="`regen restore` brings back what was deleted by hand")
    because = Because("restored", f"`regen restore {name}`")
    add_stale(session.state.db, place.name, {record.artifact: because}, session.revision)


async def rollback(
    session: Session, place: Place, number: int | None, *, discard_edits: bool, force: bool
) -> deploy.RolledBack:
    """Restore a release; see `regen.stages.deploy.rollback`."""
    return deploy.rollback(
        session.state,
        place.target,
        to=number,
        at=time.time(),
        remerge=remerger(session),
        discard_edits=discard_edits,
        force=force,
    )


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """One path that a release changed.

    Attributes:
        what: "created", "changed" or "removed".
        path: relative to the environment's root.
        because: why, in words.
    """

    what: str
    path: str
    because: str


@dataclass(frozen=True, slots=True)
class ReleaseChanges:
    """One release, and what it changed."""

    release: Release
    changes: tuple[ReleaseChange, ...]


def release_changes(database: Database, environment: str, number: int) -> ReleaseChanges:
    """What a release changed against its parent.

    Raises:
        UsageError: there is no such release.
    """
    release = releases.release(database, environment, number)
    changes = []
    for before, after in releases.compare(database, environment, number - 1, number):
        known = after or before
        if known is None:
            continue
        what = "created" if before is None else "removed" if after is None else "changed"
        because = str(after.because[0]) if after is not None and after.because else ""
        changes.append(ReleaseChange(what, known.path, because))
    return ReleaseChanges(release, tuple(sorted(changes, key=lambda change: change.path)))


def prune(session: Session, *, keep_releases: int, edits: bool = False) -> str:
    """Forget old releases and delete blobs that nothing names any more.

    Args:
        session: the open project.
        keep_releases: how many stay, of each environment.
        edits: forget edits that were set aside before those, though nobody had them back.

    Raises:
        UsageError: not even the current release would be kept.
    """
    if keep_releases < 1:
        raise UsageError("the current release is always kept", hint="--keep 1 keeps nothing else")
    database = session.state.db
    forgotten = sum(releases.forget(database, place.name, keep=keep_releases, edits=edits) for place in session.places)
    pruned = session.state.blobs.prune(releases.reachable(database))
    waiting = sum(len(releases.kept_edits(database, place.name)) for place in session.places)
    left = f"; {waiting} edits that were set aside stay: `regen restore --list`" if waiting else ""
    return f"{forgotten} old releases forgotten, {pruned.blobs:,} blobs of {pruned.bytes:,} bytes deleted{left}"
