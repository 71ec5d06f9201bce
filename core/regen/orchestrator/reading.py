"""Reading: releases and conflicts out of `state.db`, by whoever asks, while another process may hold the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from regen.config import find_root, load_config
from regen.errors import UsageError
from regen.holder import STATE_FOLDER
from regen.model.release import Release
from regen.orchestrator.conflicts import OpenConflict, conflicts
from regen.orchestrator.settle import ReleaseChanges, release_changes
from regen.state import releases
from regen.state.db import Database
from regen.state.opening import read_state


def read_history(folder: Path, environment: str | None, *, limit: int | None = None) -> Sequence[Release]:
    """Releases of an environment, the newest first; the first environment for None. Raises as `_read`."""
    with _read(folder, environment) as (database, name):
        return releases.history(database, name, limit=limit) if database is not None else ()


def read_release(folder: Path, environment: str | None, number: int) -> ReleaseChanges:
    """One release and what it changed. Raises as `_read`, and UsageError where there is none of that number."""
    with _read(folder, environment) as (database, name):
        if database is None:
            raise UsageError(f"{name} has no release {number}; it has none yet", hint="`regen apply` makes the first")
        return release_changes(database, name, number)


def read_conflicts(folder: Path, environment: str | None) -> tuple[OpenConflict, ...]:
    """Open conflicts of an environment, by path. Raises as `_read`."""
    with _read(folder, environment) as (database, name):
        return conflicts(database, name) if database is not None else ()


@contextmanager
def _read(folder: Path, environment: str | None) -> Iterator[tuple[Database | None, str]]:
    """The database, None before the first cycle, and the environment's name.

    Raises:
        RegenError: the folder is no project, has no such environment, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    name = config.environment(environment).name
    with read_state(config.root / STATE_FOLDER) as state:
        yield (state.db if state is not None else None), name
