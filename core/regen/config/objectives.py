"""Objectives: `[[objective]]` of the configuration, laid over the one table of `regen.model.objective`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from typing import Literal as OneOf

from regen.config.check import Place
from regen.config.settings import Config, ObjectiveTable
from regen.errors import RegenError, UsageError
from regen.model.objective import OBJECTIVES, Objective, Target, parse_amount, shown_amount
from regen.model.window import parse_span

_METRIC: Final = re.compile("[a-z][a-z0-9_]*")
_EXAMPLES = {"share": "90%", "s": "3s", "number": "10"}


def objectives(config: Config) -> tuple[Objective, ...]:
    """The table as this project has it: gates, comparisons and health read no other."""
    changed = {table.metric: _changed(_known(table), table) for table in config.objectives}
    rows = tuple(changed.pop(row.metric, row) for row in OBJECTIVES)
    return (*rows, *changed.values())


def check_objectives(config: Config, place: Place) -> None:
    """Check every `[[objective]]`.

    Raises:
        ConfigError: with file and line, and the key meant.
    """
    named: set[str] = set()
    for index, table in enumerate(config.objectives):
        key = "metric"
        try:
            row = _known(table)
            if table.metric in named:
                raise UsageError(f"there are two [[objective]] for {table.metric!r}", hint="put both into one")
            named.add(table.metric)
            for key, text in _given(table):
                _check(row, key, text)
            for key in ("window", "period"):
                parse_span(getattr(table, key))
            key = "critical" if table.critical is not None else "warning"
            _check_order(_changed(row, table))
        except RegenError as error:
            raise place.error(("objective", index, key), error.message, error.hint or "") from error


def _known(table: ObjectiveTable) -> Objective:
    """The row that a table is about; one of its own for a figure that the project records itself."""
    for row in OBJECTIVES:
        if row.metric == table.metric:
            return row
    if table.means is not None and table.target is not None:
        if _METRIC.fullmatch(table.metric) is None:
            raise UsageError(f"{table.metric!r} is no name of a figure", hint="write it like `basket_errors`")
        target = Target.parse(table.target)
        better: OneOf["higher", "lower"] = "higher" if target.operator.startswith(">") else "lower"
        return Objective(table.metric, table.means, target.unit, better, target)
    names = ", ".join(row.metric for row in OBJECTIVES)
    hint = f"choose one of: {names}; a figure of your own needs `means` and `target`"
    raise UsageError(f"there is no figure {table.metric!r} to set an objective for", hint=hint)


def _given(table: ObjectiveTable) -> Iterator[tuple[str, str]]:
    for key in ("target", "warning", "critical"):
        text = getattr(table, key)
        if text is not None:
            yield key, text


def _check(row: Objective, key: str, text: str) -> None:
    example = _EXAMPLES[row.unit]
    if key != "target":
        if parse_amount(text)[1] != row.unit:
            raise UsageError(f"`{key}` of {row.metric} cannot be {text!r}", hint=f"write it like `{example}`")
        return
    target = Target.parse(text)
    sign = ">" if row.better == "higher" else "<"
    if not target.operator.startswith(sign):
        raise UsageError(
            f"the target {text!r} is the wrong way round: {row.metric} is better when it is {row.better}",
            hint=f"write `{sign} {example}`",
        )
    if not target.relative and target.unit != row.unit:
        raise UsageError(f"the target of {row.metric} cannot be {text!r}", hint=f"write it like `{sign} {example}`")


def _check_order(row: Objective) -> None:
    """A warning that comes after what it warns of helps nobody."""
    if row.warning is None or row.critical is None:
        return
    late = row.warning < row.critical if row.better == "higher" else row.warning > row.critical
    if late:
        warning, critical = shown_amount(row.warning, row.unit), shown_amount(row.critical, row.unit)
        raise UsageError(
            f"{row.metric} is critical from {critical} on, and would warn from {warning} on only",
            hint="give `warning` and `critical` so that the warning comes first",
        )


def _changed(row: Objective, table: ObjectiveTable) -> Objective:
    return replace(
        row,
        target=row.target if table.target is None else Target.parse(table.target),
        warning=row.warning if table.warning is None else parse_amount(table.warning)[0],
        critical=row.critical if table.critical is None else parse_amount(table.critical)[0],
    )


def spans_s(config: Config, metric: str) -> tuple[float, float]:
    """Over how many seconds a watch judges a figure, and for how many its error budget is."""
    tables = (table for table in config.objectives if table.metric == metric)
    table = next(tables, ObjectiveTable(metric))
    return parse_span(table.window), parse_span(table.period)
