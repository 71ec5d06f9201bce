"""Judging: objectives are looked at again and again beside a watch; what gets worse is said at once, what gets better
only when it stays so.

Why the last three looks: a figure that swings around its threshold would raise and end an alert each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from regen.figures.compliance import judged
from regen.figures.facts import Facts
from regen.figures.table import Price
from regen.model.figure import Compliance
from regen.model.objective import Level, Objective, shown_figure

CALM: Final = 3  # looks in a row that have to be better
FEWEST: Final = 10  # samples below which a rate says nothing: with fewer, a single failure is past every threshold
BURNS: Final[tuple[tuple[float, Level], ...]] = ((14.4, "critical"), (6.0, "warning"))
"""Burn rates, of both windows, from which a budget is an alert: those of the Site Reliability Workbook, chapter 5."""

_ORDER: Final[dict[Level, int]] = {"ok": 0, "warning": 1, "critical": 2}
_SINGLE: Final = frozenset({"rollback", "processor_use", "accuracy"})  # of which every single sample says something


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an objective of an environment stands now, where that is news.

    Attributes:
        level: "ok" where it is well again.
        message: for people, in one sentence.
    """

    environment: str
    metric: str
    level: Level
    message: str


class Judge:
    """Remembers how objectives stood, so that only news is told.

    Args:
        table: objectives, each with the seconds over which it is judged.
        price: what a processor costs.
        read: reads the facts of an environment over so many seconds up to now.
    """

    def __init__(
        self, table: Sequence[tuple[Objective, float]], price: Price, read: Callable[[str, float], Facts]
    ) -> None:
        self._table, self._price, self._read = table, price, read
        self._known: dict[tuple[str, str], Level] = {}
        self._calm: dict[tuple[str, str], int] = {}

    def look(self, environments: Sequence[str]) -> list[Judgement]:
        """Judge every objective of these environments; gives what is news."""
        found = []
        for environment in environments:
            facts: dict[float, Facts] = {}
            for objective, window_s in self._table:
                if window_s not in facts:
                    facts[window_s] = self._read(environment, window_s)
                level, message = level_of(judged(facts[window_s], objective, self._price), window_s)
                if self._is_news((environment, objective.metric), level):
                    found.append(Judgement(environment, objective.metric, level, message))
        return found

    def _is_news(self, which: tuple[str, str], level: Level) -> bool:
        known = self._known.get(which)
        if known == level:
            self._calm[which] = 0
            return False
        if _ORDER[level] < _ORDER[known or "critical"]:
            self._calm[which] = self._calm.get(which, 0) + 1
            if self._calm[which] < CALM:
                return False
        self._known[which], self._calm[which] = level, 0
        return True


def level_of(found: Compliance, window_s: float) -> tuple[Level, str]:
    """How bad it is, and why, in one sentence."""
    objective, figure = found.objective, found.figure
    if figure.value is None or (figure.samples < FEWEST and figure.metric not in _SINGLE):
        return "ok", f"{objective.metric} was not measured often enough"
    value, over = shown_figure(figure.value, figure.unit), f"over the last {window_s / 60:.4g} min"
    reasons = list(_reasons(found))
    level: Level = max((worst for worst, _ in reasons), key=_ORDER.__getitem__, default="ok")
    if level == "ok":
        return level, f"{objective.metric} is {value} {over}"
    why = next(text for worst, text in reasons if worst == level)
    remedy = f"; remedy: {objective.remedy}" if objective.remedy is not None else ""
    return level, f"{objective.metric} is {value} {over}, {why}{remedy}"


def _reasons(found: Compliance) -> Iterator[tuple[Level, str]]:
    objective = found.objective
    if found.level != "ok":
        bound = objective.critical if found.level == "critical" else objective.warning
        yield found.level, f"{found.level} from {shown_figure(bound or 0.0, objective.unit)} on"
    elif found.outcome == "fail":
        yield "warning", f"and has to be {objective.target}"
    budget = found.budget
    rates = [rate for rate in (budget.burn_short, budget.burn_long) if rate is not None] if budget is not None else []
    for bound, level in BURNS:
        if len(rates) > 1 and min(rates) >= bound:
            yield level, f"and its error budget is used {min(rates):.3g} times too fast"
            return
