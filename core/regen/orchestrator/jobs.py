"""Jobs: what is stale and has other rows than before is to be made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial

from regen.model.artifact import BODY, ArtifactId, Because
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.assemble import Work
from regen.orchestrator.chunk import Job
from regen.orchestrator.needs import Lower
from regen.orchestrator.pending import Unit
from regen.orchestrator.rows import Evaluated, evaluate
from regen.orchestrator.session import Place, Session
from regen.state.records import Record
from regen.telemetry import part


async def evaluated_jobs(
    session: Session,
    entries: Mapping[ArtifactId, Because],
    work: Work,
    lower: Lower,
    *,
    full: bool,
    run: Callable[[Callable[[], Evaluated]], Awaitable[Evaluated]],
) -> AsyncIterator[tuple[str, list[Job]]]:
    """Evaluate the views of what is stale.

    Args:
        session: the open project.
        entries: what is stale, with its reason.
        work: gets what is known of each artifact.
        lower: what templates below give.
        full: whether artifacts whose rows are equal are rendered, too.
        run: runs an evaluation, here or in a thread.

    Yields:
        (template, its jobs), where it has any; what `work` says of its artifacts is complete then.
    """
    by_template: dict[str, list[ArtifactId]] = {}
    for artifact in entries:
        by_template.setdefault(artifact.template, []).append(artifact)
    for template in sorted(by_template):
        artifacts = sorted(by_template[template], key=lambda a: a.sort_key)
        unit = session.units.get(template)
        if unit is not None and unit.template.needs and not full:
            artifacts = _without_standing(work, unit, artifacts, lower.digests(unit), entries)
        if not artifacts:
            continue
        keys = [a.key for a in artifacts]
        rows: Evaluated = {}
        if unit is not None:
            with part("view", "regen.select.rows", {"regen.template": template, "regen.keys": len(keys)}):
                rows = await run(partial(evaluate, session, work.place, unit, keys, session.rows))
        mine = _of_template(work, unit, artifacts, rows, entries, lower, full=full)
        if mine:
            yield template, mine


def _without_standing(
    work: Work,
    unit: Unit,
    artifacts: Sequence[ArtifactId],
    digests: tuple[tuple[str, str], ...],
    entries: Mapping[ArtifactId, Because],
) -> list[ArtifactId]:
    """Those that have to be asked for their rows.

    The others stand here only because a template that they need is rendered again, and its keys and paths are what
    they were.
    """
    asked: list[ArtifactId] = []
    records = work.place.records.of(unit.template.name, [a.key for a in artifacts if entries[a].kind == "needs"])
    for artifact in artifacts:
        record = records.get(artifact.key)
        if record is None or not _same(record, unit, record.rows, entries[artifact]) or set(digests) - set(record.rows):
            asked.append(artifact)
            continue
        work.because[artifact], work.records[artifact] = entries[artifact], record
        work.rows[artifact] = record.rows
        work.equal.append(artifact)
    return asked


def _of_template(
    work: Work,
    unit: Unit | None,
    artifacts: Sequence[ArtifactId],
    evaluated: Evaluated,
    entries: Mapping[ArtifactId, Because],
    lower: Lower,
    *,
    full: bool,
) -> list[Job]:
    place, jobs = work.place, list[Job]()
    records = place.records.of(artifacts[0].template, [a.key for a in artifacts])
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
        digests = tuple((view, value.digest()) for view, value in rows) + lower.digests(unit)
        work.rows[artifact] = digests
        if not full and _same(record, unit, digests, entries[artifact]):
            work.equal.append(artifact)
        else:
            jobs.append(_job(place, artifact.key, rows + lower.rows(unit), record, entries[artifact]))
    return jobs


def _same(record: Record | None, unit: Unit, digests: tuple[tuple[str, str], ...], because: Because) -> bool:
    """Early cut-off: the rows are those that the artifact was rendered from, and nothing else changed."""
    return (
        record is not None
        and record.state == "ok"
        and because.kind in {"fact", "needs"}
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
        restore=because.brings_back,
        earlier=place.records.earlier(record),
        adopt=record.release == 0 or record.state in {"conflict", "deleted"},
    )
