"""Noting: rows from a process that does not hold the project; SQLite lets one write after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from regen.state import audit, measures
from regen.state.db import NAME, Database

if TYPE_CHECKING:
    from regen.model.audit import Action, Outcome
    from regen.model.measure import Measure


def note_beside(
    folder: Path, action: Action, *, outcome: Outcome = "done", subject: str = "", why: str = "", who: str | None = None
) -> bool:
    """Add a row while another process may hold the project; SQLite lets one write after the other.

    Args:
        folder: `.regen`.
        action, outcome, subject, why: of the row.
        who: on whose behalf; None: this process's user's.

    Returns:
        False where there is no state yet: making it is the holder's.

    Raises:
        StateError: the database cannot be written, or has the schema of another version.
    """
    with _beside(folder) as db, audit.on_behalf(who):
        if db is not None:
            audit.note(db, action, outcome=outcome, subject=subject, why=why)
    return db is not None


def record_beside(folder: Path, values: Iterable[Measure], *, oldest: float = 0.0) -> bool:
    """Record measures while another process may hold the project; see `measures.record`.

    Returns:
        False where there is no state yet.

    Raises:
        StateError: the database cannot be written, or has the schema of another version.
    """
    with _beside(folder) as db:
        if db is not None:
            measures.record(db, values, oldest=oldest)
    return db is not None


@contextmanager
def _beside(folder: Path) -> Iterator[Database | None]:
    file = folder / NAME
    if not file.exists():
        yield None
        return
    Database(file, read_only=True).close()  # raises where it is of an older version: only a holder brings it up
    with closing(Database(file)) as db:
        yield db
