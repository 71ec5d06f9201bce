"""Table: every figure, what it means, and how it follows from the facts of a window."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from regen.figures.facts import Facts
from regen.figures.statistics import mean, percentile, percentile_in, share
from regen.model.figure import Statistic
from regen.model.objective import Unit
from regen.model.spans import length_s

COURSE = 24  # parts of a window whose values a figure's course shows
OWN: Final = ("learning_delay", "api_latency", "rollback", "model_cost")
"""Measures that stand behind figures of the table; the others are the user's own."""


class Value(NamedTuple):
    """A value, and of how many samples."""

    value: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class Price:
    """What an hour of a processor costs, and in which money."""

    processor_hour: float
    currency: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        courses: whether it has a course over the window; what stands now has none.
    """

    metric: str
    means: str
    unit: Unit
    work_out: Callable[[Facts, Price], Value]
    courses: bool = True

    def figure(self, facts: Facts, price: Price, parts: Sequence[Facts] = ()) -> Statistic:
        """It, of these facts; `parts` are those of equal parts of the window."""
        value, samples = self.work_out(facts, price)
        course = tuple(self.work_out(part, price).value for part in parts) if self.courses else ()
        return Statistic(self.metric, self.means, self.unit, value, samples, course)


def _rate(bad: bool) -> Callable[[Facts, Price], Value]:
    def work_out(facts: Facts, price: Price) -> Value:
        number = sum(one.failed is bad for one in facts.cycles)
        return Value(share(number, len(facts.cycles)), len(facts.cycles))

    return work_out


def _cycle(percent: float) -> Callable[[Facts, Price], Value]:
    def work_out(facts: Facts, price: Price) -> Value:
        return Value(percentile(facts.durations, percent), len(facts.cycles))

    return work_out


def _mean(facts: Facts, price: Price) -> Value:
    return Value(mean(facts.durations), len(facts.cycles))


def _render(percent: float | None) -> Callable[[Facts, Price], Value]:
    def work_out(facts: Facts, price: Price) -> Value:
        spent = sorted(one.duration_s for one in facts.stage_runs if one.name == "render")
        return Value(mean(spent) if percent is None else percentile(spent, percent), len(spent))

    return work_out


def _throughput(facts: Facts, price: Price) -> Value:
    runs = [one for one in facts.stage_runs if one.name == "render"]
    return Value(share(sum(one.rendered for one in runs), sum(one.duration_s for one in runs)), len(runs))


def _latency(facts: Facts, price: Price) -> Value:
    delays = sorted(one.delay_s for one in facts.cycles if one.delay_s is not None)
    return Value(percentile(delays, 95), len(delays))


def _merge_success(facts: Facts, price: Price) -> Value:
    merges = sum(one.merges for one in facts.cycles)
    conflicts = sum(one.merge_conflicts for one in facts.cycles)
    return Value(share(merges - conflicts, merges), merges)


def _conflicts(facts: Facts, price: Price) -> Value:
    return Value(float(facts.conflicts), 1)


def _rollback(facts: Facts, price: Price) -> Value:
    spent = [took_s for _, took_s in facts.rollbacks]
    return Value(max(spent, default=None), len(spent))


def well_s(facts: Facts) -> tuple[float, float]:
    """Seconds of the window in which all was well, and in which it was to be; see `uptime`."""
    return length_s(facts.well), length_s(facts.counted)


def _availability(facts: Facts, price: Price) -> Value:
    well, counted = well_s(facts)
    return Value(share(well, counted), math.ceil(counted))  # its samples are seconds


def _measured(metric: str, percent: float) -> Callable[[Facts, Price], Value]:
    def work_out(facts: Facts, price: Price) -> Value:
        values = sorted(one.value for one in facts.measures.get(metric, ()))
        return Value(percentile(values, percent), len(values))

    return work_out


def _accuracy(facts: Facts, price: Price) -> Value:
    files, good = facts.accurate
    return Value(share(good, files), files)


def _processor(facts: Facts, price: Price) -> Value:
    seconds = facts.window.length_s * (os.cpu_count() or 1)
    spent = sum(one.cpu_s for one in facts.cycles)
    return Value(min(1.0, spent / seconds) if facts.cycles and seconds > 0 else None, len(facts.cycles))


def _cost(facts: Facts, price: Price) -> Value:
    spent = sum(one.cpu_s for one in facts.cycles) / 3600 * price.processor_hour
    money = [one.value for one in facts.measures.get("model_cost", ())]
    samples = len(facts.cycles) + len(money)
    return Value(spent + sum(money) if samples else None, samples)


def _number(facts: Facts, price: Price) -> Value:
    return Value(float(len(facts.cycles)), len(facts.cycles))


ROWS: Final[tuple[Row, ...]] = (
    Row("cycles", "cycles that ended", "number", _number),
    Row("success_rate", "share of cycles that ended well", "share", _rate(bad=False)),
    Row("error_rate", "share of cycles that failed", "share", _rate(bad=True)),
    Row("cycle_mean", "time of a cycle, mean", "s", _mean),
    Row("cycle_p50", "time of a cycle, 50th percentile", "s", _cycle(50)),
    Row("cycle_p95", "time of a cycle, 95th percentile", "s", _cycle(95)),
    Row("cycle_p99", "time of a cycle, 99th percentile", "s", _cycle(99)),
    Row("render_mean", "time of rendering in a cycle, mean", "s", _render(None), courses=False),
    Row("render_p95", "time of rendering in a cycle, 95th percentile", "s", _render(95), courses=False),
    Row("artifacts_per_s", "artifacts that are rendered in a second", "number", _throughput, courses=False),
    Row("stable_latency_p95", "time from a change to the last file that it renames, 95th percentile", "s", _latency),
    Row("merge_success", "merges without conflict, of those with both sides changed", "share", _merge_success),
    Row("conflicts_open", "files that wait for a person now", "number", _conflicts, courses=False),
    Row("rollback", "time from the breach to the verified rollback, the longest", "s", _rollback),
    Row("availability", "share of the watched time with the last cycle well", "share", _availability),
    Row(
        "accuracy",
        "share of files that stand as rendered and nobody called bad",
        "share",
        _accuracy,
        courses=False,
    ),
    Row(
        "learning_delay_p95", "time from published to integrated, 95th percentile", "s", _measured("learning_delay", 95)
    ),
    Row("api_latency_p95", "time of an answer of the API, 95th percentile", "s", _measured("api_latency", 95)),
    Row("processor_use", "share of this machine's processors that cycles took", "share", _processor),
    Row("cost", "what processors and models cost", "number", _cost),
)
_BY_METRIC: Final = {row.metric: row for row in ROWS}


def row_of(metric: str, facts: Facts) -> Row | None:
    """How a figure is worked out; of a measure of the user's own it is the mean, and `NAME_p95` the percentile.

    Returns:
        None where there is neither.
    """
    if metric in _BY_METRIC:
        return _BY_METRIC[metric]
    if facts.measures.get(metric):
        unit = _unit(facts, metric)

        def average(some: Facts, price: Price) -> Value:
            values = [one.value for one in some.measures.get(metric, ())]
            return Value(mean(values), len(values))

        return Row(metric, f"{metric}, mean of what was recorded", unit, average)
    found = percentile_in(metric)
    if found is None or not facts.measures.get(found[0]):
        return None
    behind, percent = found
    means = f"{behind}, percentile {percent} of what was recorded"
    return Row(metric, means, _unit(facts, behind), _measured(behind, percent))


def own_rows(facts: Facts) -> list[Row]:
    """Of the user's own measures."""
    found = (row_of(metric, facts) for metric in sorted(set(facts.measures) - set(OWN)))
    return [row for row in found if row is not None]


def _unit(facts: Facts, metric: str) -> Unit:
    unit = facts.measures[metric][-1].unit
    return "share" if unit == "share" else "s" if unit == "s" else "number"
