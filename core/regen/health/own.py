"""Own figures: what a watch knows of itself: how many of its cycles failed, and how long it was there and well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from regen.model.spans import Span, joined, length_s, within, without

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
        counted, well = uptime(self.alive, (), [self.cycles], self.now)
        return length_s(within(well, since, self.now)), length_s(within(counted, since, self.now))


def uptime(
    watched: Sequence[Alive], served: Sequence[Alive], cycles: Iterable[Sequence[tuple[float, bool]]], now: float
) -> tuple[list[Span], list[Span]]:
    """The times in which a watch was to be there, and those of them in which all was well.

    Well is: the watch was there, no environment's last cycle had failed, and the interface answered where somebody had
    started it and not stopped it.

    Args:
        watched: when a watch ran, the oldest first.
        served: when the interface did.
        cycles: of each environment (when it ended, whether it failed), the oldest first.
        now: seconds since the epoch, UTC.
    """
    counted = joined(_wanted(watched, now))
    silent = without(joined(_wanted(served, now)), joined(_there(served, now)))
    failed = (span for one in cycles for span in _failed(one, now))
    return counted, without(joined(_there(watched, now)), joined((*silent, *failed)))


def _there(alive: Sequence[Alive], now: float) -> Iterator[Span]:
    yield from ((one.since, min(one.until, now)) for one in alive)


def _wanted(alive: Sequence[Alive], now: float) -> Iterator[Span]:
    """One that was killed was to be there until the next one began."""
    for index, one in enumerate(alive):
        following = alive[index + 1].since if index + 1 < len(alive) else one.until
        yield one.since, min(one.until if one.stopped else following, now)


def _failed(cycles: Sequence[tuple[float, bool]], now: float) -> Iterator[Span]:
    """From the end of a cycle that failed to the end of the next that did not."""
    since: float | None = None
    for at, bad in cycles:
        if bad and since is None:
            since = at
        elif not bad and since is not None:
            yield since, at
            since = None
    if since is not None and since < now:
        yield since, now
