"""Stage: figures of two releases become differences, improvement points and a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from regen.model.comparison import Direction, FigureDifference, Point, PointKind, Readiness, Ready
from regen.model.evaluated import Evaluated
from regen.model.interface import COMPATIBILITY
from regen.model.objective import Objective, shown_amount, shown_figure
from regen.model.release import Release, ReleaseState

_NOISE = 0.1  # a time that differs by less says nothing: the machine had something else to do
_NECESSARY = frozenset(("accuracy",))  # without these no verdict is possible
_CLASSES: dict[str, PointKind] = {
    "cycle_p95": "performance",
    "stable_latency_p95": "performance",
    "api_latency_p95": "performance",
    "processor_use": "performance",
    "accuracy": "accuracy",
}
_GATES: dict[str, PointKind] = {"security": "security", "syntax": "accuracy", "shacl": "accuracy", "types": "accuracy"}
_ORDER: dict[PointKind, int] = {"performance": 0, "accuracy": 1, "reliability": 2, "security": 3}


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a release.

    Attributes:
        value: a share 0..1, seconds, or in the unit that the gate gives.
        unit: "share", "s", or the gate's own.
    """

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the newer release beside its figures.

    Attributes:
        release: itself.
        breaking: changes that break users of the older one.
        edited: (template, files of it that were edited by hand), the most first.
        refused: what speaks against it, such as a gate that failed.
        doubtful: what could not be found out, such as a gate without a verdict.
        passed: what speaks for it.
        points: improvement points that are known already, such as findings.
    """

    release: Release
    breaking: int
    edited: Sequence[tuple[str, int]] = ()
    refused: Sequence[str] = ()
    doubtful: Sequence[str] = ()
    passed: Sequence[str] = ()
    points: Sequence[Point] = ()


def told_by_gates(results: Sequence[Evaluated]) -> tuple[list[str], list[str], list[str]]:
    """What gates say against a release, what they leave open, and what they say for it."""
    refused = [f"the gate {one.gate} failed{_reason(one)}" for one in results if one.outcome == "fail"]
    doubtful = [f"the gate {one.gate} could not tell{_reason(one)}" for one in results if one.outcome == "inconclusive"]
    names = ", ".join(one.gate for one in results if one.outcome == "pass")
    return (
        refused,
        doubtful or ([] if results else ["no gate looked at it"]),
        [f"gates passed: {names}"] if names else [],
    )


def _reason(result: Evaluated) -> str:
    return f": {result.reason}" if result.reason else ""


def points_of_gates(results: Iterable[Evaluated]) -> list[Point]:
    """Points of warnings and errors, one for each gate, and that nobody looked at something."""
    found = []
    names = set()
    for one in results:
        names.add(one.gate)
        loud = [finding for finding in one.findings if finding.severity != "note"]
        if loud and one.gate != COMPATIBILITY:  # that one is counted
            first = loud[0]
            place = ":".join(str(part) for part in (first.path, first.line) if part is not None)
            more = f", and {len(loud) - 1} more" if len(loud) > 1 else ""
            text = f"{one.gate}: {f'{place}: ' if place else ''}{first.message}{more}"
            found.append(Point(_GATES.get(one.gate, "reliability"), text, first.hint or "look at the file"))
    if "security" not in names:
        way = 'set `security = "apply"` under [evaluate]'
        found.append(Point("security", "nobody looked for risky constructs and advisories", way))
    return found


def figures(
    before: Mapping[str, Measured], after: Mapping[str, Measured], objectives: Iterable[Objective]
) -> tuple[FigureDifference, ...]:
    """Figures of both releases side by side, by name."""
    better = {row.metric: row.better for row in objectives}
    found = []
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        unit = (other or one or Measured(0, "")).unit
        values = (None if one is None else one.value, None if other is None else other.value)
        found.append(FigureDifference(name, unit, *values, _direction(*values, better.get(name), unit)))
    return tuple(found)


def _direction(before: float | None, after: float | None, better: str | None, unit: str) -> Direction:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if before == after or (unit == "s" and abs(after - before) <= _NOISE * max(before, after)):
        return "equal"
    if better is None and unit != "s":  # of times less is better, whoever measures them
        return "changed"
    return "better" if (after > before) == (better == "higher") else "worse"


def readiness(told: Told, compared: Iterable[FigureDifference], objectives: Sequence[Objective]) -> Readiness:
    """Whether the newer release meets what is promised."""
    against, unsure, passed = list(told.refused), list(told.doubtful), list(told.passed)
    release = told.release
    if release.state is ReleaseState.BAD:
        against.append(f"release {release.number} was rolled back from, and is marked bad")
    if not release.complete:
        against.append(f"release {release.number} is incomplete: conflicts were left out of it")
    known = {figure.name: figure for figure in compared}
    unmeasured = []
    for row in objectives:
        target = row.promotion or row.target
        figure = known.get(row.metric)
        if figure is None or figure.after is None or target is None:
            unmeasured += [row.metric] if target is not None else []
            continue
        outcome = target.judge(figure.after, figure.before)
        told_as = f"{row.metric} is {shown_figure(figure.after, row.unit)}, the objective {target}"
        {"pass": passed, "fail": against, "inconclusive": unsure}[outcome].append(told_as)
    unsure += [f"{metric} was not measured" for metric in unmeasured if metric in _NECESSARY]
    verdict: Ready = "not ready" if against else "inconclusive" if unsure else "ready"
    return Readiness(verdict, (*against, *unsure, *passed), tuple(unmeasured))


def points(told: Told, compared: Sequence[FigureDifference], objectives: Sequence[Objective]) -> tuple[Point, ...]:
    """What could be better, by class."""
    found = [*told.points, *_of_figures(compared, objectives), *_of_release(told)]
    return tuple(sorted(dict.fromkeys(found), key=lambda point: _ORDER[point.kind]))


def _of_figures(compared: Iterable[FigureDifference], objectives: Sequence[Objective]) -> Iterator[Point]:
    rows = {row.metric: row for row in objectives}
    for figure in compared:
        if figure.after is None:
            continue
        row = rows.get(figure.name)
        level = "ok" if row is None else row.level(figure.after)
        kind = _CLASSES.get(figure.name, "performance" if figure.unit == "s" else "reliability")
        value = shown_figure(figure.after, figure.unit)
        if row is not None and level != "ok":
            bound = row.critical if level == "critical" else row.warning
            text = f"{figure.name} is {value}, {level} from {shown_amount(bound or 0, row.unit)} on"
            yield Point(kind, text, row.remedy or f"look at {row.means}")
        elif figure.direction == "worse" and figure.before is not None:
            before = shown_figure(figure.before, figure.unit)
            yield Point(kind, f"{figure.name} was {before} and is {value}", "look at what changed between the two")


def _of_release(told: Told) -> Iterator[Point]:
    number = told.release.number
    for template, files in told.edited:
        many = "1 file" if files == 1 else f"{files} files"
        yield Point(
            "accuracy", f"{many} of {template} are edited by hand", "take into the template what all of them need"
        )
    if not told.release.complete:
        yield Point(
            "reliability", f"conflicts are left out of release {number}", "`regen conflicts` lists what to settle"
        )
    if told.breaking:
        many = "1 change breaks" if told.breaking == 1 else f"{told.breaking} changes break"
        yield Point(
            "reliability", f"{many} users of the older release", "tell them, or keep the old names in the template"
        )
