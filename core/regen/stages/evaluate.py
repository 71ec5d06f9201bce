"""Stage: findings of all gates become one verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regen.model.finding import Finding

_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all gates say together.

    Attributes:
        findings: without repeats; errors first, then by place.
        passed: whether there is no error.
    """

    findings: tuple[Finding, ...]
    passed: bool


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Join what gates found."""
    joined = sorted(set(findings), key=_place)
    return Verdict(tuple(joined), all(finding.severity != "error" for finding in joined))


def _place(finding: Finding) -> tuple[int, str, int, int, str, str]:
    return (
        _ORDER[finding.severity],
        finding.path or "",
        finding.line or 0,
        finding.column or 0,
        finding.gate,
        finding.message,
    )
