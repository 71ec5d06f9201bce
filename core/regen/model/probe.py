"""Probes: what is asked again and again while a release stands, what was seen, and what that leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from regen.model.objective import Target, shown_figure

Trigger = OneOf[
    "health_check_failed",
    "error_rate_exceeded",
    "latency_exceeded",
    "accuracy_dropped",
    "availability_dropped",
    "test_failed",
    "manual",
]
"""What a rollback is triggered by."""

Seen = OneOf["pass", "fail", "inconclusive", "skipped"]
"""Inconclusive: it could not be asked at all, or gave no figure. Skipped: too little has happened to judge by."""

PER_TARGET: Final = "{target}"
"""In `run` or `url`: the probe is asked of each target of a canary, by its analyses alone."""

OWN_FIGURES: Final = ("error_rate", "availability")
"""Figures that a watch measures itself."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe with all its defaults filled in.

    Attributes:
        environment: the release that stands there is what it judges.
        run: the command to run, taken apart; empty: none.
        url: what is asked over HTTP; None: nothing.
        metric: the figure that is judged; None: the answer itself is, and `target` its time.
        pointer, series: where in the answer the figure is: a JSON pointer, or a sample of a Prometheus page; where
            both are None the answer is the figure.
        target: what the figure has to be, or the time; None: any.
        status: of a good answer over HTTP; None: 200 to 299.
        contains, body: a text that a good answer holds, or is, without the blanks around it; None: any.
        trigger: what its failing means.
        interval_s: from one start to the next.
        timeout_s: after which it is given up.
        failures: how many in a row are a breach.
        window_s: how far back the watch's own figures look.
    """

    name: str
    environment: str
    run: tuple[str, ...] = ()
    url: str | None = None
    metric: str | None = None
    pointer: str | None = None
    series: str | None = None
    target: Target | None = None
    status: int | None = None
    contains: str | None = None
    body: str | None = None
    trigger: Trigger = "health_check_failed"
    interval_s: float = 5.0
    timeout_s: float = 5.0
    failures: int = 3
    window_s: float = 3600.0

    @property
    def per_target(self) -> bool:
        """Whether it is asked of each target by itself."""
        return any(PER_TARGET in text for text in (*self.run, self.url or ""))

    @property
    def detection_s(self) -> float:
        """The longest time from what breaks to the last failure that it takes: the last start, and its time."""
        return max(self.interval_s, self.timeout_s) * self.failures + self.timeout_s


@dataclass(frozen=True, slots=True)
class Reading:
    """What one asking of a probe saw.

    Attributes:
        at: when it began; seconds since the epoch, UTC.
        duration_s: in seconds.
        value: the figure; None where none was asked for, or got.
        message: what was seen, in a few words.
    """

    at: float
    duration_s: float
    outcome: Seen
    value: float | None = None
    message: str = ""

    def shown(self, target: Target | None) -> str:
        """What was seen, for people."""
        if self.value is None or target is None:
            return self.message
        unit = "share" if target.relative else target.unit
        text = f"{shown_figure(self.value, unit)}, and has to be {target}"
        return f"{self.message}: {text}" if self.message else text


@dataclass(frozen=True, slots=True)
class Breach:
    """A probe failed so often in a row that the release is to be left.

    Attributes:
        probe: its name.
        release: that stood there all the time.
        since: when it was seen to be well last, or deployed; seconds since the epoch, UTC. It broke later than that.
        message: what the last reading saw.
        failed_before: whether the probe failed already when the release came, so that it is not to blame.
    """

    probe: str
    environment: str
    trigger: Trigger
    release: int
    since: float
    message: str
    failed_before: bool = False

    def __str__(self) -> str:
        return f"{self.trigger}: {self.why}"

    @property
    def why(self) -> str:
        """For the history and the audit."""
        return f"{self.probe}: {self.message}"
