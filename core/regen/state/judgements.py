"""Judgements: what people said of artifacts, and what follows from it for templates."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from regen.model.artifact import ArtifactId
from regen.model.tuning import GOOD_FROM, Judged, Judgement
from regen.state.db import Database
from regen.state.records import key_term, key_text

_COLUMNS = "environment, path, template, key, content, release, score, text, by, at, number"


def judge(db: Database, one: Judgement) -> int:
    """Keep what somebody said; durable when it returns. Gives its number."""
    with db.transaction():
        db.execute(
            "INSERT INTO judgement (environment, path, template, key, content, release, score, text, by, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                one.environment,
                one.path,
                one.artifact.template,
                key_text(one.artifact.key),
                one.content,
                one.release,
                one.score,
                one.text,
                one.by,
                one.at,
            ),
        )
        row = db.one("SELECT last_insert_rowid()")
    return int(row[0]) if row is not None else 0


def judgements(
    db: Database,
    *,
    environment: str | None = None,
    template: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Judgement]:
    """What was said, the newest first; None: of all."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM judgement WHERE (? IS NULL OR environment = ?) AND (? IS NULL OR template = ?)"  # noqa: S608
        " AND (? IS NULL OR number < ?) ORDER BY number DESC LIMIT ?",
        (environment, environment, template, template, before, before, limit),
    )
    return [_judgement(row) for row in rows]


def judged(
    db: Database, *, environment: str | None = None, since: float | None = None, until: float | None = None
) -> list[Judged]:
    """What people think: of all templates, and of each, by name; the last word on an artifact counts.

    Args:
        environment: only of its artifacts; None: of all.
        since, until: only what was said then, seconds since the epoch; `until` is not included.

    Returns:
        First all templates as one, of no artifacts where nothing was said.
    """
    rows = db.execute(
        "SELECT template, score, max(number) FROM judgement WHERE (? IS NULL OR environment = ?)"
        " AND (? IS NULL OR at >= ?) AND (? IS NULL OR at < ?) GROUP BY environment, template, key",
        (environment, environment, since, since, until, until),
    )
    scores: dict[str, list[float]] = defaultdict(list)
    for template, score, _ in rows:
        scores[template].append(float(score))
    return [
        _judged(None, [score for some in scores.values() for score in some]),
        *(_judged(name, scores[name]) for name in sorted(scores)),
    ]


def accuracy(
    db: Database, *, environment: str | None = None, since: float | None = None, until: float | None = None
) -> float | None:
    """The share of judged artifacts that are good; None where none was judged. Arguments as of `judged`."""
    return judged(db, environment=environment, since=since, until=until)[0].accuracy


def _judged(template: str | None, scores: list[float]) -> Judged:
    good = sum(score >= GOOD_FROM for score in scores)
    return Judged(template, len(scores), good, sum(scores) / len(scores) if scores else 0.0)


def _judgement(row: tuple[Any, ...]) -> Judgement:
    environment, path, template, key, *rest = row
    return Judgement(environment, path, ArtifactId(template, key_term(key)), *rest)
