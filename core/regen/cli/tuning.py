"""Commands of the feedback loop: what it chose, would choose and recommends; and what people say of generated files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import document, show
from regen.cli.running import Work, opened
from regen.errors import ExitCode, UsageError
from regen.orchestrator.outcome import when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regen.model.tuning import Decision, Judged, Judgement, Setting, Tuning
    from regen.orchestrator.judging import Opinions


def tune(
    dry_run: bool = False,
    history: bool = False,
    off: bool = False,
    on: bool = False,
    limit: int = 20,
    json: bool = False,
    directory: Path = Path(),
) -> int:
    """Show what the feedback loop chose and recommends, or switch it on or off."""
    from regen.orchestrator.tuning import read_tuning, switch_in

    if [dry_run, history, off, on].count(True) > 1:
        raise UsageError("`--dry-run`, `--history`, `--off` and `--on` are asked for one at a time")
    if on or off:
        switch_in(directory, on=on)
    value = read_tuning(directory, limit=limit, dry_run=dry_run)
    if json:
        document.write(value.decisions if history else value)
        return ExitCode.DONE
    if history:
        _history(value.decisions)
    else:
        for style, text in _lines(value, dry_run=dry_run):
            show.out().print(text, style=style, markup=False)
    return ExitCode.DONE


def _lines(value: Tuning, *, dry_run: bool) -> Iterator[tuple[str, str]]:
    if value.adaptive:
        yield "bold", f"the feedback loop is on: the 95th percentile of a cycle is to stay under {value.target_s:g} s"
    else:
        yield "yellow", f"the feedback loop is off: {value.why_off or 'nothing was deployed here yet'}"
    if value.p95_s is not None:
        late = "red" if value.p95_s > value.target_s else ""
        yield late, f"  it is {value.p95_s:.2f} s over the last {_many(value.cycles, 'cycle')} of a watch"
    for one in value.settings:
        yield "", f"  {one.name:<24} {one.value!s:<10} {_bounds(one)}"
    if dry_run:
        yield "bold", "the next cycle would change" if value.decisions else "the next cycle would change nothing"
    elif value.decisions:
        yield "bold", "changed last; `regen tune --history` lists all"
    for decision in value.decisions if dry_run else value.decisions[:5]:
        yield "", f"  {decision}"
    if value.recommendations:
        yield "bold", "recommended"
    for advice in value.recommendations:
        yield "yellow" if advice.severity == "warning" else "", f"  {advice.text}"
        if advice.evidence:
            yield "dim", f"    {', '.join(advice.evidence)}"


def _bounds(one: Setting) -> str:
    if one.fixed is not None:
        return f"fixed in {one.fixed}"
    return "" if one.least is None else f"from {one.least} to {one.most}"


def _history(decisions: tuple[Decision, ...]) -> None:
    if not decisions:
        show.out().print("no setting was ever changed", markup=False)
        return
    rows = (
        (
            str(one.number),
            when(one.at),
            one.setting,
            f"{one.before} → {one.after}",
            _seconds(one.p95_s),
            _seconds(one.waiting_s),
            _seconds(one.left_s),
            one.reason,
        )
        for one in decisions
    )
    show.table(show.out(), ("n", "at", "setting", "changed", "p95", "waiting", "left", "because"), rows)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def feedback(
    path: str | None = None,
    text: str = "",
    good: bool = False,
    bad: bool = False,
    score: float | None = None,
    listing: bool = False,
    env: str | None = None,
    json: bool = False,
    wait: float = 0.0,
    directory: Path = Path(),
) -> int | Work:
    """Say how good a generated file is, or show what people said."""
    if listing:
        if path is not None or good or bad or score is not None:
            raise UsageError("`regen feedback --list` takes no file and no judgement")
        return _list(directory, env, json=json)
    if path is None or [good, bad, score is not None].count(True) != 1:
        raise UsageError(
            "which file, and how good is it?", hint='`regen feedback PATH --good`, `--bad` or `--score 4 "why"`'
        )
    value = score if score is not None else 5.0 if good else 0.0

    async def work() -> int:
        async with opened(directory, "feedback", wait_s=wait) as project:
            one = await project.judge(path, value, text, env)
            if json:
                document.write(one)
            else:
                said = f"{one.score:g} of 5 for {one.path}, of the template {one.artifact.template}"
                show.out().print(said, markup=False)
            return ExitCode.DONE

    return work


def _list(directory: Path, env: str | None, *, json: bool) -> int:
    from regen.orchestrator.judging import read_opinions

    found = read_opinions(directory, env)
    if json:
        document.write(found)
        return ExitCode.DONE
    console = show.out()
    if not found.judgements:
        console.print("nobody said anything yet", markup=False)
        return ExitCode.DONE
    show.table(console, ("template", "files", "good", "mean score"), [_opinion(one) for one in found.judged])
    show.table(console, ("at", "who", "file", "score", "text"), [_judgement(one, found) for one in found.judgements])
    return ExitCode.DONE


def _opinion(one: Judged) -> tuple[str, ...]:
    share = "" if one.accuracy is None else f" ({one.accuracy:.0%})"
    return one.template or "all", str(one.artifacts), f"{one.good}{share}", f"{one.score:.1f}"


def _judgement(one: Judgement, found: Opinions) -> tuple[str, ...]:
    several = len({each.environment for each in found.judgements}) > 1
    path = f"{one.environment}: {one.path}" if several else one.path
    return when(one.at), one.by, path, f"{one.score:g}", one.text


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
