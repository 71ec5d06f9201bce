"""Figures: what can be counted of a release as the state keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from regen.model.artifact import ArtifactId
from regen.model.tuning import GOOD_FROM
from regen.state.codec import artifact_of, artifact_text
from regen.state.db import Database

_MOST: Final = 100  # environments, of which the last count is kept in this process
_KNOWN: dict[tuple[str, str], tuple[tuple[float, float, float], tuple[int, int]]] = {}
_HELD = "environment = ? AND since <= ? AND (until IS NULL OR until > ?)"


def as_rendered(db: Database, environment: str, number: int) -> tuple[int, int]:
    """How many files a release holds, and how many of them are exactly the last render."""
    row = db.one(
        f"SELECT count(*), total(content = base) FROM version WHERE {_HELD}",  # noqa: S608 - a constant
        (environment, number, number),
    )
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)


def accurate(db: Database, environment: str) -> tuple[int, int]:
    """How many files stand in an environment, and how many of them are exactly the last render and nobody called bad.

    A release is counted once, however often it is asked for: with 100,000 files that takes 0.1 s.
    """
    row = db.one(
        "SELECT number, at, (SELECT max(number) FROM judgement) FROM release WHERE environment = ?"
        " ORDER BY number DESC LIMIT 1",
        (environment,),
    )
    if row is None:
        return 0, 0
    place, mark = (str(db.path), environment), (float(row[0]), float(row[1]), float(row[2] or 0))
    known = _KNOWN.get(place)
    if known is not None and known[0] == mark:
        return known[1]
    files, same = as_rendered(db, environment, row[0])
    found = files, same - called_bad(db, environment, row[0])
    if len(_KNOWN) >= _MOST:
        _KNOWN.clear()
    _KNOWN[place] = mark, found
    return found


def called_bad(db: Database, environment: str, number: int) -> int:
    """How many of the files that are exactly the last render people called bad, as they stand; the last word counts."""
    row = db.one(  # CROSS: from the few that were judged to the many that stand
        "SELECT count(*) FROM judgement CROSS JOIN version USING (environment, path, template, key, content)"  # noqa: S608
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
