"""Recorded: values that the user of a project measures are kept beside regen's own."""

from __future__ import annotations

import math
import re
import time
from typing import Final

from regen.config.objectives import objectives
from regen.errors import UsageError
from regen.figures.table import ROWS
from regen.model.measure import Measure
from regen.orchestrator.session import Session
from regen.state import measures

_UNITS: Final[dict[str, tuple[str, float]]] = {
    "number": ("number", 1.0),
    "share": ("share", 1.0),
    "%": ("share", 0.01),
    "ms": ("s", 0.001),
    "s": ("s", 1.0),
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
}
_KINDS: Final = {"number": "a number", "share": "a share", "s": "a time"}
_METRIC: Final = re.compile("[a-z][a-z0-9_]*")
_DAY_S: Final = 86_400.0


def record(session: Session, metric: str, value: float, unit: str, environment: str | None, label: str) -> None:
    """Keep a value; see `Project.record`. The caller has the session's turn.

    Raises:
        UsageError: it cannot be meant.
    """
    if _METRIC.fullmatch(metric) is None:
        raise UsageError(f"{metric!r} is no name of a figure", hint="write it like `basket_errors`")
    if metric in {row.metric for row in ROWS}:
        raise UsageError(f"{metric} is a figure of regen's own", hint="give yours another name")
    if not math.isfinite(value):
        raise UsageError(f"{value} of {metric} is no value")
    if unit not in _UNITS:
        raise UsageError(f"there is no unit {unit!r}", hint=f"choose one of: {', '.join(_UNITS)}")
    kept, factor = _UNITS[unit]
    _check_unit(session, metric, kept)
    note(session, Measure(metric, value * factor, kept, time.time(), environment, label))


def _check_unit(session: Session, metric: str, unit: str) -> None:
    """All values of a metric, and the target of its objective, are of one kind: else no figure says anything."""
    other = measures.unit(session.state.db, metric)
    if other is not None and other != unit:
        raise UsageError(
            f"{metric} was {_KINDS[other]} until now, and this is {_KINDS[unit]}",
            hint="give it another name, or the unit that it had",
        )
    about = re.compile(rf"{metric}(_p\d\d?)?")
    for row in objectives(session.config):
        if about.fullmatch(row.metric) and row.unit != unit:
            raise UsageError(
                f"the objective of {row.metric} is {_KINDS[row.unit]}, and this is {_KINDS[unit]}",
                hint='units are "%" and "share" for a share, "ms", "s", "min" and "h" for a time, and "number"',
            )


def note(session: Session, *values: Measure) -> None:
    """Keep measures, of regen's own too; observers are told of them."""
    oldest = time.time() - session.config.history.keep_days * _DAY_S
    measures.record(session.state.db, values, oldest=oldest)
