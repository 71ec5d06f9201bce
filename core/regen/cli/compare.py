"""Comparing: two releases side by side, as a page in the terminal or one JSON document."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from regen.cli import document, show
from regen.cli.running import run
from regen.errors import ExitCode
from regen.model.interface import short
from regen.model.objective import shown_figure
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from rich.console import Console

    from regen.model.comparison import FigureDifference, ReleaseComparison
    from regen.model.interface import InterfaceChange
    from regen.model.release import Release

T = TypeVar("T")

_MANY = 12  # lines of a part that are shown before the rest is counted
_STYLES = {"added": "green", "removed": "yellow", "changed": "cyan"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_ARROWS = {"better": "green", "worse": "red", "equal": "dim", "changed": "", "new": "dim", "gone": "dim"}
_VERDICTS = {"ready": "bold green", "not ready": "bold red", "inconclusive": "bold yellow"}


def compare(
    older: int,
    newer: int,
    everything: bool = False,
    env: str | None = None,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Hold one release against another."""
    from regen.orchestrator.comparing import read_comparison

    value = run(lambda: read_comparison(directory, env, older, newer))
    if json:
        document.write(value)
        return ExitCode.DONE
    console = show.out()
    most = None if everything else _MANY
    _head(console, value)
    _files(console, value)
    _features(console, value, most)
    _interface(console, value, most)
    _figures(console, value.figures)
    _points(console, value)
    _readiness(console, value)
    return ExitCode.DONE


def _head(console: Console, value: ReleaseComparison) -> None:
    one, other = value.older, value.newer
    console.print(f"{value.environment}: release {_called(one)} → {_called(other)}", style="bold", markup=False)
    console.print(f"{when(one.at)} → {when(other.at)}", style="dim", markup=False)


def _called(release: Release) -> str:
    return f"{release.number} ({release.version})" if release.version else str(release.number)


def _part(console: Console, title: str, told: str) -> None:
    console.print(f"\n{title}", style="bold", end="")
    console.print(f"  {told}", markup=False)


def _files(console: Console, value: ReleaseComparison) -> None:
    if not value.files:
        _part(console, "Files", "all the same")
        return
    _part(console, "Files", _counted(one.kind for one in value.files))
    endings = Counter((_ending(one.path), str(one.kind)) for one in value.files)
    names = sorted({ending for ending, _ in endings})
    rows = ((f"  {name}", *(str(endings[name, kind] or "") for kind in _SIGNS)) for name in names)
    show.table(console, ("  ending", *_SIGNS), rows)


def _ending(path: str) -> str:
    return PurePosixPath(path).suffix or "none"


def _features(console: Console, value: ReleaseComparison, most: int | None) -> None:
    if not (value.features_added or value.features_removed):
        return
    _part(console, "Features", f"{len(value.features_added)} added, {len(value.features_removed)} removed")
    for kind, features in (("added", value.features_added), ("removed", value.features_removed)):
        for feature in _first(console, features, most):
            console.print(f"  {_SIGNS[kind]} {feature.name}", style=_STYLES[kind], end="", markup=False)
            console.print(f"  {feature.files} {'file' if feature.files == 1 else 'files'}", style="dim")


def _interface(console: Console, value: ReleaseComparison, most: int | None) -> None:
    if not value.interface:
        _part(console, "Interface", "no change that programs see")
        return
    broken = value.breaking
    _part(
        console,
        "Interface",
        f"{_counted(one.kind for one in value.interface)}; {len(broken)} breaking",
    )
    if broken:
        console.print("  breaking", style="bold red")
        _changes(console, broken, most)
    others = [change for change in value.interface if not change.breaking]
    if others:
        console.print("  not breaking", style="bold green")
        _changes(console, others, most)
    console.print(f"  asks for a {value.suggests} version", style="bold")


def _changes(console: Console, changes: Sequence[InterfaceChange], most: int | None) -> None:
    for change in _first(console, _mixed(changes), most):
        place = change.path if change.line is None else f"{change.path}:{change.line}"
        what = f"  {_SIGNS[change.kind]} {change.what} {change.symbol}"
        console.print(what, style=_STYLES[change.kind], end="", markup=False)
        console.print(f"  {place}", style="dim", markup=False)
        if change.why:
            console.print(f"      {short(change.why)}", markup=False)
        elif change.kind == "changed":
            console.print(f"      {short(change.before or '')} → {short(change.after or '')}", markup=False)
        if change.because:
            console.print(f"      because {change.because}", style="dim", markup=False)


def _mixed(changes: Sequence[InterfaceChange]) -> list[InterfaceChange]:
    """One of each language in turn, so that the first few are of all."""
    by_ending: dict[str, list[InterfaceChange]] = defaultdict(list)
    for change in changes:
        by_ending[_ending(change.path)].append(change)
    rows = zip_longest(*(by_ending[ending] for ending in sorted(by_ending)))
    return [change for row in rows for change in row if change is not None]


def _figures(console: Console, figures: Sequence[FigureDifference]) -> None:
    if not figures:
        return
    _part(console, "Figures", _counted(one.direction for one in figures))
    width = max(len(one.name) for one in figures)
    for one in figures:
        before, after = (_amount(value, one.unit) for value in (one.before, one.after))
        console.print(f"  {one.name:<{width}}  {before} → {after}  ", end="", markup=False)
        console.print(one.direction, style=_ARROWS[one.direction])


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    if unit == "share":
        return f"{value:.1%}"
    text = shown_figure(value, unit)
    return text if unit in {"s", "number", "files"} else f"{text} {unit}"


def _points(console: Console, value: ReleaseComparison) -> None:
    if not value.points:
        return
    _part(console, "Could be better", _counted(point.kind for point in value.points))
    for point in value.points:
        console.print(f"  {point.kind:<11}  {point.text}", markup=False)
        console.print(f"  {'':<11}  {point.way}", style="dim", markup=False)


def _readiness(console: Console, value: ReleaseComparison) -> None:
    ready = value.readiness
    console.print(f"\nRelease {value.newer.number}: ", style="bold", end="")
    console.print(ready.verdict, style=_VERDICTS[ready.verdict])
    for reason in ready.reasons:
        console.print(f"  {reason}", markup=False)
    if ready.unmeasured:
        console.print(f"  not measured: {', '.join(ready.unmeasured)}", style="dim", markup=False)


def _counted(kinds: Iterable[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in Counter(kinds).items())


def _first(console: Console, items: Sequence[T], most: int | None) -> Iterable[T]:
    """The first few; after them a line that counts the rest."""
    shown = items if most is None else items[:most]
    yield from shown
    if len(shown) < len(items):
        console.print(f"    … and {len(items) - len(shown)} more (--all shows them)", style="dim")
