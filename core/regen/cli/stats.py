"""The command that shows figures of past cycles: stats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regen.cli import document, show
from regen.errors import ExitCode
from regen.figures.stats import FARES
from regen.model.figure import Budget, Compliance, Compliances, Stats
from regen.orchestrator.figures import DEFAULT_WINDOW, read_figures
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from rich.table import Table

_BARS: Final = "▁▂▃▄▅▆▇█"
_OUTCOMES: Final = {"pass": ("kept", "green"), "fail": ("missed", "bold red"), "inconclusive": ("not measured", "dim")}
_NONE: Final = "-"
_PIPE: Final = 400  # columns
_WIDE: Final = 120  # columns of a terminal that has room to say what a figure is
_NUMBERS: Final = frozenset({"value", "of", "runs", "mean", "p50", "p95", "p99", "share", "is", "budget", "burn"})
_METRICS: Final = frozenset({"cycles", *FARES})
_WORDS: Final = frozenset({"what it is"})
_ALWAYS: Final = frozenset({"cycles", "conflicts_open"})  # figures that are there though nothing happened
_FIRST: Final = 4  # figures of an environment that a narrow terminal has room for
_HOUR_S: Final = 3600.0


def stats(
    window: str = DEFAULT_WINDOW,
    env: str | None = None,
    objectives: bool = False,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Show the figures of a window, or how the objectives are kept in it; then exit with 1 where one is missed."""
    read = read_figures(directory, window, env)
    if not objectives:
        found = read.stats()
        document.write(found) if json else _print_stats(found)
        return ExitCode.DONE
    kept = read.compliance()
    if json:
        whole = {"window": kept.window, "environment": kept.environment, "overall": kept.overall}
        document.write({**whole, "items": kept.objectives})  # as the interface spells it
    else:
        _print_compliance(kept)
    missed = any(one.outcome == "fail" for one in kept.objectives)
    return ExitCode.CHECK_FAILED if missed else ExitCode.DONE


def _print_stats(found: Stats) -> None:
    console = show.out()
    since = f"{when(found.window.since)} to {when(found.window.until)}"
    where = f" of {found.environment}" if found.environment is not None else ""
    console.print(f"{found.cycles:,} cycles{where}, {since}", style="bold", markup=False)
    if all(one.value is None or one.metric in _ALWAYS for one in found.figures) and not found.cycles:
        console.print("nothing was measured in this window; `--window all` shows everything that is kept", style="dim")
        return
    _print_table(_figures(found))
    if found.stages:
        _print_table(_stages(found))
    if len(found.environments) > 1:
        _print_table(_environments(found))


def _figures(found: Stats) -> Table:
    wide = _is_wide()
    table = _table("figure", "value", "of", "course", *(["what it is"] if wide else []))
    for one in found.figures:
        if one.value is not None and one.metric != "cycles":
            unit = f" {found.currency}" if one.metric == "cost" and found.currency else ""
            name = one.metric.replace("_", " ")
            row = (name, f"{shown(one.value, one.unit)}{unit}", f"{one.samples:,}", sparkline(one.course))
            table.add_row(*row, *([one.means] if wide else []))
    return table


def _stages(found: Stats) -> Table:
    table = _table("stage", "runs", "mean", "p50", "p95", "p99", "share")
    for one in found.stages:
        times = [shown(value, "s") for value in (one.mean_s, one.p50_s, one.p95_s, one.p99_s)]
        table.add_row(one.name, f"{one.runs:,}", *times, f"{one.share:.0%}")
    return table


def _environments(found: Stats) -> Table:
    """On a narrow terminal the first figures have to do."""
    wide = _is_wide()
    metrics = [one.metric for one in found.environments[0].figures][: None if wide else _FIRST]
    course = ["cycle p95, course"] if wide else []
    table = _table("environment", "cycles", *(metric.replace("_", " ") for metric in metrics), *course)
    for one in found.environments:
        shown_ones = [figure for figure in one.figures if figure.metric in metrics]
        values = [_NONE if figure.value is None else shown(figure.value, figure.unit) for figure in shown_ones]
        lines = [sparkline(figure.course) for figure in one.figures if figure.metric == "cycle_p95"]
        table.add_row(one.environment, f"{one.cycles:,}", *values, *(lines if wide else []))
    return table


def _is_wide() -> bool:
    console = show.out()
    return console.width >= _WIDE or not console.is_terminal


def _print_compliance(found: Compliances) -> None:
    console = show.out()
    overall = "nothing could be judged" if found.overall is None else f"{found.overall:.0%} of the objectives are kept"
    console.print(f"{overall}, {when(found.window.since)} to {when(found.window.until)}", style="bold", markup=False)
    table = _table("objective", "is", "has to be", "", "budget", "burn")
    for one in found.objectives:
        value = _NONE if one.figure.value is None else shown(one.figure.value, one.figure.unit)
        target = str(one.objective.target) if one.objective.target is not None else _NONE
        row = (one.objective.metric.replace("_", " "), value, target, _verdict(one), *_budget(one))
        table.add_row(*row)
    _print_table(table)


def _verdict(one: Compliance) -> str:
    """In a word and a colour: a threshold that was passed says more than the target does."""
    if one.level != "ok":
        return f"[bold red]{one.level}[/]" if one.level == "critical" else f"[yellow]{one.level}[/]"
    if one.objective.target is None and one.figure.value is not None:
        return "ok"
    text, style = _OUTCOMES[one.outcome]
    return f"[{style}]{text}[/]"


def _budget(one: Compliance) -> Iterator[str]:
    budget = one.budget
    if budget is None:
        yield from (_NONE, _NONE)
        return
    yield f"{budget.left:.0%}" if budget.left >= 0 else f"[red]{budget.left:.0%}[/]"
    yield _burn(budget)


def _burn(budget: Budget) -> str:
    rates = [rate for rate in (budget.burn_short, budget.burn_long) if rate is not None]
    return " / ".join(f"{rate:.3g}" for rate in rates)


def _print_table(table: Table) -> None:
    """A pipe has no width: nothing is cut there."""
    console = show.out()
    if not console.is_terminal:
        console.width = _PIPE
    console.print(table)


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        number = name in _NUMBERS or name.replace(" ", "_") in _METRICS
        table.add_column(name, justify="right" if number else "left", no_wrap=name not in _WORDS)
    return table


def shown(value: float, unit: str) -> str:
    """A figure as people read it, to three digits: `99.8%`, `12.3 ms`, `1.25 s`, `3 h`, `1,234`."""
    if unit == "share":
        return f"{value * 100:.4g}%"
    if unit == "s":
        if abs(value) < 1:
            return f"{value * 1000:.3g} ms"
        return f"{value:.3g} s" if abs(value) < _HOUR_S else f"{value / _HOUR_S:.3g} h"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def sparkline(course: Sequence[float | None]) -> str:
    """Values as a line of bars, from 0 to the highest; None, a part without a sample, is a blank."""
    known = [value for value in course if value is not None]
    highest = max(known, default=0.0)
    return "".join(" " if value is None else _bar(value, highest) for value in course)


def _bar(value: float, highest: float) -> str:
    if highest <= 0:
        return _BARS[0]
    return _BARS[min(len(_BARS) - 1, max(0, int(value / highest * len(_BARS))))]
