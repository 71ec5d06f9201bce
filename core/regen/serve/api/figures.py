"""Routes: figures of past cycles, and how the objectives are kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, Final, TypeVar

from regen.config import Key
from regen.errors import UsageError
from regen.model.figure import Compliance, Stats
from regen.model.window import Window
from regen.orchestrator.figures import Read, read_figures
from regen.serve.desk import Desk
from regen.serve.problems import Problem
from regen.serve.route import read

T = TypeVar("T")
_DATE: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?"
_WINDOW: Final = rf"all|[1-9][0-9]{{0,5}}(\.[0-9]{{1,3}})?(s|min|m|h|d|w)|{_DATE}\.\.({_DATE})?"
_KEPT_S: Final = 5.0  # how long figures are given again as they were worked out: a page asks for them with each cycle
_MOST: Final = 32  # windows that are kept
_KNOWN: dict[tuple[str, ...], tuple[float, Any]] = {}
_TURN = Lock()  # the same figures are worked out once, however many ask for them


@dataclass(frozen=True, slots=True)
class StatsAsked:
    """Of which time."""

    window: Annotated[
        str, Key("`15m`, `24h`, `7d`, `all`, or `2026-01-31..2026-02-28`", maximum=100, matches=_WINDOW)
    ] = "24h"
    environment: Annotated[str | None, Key("only of this one", maximum=200)] = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How the objectives are kept.

    Attributes:
        overall: share of those that pass among those that could be judged; None where none could.
    """

    window: Window
    environment: str | None
    overall: float | None
    items: tuple[Compliance, ...]


@read("/api/v1/stats", slow=True)
def stats(desk: Desk, asked: StatsAsked) -> Stats:
    """Figures of past cycles; at most five seconds old."""
    return _known(desk, "stats", asked, Read.stats)


@read("/api/v1/objectives", slow=True)
def objectives(desk: Desk, asked: StatsAsked) -> Kept:
    """How the objectives are kept, each with its error budget, and all together; at most five seconds old."""
    found = _known(desk, "objectives", asked, Read.compliance)
    return Kept(found.window, found.environment, found.overall, found.objectives)


def _known(desk: Desk, what: str, asked: StatsAsked, work_out: Callable[[Read], T]) -> T:
    name = (str(desk.root), what, asked.window, asked.environment or "")
    with _TURN:
        at, value = _KNOWN.get(name, (0.0, None))
        if time.monotonic() - at > _KEPT_S or value is None:
            if asked.environment is not None:
                desk.environment(asked.environment)  # says no in the way of the interface
            value = work_out(_read(desk, asked))
            if len(_KNOWN) >= _MOST:
                _KNOWN.clear()
            _KNOWN[name] = (time.monotonic(), value)
        found: T = value
        return found


def _read(desk: Desk, asked: StatsAsked) -> Read:
    """What was said in the right way and is no time, such as the 31st of a short month, is not found."""
    try:
        return read_figures(desk.root, asked.window, asked.environment)
    except UsageError as error:
        raise Problem(404, error.message, error.hint) from None
