"""Stale set: artifacts known to be affected and not yet released, per environment.

Only the transaction that advances the dataset adds to it, and only the one that commits a release takes from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from regen.model.artifact import BODY, ArtifactId, Because
from regen.state.db import Database
from regen.state.records import because_text, because_values, key_term, key_text


def add_stale(database: Database, environment: str, entries: Mapping[ArtifactId, Because], revision: int) -> None:
    """Add entries; one that waits already keeps its first reason, unless the new one outweighs it."""
    database.many(
        "INSERT INTO stale (environment, template, key, because, revision) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [
            (environment, artifact.template, key_text(artifact.key), because_text([because]), revision)
            for artifact, because in entries.items()
        ],
    )
    heavy = {artifact: because for artifact, because in entries.items() if because.view == BODY or because.brings_back}
    waiting = read_stale(database, environment) if heavy else {}
    database.many(
        "UPDATE stale SET because = ? WHERE environment = ? AND template = ? AND key = ?",
        [
            (because_text([because]), environment, artifact.template, key_text(artifact.key))
            for artifact, because in heavy.items()
            if because.outweighs(waiting[artifact])
        ],
    )


def read_stale(database: Database, environment: str) -> dict[ArtifactId, Because]:
    """All entries of an environment, by template and key."""
    rows = database.execute(
        "SELECT template, key, because FROM stale WHERE environment = ? ORDER BY template, key", (environment,)
    )
    return {ArtifactId(template, key_term(key)): because_values(text)[0] for template, key, text in rows}


def count_stale(database: Database, environment: str) -> int:
    """How many entries an environment has."""
    row = database.one("SELECT count(*) FROM stale WHERE environment = ?", (environment,))
    return int(row[0]) if row is not None else 0
