"""Rollouts: the releases of a canary environment go to its targets, as far as its steps let them by now.

Why nothing is remembered of a commit: what is to be rolled out is the newest release that is deployed, and a rollout
row says how far that came. So a kill at any moment leaves what the next call goes on with.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import anyio.lowlevel

from regen.config.health import probes
from regen.errors import UsageError
from regen.hooks.abilities import Spreads
from regen.model.probe import Trigger
from regen.model.release import Release, ReleaseState
from regen.model.rollout import (
    Analysis,
    Ask,
    Done,
    Reach,
    Rollout,
    RolloutState,
    Wait,
    aborted,
    begun,
    measured,
    next_of,
    promoted,
    reached,
    share,
    waited,
)
from regen.orchestrator.reaching import RETRY_S, Clock, reach, salt_of
from regen.orchestrator.session import Place, Session
from regen.orchestrator.settle import rollback
from regen.stages import deploy
from regen.state import audit, releases, rollouts
from regen.state.rollouts import TargetRow


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """How far the releases of an environment came.

    Attributes:
        rollout: the newest one; None before the first.
        targets: each with what it holds, in the order in which a release reaches them.
        waits_until: when the next step is due; seconds since the epoch, UTC. None: at once, or when a person says so.
        incomplete: the number of a newer release that no target gets, for conflicts are open in it; None: none.
        left: the rollout before, which was aborted, where the newest one is the way back from it; None otherwise.
        done: the rollback that this very call made; None: it made none.
    """

    rollout: Rollout | None
    targets: tuple[TargetRow, ...]
    waits_until: float | None = None
    incomplete: int | None = None
    left: Rollout | None = None
    done: deploy.RolledBack | None = None


def spreads_of(place: Place) -> Spreads | None:
    """The deployer of a canary environment; None for any other."""
    deployer = place.target.deployer
    return deployer if isinstance(deployer, Spreads) else None


async def advance(session: Session, place: Place, clock: Clock = time.time) -> RolloutStatus | None:
    """Do all that is due now; None where the environment is no canary.

    Args:
        clock: seconds since the epoch, UTC.
    """
    spreads = spreads_of(place)
    if spreads is None:
        return None
    done = None
    while (rollout := _under_way(session, place, spreads, clock())) is not None:
        _begin(session, rollout)
        if rollout.state is RolloutState.ABORTED:
            done = await _back(session, place, rollout)
            continue
        after = await _step(session, place, spreads, rollout, clock)
        if after == rollout:
            break
        _keep(session, after)
        await anyio.lowlevel.checkpoint()
    found = status(session, place, clock)
    return replace(found, done=done) if found is not None and done is not None else found


def status(session: Session, place: Place, clock: Clock = time.time) -> RolloutStatus | None:
    """How far the releases of an environment came; touches nothing. None where it is no canary."""
    spreads = spreads_of(place)
    if spreads is None:
        return None
    database = session.state.db
    known = rollouts.targets(database, place.name)
    rollout, before = (*rollouts.rollouts(database, place.name, limit=2), None, None)[:2]
    ordered = share(spreads.targets, salt_of(session, place, spreads), 100)
    waits = next_of(rollout, clock()) if rollout is not None else Done()
    newest = releases.current(database, place.name)
    return RolloutStatus(
        rollout,
        tuple(known.get(target, TargetRow(target, None, 0.0)) for target in ordered),
        waits.until if isinstance(waits, Wait) else None,
        newest.number if newest is not None and not newest.complete else None,
        _left(newest, rollout, before),
    )


def _left(newest: Release | None, rollout: Rollout | None, before: Rollout | None) -> Rollout | None:
    """The aborted rollout that the newest one is the way back from."""
    if newest is None or rollout is None or before is None or before.state is not RolloutState.ABORTED:
        return None
    return before if newest.number == rollout.release and newest.parent == before.release else None


def due_in(session: Session, place: Place, clock: Clock = time.time) -> float | None:
    """In how many seconds there is something to do; None: never, before a person or a new release comes."""
    spreads = spreads_of(place)
    rollout = _under_way(session, place, spreads, clock()) if spreads is not None else None
    if rollout is None:
        return None
    if rollout.state is RolloutState.ABORTED:
        return 0.0
    following = next_of(rollout, clock())
    if isinstance(following, Wait):
        return None if following.until is None else max(following.until - clock(), 0.0)
    missed = [row.at for row in rollouts.targets(session.state.db, place.name).values() if row.error is not None]
    return max(min(missed) + RETRY_S - clock(), 0.0) if missed else 0.0


async def promote(session: Session, place: Place, *, whole: bool = False) -> RolloutStatus:
    """Go on with the next step, or with `whole` to every target at once.

    Raises:
        UsageError: the environment is no canary, or nothing is under way.
    """
    rollout = _open(session, place)
    database = session.state.db
    with database.transaction():
        rollouts.write(database, promoted(rollout, time.time(), whole=whole))
        why = "to every target" if whole else f"on from step {rollout.step + 1} of {len(rollout.steps)}"
        audit.note(database, "promote", environment=place.name, why=why, before=rollout.stable, after=rollout.release)
    return _sure(await advance(session, place))


async def abort(session: Session, place: Place, why: str) -> RolloutStatus:
    """Let every target have the stable release again; the one that was under way is bad.

    Raises:
        UsageError: the environment is no canary, or nothing is under way.
        FrozenError: there is no good release to go back to.
    """
    rollout = _open(session, place)
    if rollout.stable is None:
        raise UsageError(
            f"there is no release before {rollout.release} that every target of {place.name} had",
            hint="make one with `regen apply`, or `regen rollback N`",
        )
    _keep(session, aborted(rollout, why or "a person said so", time.time()))
    return _sure(await advance(session, place))


def _sure(found: RolloutStatus | None) -> RolloutStatus:
    assert found is not None  # noqa: S101 - the environment is a canary, or `_open` had raised
    return found


def _open(session: Session, place: Place) -> Rollout:
    if spreads_of(place) is None:
        raise UsageError(
            f"the environment {place.name!r} rolls nothing out step by step",
            hint='give it `deployer = "canary"`, or name another with --env',
        )
    rollout = rollouts.newest(session.state.db, place.name)
    if rollout is None or not rollout.open:
        raise UsageError(f"no rollout of {place.name} is under way", hint="`regen rollout` shows where it stands")
    return rollout


def _under_way(session: Session, place: Place, spreads: Spreads, now: float) -> Rollout | None:
    """The rollout that is to go on, or back; a new one for a release that has none. None: nothing is to be done."""
    database = session.state.db
    newest, known = releases.current(database, place.name), rollouts.newest(database, place.name)
    ready = newest is not None and newest.complete and newest.state is ReleaseState.DEPLOYED
    if newest is not None and ready and (known is None or known.release < newest.number):
        stable = rollouts.stable(database, place.name)
        # The way back goes to all at once; and before the first release there is nothing to compare with.
        steps = spreads.steps if newest.restores is None and stable is not None else ()
        known = begun(place.name, newest.number, stable, steps, now)
    if known is None or known.open:
        return known
    stands = newest is not None and newest.number == known.release and newest.state is not ReleaseState.BAD
    return known if known.state is RolloutState.ABORTED and stands else None


def _begin(session: Session, rollout: Rollout) -> None:
    """Keep a rollout that is new, in the place of those that were not through."""
    database = session.state.db
    known = rollouts.newest(database, rollout.environment)
    if known is None or known.release < rollout.release:
        with database.transaction():
            rollouts.supersede(database, rollout.environment, rollout.release, rollout.since)
            rollouts.write(database, rollout)


async def _step(session: Session, place: Place, spreads: Spreads, rollout: Rollout, clock: Clock) -> Rollout:
    """What the rollout becomes; itself where nothing can be done now."""
    match next_of(rollout, clock()):
        case Reach(weight):
            missed = await reach(session, place, spreads, rollout, weight, clock)
            if missed:
                return replace(rollout, why=f"could not be reached: {', '.join(missed)}")
            return reached(rollout, weight, clock())
        case Ask(analysis):
            from regen.orchestrator.analysis import measure  # what asks over HTTP is imported when it is asked

            having = share(spreads.targets, salt_of(session, place, spreads), rollout.weight)
            outcome, said = await measure(session, place, analysis, having)
            after = measured(rollout, outcome, clock())
            if after.state is not rollout.state and not after.why.endswith(said):
                after = replace(after, why=f"{after.why}: {said}" if after.why else said)
            return after
        case Wait():
            return waited(rollout, clock())
        case Done():
            return rollout


async def _back(session: Session, place: Place, rollout: Rollout) -> deploy.RolledBack:
    """The environment goes back to the stable release, and so do all targets with the next steps."""
    trigger = trigger_of(session, rollout)
    return await rollback(session, place, deploy.Wanted(rollout.stable, f"rollout aborted: {rollout.why}", trigger))


def trigger_of(session: Session, rollout: Rollout) -> Trigger:
    """What its analysis stands for, where that said no."""
    step = rollout.steps[rollout.step] if rollout.refuted else None
    if not isinstance(step, Analysis):
        return "manual"
    meant = {probe.trigger for probe in probes(session.config, per_target=True) if probe.name in step.probes}
    return meant.pop() if len(meant) == 1 else "health_check_failed"


def _keep(session: Session, rollout: Rollout) -> None:
    with session.state.db.transaction():
        rollouts.write(session.state.db, rollout)
