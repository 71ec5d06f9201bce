"""Cycle: one at a time; a plan is carried out, and what came of it is told to the bus, the trace and who asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import anyio.to_thread

from regen import telemetry
from regen.hooks.abilities import Spreads
from regen.model.plan import Action, Plan, PlanItem
from regen.model.settings import asks
from regen.orchestrator.apply import apply
from regen.orchestrator.collecting import let_go_of_terms, seldom
from regen.orchestrator.conflicts import open_artifacts
from regen.orchestrator.filling import sound_store
from regen.orchestrator.links import link
from regen.orchestrator.outcome import Applied
from regen.orchestrator.recording import Recording
from regen.orchestrator.session import Place, Session
from regen.state import holds

_TELLING_S = 2.0  # seconds that the end of a project waits for who reads the bus
_BOTH_SIDES = {"structure", "lines", "rule", "model"}  # ways of merging a file that a person and a template changed


@asynccontextmanager
async def running(
    session: Session, kind: str, trigger: telemetry.Trigger | None = None, *, environment: str | None = None
) -> AsyncIterator[telemetry.Cycle]:
    """Work alone on a session, in one trace; what came of it is kept, and told.

    What was recorded is handed over on the bus only when the turn is given back: who reads events may wait for it, and
    the bus may wait for who reads. A cycle that failed may have recorded something, too.

    Args:
        session: the open project.
        kind: see `regen.telemetry.cycle`.
        trigger: what started it; None: whoever called.
        environment: its name; None: the first one.
    """
    before = after = 0
    record = Recording(session, kind, environment)
    session.telling += 1
    try:
        await record.begin(trigger)
        async with session.turn:
            before = session.history.position().revision
            try:
                with (
                    record,
                    telemetry.cycle(kind, trigger=trigger, environment=record.environment) as cycle,
                    sound_store(session),
                    seldom(),
                ):
                    record.cycle = cycle
                    link(session, cycle, environment)
                    yield cycle
            finally:
                after = session.history.position().revision
                let_go_of_terms()
    finally:
        try:
            if after > before:
                await session.notifier.announce(after)
        finally:
            await record.publish()
            session.telling -= 1
            session.told.set()


async def carry_out(
    session: Session, place: Place, plan: Plan, cycle: telemetry.Cycle, *, watching: bool = False
) -> Applied:
    """Apply a plan inside a running cycle.

    Args:
        session: the open project.
        place: the plan's environment.
        plan: of this session.
        cycle: its trace gets the figures.
        watching: whether a watch runs the cycle: gates that look at the whole graph are then asked only where
            `[evaluate]` says "always".

    Raises:
        RegenError: see `regen.orchestrator.apply`.
    """
    graph_gates = asks(session.settings.shacl, watching=watching)
    deployed = await apply(session, place, plan, evaluate_graph=graph_gates, automatic=watching)
    still_open = len(open_artifacts(session.state.db, place.name))
    if deployed is None:
        cycle.result = "skip"
        freeze = holds.frozen(session.state.db, place.name) if watching else None
        applied = Applied(plan, held=True, frozen=freeze, open_conflicts=still_open)
    else:
        committed = deployed.committed
        applied = Applied(
            plan,
            committed.release,
            committed.again,
            committed.kept,
            still_open,
            verified=committed.verified,
            evaluated=deployed.evaluated,
        )
    if isinstance(place.target.deployer, Spreads):
        from regen.orchestrator.rollouts import advance

        applied = replace(applied, rollout=await advance(session, place))
    sides = [item for item in plan.items if item.how in _BOTH_SIDES or item.action is Action.CONFLICT]
    cycle.set(
        environment=plan.environment,
        merges=len(sides),
        merge_conflicts=sum(item.action is Action.CONFLICT for item in sides),
        release=applied.release.number if applied.release is not None else None,
        files=len(plan.items),
        evaluated=plan.evaluated,
        rendered=plan.rendered,
        artifacts=plan.total,
        conflicts=still_open,
    )
    return applied


async def last_turn(session: Session) -> None:
    """Let other tasks end what they do with the project, and send the traces that wait, beside the event loop."""
    with anyio.CancelScope(shield=True):
        with anyio.move_on_after(_TELLING_S):
            while session.telling:
                session.told = anyio.Event()
                await session.told.wait()
        async with session.turn:
            if telemetry.exporting():
                await anyio.to_thread.run_sync(telemetry.stop)


def paths_of(items: Iterable[PlanItem]) -> list[str]:
    """Paths that a plan's items touch, the ones that are left by a move too."""
    return sorted({path for item in items for path in (item.path, item.moved_from) if path})
