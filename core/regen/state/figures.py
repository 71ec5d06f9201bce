"""Figures: what can be counted of a release as the state keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from regen.model.artifact import ArtifactId
from regen.model.tuning import GOOD_FROM
from regen.state.codec import artifact_of, artifact_text
from regen.state.db import Database

_HELD = "environment = ? AND since <= ? AND (until IS NULL OR until > ?)"


def as_rendered(db: Database, environment: str, number: int) -> tuple[int, int]:
    """How many files a release holds, and how many of them are exactly the last render."""
    row = db.one(
        f"SELECT count(*), total(content = base) FROM version WHERE {_HELD}",  # noqa: S608 - a constant
        (environment, number, number),
    )
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)


def called_bad(db: Database, environment: str, number: int) -> int:
    """How many of the files that are exactly the last render people called bad, as they stand; the last word counts."""
    row = db.one(
        "SELECT count(*) FROM judgement JOIN version USING (environment, path, template, key, content)"  # noqa: S608
        f" WHERE {_HELD} AND content = base AND score < ? AND judgement.number IN"
        " (SELECT max(number) FROM judgement WHERE environment = ? GROUP BY template, key)",
        (environment, number, number, GOOD_FROM, environment),
    )
    return int(row[0]) if row is not None else 0


def edited(db: Database, environment: str, number: int) -> list[tuple[str, int]]:
    """(template, files of it that differ from their render), the most first."""
    rows = db.execute(
        f"SELECT template, count(*) AS files FROM version WHERE {_HELD} AND content <> base"  # noqa: S608 - a constant
        " GROUP BY template ORDER BY files DESC, template",
        (environment, number, number),
    )
    return [(template, files) for template, files in rows]


def things_held(db: Database, environment: str, number: int, artifacts: Iterable[ArtifactId]) -> set[ArtifactId]:
    """Of which things a release has files: of a key, whatever the template (""), or of a template without keys."""
    pairs = [artifact_text(artifact) for artifact in artifacts]
    select = f"SELECT DISTINCT key FROM version WHERE {_HELD} AND key IN"  # noqa: S608 - a constant
    held = (environment, number, number)
    found = {artifact_of("", key) for (key,) in db.among(select, held, {key for _, key in pairs if key})}
    select = f"SELECT DISTINCT template FROM version WHERE {_HELD} AND key = '' AND template IN"  # noqa: S608 - as above
    rows = db.among(select, held, {template for template, key in pairs if not key})
    return found | {ArtifactId(template, None) for (template,) in rows}
