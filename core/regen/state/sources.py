"""Sources: what each said of its version in force, so that the next process asks whether there is another."""

from __future__ import annotations

import json
from dataclasses import dataclass

from regen.model.source import Validators
from regen.state.db import Database

_ROW = "source:"  # rows of `meta`, each with the name of the source behind it


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a source's version in force.

    Attributes:
        asked: digest of what was asked, and of what parsed the answer; another question has no validators.
        validators: of the version.
    """

    asked: str
    validators: Validators


def read_known(database: Database) -> dict[str, Known]:
    """By name of the source."""
    rows = database.execute("SELECT name, value FROM meta WHERE name GLOB ?", (f"{_ROW}*",))
    found = {}
    for name, text in rows:
        asked, etag, last_modified = json.loads(text)
        found[name.removeprefix(_ROW)] = Known(asked, Validators(etag, last_modified))
    return found


def write_known(database: Database, name: str, known: Known | None) -> None:
    """Insert or replace what is known of one source; None forgets it."""
    if known is None:
        database.execute("DELETE FROM meta WHERE name = ?", (f"{_ROW}{name}",))
        return
    value = json.dumps([known.asked, known.validators.etag, known.validators.last_modified])
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{_ROW}{name}", value))
