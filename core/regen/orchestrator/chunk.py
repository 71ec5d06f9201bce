"""Chunk: jobs of one template become decisions: render, format, merge, evaluate each file; here or in a worker.

Why one function for three stages: bytes cross the border of a process once, and what a worker read from disk it also
compares and merges. A worker has no graph; a body that walks it comes back as `needs_graph`, and the holder renders it.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from regen.carried import around
from regen.errors import PathError, PluginError, RegenError, StateError, TemplateError
from regen.hooks.dispatch import Hooks
from regen.model.artifact import ArtifactId, Lookup
from regen.model.pickling import pickled_by_fields
from regen.model.plan import Action
from regen.model.rows import Rows
from regen.model.settings import PluginSettings
from regen.model.template import GraphReader, NeedsGraph, Rendered, Renderer, Template
from regen.model.term import Term
from regen.orchestrator.disk import read_disk
from regen.orchestrator.equipment import blobs_of, languages_of, renderer_of, worker_hooks
from regen.stages import merge as merging
from regen.stages.render import Context, render
from regen.state import lock
from regen.state.blobs import BlobStore, digest_of
from regen.telemetry import Calls, tally


@pickled_by_fields
@dataclass(frozen=True, slots=True)
class Job:
    """One artifact to make.

    Attributes:
        key: the value of `?this`; None for a template without `each`.
        rows: (view, rows), sorted by view.
        path: where the artifact stands; None where it does not.
        base: digest of the last render in the file; None where there is none.
        content: digest of what regen last put there or took over.
        restore: write the file again though it is missing.
        earlier: digests of earlier renders of the artifact.
        adopt: record the artifact though it came out equal: it is known from `regen.lock` alone, it was in conflict,
            its file had been deleted, or it takes the file over from another.
        vacant: what stands at its path is another artifact's, which moves away.
    """

    key: Term | None
    rows: tuple[tuple[str, Rows], ...]
    path: str | None = None
    base: str | None = None
    content: str | None = None
    restore: bool = False
    earlier: frozenset[str] = frozenset()
    adopt: bool = False
    vacant: bool = False


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every chunk of a cycle shares; it is sent to workers.

    Attributes:
        root: the environment's root, absolute.
        state: the folder of the state, absolute.
        settings: what plugins are told.
        threshold: of `[merge]`, from 0 to 1.
        changed_at: when the youngest graph file or template was written; None where no strategy asks.
        trace: variables by which commands go on with the trace of the cycle, (name, value).
    """

    root: str
    state: str
    settings: PluginSettings
    threshold: float
    changed_at: float | None = None
    trace: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Jobs of one template."""

    workshop: Workshop
    template: Template
    jobs: tuple[Job, ...]

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The lock of the state: who holds the project, and since when."""
        return (str(Path(self.workshop.state) / lock.NAME),)

    def halves(self) -> tuple[Chunk, ...]:
        """See `regen.hooks.protocols.Parcel`."""
        middle = len(self.jobs) // 2
        parts = (self.jobs[:middle], self.jobs[middle:]) if middle else ()
        return tuple(replace(self, jobs=jobs) for jobs in parts)

    def join(self, results: Sequence[Produced]) -> Produced:
        """See `regen.hooks.protocols.Parcel`."""
        first, last = results[0], results[-1]
        made = tuple(value for result in results for value in result.made)
        times = tuple(time_ns for result in results for time_ns in result.times_ns)
        return replace(last, made=made, times_ns=times, start_ns=first.start_ns)

    def lost(self, why: str, hint: str) -> Produced:
        """See `regen.hooks.protocols.Parcel`."""
        now, where = time.time_ns(), self.template.where
        made = [
            Made(job.key, error=PluginError(f"{why} {self._name(job)}", where=where, hint=hint)) for job in self.jobs
        ]
        return Produced(tuple(made), ((now, now),) * len(made), now, now, (), os.getpid())

    def _name(self, job: Job) -> str:
        artifact = ArtifactId(self.template.name, job.key)
        return str(artifact) if job.path is None else f"{job.path}, {artifact}"

    def __str__(self) -> str:
        if len(self.jobs) == 1:
            return self._name(self.jobs[0])
        first, last = self.jobs[0].key, self.jobs[-1].key
        return f"{self.template.name}, {len(self.jobs)} artifacts from {first} to {last}"


@pickled_by_fields
@dataclass(frozen=True, slots=True)
class Made:
    """What became of one job.

    Attributes:
        key: of the job.
        path: where the artifact goes; None: the template said no.
        decision: what happens; None where the template said no, where `error` is set, or `needs_graph`.
        old: digest of the file that was read, at the job's path or at `path`; None: there was none.
        render: digest of the formatted render.
        lookups: of the render.
        error: why it could not be made; the other jobs are not held up by it.
        needs_graph: the body walks the graph, and this process has none.
    """

    key: Term | None
    path: str | None = None
    decision: merging.Decision | None = None
    old: str | None = None
    render: str | None = None
    lookups: tuple[Lookup, ...] = ()
    error: RegenError | None = None
    needs_graph: bool = False


@pickled_by_fields
@dataclass(frozen=True, slots=True)
class Produced:
    """What came of a chunk, and when; times are nanoseconds since the epoch, by the clock of the machine that did it.

    Attributes:
        made: one value a job, in the order of the jobs.
        times_ns: (start, end) of each.
        start_ns, end_ns: of the chunk; it starts by compiling the template.
        calls: hooks that were called for it.
        worker: id of the process that did it.
    """

    made: tuple[Made, ...]
    times_ns: tuple[tuple[int, int], ...]
    start_ns: int
    end_ns: int
    calls: Calls
    worker: int


async def prepare_worker(settings: PluginSettings) -> None:
    """Load the plugins, before there is anything to make."""
    await languages_of(await worker_hooks(settings))


async def produce(chunk: Chunk, graph: GraphReader | None = None, hooks: Hooks | None = None) -> Produced:
    """Make the artifacts of a chunk.

    Args:
        chunk: what to make.
        graph: the dataset; None in a worker.
        hooks: the project's; None in a worker, which makes its own.
    """
    hooks = hooks or await worker_hooks(chunk.workshop.settings)
    made: list[Made] = []
    ticks = [start_ns := time.time_ns()]
    with tally() as calls, around(dict(chunk.workshop.trace)):
        renderer = await renderer_of(hooks, chunk.template)
        ticks[0] = time.time_ns()
        for job in chunk.jobs:
            made.append(await _make(chunk, job, renderer, graph, hooks))
            ticks.append(time.time_ns())
        times = tuple(itertools.pairwise(ticks))
        return Produced(tuple(made), times, start_ns, ticks[-1], calls(), os.getpid())


async def _make(chunk: Chunk, job: Job, renderer: Renderer, graph: GraphReader | None, hooks: Hooks) -> Made:
    context = Context(chunk.template, renderer, hooks, await languages_of(hooks))
    try:
        rendered = await render(context, job.key, dict(job.rows), graph)
        if rendered.path is None:
            return Made(job.key, None, lookups=rendered.lookups)
        return await _decide(chunk, job, rendered, context)
    except NeedsGraph:
        return Made(job.key, needs_graph=True)
    except (TemplateError, PathError, StateError) as error:
        return Made(job.key, error=error)


async def _decide(chunk: Chunk, job: Job, rendered: Rendered, context: Context[Hooks]) -> Made:
    path, template = str(rendered.path), chunk.template
    blobs = blobs_of(chunk.workshop.state)
    disk = read_disk(Path(chunk.workshop.root), job.path or path)
    if job.vacant:
        disk = None
    elif disk is None and job.path not in (None, path):
        disk = read_disk(Path(chunk.workshop.root), path)
    old = None if disk is None else digest_of(disk)
    render_digest = digest_of(rendered.content)
    sides = merging.Sides(
        path=path,
        language=context.language(path),
        render=rendered.content,
        base=_base(job, disk, old, rendered.content, render_digest, blobs),
        disk=disk,
        known=job.base is not None,
        restore=job.restore,
        rendered_before=render_digest in job.earlier and render_digest != job.base,
        unless_exists=template.unless_exists,
        force=template.force,
        inject=template.inject,
        edited_at=None if disk is None or chunk.workshop.changed_at is None else _written_at(chunk, job, path),
        changed_at=chunk.workshop.changed_at,
    )
    decision = await merging.merge(sides, context.hooks, threshold=chunk.workshop.threshold)
    if job.adopt and decision.action is Action.NOTHING and sides.base == sides.render:
        decision = replace(decision, action=Action.ADOPT, render=rendered.content)
    # What is only compared need not travel back from a worker.
    decision = replace(decision, base=None)
    return Made(job.key, path, decision, old, render_digest, rendered.lookups)


def _written_at(chunk: Chunk, job: Job, path: str) -> float | None:
    """When the file was written that was read, in seconds since the epoch; None where it went away meanwhile."""
    for name in (job.path, path):
        with suppress(OSError):
            if name is not None:
                return (Path(chunk.workshop.root) / name).stat().st_mtime
    return None


def _base(
    job: Job, disk: bytes | None, old: str | None, render: bytes, render_digest: str, blobs: BlobStore
) -> bytes | None:
    """The base's bytes, from the file or the render where these have its digest; None where they are lost."""
    if job.base is None:
        return None
    if job.base == old:
        return disk
    if job.base == render_digest:
        return render
    return blobs.read(job.base) if blobs.has(job.base) else None
