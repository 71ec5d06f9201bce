"""Opening the state: `.regen/` becomes a lock, a database and blobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from regen.errors import StateError
from regen.state import audit, db, lock
from regen.state.blobs import BlobStore
from regen.state.db import Database

DEPLOY_FOLDER = "deploy"
"""In `.regen/`: what the deployer of each environment remembers."""


@dataclass(frozen=True, slots=True)
class State:
    """What lasts between runs.

    Attributes:
        folder: `.regen`.
        db: `state.db`.
        blobs: bytes by digest.
        lock_folder: `regen.lock`, committed by the user.
    """

    folder: Path
    db: Database
    blobs: BlobStore
    lock_folder: Path

    @property
    def stage(self) -> Path:
        """Where lists of staged files are."""
        return self.folder / "stage"

    @property
    def trash(self) -> Path:
        """Where old files wait that a process may still write to."""
        return self.folder / "trash"


@contextmanager
def open_state(folder: Path, *, command: str, wait_s: float = 0.0, lock_folder: Path | None = None) -> Iterator[State]:
    """Open the state as its one holder, and make it where it does not exist.

    Args:
        folder: `.regen`.
        command: shown to those who come while it is held.
        wait_s: how long to wait for another holder, in seconds.
        lock_folder: `regen.lock`; beside `folder` unless given.

    Raises LockedError and StateError.
    """
    _make(folder)
    with lock.hold(folder, command=command, wait_s=wait_s):
        if _begins_anew(folder):
            _forget_deployments(folder)
        state = _opened(folder, lock_folder, read_only=False)
        try:
            state.blobs.index_packs()
            audit.begin(state.db, _before_the_audit(state))
            yield state
        finally:
            state.db.close()


@contextmanager
def read_state(folder: Path, *, lock_folder: Path | None = None) -> Iterator[State | None]:
    """Open the state for reading while another process may hold it; None where there is none yet. Raises StateError."""
    if not (folder / db.NAME).exists():
        yield None
        return
    state = _opened(folder, lock_folder, read_only=True)
    try:
        yield state
    finally:
        state.db.close()


def set_aside(folder: Path) -> Path:
    """Move a damaged `state.db` aside, deleting nothing, and begin anew; gives its new name.

    Call it as the holder, with the database closed.
    """
    aside = db.set_aside(folder / db.NAME)
    _forget_deployments(folder)
    database = db.Database(folder / db.NAME)
    try:
        audit.note(database, "rebuild", why=f"a new chain: the damaged state and its audit are in {aside.name}")
    finally:
        database.close()
    return aside


def _begins_anew(folder: Path) -> bool:
    """Whether no database is there, or one that was cut off to nothing: SQLite drops the log of an empty one."""
    file = folder / db.NAME
    return not file.exists() or file.stat().st_size == 0


def _forget_deployments(folder: Path) -> None:
    """Move aside what deployers remember: releases begin anew at 1, and an old release 1 would be taken for the new."""
    known, number = folder / DEPLOY_FOLDER, 1
    if not known.exists():
        return
    while (aside := known.with_name(f"{DEPLOY_FOLDER}.lost-{number}")).exists():
        number += 1
    known.rename(aside)


def _make(folder: Path) -> None:
    if folder.is_symlink():
        raise StateError(f"{folder} is a symbolic link", hint="remove it: regen keeps its state in the project itself")
    try:
        for part in (folder, folder / "stage", folder / "trash", folder / "blobs"):
            part.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise StateError(
            f"{folder} cannot be made: {error.strerror}", hint=f"make {folder.parent} writable, or free some space"
        ) from error


def _opened(folder: Path, lock_folder: Path | None, *, read_only: bool) -> State:
    database = Database(folder / db.NAME, read_only=read_only)
    blobs = BlobStore(folder / "blobs", database)
    return State(folder, database, blobs, lock_folder or folder.with_name("regen.lock"))


def _before_the_audit(state: State) -> Callable[[], str]:
    """Why the audit begins, found out only where it does."""

    def why() -> str:
        row = state.db.one("SELECT count(*) FROM release")
        if row is not None and row[0]:
            return f"a new chain: {row[0]} releases were made before there was an audit"
        if next(state.lock_folder.rglob("*.lock"), None) is not None:
            return (
                "a new chain: `.regen` was made anew beside a `regen.lock` that was there (deleted, or a fresh clone)"
            )
        return "a new project"

    return why
