"""Limits: how much one client may ask for, by buckets that fill up again with time.

Why failures have a bucket of their own: a token has 256 random bits and cannot be guessed, but whoever tries must not
fill the audit, nor cost more than a look at a table.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

What = OneOf["requests", "changes", "failures", "refusals"]
_CLIENTS = 4096  # that are remembered; the one that was not seen for longest goes


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a bucket fills.

    Attributes:
        per_s: how many a second.
        burst: how many at once, after a pause.
    """

    per_s: float
    burst: float


RATES: Final[Mapping[What, Rate]] = {
    "requests": Rate(500.0, 1000.0),
    "changes": Rate(2.0, 20.0),
    "failures": Rate(1 / 6, 10.0),
    "refusals": Rate(1 / 6, 30.0),  # that are noted in the audit
}
"""Of one client, by its address. docs/serving.md lists them."""


class Limits:
    """Counts what clients do.

    Args:
        rates: how much of each; they may be changed at any time.
        clock: seconds, growing.
    """

    def __init__(self, rates: Mapping[What, Rate] = RATES, clock: Callable[[], float] = time.monotonic) -> None:
        self.rates, self._clock = rates, clock
        self._buckets: OrderedDict[tuple[What, str], tuple[float, float]] = OrderedDict()

    def take(self, what: What, client: str) -> float | None:
        """Count one; None: it may be done. Else in how many seconds it may, and it is not counted."""
        left, now, rate = *self._left(what, client), self.rates[what]
        if left < 1:
            return (1 - left) / rate.per_s
        self._keep(what, client, left - 1, now)
        return None

    def wait(self, what: What, client: str) -> float | None:
        """In how many seconds one may be done, without counting it; None: at once."""
        left, _ = self._left(what, client)
        return (1 - left) / self.rates[what].per_s if left < 1 else None

    def _left(self, what: What, client: str) -> tuple[float, float]:
        rate, now = self.rates[what], self._clock()
        left, at = self._buckets.get((what, client), (rate.burst, now))
        return min(rate.burst, left + (now - at) * rate.per_s), now

    def _keep(self, what: What, client: str, left: float, now: float) -> None:
        self._buckets[what, client] = (left, now)
        self._buckets.move_to_end((what, client))
        if len(self._buckets) > _CLIENTS * len(self.rates):
            self._buckets.popitem(last=False)
