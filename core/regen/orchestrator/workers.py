"""Workers: where many artifacts are going to be rendered, processes start while the graph is still being read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from regen.dataset.files import find_graph_files
from regen.orchestrator.chunk import prepare_worker
from regen.orchestrator.session import Place, Session

PROCESSES_FROM = 400
"""Artifacts; starting two workers costs as much as rendering some 300 of them in this process (bench/README.md)."""

_BYTES_A_FIRST_ARTIFACT = 500  # of graph files, in a project that was never run: there is nothing better to guess by


@asynccontextmanager
async def starting_workers(session: Session, place: Place, *, full: bool) -> AsyncIterator[None]:
    """Start worker processes beside what the context does, where a full run is expected; they wait for work then."""
    if not (full or session.revision == 0) or not _expects_many(session, place):
        yield
        return
    executor = session.executor(PROCESSES_FROM, PROCESSES_FROM)
    chunks = [session.settings] * (executor.workers if executor.name != "inline" else 0)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(executor.map, prepare_worker, chunks, _nobody)
            yield
    except BaseExceptionGroup as errors:
        raise only_error(errors) from None


def _expects_many(session: Session, place: Place) -> bool:
    if session.revision == 0:
        project = session.config.project
        found = find_graph_files(session.config.root, project.graphs, project.ignore)
        return sum(file.signature.size for file in found) >= PROCESSES_FROM * _BYTES_A_FIRST_ARTIFACT
    return sum(place.records.counts().values()) >= PROCESSES_FROM


def _nobody(_: int) -> None:
    """Is told how many workers have started."""


def only_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error of the context itself: those of other tasks only follow from it, or there is but one."""
    first = errors.exceptions[0]
    return only_error(first) if isinstance(first, BaseExceptionGroup) else first
