"""Statistics: one definition of a percentile and of a mean for every place that shows one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

_PERCENTILE: Final = re.compile(r"(?P<metric>.+)_p(?P<percent>[1-9]\d?)")


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest rank: the smallest value that at least `percent` per cent of all do not exceed.

    It is always a value that was measured, and what Prometheus' recording rules come close to.

    Args:
        ordered: sorted, the smallest first.
        percent: above 0, up to 100.

    Returns:
        None where there is no value.
    """
    if not ordered:
        return None
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def percentile_in(metric: str) -> tuple[str, int] | None:
    """What a figure such as `cycle_p95` is a percentile of, and which; None of another one."""
    found = _PERCENTILE.fullmatch(metric)
    return (found["metric"], int(found["percent"])) if found is not None else None


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean; None where there is no value."""
    return math.fsum(values) / len(values) if values else None


def share(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None
