"""Intake: a delta that comes from no file is written to one, so that a full regeneration sees it too."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pyoxigraph import Quad as OxQuad
from pyoxigraph import RdfFormat, parse, serialize

from regen.dataset.files import first_folder, takes
from regen.dataset.normal import normal_quads
from regen.dataset.store import named_quad
from regen.dataset.terms import to_ox
from regen.errors import UsageError
from regen.model.delta import Delta, Quad
from regen.model.graphfile import graph_iri
from regen.model.term import Iri
from regen.orchestrator.advance import take_in
from regen.orchestrator.links import note_message
from regen.orchestrator.outcome import Patched
from regen.orchestrator.persist import persist
from regen.orchestrator.session import Session
from regen.orchestrator.stale import filled

NAME = "published.nq"


@dataclass(slots=True)
class Intake:
    """Takes deltas in for `GraphChangeNotifier.publish`.

    They are kept in one file of N-Quads: `published` under [project], else `published.nq` in the first graph folder:
    one quad a line, sorted. Triples can be taken back only from there: what another file states, that file has to drop.
    """

    session: Session | None = None

    async def __call__(self, delta: Delta, origin: str) -> int:
        """Write a delta to its file, take it in, and give the revision that it made.

        Raises:
            UsageError: no folder of graphs is configured, or the delta removes what another file states, or nobody.
        """
        if self.session is None:
            raise UsageError("the project is not open")
        del origin  # it is the file, as for every other change; the history names it
        note_message(self.session)
        async with self.session.turn:
            await keep(self.session, delta, lenient=False)
            return self.session.revision


async def keep(session: Session, delta: Delta, *, lenient: bool) -> Patched:
    """Write a delta to its file and take it in; the caller has the session's turn.

    Args:
        session: the open project.
        delta: `graph` is None for triples of the merge.
        lenient: whether what nobody states may be removed, without effect, as in an RDF Patch: it can be sent twice.

    Raises:
        UsageError: as `Intake`; the file is as it was then.
        RegenError: a template is wrong, say; the file has the delta then, and the next cycle takes it in.
    """
    relative = _relative(session)
    path = session.config.root / relative
    iri = graph_iri(relative)
    _refuse_unseen(session, relative)
    lines = set(filter(None, path.read_bytes().decode().split("\n"))) if path.exists() else set()
    added = {_line(quad, iri) for quad in delta.added}
    removed = {_line(quad, iri): quad for quad in delta.removed}
    if removed:
        await take_in(session)
        for line, quad in sorted(removed.items()):
            _refuse_foreign(session, quad, line, relative)
            if line not in lines and not lenient:
                raise _not_here(line, f"{path.name} does not state it", relative)
    after = (lines - removed.keys()) | added
    if after != lines:
        _write(path, sorted(after))
    await take_in(session)
    persist(session)
    return Patched(relative, len(after - lines), len(lines - after))


def _relative(session: Session) -> str:
    """The path of the file that keeps deltas."""
    published = session.config.project.published
    if published is None:
        return f"{PurePosixPath(_folder(session)) / NAME}"
    if PurePosixPath(published).is_absolute() or ".." in PurePosixPath(published).parts:
        raise UsageError(
            "`published` under [project] leads out of the project",
            where=session.config.file,
            hint="name a `.nq` file in a graph folder",
        )
    return f"{PurePosixPath(published)}"


def _folder(session: Session) -> str:
    folder = first_folder(session.config.root, session.config.project.graphs)
    if folder is not None:
        return folder
    raise UsageError(
        "a published delta needs a graph folder to be kept in",
        hint='add a folder to `graphs` under [project], such as "graphs", or name a file by `published`',
    )


def _refuse_unseen(session: Session, relative: str) -> None:
    """Raise for a file that no cycle would read."""
    project = session.config.project
    if takes(session.config.root, project.graphs, project.ignore, relative):
        return
    raise UsageError(
        "deltas would be kept here, and `graphs` does not take this file",
        where=relative,
        hint="name its folder under `graphs`, or another file by `published`; look at `ignore`",
    )


def _refuse_foreign(session: Session, quad: Quad, line: str, own: str) -> None:
    """Raise for a quad that another file states: taking it back from ours would leave it in force."""
    stated_by = next(iter(_stated_by(session, quad, own)), None)
    if stated_by is not None:
        raise _not_here(line, f"{stated_by} states it", stated_by)


def _not_here(line: str, why: str, where: str) -> UsageError:
    return UsageError(
        f"{line} cannot be taken back here: {why}", where=where, hint="remove the triple from the file that states it"
    )


def _stated_by(session: Session, quad: Quad, own: str) -> Iterator[str]:
    """Other graph files that state a quad; for one of the merge those that state the triple in any graph."""
    iris = {graph_iri(path): path for path in session.files if path != own}
    for stored in _stored(session, quad):
        iri = stored.graph_name.value  # type: ignore[union-attr]  # the merge is left out
        if iri in iris:
            yield iris[iri]
        elif iri != graph_iri(own):
            yield from _naming(session, stored, iris.values())


def _stored(session: Session, quad: Quad) -> Iterable[OxQuad]:
    try:
        subject, predicate, value = (to_ox(term) for term in quad[:3])
    except TypeError:
        return []
    graph = None if quad.graph is None else to_ox(quad.graph)
    found = filled(session).store.quads_for_pattern(subject, predicate, value, graph)  # type: ignore[arg-type]
    return sorted((one for one in found if hasattr(one.graph_name, "value")), key=str)


def _naming(session: Session, quad: OxQuad, paths: Iterable[str]) -> Iterator[str]:
    """Files that name a graph themselves and state a quad in it."""
    wanted = named_quad(quad, "")
    for path in sorted(paths):
        if any(named_quad(one, "") == wanted for one in session.quads_of(path) if one.predicate == quad.predicate):
            yield path


def _line(quad: Quad, iri: str) -> str:
    """A quad as the file has it: one of the file's own graph, or of the merge, needs no graph; literals as the store
    spells them, so that what an event says can be taken back.

    Raises:
        UsageError: it is no quad of RDF, such as one with a literal for a subject.
    """
    plain = quad._replace(graph=None) if quad.graph is None or quad.graph == Iri(iri) else quad
    try:
        quads = list(parse(plain.n3(), format=RdfFormat.N_QUADS))
    except SyntaxError as error:
        raise UsageError(f"{plain.n3()} is no quad: {error.msg}") from error
    normal = normal_quads(quads)
    return (serialize([normal.get(one, one) for one in quads], format=RdfFormat.N_QUADS) or b"").decode().strip()


def _write(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
