"""Edits: what was set aside is listed, and goes back to where its file is now, merged with what stands there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal as OneOf
from typing import get_args

from regen.errors import DeployError, UsageError
from regen.model.artifact import Because
from regen.model.merge import Conflict
from regen.model.plan import Action
from regen.model.release import KeptEdit, Standing
from regen.orchestrator.apply import remerger
from regen.orchestrator.session import Place, Session
from regen.orchestrator.settle import spellings
from regen.stages import deploy
from regen.stages import merge as merging
from regen.state import audit, releases
from regen.state.blobs import digest_of
from regen.state.records import Record
from regen.state.stale import add_stale

HowBack = OneOf["merge", "replace", "markers"]
Outcome = OneOf["written", "merged", "marked", "there already", "conflict"]
_SHORTEST = 4  # letters of a digest that name an edit
_ROUNDS = 6  # as often as a commit looks again at a file that somebody keeps editing


@dataclass(frozen=True, slots=True)
class HandedBack:
    """What became of an edit that a person asked back.

    Attributes:
        edit: which.
        path: where it went, or would have: where its artifact is now.
        outcome: "written": the file holds its bytes; "merged": with what stood there; "marked": the file holds both
            sides between conflict markers; "there already"; "conflict": nothing was written.
        conflicts: of "conflict" and "marked".
        set_aside: the edit that stood there, in the list now; None where nothing of a person's did.
    """

    edit: KeptEdit
    path: str
    outcome: Outcome
    conflicts: tuple[Conflict, ...] = ()
    set_aside: KeptEdit | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is to be written, if anything, and what a person is told of it."""

    outcome: Outcome
    content: bytes | None = None
    conflicts: tuple[Conflict, ...] = ()


def kept_edits(
    session: Session, place: Place, path: str | None, *, restored: bool, start: Path | None
) -> Sequence[KeptEdit]:
    """Edits of an environment that were set aside, the newest first; see `regen.state.releases.kept_edits`."""
    if path is None:
        return releases.kept_edits(session.state.db, place.name, restored=restored)
    found: list[KeptEdit] = []
    for name in dict.fromkeys(spellings(place, path, start)):
        found += releases.kept_edits(session.state.db, place.name, name, restored=restored)
    return found


async def hand_back(
    session: Session, place: Place, path: str, name: str, how: HowBack, *, start: Path | None
) -> HandedBack:
    """Give a person the bytes of an edit back.

    Args:
        session: the open project.
        place: the environment.
        path: at which it was set aside, as a person may spell it.
        name: the first letters of its digest, as the list has them.
        how: "merge" it onto what stands there; "replace" that; or write conflict "markers" where they do not merge.
        start: the folder that the person is in; None: this process's.

    Raises:
        UsageError: there is no such edit, or more than one.
        PathError, DeployError, StateError: see `regen.stages.deploy.hand_back`.
    """
    if how not in get_args(HowBack):
        raise UsageError(f"an edit cannot come back by {how!r}", hint=f"choose one of: {', '.join(get_args(HowBack))}")
    edit = _find(session, place, path, name, start)
    record = _home(session, place, edit)
    where = edit.path if record is None or record.path is None else record.path
    content = session.state.blobs.read(edit.content)
    for _ in range(_ROUNDS):
        disk = place.target.deployer.read(place.target.root, where)
        answer = await _answer(session, edit, record, where, content, disk, how)
        if answer.outcome == "conflict":
            return HandedBack(edit, where, "conflict", answer.conflicts)
        at = time.time()
        if answer.content is None or _write(session, place, edit, record, where, disk, answer.content, at):
            _note(session, place, edit, where, answer.outcome, at)
            aside = [one for one in releases.kept_edits(session.state.db, place.name, where) if one.at == at]
            return HandedBack(edit, where, answer.outcome, answer.conflicts, next(iter(aside), None))
    raise DeployError(f"{where} keeps changing; nothing was written", hint="stop what writes there, and run it again")


def _note(session: Session, place: Place, edit: KeptEdit, path: str, outcome: Outcome, at: float) -> None:
    database, standing = session.state.db, session.parent(place)
    why = f"edit {edit.name}, set aside at {edit.path}: {outcome}"
    with database.transaction():
        releases.mark_restored(database, place.name, edit, at)
        audit.note(database, "restore", environment=place.name, subject=path, why=why, before=standing, after=standing)


def _find(session: Session, place: Place, path: str, name: str, start: Path | None) -> KeptEdit:
    edits = kept_edits(session, place, path, restored=True, start=start)
    found = {edit.content: edit for edit in reversed(edits) if edit.content.startswith(name)}
    if len(found) == 1 and len(name) >= _SHORTEST:
        return next(iter(found.values()))
    if not edits:
        raise UsageError(f"no edit of {path} was set aside", hint="`regen restore --list` names those that were")
    names = ", ".join(dict.fromkeys(edit.name for edit in edits))
    what = "names more than one edit" if len(found) > 1 else "names no edit"
    raise UsageError(f"{name!r} {what} of {path}", hint=f"there are: {names}; {_SHORTEST} letters are enough")


def _home(session: Session, place: Place, edit: KeptEdit) -> Record | None:
    """The artifact whose file the edit is of: the one at its path, else the one that had it last and moved."""
    here = place.records.at(edit.path)
    if here is not None:
        return here
    row = session.state.db.one(
        "SELECT max(since) FROM version WHERE environment = ? AND path = ?", (place.name, edit.path)
    )
    last = None
    if row is not None and row[0] is not None:
        last = releases.at_path(session.state.db, place.name, edit.path, int(row[0]))
    moved = place.records.get(last.artifact) if last is not None else None
    return moved if moved is not None and moved.path is not None else None


async def _answer(
    session: Session,
    edit: KeptEdit,
    record: Record | None,
    path: str,
    content: bytes,
    disk: bytes | None,
    how: HowBack,
) -> _Answer:
    """Merge the edit as if it was a new render of the file, on the render that it was made in."""
    if disk == content:
        return _Answer("there already")
    if disk is None or how == "replace":
        return _Answer("written", content)
    known = edit.base is not None and session.state.blobs.has(edit.base)
    sides = merging.Sides(
        path,
        session.language(record.artifact.template if record is not None else "", path),
        content,
        session.state.blobs.read(edit.base) if known and edit.base is not None else None,
        disk,
        known=edit.base is not None,
    )
    decision = await merging.merge(sides, session.hooks, threshold=session.config.merge.threshold)
    if decision.action is not Action.CONFLICT:
        if decision.content is None:
            return _Answer("there already")
        return _Answer("written" if decision.content == content else "merged", decision.content)
    if how == "markers" and decision.marked is not None:
        return _Answer("marked", decision.marked, decision.conflicts)
    return _Answer("conflict", None, decision.conflicts)


def _write(
    session: Session,
    place: Place,
    edit: KeptEdit,
    record: Record | None,
    path: str,
    disk: bytes | None,
    content: bytes,
    at: float,
) -> bool:
    old = None if disk is None else digest_of(disk)
    base = record.base if record is not None and record.base is not None else None
    written = deploy.hand_back(
        session.state,
        place.target,
        path,
        content,
        old=old,
        base=base if base is not None and session.state.blobs.has(base) else None,
        edited=record is None or old not in (record.content, record.base),
        at=at,
        why=f"set aside when the edit {edit.name} was restored",
        remerge=remerger(session),
    )
    if written and record is not None and record.state == Standing.DELETED:
        because = Because("restored", f"`regen restore {path} --edit {edit.name}`")
        add_stale(session.state.db, place.name, {record.artifact: because}, session.revision)
    return written
