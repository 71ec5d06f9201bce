"""Targets: the panels of the objectives, with lines where their bounds are."""

from __future__ import annotations

from regen.model.objective import Objective
from regen.telemetry import instruments as table
from regen.telemetry.shipped.figures import Figure, figures
from regen.telemetry.shipped.panels import Panel, Query

_UNMEASURED = {"improvement_loop"}  # of rings, which are not there yet: its panel would be empty
_UNITS = {"share": "percentunit", "s": "s", "number": "short"}


def objective_panels(objectives: tuple[Objective, ...]) -> tuple[Panel, ...]:
    """The panels of a project's objectives."""
    found = tuple(figures(one for one in objectives if one.metric not in _UNMEASURED))
    return (_burning(found), _violations(), *(_figure(one) for one in found))


def _figure(one: Figure) -> Panel:
    objective = one.objective
    target = f", target {objective.target}" if objective.target is not None else ""
    return Panel(
        objective.metric,
        "timeseries",
        f"{objective.means}{target}; over the last hour",
        (Query(one.value, "{{instance}}", window="1h"),),
        unit=_UNITS[objective.unit],
        width=6,
        height=6,
        steps=_steps(objective),
    )


def _steps(objective: Objective) -> tuple[tuple[float | None, str], ...]:
    """Colours from the target on, or from where on warnings are given."""
    target = objective.target.bound if objective.target is not None else None
    warning = objective.warning if objective.warning is not None else target
    critical = objective.critical
    if objective.better == "lower":
        bounds = [(warning, "orange"), (critical, "red")]
        return ((None, "green"), *((value, color) for value, color in bounds if value is not None))
    rising = [(critical, "orange"), (warning, "green")]
    first = "red" if critical is not None else "orange"
    return ((None, first), *((value, color) for value, color in rising if value is not None))


def _burning(found: tuple[Figure, ...]) -> Panel:
    """How many times faster than it may the budget of each objective goes; 1 uses it up just in time."""
    queries = tuple(
        Query(f"({one.missed}) / {one.budget!r}", f"{one.objective.metric} {{{{instance}}}}", window="1h")
        for one in found
        if one.missed is not None and one.budget > 0
    )
    means = "share that missed an objective in the last hour ÷ what it leaves; from 14.4 on somebody is called"
    steps: tuple[tuple[float | None, str], ...] = ((None, "green"), (1.0, "orange"), (14.4, "red"))
    return Panel("Burn rates", "timeseries", means, queries, width=12, steps=steps)


def _violations() -> Panel:
    query = Query(
        f"sum by (regen_objective) (increase({table.VIOLATIONS.family}_total{{$where}}[$window]))",
        "{{regen_objective}}",
        exemplars=True,
    )
    means = "cycles, rollbacks, learnt items and answers that missed a target"
    return Panel("Missed targets", "timeseries", means, (query,), width=12, stacked=True, bars=True)
