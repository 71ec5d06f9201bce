"""Planner: the stale set becomes a plan; nothing outside the process changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import anyio.lowlevel

from regen.model.artifact import BODY, ArtifactId, Because
from regen.model.finding import Finding
from regen.model.plan import Plan, PlanItem
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.advance import take_in
from regen.orchestrator.assemble import Work, assemble
from regen.orchestrator.chunk import Chunk, Job, Made, Workshop, produce
from regen.orchestrator.clone import take_lock
from regen.orchestrator.heirs import follow_renames, reconsider
from regen.orchestrator.past import with_lost_bases
from regen.orchestrator.rows import Shared, evaluate
from regen.orchestrator.session import Place, Session, Unit
from regen.orchestrator.stale import Wish, filled, waiting
from regen.orchestrator.survey import look_for_clean
from regen.orchestrator.traces import record_chunks
from regen.orchestrator.workers import PROCESSES_FROM, starting_workers
from regen.state.records import Record
from regen.telemetry import part, stage

Progress = Callable[[str, int, int], None]

CHUNK = 64  # artifacts a chunk: some 20 ms of work, so that sending it costs little (bench/README.md)


async def plan(session: Session, place: Place, wish: Wish, progress: Progress) -> Plan:
    """Take in what changed and decide what a cycle does to one environment.

    Args:
        session: the open project.
        place: the environment.
        wish: what the person asked for beside what is stale.
        progress: told the stage, how much is done, how much there is.

    Raises:
        RegenError: a template failed, a path is claimed twice, and so on; nothing is written then, and what was taken
            in stays pending.
    """
    work = Work(place)
    async with starting_workers(session, place, full=wish.full):
        take_lock(session.state, place, session.revision)
        await take_in(session)
        look_for_clean(session, place)
        with stage("select", environment=place.name) as span:
            entries = waiting(session, place, wish)
            span.set_attribute("regen.affected", len(entries))
        jobs = await _jobs(session, place, entries, work, full=wish.full) if entries else {}
        proposals = follow_renames(session, work, jobs)
    made = await _produce(session, place, jobs, progress)
    said = await _with_lost_bases(session, work, jobs, made, progress)
    made |= await _produce(session, place, reconsider(work, jobs, made), progress)
    said += await _with_lost_bases(session, work, jobs, made, progress)
    items, nothing = await assemble(session, work, made)
    return Plan(
        environment=place.name,
        parent=session.parent(place),
        revision=session.revision,
        items=items,
        nothing=nothing,
        evaluated=len(entries),
        rendered=sum(len(values) for values in jobs.values()),
        total=_total(session, place, items),
        findings=(*session.findings, *proposals, *said),
        inputs=session.inputs(),
    )


def _total(session: Session, place: Place, items: Sequence[PlanItem]) -> int:
    """How many artifacts there will be; those that stand are counted once and then followed, not counted each cycle."""
    standing = session.standing.get(place.name)
    if standing is None:
        standing = session.standing[place.name] = sum(place.records.counts().values())
    return standing + sum(1 for item in items if not place.records.has(item.artifact))


async def _jobs(
    session: Session, place: Place, entries: Mapping[ArtifactId, Because], work: Work, *, full: bool
) -> dict[str, list[Job]]:
    """Evaluate the views of what is stale; what has other rows than before becomes a job."""
    filled(session)
    by_template: dict[str, list[ArtifactId]] = {}
    for artifact in entries:
        by_template.setdefault(artifact.template, []).append(artifact)
    jobs: dict[str, list[Job]] = {}
    shared = Shared()
    for template in sorted(by_template):
        await anyio.lowlevel.checkpoint()
        artifacts = sorted(by_template[template], key=lambda a: a.sort_key)
        records = place.records.of(template, [a.key for a in artifacts])
        unit = session.units.get(template)
        with part("view", "regen.select.rows", {"regen.template": template, "regen.keys": len(artifacts)}):
            evaluated = evaluate(session, place, unit, [a.key for a in artifacts], shared) if unit is not None else {}
        for artifact in artifacts:
            work.because[artifact] = entries[artifact]
            record = records.get(artifact.key)
            rows = evaluated.get(artifact.key)
            if rows is None or unit is None:
                if record is not None:
                    work.gone.append(record)
                else:
                    work.vanished.append(artifact)
                continue
            work.records[artifact] = record
            digests = tuple((view, value.digest()) for view, value in rows)
            work.rows[artifact] = digests
            if not full and _same(record, unit, digests, entries[artifact]):
                work.equal.append(artifact)
            else:
                jobs.setdefault(template, []).append(_job(place, artifact.key, rows, record, entries[artifact]))
    return jobs


def _same(record: Record | None, unit: Unit, digests: tuple[tuple[str, str], ...], because: Because) -> bool:
    """Early cut-off: the rows are those that the artifact was rendered from, and nothing else changed."""
    return (
        record is not None
        and record.state == "ok"
        and because.kind == "fact"
        and because.view != BODY
        and record.template_digest == unit.digest
        and record.rows == digests
    )


def _job(
    place: Place, key: Term | None, rows: tuple[tuple[str, Rows], ...], record: Record | None, because: Because
) -> Job:
    if record is None:
        return Job(key, rows)
    return Job(
        key,
        rows,
        path=record.path,
        base=record.base,
        content=record.content,
        restore=because.kind in {"missing", "restored"},
        earlier=place.records.earlier(record),
        adopt=record.release == 0 or record.state in {"conflict", "deleted"},
    )


@dataclass(slots=True)
class _Done:
    """Counts what is done, over all templates."""

    progress: Progress
    total: int
    before: int = 0
    chunk_sizes: list[int] = field(default_factory=list)

    def __call__(self, chunks: int) -> None:
        self.progress("render", self.before + sum(self.chunk_sizes[:chunks]), self.total)


async def _produce(
    session: Session, place: Place, jobs: Mapping[str, list[Job]], progress: Progress
) -> dict[ArtifactId, Made]:
    total = sum(len(values) for values in jobs.values())
    if not total:
        return {}
    chunks = list(_chunks(session, place, jobs))
    alone = [chunk for chunk in chunks if chunk.template.digest in session.walks]
    spread = [chunk for chunk in chunks if chunk.template.digest not in session.walks]
    done = _Done(progress, total, chunk_sizes=[len(chunk.jobs) for chunk in spread])
    results: dict[ArtifactId, Made] = {}
    executor = session.executor(total, PROCESSES_FROM)
    here = partial(produce, graph=filled(session), hooks=session.hooks)
    with stage("render", artifacts=total, executor=executor.name, workers=executor.workers):
        work = here if executor.name == "inline" else produce
        parts = list(zip(spread, await executor.map(work, spread, done), strict=True))
        for chunk, produced in tuple(parts):
            walking = {value.key for value in produced.made if value.needs_graph}
            if walking:
                session.walks.add(chunk.template.digest)
                alone.append(Chunk(chunk.workshop, chunk.template, tuple(j for j in chunk.jobs if j.key in walking)))
            _keep(results, chunk, (value for value in produced.made if not value.needs_graph))
        for chunk in alone:
            parts.append((chunk, await here(chunk)))
            _keep(results, chunk, parts[-1][1].made)
        record_chunks(parts)
    progress("render", total, total)
    return results


async def _with_lost_bases(
    session: Session, work: Work, jobs: Mapping[str, list[Job]], made: dict[ArtifactId, Made], progress: Progress
) -> tuple[Finding, ...]:
    """Decide again, in place, what was decided without a base that can be had; gives what is said of that."""
    again, said = await with_lost_bases(session, work, jobs, made)
    made |= await _produce(session, work.place, again, progress)
    return said


def _keep(results: dict[ArtifactId, Made], chunk: Chunk, made: Iterable[Made]) -> None:
    for value in made:
        results[ArtifactId(chunk.template.name, value.key)] = value


def _chunks(session: Session, place: Place, jobs: Mapping[str, list[Job]]) -> Iterator[Chunk]:
    workshop = workshop_of(session, place)
    for template in sorted(jobs):
        values = jobs[template]
        for start in range(0, len(values), CHUNK):
            yield Chunk(workshop, session.units[template].template, tuple(values[start : start + CHUNK]))


def workshop_of(session: Session, place: Place) -> Workshop:
    """What every chunk of a cycle shares."""
    return Workshop(
        root=str(place.root),
        state=str(session.state.folder),
        settings=session.settings,
        threshold=session.config.merge.threshold,
    )
