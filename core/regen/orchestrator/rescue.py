"""Rescue: a breach becomes a verified rollback, an alert and a figure; the next start finishes what was cut off."""

from __future__ import annotations

import time
from dataclasses import dataclass

from regen import telemetry
from regen.errors import FrozenError, RegenError
from regen.model.event import RollbackCompleted
from regen.model.measure import Measure
from regen.model.probe import Breach, Trigger
from regen.model.rollout import RolloutState
from regen.orchestrator.alerting import alert, recovered
from regen.orchestrator.rollouts import RolloutStatus, trigger_of
from regen.orchestrator.session import Place, Session
from regen.orchestrator.settle import rollback
from regen.stages.deploy import RolledBack, Wanted
from regen.state import faults, releases, rescues

FROZEN = "frozen"
"""Names the alert of an environment without a good release."""

_ROLLOUT = "rollout"


@dataclass(frozen=True, slots=True)
class Rescued:
    """An automatic rollback that was done.

    Attributes:
        rollback_s: from the breach to verified, in seconds.
    """

    breach: Breach
    done: RolledBack
    rollback_s: float


async def rescue(session: Session, breach: Breach) -> Rescued:
    """Roll back by itself. The caller has the session's turn, and tells of it afterwards by `tell`.

    Raises:
        RegenError: it could not be done; where no good release was left, the environment is frozen.
    """
    rescues.begin(session.state.db, breach)
    faults.point("rescue.begun")
    return await _carried_out(session, session.place(breach.environment), breach)


async def _carried_out(session: Session, place: Place, breach: Breach) -> Rescued:
    wanted = Wanted(None, breach.why, breach.trigger, complete=True)
    try:
        done = await rollback(session, place, wanted)
    except RegenError:
        rescues.give_up(session.state.db, place.name)
        raise
    return _finished(session, breach, done)


def _finished(session: Session, breach: Breach, done: RolledBack) -> Rescued:
    rollback_s = max(0.0, time.time() - breach.since)
    faults.point("rescue.verified")
    rescues.finish(session.state.db, breach.environment, done.release.number, rollback_s)
    telemetry.tell(telemetry.Measured(Measure("rollback", rollback_s, "s", time.time(), breach.environment)))
    return Rescued(breach, done, rollback_s)


async def tell(session: Session, breach: Breach, found: Rescued | RegenError) -> None:
    """Tell the bus and whoever hears alerts what came of a breach; the caller does not have the turn any more."""
    seen = str(breach)
    if isinstance(found, Rescued):
        await tell_rollback(session, found.done, breach.why, breach.trigger, found.rollback_s)
        left, made = found.done.left.number, found.done.release
        message = f"{seen}; release {left} was left, and release {made.restores} stands again as {made.number}"
        message += f", {found.rollback_s:.1f} s after the breach"
        if not found.done.verified.passed:
            message += f"; it does not stand as it should: {found.done.verified}"
    else:
        frozen = isinstance(found, FrozenError)  # of which another alert tells
        message = f"{seen}; it could not be rolled back" + ("" if frozen else f": {found.message}")
    await alert(session, breach.environment, breach.probe, "critical", message)
    if isinstance(found, FrozenError):
        await alert(session, breach.environment, FROZEN, "critical", found.message)


async def tell_rollback(
    session: Session, done: RolledBack, why: str, trigger: Trigger, rollback_s: float | None = None
) -> None:
    """Tell the bus of a rollback."""
    release, kept = done.release, sum(edit.waits for edit in done.edits)
    event = RollbackCompleted(
        release.environment, release.number, release.restores or 0, why, kept, trigger, rollback_s
    )
    await session.notifier.publish(event, origin="rollback")


async def tell_rollout(session: Session, found: RolloutStatus | None) -> None:
    """Tell the bus of a rollout that was taken back, and who hears alerts where an analysis did so.

    They hear, too, when a release after it went to every target.
    """
    now = found.rollout if found is not None else None
    if found is None or now is None:
        return
    if found.done is not None and found.left is not None:
        await tell_rollback(session, found.done, found.left.why, trigger_of(session, found.left))
    if found.left is not None and found.left.refuted:
        message = f"the rollout of release {found.left.release} was aborted: {found.left.why}"
        message += f"; release {found.left.stable} stands again as {now.release}"
        await alert(session, now.environment, _ROLLOUT, "critical", message)
    elif now.state is RolloutState.COMPLETED:
        await recovered(session, now.environment, _ROLLOUT, f"every target has release {now.release}")


async def tell_resumed(session: Session, environment: str) -> None:
    """Tell that an environment is frozen no longer, where that was told."""
    await recovered(session, environment, FROZEN, "it is frozen no longer")


async def finish_rescues(session: Session) -> None:
    """Bring automatic rollbacks to their end that a process began which is gone."""
    for place in session.places:
        breach = rescues.pending(session.state.db, place.name)
        if breach is None:
            continue
        found: Rescued | RegenError | None
        try:
            found = await _taken_up(session, place, breach)
        except RegenError as error:
            found = error
        if found is not None:
            await tell(session, breach, found)


async def _taken_up(session: Session, place: Place, breach: Breach) -> Rescued | None:
    """Roll back where that was not begun; finish where its release stands; nothing where another one came."""
    db, now = session.state.db, releases.current(session.state.db, place.name)
    if now is not None and now.number == breach.release:
        return await _carried_out(session, place, breach)
    if now is not None and now.parent == breach.release and now.restores is not None and now.parent is not None:
        # Its files were read back when the commit was brought to its end.
        return _finished(session, breach, RolledBack(now, releases.release(db, place.name, now.parent)))
    rescues.give_up(db, place.name)
    return None
