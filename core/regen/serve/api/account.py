"""Routes: who did what, what is promised, and what is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.config import Key
from regen.model.alert import Alert
from regen.model.audit import Entry
from regen.serve.asked import LARGEST
from regen.serve.desk import Desk, cursor
from regen.serve.route import Nothing, Page, read
from regen.state import alerts as kept
from regen.state import audit as rows


@dataclass(frozen=True, slots=True)
class AuditAsked:
    """Which rows."""

    environment: Annotated[str | None, Key("only those of this environment, or of the project", maximum=200)] = None
    action: Annotated[str | None, Key("only those of this action, such as `rollback`", maximum=100)] = None
    before: Annotated[int | None, Key("with smaller numbers, such as `next` of a page", minimum=0, maximum=LARGEST)] = (
        None
    )
    limit: Annotated[int, Key("at most so many", minimum=1, maximum=500)] = 100


@read("/api/v1/audit")
def audit(desk: Desk, asked: AuditAsked) -> Page[Entry]:
    """Who did what, when and why; the newest first."""
    with desk.readers.read() as state:
        if state is None:
            return Page(())
        found = rows.entries(
            state.db,
            environment=asked.environment,
            action=asked.action,
            before=asked.before,
            limit=asked.limit,
        )
    return Page(tuple(found), cursor(found, asked.limit, lambda one: one.sequence))


@read("/api/v1/alerts")
def alerts(desk: Desk, asked: Nothing) -> Page[Alert]:
    """Alerts that are open, by environment."""
    names = [one.name for one in desk.config.environments if one.enabled]
    with desk.readers.read() as state:
        if state is None:
            return Page(())
        return Page(tuple(alert for name in names for alert in kept.open_alerts(state.db, name)))
