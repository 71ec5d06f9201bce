"""Measures: single values that were measured, kept for as long as the history of the graph."""

from __future__ import annotations

from collections.abc import Iterable

from regen import telemetry
from regen.model.measure import Measure
from regen.state.db import Database

_MOST = 100_000  # of one metric; the oldest go
_LOOK = 1000  # measures of a metric between two looks at what may go


def record(db: Database, measures: Iterable[Measure], *, oldest: float = 0.0) -> None:
    """Keep some, not durably: a power cut may take the last ones; this process's observers are told of each.

    Args:
        measures: in any order.
        oldest: those of the same metrics from before this time may go; seconds since the epoch.
    """
    found = tuple(measures)
    rows = [(one.metric, one.at, one.value, one.unit, one.environment, one.label) for one in found]
    with db.transaction(durable=False):
        db.many("INSERT INTO measure (metric, at, value, unit, environment, label) VALUES (?, ?, ?, ?, ?, ?)", rows)
        last = db.one("SELECT max(number) FROM measure")
        if rows and last is not None and int(last[0]) % _LOOK < len(rows):
            for metric in sorted({row[0] for row in rows}):
                _drop(db, metric, oldest)
    for one in found:
        telemetry.tell(telemetry.Measured(one))


def measures(
    db: Database,
    metric: str,
    *,
    since: float = 0.0,
    until: float | None = None,
    label: str | None = None,
    environment: str | None = None,
) -> list[Measure]:
    """Those of a metric, the oldest first.

    Args:
        since, until: seconds since the epoch; `until` is not included, None: no end.
        label, environment: only of these; None: of all.
    """
    rows = db.execute(
        "SELECT metric, value, unit, at, environment, label FROM measure WHERE metric = ? AND at >= ?"
        " AND (? IS NULL OR at < ?) AND (? IS NULL OR label = ?) AND (? IS NULL OR environment = ?)"
        " ORDER BY at, number",
        (metric, since, until, until, label, label, environment, environment),
    )
    return [Measure(*row) for row in rows]


def metrics(db: Database) -> list[str]:
    """Names of all that were ever recorded and are kept, sorted; from one to the next by the index, not row by row."""
    rows = db.execute(
        "WITH RECURSIVE known (metric) AS (SELECT min(metric) FROM measure UNION ALL"
        " SELECT (SELECT min(metric) FROM measure WHERE metric > known.metric) FROM known WHERE known.metric NOTNULL)"
        " SELECT metric FROM known WHERE metric NOTNULL"
    )
    return [metric for (metric,) in rows]


def unit(db: Database, metric: str) -> str | None:
    """The unit of the last one; None where none is kept."""
    row = db.one("SELECT unit FROM measure WHERE metric = ? ORDER BY at DESC LIMIT 1", (metric,))
    return None if row is None else str(row[0])


def _drop(db: Database, metric: str, oldest: float) -> None:
    db.execute("DELETE FROM measure WHERE metric = ? AND at < ?", (metric, oldest))
    db.execute(
        "DELETE FROM measure WHERE metric = ? AND number <= (SELECT number FROM measure WHERE metric = ?"
        " ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (metric, metric, _MOST),
    )
