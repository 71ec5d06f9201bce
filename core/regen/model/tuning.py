"""Tuning: what the feedback loop chooses, decides and recommends, and what people say of artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from regen.model.artifact import ArtifactId

GOOD_FROM: Final = 3.0
"""From this score on, of 5, an artifact counts as good; `--good` gives 5, `--bad` 0."""

Severity = OneOf["hint", "warning"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: "workers", "executor", "debounce_ms", or "chunk TEMPLATE".
        value: in force for the next cycle.
        least, most: bounds; None: it has none.
        fixed: where it is fixed, such as "regen.toml"; None: the loop chooses it.
    """

    name: str
    value: int | str
    least: int | None = None
    most: int | None = None
    fixed: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A change of a setting by the loop, with its inputs.

    Attributes:
        setting: its name.
        before, after: its values.
        reason: in words.
        at: when; seconds since the epoch, UTC.
        environment: whose cycle asked for it; None: the watch itself.
        p95_s: 95th percentile of the last cycles, in seconds; None: there were none.
        waiting_s: seconds of work, for one worker, that waited; None: that was not asked.
        left_s: seconds that were left of the target; None: that was not asked.
        number: unique in the project, growing; 0 before it is stored.
    """

    setting: str
    before: int | str
    after: int | str
    reason: str
    at: float
    environment: str | None = None
    p95_s: float | None = None
    waiting_s: float | None = None
    left_s: float | None = None
    number: int = 0

    def __str__(self) -> str:
        return f"{self.setting} {self.before} → {self.after}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What a person might change.

    Attributes:
        about: what it is about: a stage, a template, a view "TEMPLATE view", a setting.
        text: what was seen, and what would help.
        evidence: the figures behind it, each in words.
        severity: "warning" where the target is missed for it or people say no.
    """

    about: str
    text: str
    evidence: tuple[str, ...] = ()
    severity: Severity = "hint"


@dataclass(frozen=True, slots=True)
class Tuning:
    """Where the loop stands.

    Attributes:
        adaptive: whether it chooses settings.
        why_off: who switched it off; None: nobody.
        target_s: what it keeps the 95th percentile of a cycle under.
        p95_s: of the last cycles of a watch; None: there were none.
        cycles: that it looks at.
        settings: in force, with their bounds.
        decisions: changes of settings, the newest first.
        recommendations: the most urgent first.
    """

    adaptive: bool
    why_off: str | None
    target_s: float
    p95_s: float | None
    cycles: int
    settings: tuple[Setting, ...]
    decisions: tuple[Decision, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said of one artifact.

    Attributes:
        environment, path: of the file.
        artifact: that it is.
        content: digest of what stood there; None: nothing did.
        release: that stood; None: none.
        score: from 0 to 5.
        text: in their words; "" for none.
        by: who said it.
        at: seconds since the epoch, UTC.
        number: unique in the project, growing; 0 before it is stored.
    """

    environment: str
    path: str
    artifact: ArtifactId
    content: str | None
    release: int | None
    score: float
    text: str
    by: str
    at: float
    number: int = 0

    @property
    def good(self) -> bool:
        """Whether it speaks for the artifact."""
        return self.score >= GOOD_FROM


@dataclass(frozen=True, slots=True)
class Judged:
    """What people said of artifacts, the last word on each of them.

    Attributes:
        template: of these; None: of all templates.
        artifacts: that were judged.
        good: how many of them are good.
        score: the mean.
    """

    template: str | None
    artifacts: int
    good: int
    score: float

    @property
    def accuracy(self) -> float | None:
        """The share of judged artifacts that are good; None where none was judged."""
        return self.good / self.artifacts if self.artifacts else None
