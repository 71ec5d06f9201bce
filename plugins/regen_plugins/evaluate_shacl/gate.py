"""Gate: the merge of all files is validated, and after that only what changed since can affect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from anyio import from_thread, to_thread

from regen.hooks import hookimpl
from regen.model.candidate import Candidate, GraphView
from regen.model.finding import Finding
from regen.model.term import RDF_TYPE, Iri

if TYPE_CHECKING:
    from regen_plugins.evaluate_shacl.kept import Kept

_NAME = "shacl"
SH = "http://www.w3.org/ns/shacl#"
_SHAPES = tuple(Iri(SH + name) for name in ("NodeShape", "PropertyShape"))
_TARGETS = tuple(Iri(SH + name) for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))


class EvaluateShacl:
    """Keeps the last validation of its project, for the process and for the next one.

    rdflib and pyshacl take longer to import than an idle `apply` takes as a whole, so they come with the first shape.
    """

    def __init__(self) -> None:
        self._kept: Kept | None = None

    @hookimpl
    async def regen_evaluate(self, candidate: Candidate, graph: GraphView) -> Sequence[Finding] | None:
        """Validate the merge of all files; decline where it holds no shapes, or the whole graph is not asked for."""
        if not graph.wanted or not _has_shapes(graph):
            return None
        found, kept = await to_thread.run_sync(
            self._validated, graph.ntriples(), None if self._kept else graph.recall(_NAME)
        )
        if kept is not None:
            graph.keep(_NAME, kept)
        return found

    def _validated(self, ntriples: bytes, earlier: bytes | None) -> tuple[list[Finding], bytes | None]:
        """The findings, and what to keep for the next process."""
        from pyshacl.errors import ReportableRuntimeError, RuleLoadError, ValidationFailure

        from regen_plugins.evaluate_shacl.kept import Kept, Unknown
        from regen_plugins.evaluate_shacl.whole import validate_whole

        # Taken out meanwhile: where the work ends half-way, there is nothing to go on from.
        kept, self._kept = self._kept, None
        if kept is None and earlier is not None:
            kept = Kept.load(earlier, from_thread.check_cancelled)
        kept = kept or Kept(from_thread.check_cancelled)
        try:
            found = kept.move(ntriples)
        except (Unknown, ReportableRuntimeError, RuleLoadError, ValidationFailure):
            return _sorted(validate_whole(ntriples)), None
        self._kept = kept
        return _sorted(found), kept.dump()


def _has_shapes(graph: GraphView) -> bool:
    wanted = [{"predicate": target} for target in _TARGETS]
    wanted += [{"predicate": Iri(RDF_TYPE), "object": shape} for shape in _SHAPES]
    return any(next(iter(graph.quads(**pattern)), None) is not None for pattern in wanted)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.severity, finding.message, finding.hint or ""))
