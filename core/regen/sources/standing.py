"""Standing: where each source stands, read off the configuration and the state; asks nobody."""

from __future__ import annotations

from regen.config import Config, LearnTable
from regen.errors import LearnError
from regen.model.learned import LearnStanding
from regen.sources import files
from regen.sources.learner import next_at
from regen.sources.telling import shown
from regen.state import learning
from regen.state.db import Database
from regen.state.learning import Row

_HOUR_S = 3600.0


def standing(config: Config, db: Database | None, now: float) -> tuple[LearnStanding, ...]:
    """One for each `[[learn]]`, in their order.

    Args:
        db: of the state; None: there is none yet.
        now: seconds since the epoch, UTC.
    """
    rows = learning.rows(db) if db is not None else {}
    return tuple(_standing(config, table, rows.get(table.name, Row()), now) for table in config.learning)


def _standing(config: Config, table: LearnTable, row: Row, now: float) -> LearnStanding:
    try:
        path = files.path_of(config, table.name)
    except LearnError:
        path = ""
    hours = max((now - row.begun) / _HOUR_S, 1.0) if row.begun is not None else 0.0
    return LearnStanding(
        name=table.name,
        kind=table.kind,
        enabled=table.enabled,
        url=shown(table.url) if table.url else None,
        path=path,
        items=row.items,
        fetched=row.fetched,
        processed=row.processed,
        integrated=row.integrated,
        refused=row.refused,
        requests=row.requests,
        fetch_ms=row.fetch_s / row.requests * 1000 if row.requests else None,
        items_per_hour=row.later / hours if hours > 0 else None,
        last_delay_s=row.delay_s,
        asked_at=row.at,
        next_at=next_at(table, row) if table.enabled else None,
        failures=row.failures,
        error=row.error,
        note=row.note,
    )
