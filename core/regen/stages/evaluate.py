"""Stage: what all gates say becomes one verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from regen.model.evaluated import Evaluated
from regen.model.finding import Finding

_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all gates say together.

    Attributes:
        results: what each gate said, by its name.
        findings: of all of them, without repeats; errors first, then by place.
        passed: whether nothing stops the cycle.
    """

    results: tuple[Evaluated, ...] = ()
    findings: tuple[Finding, ...] = ()
    passed: bool = True

    @property
    def stopping(self) -> tuple[Evaluated, ...]:
        """The gates that say no."""
        return tuple(result for result in self.results if result.stops)


def verdict(said: Iterable[Finding | Evaluated], asked: Iterable[str] = ()) -> Verdict:
    """Join what gates said.

    Args:
        said: results, and single findings of gates that give no more; those with an error failed.
        asked: names of gates that were asked, and pass where nothing is said of them.
    """
    loose: dict[str, list[Finding]] = {name: [] for name in asked}
    results: dict[str, Evaluated] = {}
    for value in said:
        if isinstance(value, Finding):
            loose.setdefault(value.gate, []).append(value)
        else:
            known = results.get(value.gate)
            results[value.gate] = value if known is None else _joined(known, value)
    for name, found in loose.items():
        failed = any(finding.severity == "error" for finding in found)
        one = Evaluated(name, "fail" if failed else "pass", _sorted(found))
        results[name] = one if name not in results else _joined(results[name], one)
    ordered = tuple(results[name] for name in sorted(results))
    findings = _sorted(finding for result in ordered for finding in result.findings)
    return Verdict(ordered, findings, not any(result.stops for result in ordered))


def _joined(one: Evaluated, other: Evaluated) -> Evaluated:
    """Two results of one gate: the worse outcome counts."""
    rank = ("skipped", "pass", "inconclusive", "fail")
    worse, better = sorted((one, other), key=lambda result: rank.index(result.outcome), reverse=True)
    return replace(
        worse,
        findings=_sorted((*one.findings, *other.findings)),
        figures=(*one.figures, *other.figures),
        duration_s=one.duration_s + other.duration_s,
        output=one.output + other.output,
        reason=worse.reason or better.reason,
        required=one.required or other.required,
    )


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(set(findings), key=_place))


def _place(finding: Finding) -> tuple[int, str, int, int, str, str]:
    return (
        _ORDER[finding.severity],
        finding.path or "",
        finding.line or 0,
        finding.column or 0,
        finding.gate,
        finding.message,
    )
