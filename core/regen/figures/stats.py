"""Stats: the facts of a window become figures, stages and their course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from regen.figures.facts import Cycle, Facts, StageRun
from regen.figures.statistics import mean, percentile
from regen.figures.table import COURSE, ROWS, Price, own_rows
from regen.model.figure import EnvironmentFigures, StageFigure, Stats

FARES: Final = ("error_rate", "cycle_p50", "cycle_p95", "stable_latency_p95", "merge_success")
"""Figures that are told of each environment."""


def stats(facts: Facts, price: Price, environment: str | None = None) -> Stats:
    """Every figure of a window.

    Args:
        facts: of the window.
        price: what a processor costs.
        environment: whose facts they are; None: of all.
    """
    parts = [facts.part(since, until) for since, until in facts.window.buckets(COURSE)]
    rows = (*ROWS, *own_rows(facts))
    return Stats(
        facts.window,
        environment,
        len(facts.cycles),
        tuple(row.figure(facts, price, parts) for row in rows),
        _stages(facts),
        len({one.cycle for one in facts.stage_runs}),
        price.currency,
        tuple(_environments(facts, price)) if environment is None else (),
    )


def _environments(facts: Facts, price: Price) -> Iterator[EnvironmentFigures]:
    cycles: defaultdict[str, list[Cycle]] = defaultdict(list)
    for one in facts.cycles:
        cycles[one.environment].append(one)
    rows = [row for row in ROWS if row.metric in FARES]
    for name in sorted(cycles):
        own = Facts(facts.window, cycles[name])
        parts = [own.part(since, until) for since, until in facts.window.buckets(COURSE)]
        yield EnvironmentFigures(name, len(cycles[name]), tuple(row.figure(own, price, parts) for row in rows))


def _stages(facts: Facts) -> tuple[StageFigure, ...]:
    """By their usual place in a cycle."""
    runs: defaultdict[str, list[StageRun]] = defaultdict(list)
    for run in facts.stage_runs:
        runs[run.name].append(run)
    whole_s = sum({run.cycle: run.cycle_s for run in facts.stage_runs}.values())
    starts = {name: mean([run.start_s for run in found]) or 0.0 for name, found in runs.items()}
    return tuple(_stage(name, runs[name], whole_s) for name in sorted(runs, key=lambda name: (starts[name], name)))


def _stage(name: str, runs: list[StageRun], whole_s: float) -> StageFigure:
    spent = sorted(run.duration_s for run in runs)
    p50_s, p95_s, p99_s = (percentile(spent, percent) or 0.0 for percent in (50, 95, 99))
    whole = sum(spent) / whole_s if whole_s else 0.0
    return StageFigure(name, len(runs), mean(spent) or 0.0, p50_s, p95_s, p99_s, whole)
