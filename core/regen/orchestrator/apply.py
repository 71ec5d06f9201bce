"""Apply: what is pending is written, the candidate is evaluated, and a plan becomes a release."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regen.errors import DeployError, UsageError
from regen.model.evaluated import Evaluated
from regen.model.merge import Merged, ThreeWay
from regen.model.plan import Action, Plan, PlanItem
from regen.orchestrator.candidate import Noted
from regen.orchestrator.clone import note_lock
from regen.orchestrator.facts import facts
from regen.orchestrator.gates import evaluate, graph_passed, note_passed
from regen.orchestrator.persist import persist
from regen.orchestrator.session import Place, Session
from regen.stages import deploy
from regen.stages.evaluate import Verdict
from regen.state import audit, evaluations, holds
from regen.state.codec import artifact_text
from regen.state.records import lookup_hash
from regen.state.versions import note_version
from regen.telemetry import stage

if TYPE_CHECKING:
    from regen.orchestrator.interface import Compatibility


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was committed, and what the gates had said of it."""

    committed: deploy.Committed
    evaluated: tuple[Evaluated, ...] = ()


async def apply(
    session: Session, place: Place, plan: Plan, *, evaluate_graph: bool, automatic: bool
) -> Deployed | None:
    """Do what a plan says, all of it or nothing.

    Args:
        session: the open project.
        place: the plan's environment.
        plan: of this session.
        evaluate_graph: whether gates that look at the whole graph are asked, of a graph that did not pass them yet;
            they are though the plan does nothing.
        automatic: whether nobody asked for this very cycle, so that a frozen environment is left alone.

    Returns:
        What was committed; None where the environment is held or frozen, and nothing was tried.

    Raises:
        UsageError: the plan is of an earlier state of the session.
        GateError: a gate said no; nothing was written, and what it stopped stays stale.
        PathError, DeployError, StateError: see `regen.stages.deploy`.
    """
    inputs = session.inputs()
    _refuse_outdated(session, place, plan, inputs)
    persist(session)
    hold = holds.held(session.state.db, place.name)
    if (hold is not None and hold.on(inputs)) or (automatic and holds.frozen(session.state.db, place.name)):
        return None
    idle = not (plan.items or plan.nothing)
    ask_graph = evaluate_graph and place.environment.validate and not graph_passed(session)
    if idle and not ask_graph:
        return Deployed(deploy.Committed(None))
    with audit.attempting(session.state.db, "apply", environment=place.name, before=plan.parent):
        compared = None if idle else await _compared(session, place, plan, watching=automatic)
        found = () if compared is None or compared.result is None else (compared.result,)
        noted = Noted(session.state.db, place.name)
        said = await evaluate(session, place, plan, noted, evaluate_graph=ask_graph, watching=automatic, found=found)
        if ask_graph:
            note_passed(session)
        if idle:
            return Deployed(deploy.Committed(None), said.results)
        committed = _commit(session, place, plan, inputs, said, _Beside(compared, noted))
    if place.name in session.staged:
        await session.staged[place.name].follow()
    note_lock(session.state, place.name)
    if any(item.action in {Action.CREATE, Action.DELETE} for item in plan.items):
        session.standing.pop(place.name, None)
    if hold is not None and committed.release is not None:
        holds.let_go(session.state.db, place.name)
    session.walks &= {unit.template.digest for unit in session.units.values()}
    return Deployed(committed, said.results)


async def _compared(session: Session, place: Place, plan: Plan, *, watching: bool) -> Compatibility | None:
    from regen.orchestrator.interface import compatibility  # what does nothing compares nothing

    return await compatibility(session, place, plan, watching=watching)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is stored with a release beside its files and the gates' results."""

    compared: Compatibility | None
    noted: Noted

    def store(self, session: Session, environment: str, number: int) -> None:
        if self.compared is not None:
            note_version(session.state.db, environment, number, self.compared.suggests, self.compared.version)
        self.noted.store(number)


def _commit(
    session: Session, place: Place, plan: Plan, inputs: str, said: Verdict, beside: _Beside
) -> deploy.Committed:
    note, lookups = _note(plan), _lookups(session, place, plan)

    def within(number: int | None) -> None:
        lookups()
        if number is not None:
            beside.store(session, place.name, number)
            evaluations.write(session.state.db, place.name, number, said.results)
            audit.note(session.state.db, "apply", environment=place.name, why=note, before=plan.parent, after=number)

    with stage("deploy", files=len(plan.items)):
        return deploy.commit(
            session.state,
            place.target,
            plan,
            inputs=inputs,
            at=time.time(),
            remerge=remerger(session),
            note=note,
            nothing=plan.nothing,
            within=within,
            facts=facts(session, place, said.results),
        )


def _refuse_outdated(session: Session, place: Place, plan: Plan, inputs: str) -> None:
    if plan.graph_at is not None:
        raise UsageError(
            f"this plan is of the graph files of git {plan.graph_at[:12]}, and not of those on disk",
            hint="check those files out, then plan and apply",
        )
    if plan.inputs != inputs or plan.parent != session.parent(place):
        raise UsageError(
            "this plan was made before the graph, a template or the environment's release changed",
            hint="plan again, and apply the new plan",
        )


def remerger(session: Session) -> Callable[[ThreeWay], Merged]:
    """How the deployer merges a file that was edited while it worked."""
    import anyio

    async def merge(three: ThreeWay) -> Merged:
        language = three.language or session.language("", three.path)
        answer = await session.hooks.merge(ThreeWay(three.path, language, three.base, three.ours, three.theirs))
        if answer is None:
            raise DeployError(f"no plugin merges {three.path}", where=three.path, hint="enable the plugin merge_lines")
        return answer

    def from_here(three: ThreeWay) -> Merged:
        # The deployer is synchronous and runs in this thread: hooks are awaited on a loop of their own, in another one.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(anyio.run, merge, three).result()

    return from_here


def _note(plan: Plan) -> str:
    reasons = sorted({str(item.because[0]) for item in plan.items if item.because})
    more = f" and {len(reasons) - 1} more reasons" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""


def _lookups(session: Session, place: Place, plan: Plan) -> Callable[[], None]:
    """Writes what bodies asked the graph, in the transaction of the commit."""
    rendered = [item for item in (*plan.items, *plan.nothing) if item.inputs is not None and not _only_looked_at(item)]
    which = "FROM artifact WHERE environment = ? AND template = ? AND key = ?"
    places = [(item, (place.name, *artifact_text(item.artifact))) for item in rendered]

    def write() -> None:
        database = session.state.db
        database.many(f"DELETE FROM lookup WHERE artifact = (SELECT id {which})", [at for _, at in places])  # noqa: S608
        database.many(
            f"INSERT OR IGNORE INTO lookup (hash, artifact) SELECT ?, id {which}",
            [
                (lookup_hash(pattern), *at)
                for item, at in places
                for pattern in (item.inputs.lookups if item.inputs is not None else ())
            ],
        )

    return write


def _only_looked_at(item: PlanItem) -> bool:
    """Whether the artifact was not rendered: its rows were equal, and what its body asked stands as it was."""
    return item.action is Action.NOTHING and item.render is None and item.inputs is not None and not item.inputs.lookups
