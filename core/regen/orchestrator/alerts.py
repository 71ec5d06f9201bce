"""Alerts: those that are open, and what was told of others, read beside whoever holds the project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from regen.config import find_root, load_config
from regen.holder import STATE_FOLDER
from regen.model.alert import Alert, MonitoringAlert, MonitoringRecovery
from regen.state import alerts
from regen.state.db import Database
from regen.state.opening import read_state


@dataclass(frozen=True, slots=True)
class Told:
    """What was told once.

    Attributes:
        at: seconds since the epoch, UTC.
        what: "warning", "critical", or "recovered".
        key: of the alert.
    """

    at: float
    what: str
    environment: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts of a project.

    Attributes:
        open: by environment and key.
        told: the newest first.
    """

    open: tuple[Alert, ...] = ()
    told: tuple[Told, ...] = ()


def read_alerts(folder: Path, environment: str | None = None, *, limit: int = 20) -> Alerts:
    """Read them.

    Args:
        folder: the project's, or one inside it.
        environment: only its alerts; None: all.
        limit: how many of those that were told.

    Raises:
        UsageError: there is no such environment.
        RegenError: the folder is no project, or its state cannot be read.
    """
    config = load_config(find_root(folder))
    enabled = [one.name for one in config.environments if one.enabled]
    names = [config.environment(environment).name] if environment is not None else enabled
    with read_state(config.root / STATE_FOLDER) as state:
        if state is None:
            return Alerts()
        opened = tuple(alert for name in names for alert in alerts.open_alerts(state.db, name))
        return Alerts(opened, tuple(_told(state.db, names, limit)))


def _told(db: Database, names: list[str], limit: int) -> list[Told]:
    marks = ", ".join("?" * len(names))
    rows = db.execute(
        f"SELECT at, type, data FROM event WHERE type IN (?, ?) AND subject IN ({marks})"  # noqa: S608 - only marks
        " ORDER BY sequence DESC LIMIT ?",
        (MonitoringAlert.type, MonitoringRecovery.type, *names, max(0, limit)),
    )
    found = [(float(at), kind, json.loads(data)) for at, kind, data in rows]
    return [
        Told(
            at,
            "recovered" if kind == MonitoringRecovery.type else data["severity"],
            data["environment"],
            data["key"],
            data["message"],
        )
        for at, kind, data in found
    ]
