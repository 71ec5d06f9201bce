"""Stage: figures that gates measured are held against what they have to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from regen.model.evaluated import Evaluated, Figure, Outcome
from regen.model.gate import Gate
from regen.model.objective import Target, shown_figure

Baseline = Callable[[str, str], float | None]
"""A figure, by its gate and its name, as it was in the last release that passed; None where none has it."""

_UNITS = {"share": "share", "s": "s"}


@dataclass(frozen=True, slots=True)
class _Measured:
    """A figure and the gate that measured it."""

    gate: str
    figure: Figure


def thresholds(
    gates: Sequence[Gate], asked: Callable[[Gate], bool], results: Sequence[Evaluated], baseline: Baseline
) -> tuple[Evaluated, ...]:
    """One result for each `[[gate]]` with a `metric`.

    Args:
        gates: of the configuration.
        asked: whether one is asked in this cycle.
        results: what the other gates said of the candidate.
        baseline: asked for targets that are relative.
    """
    return tuple(_held(gate, gates, results, baseline) for gate in gates if gate.metric is not None and asked(gate))


def _held(gate: Gate, gates: Sequence[Gate], results: Sequence[Evaluated], baseline: Baseline) -> Evaluated:
    metric = gate.metric or ""
    found = list(_found(metric, results))
    if len(found) > 1:
        names = ", ".join(f"`{one.gate}.{one.figure.name}`" for one in found)
        outcome, reason = _said("inconclusive", f"more than one gate measured {metric}: write one of {names}")
    elif not found:
        outcome, reason = _unmeasured(metric, gates, results)
    else:
        outcome, reason = _judged(gate.targets, found[0], baseline)
    doubt = outcome == "inconclusive" and gate.lets_doubt_pass
    return Evaluated(gate.name, outcome, reason=reason, required=gate.required and not doubt)


def _said(outcome: Outcome, reason: str) -> tuple[Outcome, str]:
    return outcome, reason


def _found(metric: str, results: Iterable[Evaluated]) -> Iterable[_Measured]:
    for result in results:
        for figure in result.figures:
            if metric in (figure.name, f"{result.gate}.{figure.name}"):
                yield _Measured(result.gate, figure)


def _unmeasured(metric: str, gates: Sequence[Gate], results: Sequence[Evaluated]) -> tuple[Outcome, str]:
    """A gate that had nothing to look at measures nothing, and nothing is held against it then."""
    source, _, name = metric.rpartition(".")
    measuring = {one.name for one in gates if one.name == source or (not source and name in dict(one.figures))}
    looked = {result.gate for result in results if result.outcome != "skipped"}
    if measuring and not measuring & looked:
        return "skipped", f"{', '.join(sorted(measuring))} had nothing to look at"
    from difflib import get_close_matches

    known = sorted(f"{result.gate}.{figure.name}" for result in results for figure in result.figures)
    near = get_close_matches(metric, [*known, *(one.rpartition(".")[2] for one in known)], n=1)
    there = f"; did you mean `{near[0]}`?" if near else f"; measured were {', '.join(known)}" if known else ""
    return "inconclusive", f"{metric} was not measured{there}"


def _judged(targets: Sequence[Target], measured: _Measured, baseline: Baseline) -> tuple[Outcome, str]:
    figure = measured.figure
    shown = f"{measured.gate}.{figure.name} is {shown_figure(figure.value, figure.unit)}"
    outcomes, reasons = set(), []
    for target in targets:
        before = baseline(measured.gate, figure.name) if target.relative else None
        if target.relative and before is None:
            outcomes.add("skipped")
            reasons.append(f"no release has it yet, to hold `{target}` against")
            continue
        if _unlike(target, figure):
            outcomes.add("inconclusive")
            reasons.append(f"`{target}` asks for another unit")
            continue
        outcome = target.judge(figure.value, before)
        outcomes.add(outcome)
        against = f" of {shown_figure(before, figure.unit)}" if before is not None else ""
        reasons.append(f"{'' if outcome == 'pass' else 'not '}{target}{against}")
    order: tuple[Outcome, ...] = ("fail", "inconclusive", "pass", "skipped")
    return next(outcome for outcome in order if outcome in outcomes), f"{shown}: {', '.join(reasons)}"


def _unlike(target: Target, figure: Figure) -> bool:
    """Whether a figure cannot be what a target is about: a plain number is a share only between 0 and 1."""
    if target.relative:
        return False
    unit = _UNITS.get(figure.unit)
    if unit is None:
        return target.unit == "share" and not 0 <= figure.value <= 1
    return target.unit not in (unit, "number")
