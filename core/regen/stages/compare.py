"""Stage: differences of an interface become findings, and the next version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal as OneOf

from regen.model.evaluated import Evaluated, Figure, Outcome
from regen.model.finding import Finding, Severity
from regen.model.interface import COMPATIBILITY, InterfaceChange, TwoVersions, bump_of
from regen.model.semver import FIRST_VERSION, next_version

Breaking = OneOf["warn", "error", "allow"]

_SHOWN = 20  # breaking changes that are told one by one; `regen compare` has all
_PROSE = frozenset(("markdown", "html", "css", "turtle"))
_SEVERITIES: dict[Breaking, Severity] = {"warn": "warning", "error": "error", "allow": "note"}


def whole_files(language: str | None, files: Sequence[TwoVersions]) -> list[InterfaceChange]:
    """Files of a language whose interface nobody knows: one that is gone breaks who read it, unless it is prose."""
    if language is None or language in _PROSE:
        return []
    gone = [file for file in files if file.after is None]
    new = [file for file in files if file.before is None]
    return [
        *(InterfaceChange("removed", True, file.path, None, file.path, "file") for file in gone),
        *(InterfaceChange("added", False, file.path, None, file.path, "file") for file in new),
    ]


def evaluated(
    changes: Sequence[InterfaceChange], breaking: Breaking, duration_s: float, lost: Sequence[str] = ()
) -> Evaluated:
    """What the gate says of the changes of a cycle; what breaks stops it where `breaking` is an error.

    Args:
        lost: paths that could not be compared, for their bytes in the last release are gone.
    """
    broken = sum(change.breaking for change in changes)
    kinds = Counter(change.kind for change in changes)
    gone = [_lost(lost)] if lost else []
    if not changes:
        return Evaluated(COMPATIBILITY, "pass", tuple(gone))
    figures = [Figure("breaking", broken), *(Figure(kind, kinds[kind]) for kind in ("added", "changed", "removed"))]
    outcome: Outcome = "fail" if broken and breaking == "error" else "pass"
    return Evaluated(COMPATIBILITY, outcome, (*_findings(changes, breaking), *gone), tuple(figures), duration_s)


def _lost(paths: Sequence[str]) -> Finding:
    many = "this file was" if len(paths) == 1 else f"this and {len(paths) - 1} more files were"
    text = f"{many} not compared: the bytes of the last release are gone from .regen/blobs"
    return Finding(COMPATIBILITY, "warning", text, paths[0], hint="`regen verify` says what is missing")


def _findings(changes: Sequence[InterfaceChange], breaking: Breaking) -> list[Finding]:
    """Each change that breaks, and one note that counts them all."""
    severity = _SEVERITIES[breaking]
    broken = [change for change in changes if change.breaking]
    found = [
        Finding(COMPATIBILITY, severity, _said(change), change.path, change.line, hint=_way_out(change, breaking))
        for change in broken[:_SHOWN]
    ]
    if len(broken) > _SHOWN:
        more = f"{len(broken) - _SHOWN} more changes break users of the last release"
        found.append(Finding(COMPATIBILITY, severity, more, hint="`regen compare` of the two releases lists all"))
    counts = Counter(change.kind for change in changes)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in ("added", "changed", "removed") if counts[kind])
    text = f"public interface: {told}; {len(broken)} breaking: a {bump_of(tuple(changes))} change"
    return [*found, Finding(COMPATIBILITY, "note", text)]


def _said(change: InterfaceChange) -> str:
    return f"{change}, because {change.because}" if change.because else str(change)


def _way_out(change: InterfaceChange, breaking: Breaking) -> str:
    if breaking == "error":
        return 'keep it in the template or the graph, or set `breaking = "warn"` under [evaluate] for this release'
    return f"`regen why {change.path}` names the triple and the template behind it"


def following(changes: Sequence[InterfaceChange], highest: str | None, first: str = FIRST_VERSION) -> str:
    """The version of a release with these changes.

    Args:
        highest: of all releases so far; None before the first that has one.
        first: where versions start.
    """
    return first if highest is None else next_version(highest, bump_of(tuple(changes)))
