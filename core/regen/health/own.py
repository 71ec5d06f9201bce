"""Own figures: what a watch knows of itself: how many of its cycles failed, and how long it was there and well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_CYCLES = 10
"""With fewer in the window one failed cycle is more than the 5 % at which a release is left, so nothing is said."""


@dataclass(frozen=True, slots=True)
class Alive:
    """A time in which a watch ran.

    Attributes:
        since, until: seconds since the epoch, UTC.
        stopped: whether it was asked to stop at its end; what follows is no outage then.
    """

    since: float
    until: float
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """What an environment's figures are worked out from.

    Attributes:
        now: seconds since the epoch, UTC.
        cycles: (when it ended, whether it failed), the oldest first.
        alive: when a watch ran, the oldest first.
    """

    now: float
    cycles: Sequence[tuple[float, bool]]
    alive: Sequence[Alive]

    def figure(self, metric: str, window_s: float) -> tuple[float | None, str]:
        """A figure of the last `window_s` seconds, and what it was made from; None where that is too little."""
        since = self.now - window_s
        return self.error_rate(since) if metric == "error_rate" else self.availability(since)

    def error_rate(self, since: float) -> tuple[float | None, str]:
        """Share of cycles that failed."""
        failed = [bad for at, bad in self.cycles if at >= since]
        said = f"{sum(failed)} of {len(failed)} cycles failed"
        return (sum(failed) / len(failed) if len(failed) >= FEWEST_CYCLES else None), said

    def availability(self, since: float) -> tuple[float | None, str]:
        """Share of the time in which a watch was to be there that it was, with its last cycle well."""
        well, counted = self.well_s(since)
        return (well / counted if counted > 0 else None), f"well for {well:.0f} of {counted:.0f} s"

    def well_s(self, since: float) -> tuple[float, float]:
        """Seconds that it was there and well, and seconds that it was to be there, from `since` until now."""
        well = counted = 0.0
        for index, one in enumerate(self.alive):
            following = self.alive[index + 1].since if index + 1 < len(self.alive) else one.until
            end = min(one.until if one.stopped else following, self.now)
            counted += max(0.0, end - max(one.since, since))
            well += self._well(max(one.since, since), min(one.until, self.now))
        return well, counted

    def _well(self, start: float, end: float) -> float:
        """Seconds between two times in which the last cycle had not failed."""
        if end <= start:
            return 0.0
        failed = next((bad for at, bad in reversed(self.cycles) if at <= start), False)
        total, last = 0.0, start
        for at, bad in self.cycles:
            if start < at < end:
                total += 0.0 if failed else at - last
                last, failed = at, bad
        return total + (0.0 if failed else end - last)
