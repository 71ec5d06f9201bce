"""Links: the trace of a cycle leads back to the messages and to the release that it is about."""

from __future__ import annotations

from regen import telemetry
from regen.orchestrator.session import Session
from regen.state import cycles, releases
from regen.telemetry.spans import context_of

_OF_A_RELEASE = frozenset({"rollback", "rollout", "restore"})
_OF_MESSAGES = frozenset({"apply", "watch"})
_MOST = 50  # messages that a cycle links to


def note_message(session: Session) -> None:
    """A delta was published: the next cycle that takes it up links to the span of who did so."""
    here = telemetry.here()
    if here is not None and telemetry.running_cycle() is None:
        session.messages = [*session.messages, here][-_MOST:]


def link(session: Session, cycle: telemetry.Cycle, environment: str | None) -> None:
    """Link a cycle that starts to what it goes back to."""
    if cycle.span is None:
        return
    if cycle.kind in _OF_MESSAGES:
        for message in session.messages:
            cycle.link(message, link="message")
        session.messages = []
    if cycle.kind in _OF_A_RELEASE and session.places:
        db, name = session.state.db, environment or session.places[0].name
        current = releases.current(db, name)
        made = cycles.made(db, name, current.number) if current is not None else None
        context = context_of(made.trace_id, made.span_id) if made is not None else None
        if made is not None and context is not None:
            from opentelemetry.trace import get_current_span

            cycle.link(get_current_span(context).get_span_context(), link="release", release=made.release or 0)
