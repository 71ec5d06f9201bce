"""Status: where an edge stands, read beside whoever works on it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regen.fleet.hub import BATCH
from regen.fleet.settings import load_edge
from regen.holder import STATE_FOLDER
from regen.model.fleet import SyncState
from regen.stages.deploy import interrupted
from regen.state import db, edge, holds, outbox
from regen.state.opening import State, read_state

_REFUSED = 20


@dataclass(frozen=True, slots=True)
class EdgeStatus:
    """Where an edge stands.

    Attributes:
        release: the hub's number of what stands; None: nothing does.
        number: of the release of the edge's own state.
        receipt: digest of the hub's receipt of it.
        since: when it came to stand; seconds since the epoch, UTC.
        healthy: what the health command said of it; None: nothing.
        held: whether the edge went back by itself or by hand, and waits for a newer release.
        interrupted: whether a deployment was cut off; the next round ends it.
        conflicts: files that wait for a person here.
        edited: files that persons changed here.
        reachable: whether the hub answered when it was asked last.
        contact: when it answered last; latency_s: how long that took.
        error: what went wrong in the last round, in a line.
        outbox: how many messages are in each state; `depth`: of those that wait.
        refused: (sequence, kind, state, why) of what the hub does not take.
        bytes_down, bytes_up: of files and edits today, in UTC.
        batch: messages at once; interval_s: until the next round of a loop, else that of the settings.
        database_bytes: size of the database.
    """

    name: str
    id: str | None
    hub: str
    environment: str
    release: int | None = None
    number: int | None = None
    receipt: str | None = None
    since: float | None = None
    healthy: bool | None = None
    held: bool = False
    interrupted: bool = False
    conflicts: int = 0
    edited: int = 0
    reachable: bool = False
    contact: float | None = None
    latency_s: float | None = None
    error: str | None = None
    outbox: Mapping[SyncState, int] | None = None
    depth: int = 0
    refused: tuple[tuple[int, str, str, str], ...] = ()
    bytes_down: int = 0
    bytes_up: int = 0
    batch: int = BATCH
    interval_s: float = 30.0
    database_bytes: int = 0


def status(root: Path) -> EdgeStatus:
    """Where the edge in a folder stands. Raises ConfigError, StateError."""
    config = load_edge(root)
    with read_state(root / STATE_FOLDER) as state:
        if state is None:
            return EdgeStatus(config.edge.name, None, config.edge.hub, config.environment.name)
        with state.db.snapshot():
            return _status(state, config.edge.name, config.edge.hub, config.environment.name, config.edge.interval_s)


def _status(state: State, name: str, hub: str, environment: str, interval_s: float) -> EdgeStatus:
    standing, contact, counts = edge.stands(state.db), edge.contact(state.db), outbox.counts(state.db)
    down, up = outbox.traffic(state.db, time.time())
    conflicts = state.db.one("SELECT count(*) FROM conflict WHERE environment = ?", (environment,))
    return EdgeStatus(
        name,
        edge.known_identity(state.db),
        hub,
        environment,
        release=standing.hub if standing is not None else None,
        number=standing.number if standing is not None else None,
        receipt=standing.receipt if standing is not None else None,
        since=standing.at if standing is not None else None,
        healthy=standing.healthy if standing is not None else None,
        held=holds.held(state.db, environment) is not None,
        interrupted=interrupted(state, environment) is not None,
        conflicts=int(conflicts[0]) if conflicts is not None else 0,
        edited=len(edge.edited(state.db)),
        reachable=contact.reachable,
        contact=contact.at,
        latency_s=contact.latency_s,
        error=contact.error,
        outbox=counts,
        depth=counts["pending"],
        refused=tuple(outbox.refused(state.db, _REFUSED)),
        bytes_down=down,
        bytes_up=up,
        interval_s=contact.interval_s if contact.interval_s is not None else interval_s,
        database_bytes=_size(state.folder),
    )


def _size(folder: Path) -> int:
    files = (folder / f"{db.NAME}{suffix}" for suffix in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
