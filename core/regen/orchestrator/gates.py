"""Gates: they are asked about a candidate before anything is written, and what they say becomes one verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regen.model.evaluated import Evaluated
from regen.model.finding import Finding
from regen.model.gate import Gate
from regen.model.plan import Action, Plan
from regen.orchestrator.candidate import Noted, candidate_of
from regen.orchestrator.persist import written_ntriples
from regen.orchestrator.session import Place, Session
from regen.orchestrator.stale import filled
from regen.stages.evaluate import Verdict, verdict
from regen.state.blobs import digest_of
from regen.state.cache import keep, recall
from regen.telemetry import Part, stage

if TYPE_CHECKING:
    from regen.model.delta import Delta, Quad
    from regen.model.term import Term

_PASSED = "graph_passed"  # the row of `meta` with the digest of the graph that passed the gates last
_WRITES = {Action.CREATE, Action.UPDATE, Action.MERGE, Action.DELETE}


def graph_passed(session: Session) -> bool:
    """Whether the dataset as it is passed the gates as they are; an `apply` with nothing to do asks them nothing."""
    row = session.state.db.one("SELECT value FROM meta WHERE name = ?", (_PASSED,))
    return row is not None and row[0] == _graph_digest(session)


def note_passed(session: Session) -> None:
    with session.state.db.transaction(durable=False):
        session.state.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_PASSED, _graph_digest(session)))


def _graph_digest(session: Session) -> str:
    """Of the dataset, of literals that its files spell in their own way, and of the plugins that look at it."""
    spelt = (f"{path} {row.written}" for path, row in sorted(session.files.items()) if row.written is not None)
    return digest_of("\n".join([f"{session.sum:032x}", *spelt, "", *session.hooks.manager.fingerprint()]).encode())


async def evaluate(
    session: Session,
    place: Place,
    plan: Plan,
    noted: Noted,
    *,
    evaluate_graph: bool,
    watching: bool,
    found: Sequence[Evaluated] = (),
) -> Verdict:
    """Ask every gate about a plan's candidate; without changes, and `evaluate_graph`, about the graph alone.

    Args:
        noted: gets what gates note of the candidate's files.
        watching: whether a watch runs the cycle.
        found: what is known of it already.

    Raises:
        GateError: a gate says no.
    """
    with stage("evaluate") as span:
        said: list[Finding | Evaluated] = [*found, *(finding for item in plan.items for finding in item.findings)]
        changes = tuple(item for item in plan.items if item.action in _WRITES)
        wanted = (changes or evaluate_graph) and place.environment.validate
        if wanted and verdict(said).passed:
            candidate = candidate_of(session, place, plan.parent, changes, noted, watching=watching)
            said += await session.hooks.evaluate(candidate, _Graph(session, evaluate_graph))
            if changes and session.settings.gates:
                said += _thresholds(session, place, plan, verdict(said).results, watching=watching)
        result = verdict(said, session.hooks.file_gates() if changes else ())
        _trace(span, result)
    if result.passed and not any(one.output for one in result.results):
        return result
    from regen.orchestrator.refusal import keep_output, made_by, refusal, shown  # most cycles do without

    logs = keep_output(session.state.folder, place.name, result.results)
    if not result.passed:
        raise refusal(result, await made_by(session, place, plan, shown(result)), logs)
    return result


def _thresholds(
    session: Session, place: Place, plan: Plan, results: Sequence[Evaluated], *, watching: bool
) -> tuple[Evaluated, ...]:
    from regen.stages.thresholds import thresholds
    from regen.state.ancestry import last_figure

    def before(gate: str, name: str) -> float | None:
        return last_figure(session.state.db, place.name, plan.parent, gate, name)

    def asked(gate: Gate) -> bool:
        return gate.asked(place.name, watching=watching)

    return thresholds(session.settings.gates, asked, results, before)


def _trace(span: Part, result: Verdict) -> None:
    span.set_attribute("regen.findings", len(result.findings))
    span.set_attribute("regen.gates", ", ".join(f"{one.gate} {one.outcome}" for one in result.results))


@dataclass(slots=True)
class _Graph:
    """The dataset as evaluators see it."""

    session: Session
    asked: bool

    @property
    def delta(self) -> Delta | None:
        change = self.session.last_change
        return change.delta if change is not None else None

    @property
    def wanted(self) -> bool:
        return self.asked

    def quads(
        self,
        subject: Term | None = None,
        predicate: Term | None = None,
        object: Term | None = None,  # noqa: A002 - RDF's own word
    ) -> Iterator[Quad]:
        yield from filled(self.session).quads(subject, predicate, object)

    def ntriples(self) -> bytes:
        return written_ntriples(self.session)

    def recall(self, name: str) -> bytes | None:
        return recall(self.session.state.folder, name)

    def keep(self, name: str, data: bytes) -> None:
        keep(self.session.state.folder, name, data)
