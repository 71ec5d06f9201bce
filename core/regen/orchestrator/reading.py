"""Reading: releases and conflicts out of `state.db`, by whoever asks, while another process may hold the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from regen.config import find_root, load_config
from regen.errors import UsageError
from regen.holder import STATE_FOLDER
from regen.model.artifact import Because
from regen.model.audit import Entry
from regen.model.merge import Conflict
from regen.model.release import Release
from regen.orchestrator.conflicts import OpenConflict, conflicts
from regen.orchestrator.settle import ReleaseChanges, release_changes
from regen.state import audit, releases
from regen.state.blobs import digest_of
from regen.state.opening import State, read_state
from regen.state.receipts import digest_of_receipt
from regen.state.standing import tree_of


def read_history(folder: Path, environment: str | None, *, limit: int | None = None) -> Sequence[Release]:
    """Releases of an environment, the newest first; the first environment for None. Raises as `_read`."""
    with _read(folder, environment) as (state, where):
        return releases.history(state.db, where.name, limit=limit) if state is not None else ()


def read_audit(
    folder: Path,
    environment: str | None = None,
    *,
    action: str | None = None,
    since: float | None = None,
    limit: int | None = None,
) -> Sequence[Entry]:
    """Rows of the audit, the newest first; see `regen.state.audit.entries`. Raises as `_read`."""
    with _read(folder, environment) as (state, where):
        if state is None:
            return ()
        name = where.name if environment is not None else None
        return audit.entries(state.db, environment=name, action=action, since=since, limit=limit)


def read_release(folder: Path, environment: str | None, number: int) -> ReleaseChanges:
    """One release and what it changed. Raises as `_read`, and UsageError where there is none of that number."""
    with _read(folder, environment) as (state, where):
        if state is None:
            raise UsageError(
                f"{where.name} has no release {number}; it has none yet", hint="`regen apply` makes the first"
            )
        return release_changes(state.db, where.name, number)


def read_receipt(folder: Path, environment: str | None, number: int) -> bytes:
    """A release's receipt, as its envelope is stored. Raises as `_read`, and UsageError where there is none."""
    with _read(folder, environment) as (state, where):
        digest = digest_of_receipt(state.db, where.name, number) if state is not None else None
        if state is None or digest is None:
            text = f"{where.name} has no receipt of a release {number}"
            raise UsageError(text, hint="`regen history` lists releases; an older regen made them without receipts")
        return state.blobs.read(digest)


def read_conflicts(folder: Path, environment: str | None) -> tuple[OpenConflict, ...]:
    """Open conflicts of an environment, by path. Raises as `_read`."""
    with _read(folder, environment) as (state, where):
        return conflicts(state.db, where.name) if state is not None else ()


@dataclass(frozen=True, slots=True)
class ShownConflict:
    """An open conflict with what a person has to see of it.

    Attributes:
        path, place: of the file, relative to the environment's root, and on disk.
        conflicts: the places where both sides changed.
        because: why the template's side changed.
        marked: the file with markers; None where there is none.
        ours, now: digests of the file when the conflict was found, and as it is; None where there is no file.
    """

    path: str
    place: Path
    conflicts: tuple[Conflict, ...]
    because: Because | None
    marked: bytes | None
    ours: str | None
    now: str | None


def read_marked(folder: Path, environment: str | None) -> tuple[ShownConflict, ...]:
    """Open conflicts of an environment with their texts, by path. Raises as `_read`."""
    with _read(folder, environment) as (state, where):
        return tuple(_shown(state, where.root, one) for one in conflicts(state.db, where.name)) if state else ()


def _shown(state: State, root: Path, one: OpenConflict) -> ShownConflict:
    place = root / one.path
    return ShownConflict(
        one.path,
        place,
        one.conflicts,
        one.because,
        None if one.marked is None else state.blobs.read(one.marked),
        one.ours,
        digest_of(place.read_bytes()) if place.is_file() else None,
    )


@dataclass(frozen=True, slots=True)
class _Where:
    """An environment: its name, and the folder in which what stands there is read."""

    name: str
    root: Path


@contextmanager
def _read(folder: Path, environment: str | None) -> Iterator[tuple[State | None, _Where]]:
    """The state, None before the first cycle, and the environment.

    Raises:
        RegenError: the folder is no project, has no such environment, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    found = config.environment(environment)
    with read_state(config.root / STATE_FOLDER) as state:
        tree = tree_of(state.db, found.name) if state is not None else None
        yield state, _Where(found.name, config.root / (tree or found.target))
