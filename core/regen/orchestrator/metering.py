"""Metering: where a project stands, and what cycles of another process did, for this process's metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from regen import telemetry
from regen.config import Config
from regen.config.objectives import objectives
from regen.errors import StateError
from regen.model.objective import OBJECTIVES
from regen.state import cycles, holds, lock, releases
from regen.state.db import Database
from regen.state.opening import read_state
from regen.state.stale import count_stale
from regen.telemetry.standing import EnvironmentStanding, Standing

if TYPE_CHECKING:
    from regen.orchestrator.session import Session

_MEASURED = frozenset({"watch", "serve"})  # commands that run for so long that somebody may read their metrics
FIGURES_S = 15.0
"""How long figures are shown as they were: an hour of many cycles takes some time to read, and a scrape comes often."""
_WINDOW = "1h"
_FIGURES: dict[Path, tuple[float, tuple[tuple[str, float], ...]]] = {}
_AT_ONCE = 1000  # cycles of another process that are counted in one go


def start_telemetry(config: Config, command: str) -> None:
    """Trace and measure from now on, where somebody listens to what this command does."""
    telemetry.start(reading=command in _MEASURED, objectives=objectives(config))


def standing_of(session: Session, command: str) -> AbstractContextManager[None]:
    """While the context is open this process's gauges show where a session's project stands.

    A command that ends soon sends no figures of objectives, for they are of many cycles, and take some time to read.
    """
    names = partial(_names, session)
    return telemetry.stands(partial(read_standing, session.state.folder, names, figures=command in _MEASURED))


def _names(session: Session) -> list[str]:
    return [place.name for place in session.places]


def read_standing(folder: Path, environments: Callable[[], Iterable[str]], *, figures: bool = True) -> Standing | None:
    """Where a project stands, whoever holds it; may be called in any thread.

    Args:
        folder: `.regen`.
        environments: gives the names of those that are enabled.
        figures: whether what the objectives are about is wanted, too.

    Returns:
        None where there is no state yet, or it cannot be read now.
    """
    try:
        with read_state(folder) as state:
            if state is None:
                return None
            db, names = state.db, tuple(environments())
            holder = lock.last_holder(folder)
            return Standing(
                triples=_number(db, "SELECT sum(triples) FROM file"),
                revision=_number(db, "SELECT max(number) FROM revision"),
                watching=holder is not None and holder.watches and lock.held(folder),
                environments=tuple(_environment(db, name) for name in names),
                figures=_figures(folder, names) if figures else (),
            )
    except (StateError, OSError):
        return None


def _figures(folder: Path, environments: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """What the objectives are about, over the last hour, as it was at most FIGURES_S seconds ago."""
    at, found = _FIGURES.get(folder, (-FIGURES_S, ()))
    if time.monotonic() - at > FIGURES_S:
        from regen.figures.compliance import compliance
        from regen.figures.table import Price
        from regen.model.window import parse_window
        from regen.orchestrator.figures import facts_of

        only = {row.metric for row in OBJECTIVES}
        facts = facts_of(folder, parse_window(_WINDOW, time.time()), None, environments, only=only)
        kept = compliance(facts, OBJECTIVES, Price(0.0, ""))
        values = [(one.objective.metric, one.figure.value) for one in kept.objectives]
        found = tuple((metric, value) for metric, value in values if value is not None)
        _FIGURES[folder] = (time.monotonic(), found)
    return found


def _environment(db: Database, name: str) -> EnvironmentStanding:
    current = releases.current(db, name)
    last = cycles.cycles(db, environment=name, limit=1)
    return EnvironmentStanding(
        environment=name,
        release=current.number if current is not None else None,
        artifacts=_number(db, "SELECT count(*) FROM artifact WHERE environment = ?", name),
        stale=count_stale(db, name),
        conflicts=_number(db, "SELECT count(*) FROM conflict WHERE environment = ?", name),
        held=holds.held(db, name) is not None or holds.frozen(db, name) is not None,
        failed=bool(last) and last[0].failed,
    )


def _number(db: Database, query: str, *bound: str) -> int:
    row = db.one(query, bound)
    return int(row[0] or 0) if row is not None else 0


class Beside:
    """Counts the cycles of another process that holds the project, from the first look on; in any thread."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._lock = Lock()

    def look(self, db: Database, *, count: bool = True) -> None:
        """Look for those that ended since the last look.

        Args:
            db: the project's state, to read from.
            count: whether they are counted; not where they were cycles of this process, which counts its own.
        """
        with self._lock:
            last = self._last
            newest = cycles.cycles(db, limit=1 if last is None or not count else _AT_ONCE)
            self._last = newest[0].number if newest else last or 0
            meters = telemetry.measuring()
            if meters is None or last is None or not count:
                return
            for record in reversed([one for one in newest if one.number > last]):
                meters.cycle(record)
