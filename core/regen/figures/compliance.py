"""Compliance: figures are held against objectives, and what was missed against what may be missed.

The error budget of an objective is what its target leaves: of `error_rate < 2%` two of a hundred cycles, of a 95th
percentile five of a hundred, of `availability > 99.9%` a thousandth of the time. How fast it is used is told for a
twelfth of the window and for the whole ("multiwindow, multi-burn-rate alerts", Site Reliability Workbook, chapter 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regen.figures.facts import Facts
from regen.figures.statistics import percentile_in
from regen.figures.table import Price, row_of, well_s
from regen.model.figure import Budget, Compliance, Compliances, Statistic
from regen.model.objective import Objective, Outcome, Target

SHORT = 12  # the short window is a twelfth of the long one, as in the workbook
Samples = Sequence[tuple[float, float, float]]
"""(When, how much of it was good, how much there was): of a cycle 1 or 0 of 1, of a merge its files."""


def compliance(facts: Facts, table: Sequence[Objective], price: Price, environment: str | None = None) -> Compliances:
    """Hold the figures of a window against every objective.

    Args:
        facts: of the window.
        table: as the project has it.
        price: what a processor costs.
        environment: whose facts they are; None: of all.
    """
    found = tuple(judged(facts, objective, price) for objective in table)
    return Compliances(facts.window, environment, found)


def judged(facts: Facts, objective: Objective, price: Price) -> Compliance:
    """Hold one figure against its objective."""
    row = row_of(objective.metric, facts)
    if row is None:
        figure = Statistic(objective.metric, objective.means, objective.unit, None, 0)
    else:
        figure = row.figure(facts, price)
    fits = figure.unit == objective.unit  # what the user recorded before there was an objective may be of another kind
    value = figure.value if fits else None
    outcome: Outcome = "inconclusive"
    if objective.target is not None and not objective.target.relative:
        outcome = objective.target.judge(value, None)
    level = objective.level(value) if value is not None else "ok"
    if not fits:
        return Compliance(objective, figure, outcome, level)
    return Compliance(objective, figure, outcome, level, budget_of(facts, objective))


def budget_of(facts: Facts, objective: Objective) -> Budget | None:
    """The error budget of a window; None where the objective has none, or nothing was measured."""
    target = objective.target
    if target is None or target.relative:
        return None
    allowed, samples = _counted(facts, objective.metric, target)
    whole = sum(number for _, _, number in samples)
    if allowed is None or allowed <= 0 or not whole:
        return None
    missed = whole - sum(good for _, good, _ in samples)
    since = facts.window.until - facts.window.length_s / SHORT
    return Budget(
        allowed,
        round(missed),
        round(whole),
        1.0 - missed / whole / allowed,
        _burn([one for one in samples if one[0] >= since], allowed),
        _burn(samples, allowed),
    )


def _burn(samples: Samples, allowed: float) -> float | None:
    whole = sum(number for _, _, number in samples)
    return (whole - sum(good for _, good, _ in samples)) / whole / allowed if whole else None


def _counted(facts: Facts, metric: str, target: Target) -> tuple[float | None, Samples]:
    """What share of the samples may miss, and the samples."""
    match metric:
        case "error_rate":
            return target.bound, [(one.at, float(not one.failed), 1.0) for one in facts.cycles]
        case "success_rate":
            return 1 - target.bound, [(one.at, float(not one.failed), 1.0) for one in facts.cycles]
        case "merge_success":
            merges = [(one.at, float(one.merges - one.merge_conflicts), float(one.merges)) for one in facts.cycles]
            return 1 - target.bound, merges
        case "availability":
            return 1 - target.bound, _well(facts)
    found = percentile_in(metric)
    if found is None:
        return None, ()
    values = list(_single(facts, found[0]))
    good = [(at, float(target.judge(value, None) == "pass"), 1.0) for at, value in values]
    return 1 - found[1] / 100, good


def _single(facts: Facts, metric: str) -> Iterator[tuple[float, float]]:
    """The single values behind a percentile: (when, value)."""
    if metric == "cycle":
        yield from ((one.at, one.duration_s) for one in facts.cycles)
    elif metric == "stable_latency":
        yield from ((one.at, one.delay_s) for one in facts.cycles if one.delay_s is not None)
    else:
        yield from ((one.at, one.value) for one in facts.measures.get(metric, ()))


def _well(facts: Facts) -> Samples:
    """Availability by parts of the window; the samples are seconds."""
    parts = [facts.part(since, until) for since, until in facts.window.buckets(SHORT)]
    return [((part.window.since + part.window.until) / 2, *well_s(part)) for part in parts]
