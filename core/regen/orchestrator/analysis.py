"""Analysis: probes say of the targets that have a new release whether they are well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio

from regen.config.health import probes
from regen.health import ask
from regen.model.probe import PER_TARGET, Probe, Reading
from regen.model.rollout import Analysis, Outcome
from regen.orchestrator.checkup import own_figures
from regen.orchestrator.session import Place, Session


@dataclass(frozen=True, slots=True)
class Asked:
    """One probe, and what it saw; `target` is None where it is not asked of each target."""

    probe: Probe
    target: str | None
    reading: Reading

    def __str__(self) -> str:
        where = f" of {self.target}" if self.target is not None else ""
        return f"{self.probe.name}{where}: {self.reading.shown(self.probe.target)}"


async def measure(session: Session, place: Place, analysis: Analysis, targets: Sequence[str]) -> tuple[Outcome, str]:
    """One round: every probe is asked, all at the same time; those with `{target}` in them once for each target.

    Args:
        targets: those that have the release.

    Returns:
        The worst of what they saw, and which saw it, in words.
    """
    known = {probe.name: probe for probe in probes(session.config, per_target=True)}
    wanted = [one for name in analysis.probes if name in known for one in _of_targets(known[name], targets)]
    found: dict[int, Asked] = {}

    async def one(number: int, probe: Probe, target: str | None) -> None:
        figures = partial(own_figures, session.config, place.name)
        found[number] = Asked(probe, target, await ask(probe, session.config.root, figures))

    async with anyio.create_task_group() as group:
        for number, (probe, target) in enumerate(wanted):
            group.start_soon(one, number, probe, target)
    return _together(found[number] for number in sorted(found))


def _of_targets(probe: Probe, targets: Iterable[str]) -> Iterator[tuple[Probe, str | None]]:
    if not probe.per_target:
        yield probe, None
        return
    for target in targets:
        url = probe.url.replace(PER_TARGET, target) if probe.url is not None else None
        yield replace(probe, run=tuple(word.replace(PER_TARGET, target) for word in probe.run), url=url), target


def _together(asked: Iterable[Asked]) -> tuple[Outcome, str]:
    """The worst counts; a probe that says nothing is no reason to go on."""
    worst: tuple[Outcome, str] | None = None
    for one in asked:
        match one.reading.outcome:
            case "fail":
                return "fail", str(one)
            case "inconclusive" | "skipped":
                worst = worst or ("inconclusive", str(one))
            case "pass":
                continue
    return worst or ("pass", "")
