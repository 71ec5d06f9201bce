"""Streak: readings of one probe, one after another, become what there is to do: nothing, an alert, a way back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as OneOf

from regen.model.probe import Breach, Probe, Reading

_KEPT = 20

Standing = OneOf["unknown", "well", "unable", "breached"]
"""What was told of a probe last."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What outlives the process.

    Attributes:
        release: that stands in the probe's environment; None before the first.
        failed_before: whether the probe failed when that release came, and has not passed since.
        standing: what was told of it.
        readings: the last ones, the oldest first.
    """

    release: int | None = None
    failed_before: bool = False
    standing: Standing = "unknown"
    readings: tuple[Reading, ...] = ()


class Streak:
    """Judges one probe.

    Why `failed_before`: what was broken before a release came is not its fault, and no release would mend it by going.

    Args:
        probe: which.
        known: what is remembered of it.
    """

    def __init__(self, probe: Probe, known: Remembered | None = None) -> None:
        known = known or Remembered()
        self.probe = probe
        self._readings = deque(known.readings, _KEPT)
        self._release, self._failed_before, self._standing = known.release, known.failed_before, known.standing
        self._failures = 0
        self._well: float | None = None

    @property
    def remembered(self) -> Remembered:
        """What is to outlive the process."""
        return Remembered(self._release, self._failed_before, self._standing, tuple(self._readings))

    def deployed(self, release: int | None, at: float, *, now: bool) -> None:
        """A release stands in the environment.

        Args:
            at: before its first file was switched; seconds since the epoch, UTC.
            now: whether it was deployed this moment, or stood there when the asking began.
        """
        if release == self._release:
            return
        stood = self._release is not None  # before the first release a probe cannot but fail
        passed = max((reading.at for reading in self._readings if reading.outcome == "pass"), default=at)
        # A deployment takes its time: what passed in the course of it was asked before the switch.
        self._release, self._failures, self._well = release, 0, max(at, passed) if now else None
        self._failed_before = stood and self._failed_at(at)

    def again(self) -> None:
        """Count failures anew."""
        self._failures = 0

    def _failed_at(self, at: float) -> bool:
        said: Iterable[Reading] = (r for r in self._readings if r.at + r.duration_s <= at and _conclusive(r))
        return next((r.outcome == "fail" for r in reversed([*said])), False)

    def take(self, reading: Reading, release: int | None) -> Breach | Standing | None:
        """Judge one reading.

        Args:
            release: that stood when it began; where another one stands now it says nothing of either.

        Returns:
            A breach; "unable" or "well" where that is news; else None.
        """
        self._readings.append(reading)
        if release is None or release != self._release:
            return None
        match reading.outcome:
            case "pass":
                news = self._standing in {"unable", "breached"}
                self._failures, self._failed_before, self._well = 0, False, reading.at
                self._standing = "well"
                return "well" if news else None
            case "fail":
                self._failures += 1
                self._well = reading.at if self._well is None else self._well
                return self._failed(reading, release)
            case "inconclusive" if self._standing not in {"unable", "breached"}:
                self._standing = "unable"
                return "unable"
            case _:
                return None

    def _failed(self, reading: Reading, release: int) -> Breach | None:
        if self._failures != self.probe.failures:
            return None
        self._standing = "breached"
        return Breach(
            self.probe.name,
            self.probe.environment,
            self.probe.trigger,
            release,
            reading.at if self._well is None else self._well,
            reading.shown(self.probe.target),
            self._failed_before,
        )


def _conclusive(reading: Reading) -> bool:
    return reading.outcome in {"pass", "fail"}
