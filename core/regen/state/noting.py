"""Noting: a row of the audit from a process that does not hold the project."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from regen.state import audit
from regen.state.db import NAME, Database

if TYPE_CHECKING:
    from regen.model.audit import Action, Outcome


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
    file = folder / NAME
    if not file.exists():
        return False
    Database(file, read_only=True).close()  # raises where it is of an older version: only a holder brings it up
    with closing(Database(file)) as db, audit.on_behalf(who):
        audit.note(db, action, outcome=outcome, subject=subject, why=why)
    return True
