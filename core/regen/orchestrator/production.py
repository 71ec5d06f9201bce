"""Production: jobs become decisions, by chunks, in this process or in workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from regen.carried import carried
from regen.hooks.protocols import Executor
from regen.model.artifact import ArtifactId
from regen.model.graphfile import SOURCE
from regen.orchestrator.chunk import Chunk, Job, Made, Produced, Workshop, produce
from regen.orchestrator.session import Place, Session
from regen.orchestrator.sizing import chunk_size, done, sized
from regen.orchestrator.stale import filled
from regen.orchestrator.traces import record_chunks
from regen.telemetry import stage

Progress = Callable[[str, int, int], None]


def _nobody(template: str, artifacts: int) -> None:
    """Is told what is done."""


@dataclass(slots=True)
class Count:
    """How many artifacts of how many are done, over all chunks that run at a time; `ended` is told of each chunk."""

    progress: Progress
    total: int
    done: int = 0
    ended: Callable[[str, int], None] = _nobody

    def add(self, artifacts: int) -> None:
        """So many more are done."""
        self.done += artifacts
        self.progress("render", self.done, self.total)

    def following(self, chunks: Sequence[Chunk]) -> Callable[[int], None]:
        """What an executor tells after each chunk: how many have ended."""
        waiting = iter(chunks)

        def ended(_: int) -> None:
            chunk = next(waiting)
            self.add(len(chunk.jobs))
            self.ended(chunk.template.name, len(chunk.jobs))

        return ended


class Production:
    """Makes the artifacts of one cycle.

    Args:
        session: the open project.
        place: the environment.
        progress: told the stage, how much is done, how much there is.
    """

    def __init__(self, session: Session, place: Place, progress: Progress) -> None:
        self._session = session
        self._place = place
        self._progress = progress

    async def all(self, jobs: Mapping[str, Sequence[Job]]) -> dict[ArtifactId, Made]:
        """Make what is known whole: jobs by template."""
        total = sum(len(values) for values in jobs.values())
        if not total:
            return {}
        executor = self.executor({template: len(values) for template, values in jobs.items()})
        count = self.count(total)
        with stage("render", artifacts=total, executor=executor.name, workers=executor.workers):
            return await self.some(jobs, executor, count)

    def executor(self, counts: Mapping[str, int]) -> Executor:
        """Where so many artifacts of each template are made."""
        return sized(self._session, self._place.name, counts)

    def count(self, total: int) -> Count:
        """Counts artifacts as they get done."""
        return Count(self._progress, total, ended=partial(done, self._session, self._place.name))

    async def some(self, jobs: Mapping[str, Sequence[Job]], executor: Executor, count: Count) -> dict[ArtifactId, Made]:
        """Make a part, inside the stage; several parts may be under way at a time."""
        session = self._session
        chunks = list(self._chunks(jobs))
        alone = [chunk for chunk in chunks if chunk.template.digest in session.walks]
        spread = [chunk for chunk in chunks if chunk.template.digest not in session.walks]
        results: dict[ArtifactId, Made] = {}
        here = partial(produce, graph=filled(session), hooks=session.hooks)
        work = here if executor.name == "inline" else produce
        parts: list[tuple[Chunk, Produced]] = []
        walked: Counter[str] = Counter()
        for chunk, produced in zip(spread, await executor.map(work, spread, count.following(spread)), strict=True):
            parts.append((chunk, produced))
            walking = {value.key for value in produced.made if value.needs_graph}
            walked[chunk.template.digest] += 2 * len(walking) - len(chunk.jobs)
            if walking:
                alone.append(Chunk(chunk.workshop, chunk.template, tuple(j for j in chunk.jobs if j.key in walking)))
                count.done -= len(walking)
            _keep(results, chunk, (value for value in produced.made if not value.needs_graph))
        # Where less than half of them do, sending all there costs less than keeping all here.
        session.walks |= {digest for digest, more in walked.items() if more > 0}
        for chunk in alone:
            parts.append((chunk, await here(chunk)))
            _keep(results, chunk, parts[-1][1].made)
            count.add(len(chunk.jobs))
        record_chunks(parts)
        return results

    def _chunks(self, jobs: Mapping[str, Sequence[Job]]) -> Iterator[Chunk]:
        workshop = workshop_of(self._session, self._place)
        for template in sorted(jobs):
            values, size = jobs[template], chunk_size(self._session, template)
            for start in range(0, len(values), size):
                yield Chunk(workshop, self._session.units[template].template, tuple(values[start : start + size]))


def _keep(results: dict[ArtifactId, Made], chunk: Chunk, made: Iterable[Made]) -> None:
    for value in made:
        results[ArtifactId(chunk.template.name, value.key)] = value


def workshop_of(session: Session, place: Place) -> Workshop:
    """What every chunk of a cycle shares."""
    return Workshop(
        root=str(place.root),
        state=str(session.state.folder),
        settings=session.settings,
        threshold=session.config.merge.threshold,
        changed_at=_changed_at(session),
        trace=tuple(carried().items()),
    )


def _changed_at(session: Session) -> float | None:
    """When the youngest graph file or template was written; None where no strategy asks."""
    if all(strategy != "newest" for _, strategy in session.config.merge.strategies):
        return None
    rows = [row for row in session.files.values() if not row.path.startswith(SOURCE)]
    known = [row.mtime_ns / 1e9 for row in rows if row.mtime_ns]
    sources = {source.where for unit in session.units.values() for source in unit.template.sources}
    young = [session.graph_root / row.path for row in rows if not row.mtime_ns]  # their times were not to be trusted
    for place in (*young, *(session.config.root / where for where in sources)):
        with suppress(OSError):
            known.append(place.stat().st_mtime)
    return max(known, default=None)
