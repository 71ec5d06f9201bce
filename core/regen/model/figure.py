"""Figure: what a project measured over a window, each with the number of samples that it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from regen.model.objective import Objective, Outcome, Unit
from regen.model.window import Window


@dataclass(frozen=True, slots=True)
class Statistic:
    """One figure.

    Attributes:
        metric: its name, the same everywhere.
        means: what was measured, in words.
        unit: "share" (0..1), "s" (seconds) or "number".
        value: None where nothing was measured: no figure stands for "nothing".
        samples: how many single things it was worked out from.
        course: its value in equal parts of the window, the oldest first; None in parts without a sample.
    """

    metric: str
    means: str
    unit: Unit
    value: float | None
    samples: int
    course: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class StageFigure:
    """How long one stage takes, in seconds, of the cycles that had it.

    Attributes:
        share: of the time of these cycles; stages inside a stage count for both.
    """

    name: str
    runs: int
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    share: float


@dataclass(frozen=True, slots=True)
class EnvironmentFigures:
    """The cycles of one environment; figures are those that tell how it fares, with their course."""

    environment: str
    cycles: int
    figures: tuple[Statistic, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of a project.

    Attributes:
        window: that they are about; of "all" it starts at the first cycle that is kept.
        environment: whose; None: of all.
        cycles: how many there were.
        figures: in the order in which they are shown.
        stages: of the newest cycles of the window, in the order in which they run; see `sampled`.
        sampled: how many cycles `stages` is about.
        currency: of the figure "cost".
        environments: each that had cycles, by name, where these figures are of all.
    """

    window: Window
    environment: str | None
    cycles: int
    figures: tuple[Statistic, ...]
    stages: tuple[StageFigure, ...]
    sampled: int
    currency: str = ""
    environments: tuple[EnvironmentFigures, ...] = ()

    def figure(self, metric: str) -> Statistic | None:
        """The one of that name."""
        return next((one for one in self.figures if one.metric == metric), None)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may still go wrong before an objective is missed.

    Attributes:
        allowed: share of samples that may miss the target.
        missed: how many did.
        samples: of the window.
        left: share of the budget that is left: 1: nothing was used, below 0: more than there was.
        burn: how fast it is used, in the last twelfth of the window and in the whole: at 1 it lasts exactly as long as
            the window; None where there was no sample.
    """

    allowed: float
    missed: int
    samples: int
    left: float
    burn_short: float | None
    burn_long: float | None


@dataclass(frozen=True, slots=True)
class Compliance:
    """How one objective is kept.

    Attributes:
        figure: that it is held against; its value is None where nothing was measured.
        outcome: "pass", "fail", or "inconclusive" where nothing was measured or no target is set.
        level: by the thresholds of the objective.
        budget: None for an objective of which every single miss counts, or that cannot be counted.
    """

    objective: Objective
    figure: Statistic
    outcome: Outcome
    level: OneOf["ok", "warning", "critical"]
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class Compliances:
    """How the objectives of a project are kept.

    Attributes:
        overall: share of those that pass among those that could be judged; None where none could.
    """

    window: Window
    environment: str | None
    objectives: tuple[Compliance, ...]

    @property
    def overall(self) -> float | None:
        """See above."""
        judged = [one.outcome for one in self.objectives if one.outcome != "inconclusive"]
        return judged.count("pass") / len(judged) if judged else None
