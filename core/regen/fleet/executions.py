"""Executions: programs on an edge tell its hub what ran there, through the outbox."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal as OneOf

from regen.errors import StateError
from regen.fleet.settings import find_edge
from regen.holder import STATE_FOLDER
from regen.state import db, edge, outbox
from regen.state.db import Database


@dataclass(frozen=True, slots=True)
class Execution:
    """Something that ran on an edge.

    Attributes:
        what: its name.
        input, output: in short; None: not told.
        error: why it failed; None: it did not, or is not over.
        duration_s, cpu_s: in seconds; None: not measured.
        memory_bytes: at the most; None: not measured.
    """

    what: str
    status: OneOf["running", "done", "failed"] = "done"
    input: str | None = None
    output: str | None = None
    error: str | None = None
    duration_s: float | None = None
    cpu_s: float | None = None
    memory_bytes: int | None = None


def note_execution(folder: Path | str, execution: Execution, *, at: float | None = None) -> None:
    """Let the hub know of an execution, as soon as it is reached; durable when this returns.

    It need not wait for who works on the edge: a record is one short transaction.

    Args:
        folder: of the edge, or inside it.
        at: when it was; seconds since the epoch, UTC. None: now.

    Raises:
        UsageError: the folder is no edge. StateError: its state is not there yet, or cannot be written.
    """
    file = find_edge(Path(folder)) / STATE_FOLDER / db.NAME
    if not file.exists():
        raise StateError("this edge has no state yet", hint="run `regen edge sync` once")
    database = Database(file)
    try:
        standing = edge.stands(database)
        told = {name: value for name, value in asdict(execution).items() if value is not None}
        when = time.time() if at is None else at
        outbox.note(database, "execution", told, at=when, release=None if standing is None else standing.hub)
    finally:
        database.close()
