"""Rollout: a release goes to ever more targets, step by step, and stops where an analysis says no.

The words are those of Argo Rollouts: steps that set a weight, pause, or analyse; an analysis ends successful, failed or
inconclusive, which go on, abort, and wait for a person.

Why targets are ordered by a salted hash and not drawn: a rollout that is started again, or goes on in another process,
must reach the same targets first, and those of a smaller weight have to be among those of a larger one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal as OneOf

from blake3 import blake3

Outcome = OneOf["pass", "fail", "inconclusive"]
"""What one measurement says."""


@dataclass(frozen=True, slots=True)
class SetWeight:
    """So many targets of a hundred have the release."""

    weight: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for `duration_s` seconds; None: until a person goes on."""

    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Probes are asked again and again about the targets that have the release.

    Attributes:
        probes: their names.
        count: how often each is asked.
        interval_s: seconds between two rounds.
        failure_limit: rounds that may fail; one more, and the rollout is aborted.
        consecutive_success_limit: as many good rounds in a row are enough; None: all `count` are asked.
        inconclusive_limit: rounds that may say nothing; one more, and a person has to decide.
        dry_run: what it says is told, and changes nothing.
    """

    probes: tuple[str, ...]
    count: int = 1
    interval_s: float = 5.0
    failure_limit: int = 0
    consecutive_success_limit: int | None = None
    inconclusive_limit: int = 0
    dry_run: bool = False


Step = SetWeight | Pause | Analysis


class RolloutState(StrEnum):
    """Where a rollout stands."""

    PROGRESSING = "progressing"
    PAUSED = "paused"  # a pause runs, or waits for a person
    INCONCLUSIVE = "inconclusive"  # an analysis could not decide: a person has to
    ABORTED = "aborted"  # its targets have the stable release again
    COMPLETED = "completed"  # every target has it: it is the stable one now
    SUPERSEDED = "superseded"  # a newer release was rolled out before it was through


OPEN = frozenset({RolloutState.PROGRESSING, RolloutState.PAUSED, RolloutState.INCONCLUSIVE})


@dataclass(frozen=True, slots=True)
class Rollout:
    """One release on its way.

    Attributes:
        environment: its name.
        release: which.
        stable: the release that the other targets have; None where there was none before.
        steps: as they were configured when it began; a changed configuration is for the next one.
        state: see RolloutState.
        step: index of the step that is under way; as many as there are steps: only the rest of the targets is left.
        since: when that step began; seconds since the epoch, UTC.
        weight: the share of targets that have the release by now, of a hundred.
        rounds: what the analysis that is under way said so far.
        asked: when it was asked last; seconds since the epoch, UTC. None: not yet.
        why: why it stands where it stands, in one line.
    """

    environment: str
    release: int
    stable: int | None
    steps: tuple[Step, ...] = ()
    state: RolloutState = RolloutState.PROGRESSING
    step: int = 0
    since: float = 0.0
    weight: int = 0
    rounds: tuple[Outcome, ...] = ()
    asked: float | None = None
    why: str = ""

    @property
    def open(self) -> bool:
        """Whether something is still to come."""
        return self.state in OPEN

    @property
    def refuted(self) -> bool:
        """Whether the analysis at which it stands said no; one that a person took back may not have come to that."""
        step = self.steps[self.step] if self.step < len(self.steps) else None
        return isinstance(step, Analysis) and judge(step, self.rounds) == "failed"


@dataclass(frozen=True, slots=True)
class Reach:
    """Bring the release to the first targets, until `weight` of a hundred have it."""

    weight: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Measure one round of an analysis."""

    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done before `until`, in seconds since the epoch, UTC; None: before a person says so."""

    until: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""


Next = Reach | Ask | Wait | Done


def begun(environment: str, release: int, stable: int | None, steps: tuple[Step, ...], now: float) -> Rollout:
    """A rollout before its first step."""
    return _following(Rollout(environment, release, stable, steps, step=-1), now)


def order(targets: Iterable[str], salt: str) -> tuple[str, ...]:
    """Targets in the order in which a release reaches them: for one salt always the same."""
    return tuple(sorted(targets, key=lambda target: (blake3(f"{salt}\0{target}".encode()).digest(), target)))


def share(targets: Iterable[str], salt: str, weight: int) -> tuple[str, ...]:
    """The targets that a weight of a hundred reaches: at least one, for a weight above nothing."""
    ordered = order(targets, salt)
    return ordered[: math.ceil(len(ordered) * weight / 100)]


def next_of(rollout: Rollout, now: float) -> Next:
    """What is to be done now.

    Args:
        now: seconds since the epoch, UTC. A clock that was set back starts a pause anew, rather than cutting it short.
    """
    if not rollout.open:
        return Done()
    if rollout.step >= len(rollout.steps):
        return Reach(100)
    if rollout.state is RolloutState.INCONCLUSIVE:
        return Wait(None)
    match rollout.steps[rollout.step]:
        case SetWeight(weight):
            return Reach(weight)
        case Pause(duration_s):
            return Wait(None if duration_s is None else rollout.since + duration_s)
        case Analysis() as analysis:
            due = rollout.asked + analysis.interval_s if rollout.asked is not None else now
            return Ask(analysis) if now >= due else Wait(due)


def reached(rollout: Rollout, weight: int, now: float) -> Rollout:
    """The targets of a weight have the release."""
    if rollout.step >= len(rollout.steps):
        return replace(rollout, state=RolloutState.COMPLETED, weight=100, since=now, why="every target has it")
    return _following(replace(rollout, weight=weight), now)


def waited(rollout: Rollout, now: float) -> Rollout:
    """What a pause becomes as time goes by."""
    step = rollout.steps[rollout.step] if rollout.step < len(rollout.steps) else None
    if not isinstance(step, Pause) or step.duration_s is None or rollout.state is RolloutState.INCONCLUSIVE:
        return rollout
    if now < rollout.since:
        return replace(rollout, since=now)
    return _following(rollout, now) if now >= rollout.since + step.duration_s else rollout


def promoted(rollout: Rollout, now: float, *, whole: bool = False) -> Rollout:
    """A person goes on: with the next step, or with `whole` to every target at once."""
    if whole:
        return replace(
            rollout, state=RolloutState.PROGRESSING, step=len(rollout.steps), since=now, rounds=(), asked=None
        )
    return _following(rollout, now)


def measured(rollout: Rollout, outcome: Outcome, now: float) -> Rollout:
    """One more round of the analysis that is under way said something."""
    step = rollout.steps[rollout.step]
    assert isinstance(step, Analysis)  # noqa: S101 - who measures was told to by `next_of`
    after = replace(rollout, rounds=(*rollout.rounds, outcome), asked=now)
    match judge(step, after.rounds):
        case "running":
            return after
        case "successful":
            return _following(after, now)
        case "failed":
            return aborted(after, f"the analysis of {', '.join(step.probes)} failed", now)
        case "inconclusive":
            why = f"the analysis of {', '.join(step.probes)} could not decide"
            return replace(after, state=RolloutState.INCONCLUSIVE, since=now, why=why)


def aborted(rollout: Rollout, why: str, now: float) -> Rollout:
    """No further target gets the release, and those that have it go back."""
    return replace(rollout, state=RolloutState.ABORTED, since=now, why=why)


def judge(analysis: Analysis, rounds: Sequence[Outcome]) -> OneOf["running", "successful", "failed", "inconclusive"]:
    """What the rounds so far say together."""
    verdict = _judged(analysis, rounds)
    return "successful" if analysis.dry_run and verdict in ("failed", "inconclusive") else verdict


def _judged(analysis: Analysis, rounds: Sequence[Outcome]) -> OneOf["running", "successful", "failed", "inconclusive"]:
    if rounds.count("fail") > analysis.failure_limit:
        return "failed"
    if rounds.count("inconclusive") > analysis.inconclusive_limit:
        return "inconclusive"
    enough = analysis.consecutive_success_limit
    in_a_row = 0
    for outcome in reversed(rounds):
        if outcome != "pass":
            break
        in_a_row += 1
    if enough is not None and in_a_row >= enough:
        return "successful"
    if len(rounds) < analysis.count:
        return "running"
    return "successful" if enough is None else "inconclusive"


def _following(rollout: Rollout, now: float) -> Rollout:
    """At the next step."""
    step = rollout.step + 1
    pausing = step < len(rollout.steps) and isinstance(rollout.steps[step], Pause)
    state = RolloutState.PAUSED if pausing else RolloutState.PROGRESSING
    return replace(rollout, step=step, state=state, since=now, rounds=(), asked=None, why="")
