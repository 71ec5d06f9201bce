"""Rules: recording and alert rules for Prometheus, made from the one table of objectives.

Burn rates over two windows each, as the Site Reliability Workbook has them (chapter 5, "Alerting on SLOs"): 2 % of a
30-day budget in an hour is critical, 5 % in six hours is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from regen.model.objective import OBJECTIVES, Objective, shown_amount
from regen.telemetry import instruments as table
from regen.telemetry.shipped.figures import BY, Figure, figures, filled

_FIGURE = "regen:figure:1h"
_MISSED = "regen:missed:ratio_rate"
_WINDOWS = ("5m", "30m", "1h", "6h")
_BURNS = (("critical", 14.4, "1h", "5m", "2m"), ("warning", 6.0, "6h", "30m", "15m"))
_MOST = 0.9  # a share that misses beyond which every budget is burnt, however large it is
Rule = dict[str, Any]


def rules(objectives: Iterable[Objective] = OBJECTIVES) -> str:
    """The file of rules, as YAML.

    Args:
        objectives: what is promised.
    """
    import yaml

    found = tuple(figures(objectives))
    groups = [
        {"name": "regen-figures", "rules": list(_recorded(found))},
        {"name": "regen-objectives", "rules": list(_levels(found))},
        {"name": "regen-burn-rates", "rules": list(_burns(found))},
        {"name": "regen-standing", "rules": list(_standing())},
    ]
    head = "# Rules of regen for Prometheus, by `regen telemetry rules`; they follow the objectives of the project.\n"
    text: str = yaml.safe_dump({"groups": groups}, sort_keys=False, width=1_000, allow_unicode=True)
    return head + text


def _recorded(found: Iterable[Figure]) -> Iterator[Rule]:
    for one in found:
        labels = {"objective": one.objective.metric}
        yield {"record": _FIGURE, "expr": filled(one.value, "1h"), "labels": dict(labels)}
        for window in _WINDOWS if one.missed is not None else ():
            yield {"record": f"{_MISSED}{window}", "expr": filled(one.missed or "", window), "labels": dict(labels)}


def _levels(found: Iterable[Figure]) -> Iterator[Rule]:
    """An alert for each value of the table from which on a warning is given, or something has to be done."""
    for one in found:
        objective = one.objective
        reached = "<=" if objective.better == "higher" else ">="
        for severity, bound in (("critical", objective.critical), ("warning", objective.warning)):
            if bound is not None:
                remedy = f" Remedy: {objective.remedy}." if objective.remedy else ""
                yield _alert(
                    f"Regen{_camel(objective.metric)}{severity.capitalize()}",
                    f'{_FIGURE}{{objective="{objective.metric}"}} {reached} {bound!r}',
                    "5m",
                    severity,
                    f"{objective.means} has reached {shown_amount(bound, objective.unit)}",
                    f"It is {_shown(objective)} over the last hour.{remedy}",
                    objective.metric,
                )
        if one.missed is None and objective.target is not None and objective.warning is None:
            missed = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[objective.target.operator]
            yield _alert(
                f"Regen{_camel(objective.metric)}Missed",
                f'{_FIGURE}{{objective="{objective.metric}"}} {missed} {objective.target.bound!r}',
                "15m",
                "warning",
                f"{objective.means} misses its target of {objective.target}",
                f"It is {_shown(objective)}.",
                objective.metric,
            )


def _burns(found: Iterable[Figure]) -> Iterator[Rule]:
    for one in found:
        if one.missed is None or one.budget <= 0:
            continue
        metric = one.objective.metric
        for severity, factor, long, short, lasts in _BURNS:
            bound = round(min(factor * one.budget, _MOST), 9)
            both = " and ".join(f'{_MISSED}{window}{{objective="{metric}"}} > {bound!r}' for window in (long, short))
            yield _alert(
                f"Regen{_camel(metric)}Burns{severity.capitalize()}",
                both,
                lasts,
                severity,
                f"the error budget of {metric} ({one.objective.target}) burns {factor:g} times too fast",
                f"{{{{ $value | humanizePercentage }}}} missed it in the last {long}; {one.budget:.4g} of all may.",
                metric,
            )


def _standing() -> Iterator[Rule]:
    """What a person has to see, whatever the objectives are."""
    stands = (
        ("RegenDown", f'min by ({BY}) (up{{job="regen"}}) == 0', "2m", "critical", "regen does not answer"),
        (
            "RegenNotWatching",
            f"{table.WATCHING.family} == 0",
            "5m",
            "warning",
            "no watch is alive: nothing is regenerated",
        ),
        ("RegenCycleFailed", f"{table.FAILED.family} == 1", "5m", "warning", "the last cycle failed"),
        ("RegenHeld", f"{table.HELD.family} == 1", "10m", "warning", "a rollback holds the environment"),
        ("RegenConflictsOpen", f"{table.CONFLICTS.family} > 0", "1h", "warning", "conflicts wait for a person"),
        ("RegenStale", f"{table.STALE.family} > 0", "30m", "warning", "affected artifacts wait to be released"),
    )
    for name, expr, lasts, severity, summary in stands:
        yield _alert(name, expr, lasts, severity, summary, "`regen status` says more.")


def _alert(
    name: str, expr: str, lasts: str, severity: str, summary: str, description: str, objective: str | None = None
) -> Rule:
    labels = {"severity": severity} | ({"objective": objective} if objective is not None else {})
    notes = {"summary": f"{summary} ({{{{ $labels.instance }}}})", "description": description}
    return {"alert": name, "expr": expr, "for": lasts, "labels": labels, "annotations": notes}


def _shown(objective: Objective) -> str:
    return "{{ $value | humanizePercentage }}" if objective.unit == "share" else "{{ $value | humanizeDuration }}"


def _camel(metric: str) -> str:
    return "".join(part.capitalize() for part in metric.split("_"))
