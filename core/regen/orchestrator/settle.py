"""Settle: what a person decides: conflicts, files to bring back, rollbacks, and what may be forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from regen.errors import UsageError
from regen.hooks.abilities import Spreads
from regen.model.artifact import Because
from regen.model.evaluated import Evaluated
from regen.model.release import Release, Standing
from regen.orchestrator.apply import remerger
from regen.orchestrator.facts import facts
from regen.orchestrator.session import Place, Session
from regen.orchestrator.texts import prune_texts
from regen.stages import deploy
from regen.state import audit, evaluations, holds, releases
from regen.state.db import Database
from regen.state.stale import add_stale
from regen.state.versions import note_version, version_of


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
        hint=f"paths are relative to {_shown_root(place)}/; `regen status` and `regen show` name them",
    )


def _shown_root(place: Place) -> str:
    above = place.target.root.parent
    return place.root.relative_to(above).as_posix() if place.root.is_relative_to(above) else place.root.name


def spellings(place: Place, path: str, start: Path | None) -> Iterator[str]:
    """Paths of the environment that a person may mean: by it, by the folder `start`, by the project.

    The folder is this process's for None.
    """
    yield path
    for folder in (start or Path.cwd(), place.target.root.parent):
        whole = folder / path
        for root in dict.fromkeys((place.root, place.root.resolve())):  # a link, and what it leads to, are one folder
            if whole.is_relative_to(root):
                yield whole.relative_to(root).as_posix()


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
    database, standing = session.state.db, session.parent(place)
    with database.transaction():
        add_stale(database, place.name, {record.artifact: because}, session.revision)
        why = "asked back after it was deleted by hand"
        audit.note(database, "restore", environment=place.name, subject=name, why=why, before=standing, after=standing)


async def rollback(session: Session, place: Place, wanted: deploy.Wanted) -> deploy.RolledBack:
    """Restore a release; see `regen.stages.deploy.rollback`.

    Raises:
        UsageError: the environment is one that is never rolled back, too.
    """
    if place.environment.rollback == "none" and not wanted.force:
        raise UsageError(
            f'{place.name} is never rolled back: `rollback` of its [[environment]] is "none"',
            hint="`regen rollback --force` does it all the same",
        )
    wanted = replace(wanted, interrupted=session.made_way.get(place.name))
    database = session.state.db
    if wanted.to is None and isinstance(place.target.deployer, Spreads):
        from regen.state import rollouts

        now = releases.current(database, place.name)
        below = None if now is None else now.restores if now.restores is not None else now.number
        wanted = replace(wanted, to=rollouts.stable(database, place.name, below))
    ways = [f"{wanted.trigger}: {wanted.why}" if wanted.why else wanted.trigger]
    ways += [text for text, on in (("forced", wanted.force), ("edits discarded", wanted.discard_edits)) if on]
    before = session.parent(place)

    def within(left: Release, made: Release) -> None:
        if made.restores is not None:
            note_version(database, place.name, made.number, None, version_of(database, place.name, made.restores))
        told = f"{', '.join(ways)}: release {made.restores} restored"
        audit.note(database, "rollback", environment=place.name, why=told, before=left.number, after=made.number)

    with audit.attempting(database, "rollback", environment=place.name, why=", ".join(ways), before=before):
        return deploy.rollback(
            session.state,
            place.target,
            wanted,
            at=time.time(),
            remerge=remerger(session),
            within=within,
            facts=facts(session, place),
        )


def resume(session: Session, place: Place) -> bool:
    """Let releases in again after a rollback, with the inputs as they are; False where nothing kept them out."""
    database, standing = session.state.db, session.parent(place)
    with database.transaction():
        was = [
            text
            for lift, text in ((holds.let_go, "held after a rollback"), (holds.thaw, "frozen"))
            if lift(database, place.name)
        ]
        if was:
            why = f"no longer {' and '.join(was)}"
            audit.note(database, "resume", environment=place.name, why=why, before=standing, after=standing)
    return bool(was)


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
    """One release, what it changed, and what gates had said of it."""

    release: Release
    changes: tuple[ReleaseChange, ...]
    evaluated: tuple[Evaluated, ...] = ()


def release_changes(database: Database, environment: str, number: int, *, limit: int | None = None) -> ReleaseChanges:
    """What a release changed against its parent.

    Args:
        limit: only so many paths are looked at, the first ones; None: all.

    Raises:
        UsageError: there is no such release.
    """
    release = releases.release(database, environment, number)
    changes = []
    for before, after in releases.changes(database, environment, number, limit=limit):
        known = after or before
        if known is None:
            continue
        what = "created" if before is None else "removed" if after is None else "changed"
        because = str(after.because[0]) if after is not None and after.because else ""
        changes.append(ReleaseChange(what, known.path, because))
    said = evaluations.of_release(database, environment, number)
    return ReleaseChanges(release, tuple(sorted(changes, key=lambda change: change.path)), said)


def prune(session: Session, *, keep_releases: int, edits: bool = False) -> str:
    """Forget old releases, and delete blobs and copies for gates that nothing names any more.

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
    with database.transaction():
        forgotten = sum(
            releases.forget(database, place.name, keep=keep_releases, edits=edits) for place in session.places
        )
        gone = ", and edits set aside before them" if edits else ""
        audit.note(database, "prune", why=f"{forgotten} old releases forgotten{gone}; {keep_releases} are kept")
    from regen.orchestrator.staged import forget_copies

    forget_copies(session)
    pruned = session.state.blobs.prune(releases.reachable(database))
    prune_texts(session)
    waiting = sum(len(releases.kept_edits(database, place.name)) for place in session.places)
    left = f"; {waiting} edits that were set aside stay: `regen restore --list`" if waiting else ""
    return f"{forgotten} old releases forgotten, {pruned.blobs:,} blobs of {pruned.bytes:,} bytes deleted{left}"
