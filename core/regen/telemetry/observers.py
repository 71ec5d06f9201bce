"""Observers: who in this process wants to see cycles and stages as they happen is told, at once and in their thread.

Why beside OpenTelemetry's own processors: these are there in every process, without the SDK, and see what is kept of a
cycle as a whole. An observer that raises is logged and told on; it fails no cycle.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from regen.model.cycle import CycleRecord, StageTime
from regen.model.measure import Measure

_LOG = logging.getLogger("regen.telemetry")


@dataclass(frozen=True, slots=True)
class CycleBegan:
    """A cycle started, of an environment; `kind` is "plan" or "check", too. `at`: seconds since the epoch, UTC."""

    kind: str
    trigger: str
    at: float
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class StageBegan:
    """A stage of the cycle that runs started."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage ended; `at` is when it had started, seconds since the epoch, UTC."""

    stage: StageTime
    at: float


@dataclass(frozen=True, slots=True)
class CycleEnded:
    """A cycle is over; None where its kind leaves no record."""

    record: CycleRecord | None


@dataclass(frozen=True, slots=True)
class Measured:
    """A single value was measured, outside of cycles too."""

    measure: Measure


Happening: TypeAlias = CycleBegan | StageBegan | StageEnded | CycleEnded | Measured
Observer: TypeAlias = Callable[[Happening], None]

_OBSERVERS: list[Observer] = []


@contextmanager
def watching(observer: Observer) -> Iterator[None]:
    """Tell an observer of every cycle of this process while the context is open; it must be quick, for cycles wait."""
    _OBSERVERS.append(observer)
    try:
        yield
    finally:
        _OBSERVERS.remove(observer)


def tell(what: Happening) -> None:
    """Tell all observers."""
    for observer in tuple(_OBSERVERS):
        try:
            observer(what)
        except Exception:  # noqa: BLE001 - as the module says
            _LOG.exception("an observer of cycles failed")
