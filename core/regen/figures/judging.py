"""Judging: objectives are looked at again and again beside a watch; what gets worse is said at once, what gets better
only when it stays so.

Why it has to stay: a figure that swings around its threshold would raise and end an alert each time. Why not everything
at each look: reading three days of a busy watch takes a good part of a second of its process, and three days hardly
change in ten seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from regen.figures.compliance import SHORT, budget_of, judged
from regen.figures.facts import Facts
from regen.figures.table import Price
from regen.model.figure import Compliance
from regen.model.objective import Level, Objective, shown_figure

CALM_S: Final = 30.0  # for which, or for a sixtieth of the window, it has to stay better
FEWEST: Final = 10  # samples below which a rate says nothing: with fewer, a single failure is past every threshold
AGAIN: Final = 2000  # a window is looked at again after such a part of it


class Burn(NamedTuple):
    """From when on the use of an error budget is an alert: so many times too fast, in a window and its last twelfth."""

    part: float
    times: float
    level: Level


BURNS: Final = (Burn(1 / 720, 14.4, "critical"), Burn(1 / 120, 6.0, "critical"), Burn(1 / 10, 1.0, "warning"))
"""Windows are parts of the budget's period; of 30 days 1 h, 6 h and 3 days: "multiwindow, multi-burn-rate alerts", Site
Reliability Workbook, chapter 5, table 5-8."""

_FEWEST_S: Final = 600.0  # of a watch, before its availability says something: with fewer a failed cycle is past it
_ORDER: Final[dict[Level, int]] = {"ok": 0, "warning": 1, "critical": 2}
_SINGLE: Final = frozenset({"rollback", "processor_use"})  # of which every single sample says something
Said = tuple[Level, str]


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


@dataclass(frozen=True, slots=True)
class Watched:
    """An objective that is judged beside a watch.

    Attributes:
        window_s: over how many seconds its figure is.
        period_s: for how many seconds its error budget is.
    """

    objective: Objective
    window_s: float
    period_s: float

    @property
    def spans_s(self) -> tuple[float, ...]:
        """All windows over which it is judged: that of its figure, then those of `BURNS`."""
        return self.window_s, *(burn.part * self.period_s for burn in BURNS)


class Judge:
    """Remembers how objectives stood, so that only news is told. Its methods belong to one thread.

    Args:
        table: what is judged.
        price: what a processor costs.
        read: reads the facts of an environment over so many seconds up to now.
        clock: seconds, growing.
        told: (environment, metric) of alerts that are open; those that are judged no more are over.
    """

    def __init__(
        self,
        table: Sequence[Watched],
        price: Price,
        read: Callable[[str, float], Facts],
        clock: Callable[[], float] = time.monotonic,
        told: Iterable[tuple[str, str]] = (),
    ) -> None:
        judged_ones = {one.objective.metric for one in table}
        self._gone = [which for which in told if which[1] not in judged_ones]
        self._table, self._price, self._read, self._clock = table, price, read, clock
        self._next = dict.fromkeys((span_s for one in table for span_s in one.spans_s), 0.0)
        self._said: dict[tuple[str, str], dict[int, Said]] = {}
        self._known: dict[tuple[str, str], Level] = {}
        self._calm: dict[tuple[str, str], float] = {}

    def look(self, environments: Sequence[str]) -> list[Judgement]:
        """Judge the objectives of these environments; gives what is news."""
        now = self._clock()
        due = {span_s for span_s, at in self._next.items() if now >= at}
        found = [Judgement(*which, "ok", f"{which[1]} has no objective any more") for which in self._gone]
        self._gone = []
        for environment in environments:
            facts = self._read(environment, max(due)) if due else None
            for one in self._table:
                which = environment, one.objective.metric
                said = self._said.setdefault(which, {})
                if facts is not None:
                    said |= self._say(one, facts, due)
                level, message = max(said.values(), key=lambda told: _ORDER[told[0]])  # of equal ones the figure's
                if self._is_news(which, level, now, max(CALM_S, one.window_s / 60)):
                    found.append(Judgement(*which, level, message))
        self._next |= {span_s: now + span_s / AGAIN for span_s in due}
        return found

    def _say(self, one: Watched, facts: Facts, due: set[float]) -> Iterator[tuple[int, Said]]:
        for index, span_s in enumerate(one.spans_s):
            if span_s not in due:
                continue
            some = facts.last(span_s)
            if index == 0:
                yield index, level_of(judged(some, one.objective, self._price), span_s)
            else:
                yield index, burning(some, one.objective, BURNS[index - 1], span_s)

    def _is_news(self, which: tuple[str, str], level: Level, now: float, calm_s: float) -> bool:
        known = self._known.get(which)
        if known == level:
            self._calm.pop(which, None)
            return False
        if _ORDER[level] < _ORDER[known or "critical"] and now - self._calm.setdefault(which, now) < calm_s:
            return False
        self._known[which] = level
        self._calm.pop(which, None)
        return True


def level_of(found: Compliance, window_s: float) -> Said:
    """How bad a figure is, and why, in one sentence."""
    objective, figure = found.objective, found.figure
    if figure.value is None or figure.samples < _fewest(figure.metric):
        return "ok", f"{objective.metric} was not measured often enough"
    text = f"{objective.metric} is {shown_figure(figure.value, figure.unit)} over the last {_shown_s(window_s)}"
    if found.level != "ok":
        bound = objective.critical if found.level == "critical" else objective.warning
        why = f"{found.level} from {shown_figure(bound or 0.0, objective.unit)} on"
        return found.level, f"{text}, {why}{_remedy(objective)}"
    if found.outcome == "fail":
        return "warning", f"{text}, and has to be {objective.target}{_remedy(objective)}"
    return "ok", text


def burning(facts: Facts, objective: Objective, burn: Burn, span_s: float) -> Said:
    """Whether an error budget is used too fast, and how much, in one sentence."""
    budget = budget_of(facts, objective)
    if (
        budget is None
        or budget.samples < _fewest(objective.metric)
        or budget.burn_short is None
        or budget.burn_long is None
    ):
        return "ok", ""
    times = min(budget.burn_short, budget.burn_long)
    if times < burn.times:
        return "ok", ""
    over = f"over the last {_shown_s(span_s)} and {_shown_s(span_s / SHORT)}"
    text = f"{objective.metric} has to be {objective.target}, and its error budget is used {times:.3g} times too fast"
    return burn.level, f"{text} {over}{_remedy(objective)}"


def _fewest(metric: str) -> float:
    return _FEWEST_S if metric == "availability" else 1 if metric in _SINGLE else FEWEST


def _remedy(objective: Objective) -> str:
    return f"; remedy: {objective.remedy}" if objective.remedy is not None else ""


def _shown_s(seconds: float) -> str:
    for unit, name in ((86_400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit or seconds == unit != 86_400.0:
            return f"{seconds / unit:.4g} {name}"
    return f"{seconds:.4g} s"
