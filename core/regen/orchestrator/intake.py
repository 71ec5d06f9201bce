"""Intake: a delta that comes from no file is written to one, so that a full regeneration sees it too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import RdfFormat, parse, serialize

from regen.dataset.normal import normal_quads
from regen.errors import UsageError
from regen.model.delta import Delta, Quad
from regen.orchestrator.advance import take_in
from regen.orchestrator.persist import persist
from regen.orchestrator.session import Session

NAME = "published.nq"


@dataclass(slots=True)
class Intake:
    """Takes deltas in for `GraphChangeNotifier.publish`.

    They are kept in `published.nq` in the first graph folder: one quad a line, sorted. Triples can be taken back only
    from there: what another file states, that file has to drop.
    """

    session: Session | None = None

    async def __call__(self, delta: Delta, origin: str) -> int:
        """Write a delta to its file, take it in, and give the revision that it made.

        Raises:
            UsageError: no folder of graphs is configured, or the delta removes what another file states.
        """
        if self.session is None:
            raise UsageError("the project is not open")
        del origin  # it is the file, as for every other change; the history names it
        async with self.session.turn:
            return await _keep(self.session, delta)


async def _keep(session: Session, delta: Delta) -> int:
    path = session.config.root / _folder(session) / NAME
    lines = set(filter(None, path.read_bytes().decode().split("\n"))) if path.exists() else set()
    iri = session.graph_iri(path.relative_to(session.config.root).as_posix())
    removed = {_line(quad, iri) for quad in delta.removed}
    missing = sorted(removed - lines)
    if missing:
        raise UsageError(
            f"{missing[0]} cannot be taken back here: {NAME} does not state it",
            where=path.relative_to(session.config.root).as_posix(),
            hint="remove the triple from the graph file that states it",
        )
    lines = (lines - removed) | {_line(quad, iri) for quad in delta.added}
    _write(path, sorted(lines))
    await take_in(session)
    persist(session)
    return session.revision


def _folder(session: Session) -> str:
    for entry in session.config.project.graphs:
        if (session.config.root / entry).is_dir():
            return entry
    raise UsageError(
        "a published delta needs a graph folder to be kept in",
        hint='add a folder to `graphs` under [project], such as "graphs"',
    )


def _line(quad: Quad, iri: str) -> str:
    """A quad as the file has it: one of the file's own graph, or of the merge, needs no graph; literals as the store
    spells them, so that what an event says can be taken back.

    Raises:
        UsageError: it is no quad of RDF, such as one with a literal for a subject.
    """
    plain = quad._replace(graph=None) if quad.graph is None or str(quad.graph) == iri else quad
    try:
        quads = list(parse(plain.n3(), format=RdfFormat.N_QUADS))
    except SyntaxError as error:
        raise UsageError(f"{plain.n3()} is no quad: {error.msg}") from error
    normal = normal_quads(quads)
    return (serialize([normal.get(one, one) for one in quads], format=RdfFormat.N_QUADS) or b"").decode().strip()


def _write(path: Path, lines: Sequence[str]) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
