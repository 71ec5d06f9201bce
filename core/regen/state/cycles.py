"""Cycles that are over, as the state keeps them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from regen.model.cycle import Counts, CycleRecord, Share, StageTime
from regen.state.db import Database

_MOST = 100_000  # records; the oldest go
_LOOK = 100  # cycles between two looks at what may go
WINDOW_S = 86_400.0
"""The longest time that a probe's figure of cycles looks back, see `window_s` of `[[probe]]`."""
_COLUMNS = (
    "number, environment, kind, trigger, at, duration_s, cpu_s, result, error, exit_code, trace_id, span_id, release,"
    " revision, delay_s, workers, executor, counts, stages, shares"
)


def note(db: Database, record: CycleRecord, *, oldest: float = 0.0) -> int:
    """Keep one, not durably: a power cut may take the last ones.

    Args:
        record: with any number.
        oldest: those from before this time may go; seconds since the epoch.

    Returns:
        The number that it was given.
    """
    with db.transaction(durable=False):
        db.execute(
            f"INSERT INTO cycle ({_COLUMNS}, merges, merge_conflicts)"  # noqa: S608 - constants
            f" VALUES ({', '.join('?' * 22)})",
            (None, *_row(record), record.counts.merges, record.counts.merge_conflicts),
        )
        row = db.one("SELECT last_insert_rowid()")
        number = int(row[0]) if row is not None else 0
        if number % _LOOK == 0:
            db.execute("DELETE FROM cycle WHERE at < ? OR number <= ?", (oldest, number - _MOST))
    return number


def cycles(
    db: Database,
    *,
    environment: str | None = None,
    kind: str | None = None,
    result: str | None = None,
    since: float | None = None,
    until: float | None = None,
    before: int | None = None,
    limit: int | None = 100,
) -> list[CycleRecord]:
    """Some of them, the newest first.

    Args:
        environment, kind, result: only of these; None: of all.
        since, until: by the time of their start, seconds since the epoch; `until` is not included.
        before: only those with a smaller number.
        limit: at most so many; None: all.
    """
    where, bound = _where(environment, kind, result, since, until, before)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM cycle{where} ORDER BY number DESC LIMIT ?",  # noqa: S608 - constants
        (*bound, -1 if limit is None else limit),
    )
    return [_record(row) for row in rows]


def cycle(db: Database, number: int) -> CycleRecord | None:
    """The one of that number; None where it is not kept."""
    row = db.one(f"SELECT {_COLUMNS} FROM cycle WHERE number = ?", (number,))  # noqa: S608 - a constant
    return None if row is None else _record(row)


def made(db: Database, environment: str, release: int) -> CycleRecord | None:
    """The one that made a release; None where it is not kept."""
    row = db.one(
        f"SELECT {_COLUMNS} FROM cycle WHERE environment = ? AND release = ?"  # noqa: S608 - constants
        " ORDER BY number DESC LIMIT 1",
        (environment, release),
    )
    return None if row is None else _record(row)


def ends(db: Database, environment: str, since: float) -> list[tuple[float, bool]]:
    """(When it ended, whether it failed) of a watch's cycles, the oldest first; those that made way are left out."""
    rows = db.execute(
        "SELECT at + duration_s, result IN ('failure', 'error') FROM cycle WHERE environment = ? AND at >= ?"
        " AND kind = 'watch' AND result <> 'cancellation' ORDER BY number",
        (environment, since),
    )
    return [(float(at), bool(failed)) for at, failed in rows]


def _where(
    environment: str | None,
    kind: str | None,
    result: str | None,
    since: float | None,
    until: float | None,
    before: int | None,
) -> tuple[str, tuple[str | float, ...]]:
    wanted: list[tuple[str, str | float | None]] = [
        ("environment = ?", environment),
        ("kind = ?", kind),
        ("result = ?", result),
        ("at >= ?", since),
        ("at < ?", until),
        ("number < ?", before),
    ]
    chosen = [(text, value) for text, value in wanted if value is not None]
    where = " AND ".join(text for text, _ in chosen)
    return (f" WHERE {where}" if chosen else ""), tuple(value for _, value in chosen)


def _row(record: CycleRecord) -> tuple[Any, ...]:
    return (
        record.environment,
        record.kind,
        record.trigger,
        record.at,
        record.duration_s,
        record.cpu_s,
        record.result,
        record.error,
        record.exit_code,
        record.trace_id,
        record.span_id,
        record.release,
        record.revision,
        record.delay_s,
        record.workers,
        record.executor,
        json.dumps(asdict(record.counts)),
        json.dumps([[one.name, one.start_s, one.duration_s] for one in record.stages]),
        json.dumps(
            [[one.kind, one.name, one.duration_s, one.count, one.longest_s] for one in record.shares],
            ensure_ascii=False,
        ),
    )


def _record(row: tuple[Any, ...]) -> CycleRecord:
    *plain, counts, stages, shares = row
    values: tuple[Any, ...] = (
        *plain,
        Counts(**json.loads(counts)),
        tuple(StageTime(*one) for one in json.loads(stages)),
        tuple(Share(*one) for one in json.loads(shares)),
    )
    return CycleRecord(*values)
