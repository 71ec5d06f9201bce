"""Alerting: what a person has to hear of is told once, to the bus and to every plugin that tells it on."""

from __future__ import annotations

import time

from regen.model.alert import Alert, MonitoringAlert, MonitoringRecovery, Severity
from regen.orchestrator.messenger import Message, tell_on
from regen.orchestrator.session import Session
from regen.state import alerts, cycles


async def alert(session: Session, environment: str, what: str, severity: Severity, message: str) -> None:
    """Tell of something that is not as it should be, unless it was told of already.

    Args:
        what: names it within its environment, such as the name of a probe.
        message: what it is, in one or two sentences.
    """
    now = time.time()
    found = alerts.raised(session.state.db, Alert(f"{environment}/{what}", environment, severity, message, now, now))
    if found is not None:
        await _tell(session, found)


async def recovered(session: Session, environment: str, what: str, message: str) -> None:
    """Tell that it is over, where it was told of."""
    found = alerts.recovered(session.state.db, f"{environment}/{what}", message, time.time())
    if found is not None:
        await _tell(session, found)


async def _tell(session: Session, found: Alert) -> None:
    kind = MonitoringRecovery if found.recovered else MonitoringAlert
    await session.notifier.publish(
        kind(found.environment, found.key, found.severity, found.message), origin="monitoring"
    )
    last = cycles.cycles(session.state.db, environment=found.environment, limit=1)
    message = Message(found, last[0] if last else None)
    if session.messenger is not None:
        session.messenger(message)
    else:
        await tell_on(session.hooks, message)
