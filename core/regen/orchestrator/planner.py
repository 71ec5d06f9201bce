"""Planner: the stale set becomes a plan; nothing outside the process changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import anyio.lowlevel
from anyio import to_thread

from regen.hooks.abilities import Follows
from regen.model.artifact import ArtifactId, Because
from regen.model.finding import Finding
from regen.model.plan import Plan, PlanItem
from regen.model.term import Term
from regen.orchestrator.advance import take_in
from regen.orchestrator.assemble import Work, assemble
from regen.orchestrator.chunk import Job, Made
from regen.orchestrator.clone import take_lock
from regen.orchestrator.heirs import follow_renames, reconsider
from regen.orchestrator.jobs import evaluated_jobs
from regen.orchestrator.needs import Lower, strata
from regen.orchestrator.past import with_lost_bases
from regen.orchestrator.production import Count, Production, Progress
from regen.orchestrator.session import Place, Session
from regen.orchestrator.shared import Shared
from regen.orchestrator.sources import ask
from regen.orchestrator.stale import Wish, filled, waiting
from regen.orchestrator.survey import look_for_clean
from regen.orchestrator.workers import only_error, starting_workers
from regen.state import holds
from regen.telemetry import stage

T = TypeVar("T")


async def plan(
    session: Session,
    place: Place,
    wish: Wish,
    progress: Progress,
    changed: Collection[str] | None = None,
    *,
    polled: bool = False,
) -> Plan:
    """Take in what changed and decide what a cycle does to one environment.

    Args:
        session: the open project.
        place: the environment.
        wish: what the person asked for beside what is stale.
        progress: told the stage, how much is done, how much there is.
        changed: absolute paths of everything that changed since the session's last plan; None: that is not known.
        polled: whether sources are asked beside the cycles: only those that were never read are asked here then.

    Raises:
        RegenError: a template failed, a path is claimed twice, and so on; nothing is written then, and what was taken
            in stays pending.
    """
    work = Work(place)
    await ask(session, missing=polled)
    async with starting_workers(session, place, full=wish.full):
        take_lock(session.state, place, session.revision)
        await take_in(session, changed)
        if isinstance(place.target.deployer, Follows):
            place.target.deployer.follow(place.target.root)
        look_for_clean(session, place)
        if wish.full:
            session.rows = Shared()  # a full run trusts nothing that was derived
        with stage("select", environment=place.name) as span:
            entries = waiting(session, place, wish)
            span.set_attribute("regen.affected", len(entries))
        production = Production(session, place, progress)
        jobs, ahead = await _jobs(session, entries, work, production, production.count(len(entries)), full=wish.full)
        proposals = follow_renames(session, work, jobs)
    made = ahead.made | await production.all(ahead.missing(jobs))
    said = await _with_lost_bases(session, work, jobs, made, production)
    again, unfit = reconsider(work, jobs, made)
    made |= await production.all(again)
    said += await _with_lost_bases(session, work, jobs, made, production)
    items, nothing = await assemble(session, work, made)
    session.rows.end_cycle()
    return Plan(
        environment=place.name,
        parent=session.parent(place),
        revision=session.revision,
        items=items,
        nothing=nothing,
        evaluated=len(entries),
        rendered=sum(len(values) for values in jobs.values()),
        total=_total(session, place, items),
        findings=(*session.findings, *proposals, *unfit, *said),
        inputs=session.inputs(),
        held=_is_held(session, place),
    )


def _is_held(session: Session, place: Place) -> bool:
    """Whether a rollback from these inputs holds the environment."""
    hold = holds.held(session.state.db, place.name)
    return hold is not None and hold.on(session.inputs())


def _total(session: Session, place: Place, items: Sequence[PlanItem]) -> int:
    """How many artifacts there will be; those that stand are counted once and then followed, not counted each cycle."""
    standing = session.standing.get(place.name)
    if standing is None:
        standing = session.standing[place.name] = sum(place.records.counts().values())
    keys: dict[str, set[Term | None]] = {}
    for item in items:
        keys.setdefault(item.artifact.template, set()).add(item.artifact.key)
    return standing + sum(len(some) - len(place.records.having(template, some)) for template, some in keys.items())


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was made while views were still evaluated.

    Attributes:
        made: by artifact.
        jobs: what it was made by.
    """

    made: dict[ArtifactId, Made] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)

    def missing(self, jobs: Mapping[str, Sequence[Job]]) -> dict[str, list[Job]]:
        """Jobs that are new or have changed since, by template."""
        same = set(map(id, self.jobs))
        left = {template: [job for job in values if id(job) not in same] for template, values in jobs.items()}
        return {template: values for template, values in left.items() if values}


async def _jobs(
    session: Session,
    entries: Mapping[ArtifactId, Because],
    work: Work,
    production: Production,
    count: Count,
    *,
    full: bool,
) -> tuple[dict[str, list[Job]], _Ahead]:
    """Evaluate the views of what is stale; what has other rows than before becomes a job.

    Where there is work for other processes, they make the artifacts of one template while the views of the next are
    evaluated here, in a thread: a query of a second would hold up what they are sent.
    """
    jobs: dict[str, list[Job]] = {}
    ahead = _Ahead()
    lower = Lower(work.place, work, ahead.made)
    for stratum, needed in strata(session.units, entries):
        mine = await _of_stratum(session, stratum, work, lower, ahead, production, count, full=full)
        if needed:
            missing = ahead.missing(mine)
            ahead.made.update(await production.all(missing))
            ahead.jobs.extend(job for values in missing.values() for job in values)
        jobs |= mine
    return jobs, ahead


async def _of_stratum(
    session: Session,
    entries: Mapping[ArtifactId, Because],
    work: Work,
    lower: Lower,
    ahead: _Ahead,
    production: Production,
    count: Count,
    *,
    full: bool,
) -> dict[str, list[Job]]:
    filled(session)
    evaluated = partial(evaluated_jobs, session, entries, work, lower, full=full)
    executor = production.executor(Counter(artifact.template for artifact in entries))
    if executor.name == "inline":
        return {template: mine async for template, mine in evaluated(run=_here)}
    jobs: dict[str, list[Job]] = {}

    async def make(template: str, mine: list[Job]) -> None:
        ahead.made.update(await production.some({template: mine}, executor, count))

    try:
        with stage("render", artifacts=len(entries), executor=executor.name, workers=executor.workers):
            async with anyio.create_task_group() as group:
                async for template, mine in evaluated(run=to_thread.run_sync):
                    jobs[template] = mine
                    ahead.jobs.extend(mine)
                    group.start_soon(make, template, list(mine))
    except BaseExceptionGroup as errors:
        raise only_error(errors) from None
    return jobs


async def _here(work: Callable[[], T]) -> T:
    await anyio.lowlevel.checkpoint()
    return work()


async def _with_lost_bases(
    session: Session, work: Work, jobs: Mapping[str, list[Job]], made: dict[ArtifactId, Made], production: Production
) -> tuple[Finding, ...]:
    """Decide again, in place, what was decided without a base that can be had; gives what is said of that."""
    again, said = await with_lost_bases(session, work, jobs, made)
    made |= await production.all(again)
    return said
