"""Round: an edge meets its hub once; what needs no hub comes first, so that it is done offline too."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from regen.errors import HubError, RegenError
from regen.fleet import listing
from regen.fleet.asking import ask
from regen.fleet.deployment import Back, Deployed, check_health, deploy_pulled
from regen.fleet.edits import Looks, record_edits
from regen.fleet.opening import Held
from regen.fleet.pull import Pulled, pull
from regen.fleet.push import Pushed, push
from regen.fleet.upkeep import keep_small
from regen.model.fleet import Report
from regen.state import edge, outbox
from regen.version import __version__

SHORTEST_S, LONGEST_S = 5.0, 300.0
"""Between rounds of a loop (SPEC.md, edges)."""


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a round.

    Attributes:
        edits: files that persons changed since the last one.
        pushed: what the hub has now.
        pulled: how many blobs came, and their bytes.
        deployed: the release that stands since; None: none was newer.
        back: where the health command made the edge go back to; None: nowhere.
        waiting: messages that wait still.
        latency_s: of the hub's first answer.
    """

    edits: int
    pushed: Pushed
    pulled: tuple[int, int]
    deployed: Deployed | None
    back: Back | None
    waiting: int
    latency_s: float


async def meet(work: Held, looks: Looks, *, told: Callable[[str], None] = lambda _: None) -> Round:
    """Meet the hub.

    Args:
        looks: of earlier rounds.
        told: what is done next, in words.

    Raises:
        HubError: the hub was not reached, or said no; whatever needs no hub is done.
        ReleaseError: what it offers cannot be believed. DeployError, StateError: see `deploy_pulled`.
    """
    contact = replace(edge.contact(work.state.db), tried=time.time(), error=None)
    try:
        found = await _meet(work, looks, told, contact)
    except RegenError as error:
        now = edge.contact(work.state.db)
        # An error of the hub's own is an answer: it was reached.
        lost = isinstance(error, HubError) and error.status is None
        reachable = False if lost else now.tried == contact.tried and now.reachable
        edge.note_contact(work.state.db, replace(now, tried=contact.tried, reachable=reachable, error=error.message))
        raise
    outbox.sweep(work.state.db, time.time())
    keep_small(work)
    return found


async def _meet(work: Held, looks: Looks, told: Callable[[str], None], contact: edge.Contact) -> Round:
    database = work.state.db
    edits = record_edits(work, looks, at=time.time())
    back = await check_health(work, looks)
    latency_s = await _report(work)
    edge.note_contact(database, replace(contact, at=time.time(), reachable=True, latency_s=latency_s))
    pushed = await push(work)
    found: Pulled | None = await pull(work)
    deployed = None
    if found is not None:
        told(f"release {found.manifest.number} is here (new files: {found.fetched:,}); it is deployed")
        deployed = await deploy_pulled(work, found, looks)
        listing.keep(work, found.manifest)
        back = await check_health(work, looks) or back
    again = await push(work)
    return Round(
        edits,
        Pushed(pushed.sent + again.sent, pushed.refused + again.refused),
        (found.fetched, found.bytes) if found is not None else (0, 0),
        deployed,
        back,
        outbox.counts(database)["pending"],
        latency_s,
    )


async def _report(work: Held) -> float:
    """Tell the hub who comes; gives how long its answer took, in seconds."""
    standing = edge.stands(work.state.db)
    report = Report(
        work.ready.config.edge.name,
        work.id,
        work.ready.environment,
        standing.hub if standing is not None else None,
        outbox.counts(work.state.db)["pending"],
        __version__,
        edge.contact(work.state.db).latency_s,
    )
    started = time.perf_counter()
    await ask(partial(work.ready.transport.report, report))
    return time.perf_counter() - started


def pause_s(usual_s: float, before_s: float, *, reached: bool, waiting: int) -> float:
    """How long a loop waits for its next round: shorter while something is to be sent, longer while nobody answers.

    Args:
        usual_s: of the settings.
        before_s: how long it waited before this round.
        waiting: messages that wait still.
    """
    if not reached:
        return min(max(before_s, usual_s) * 2, max(LONGEST_S, usual_s))
    return min(SHORTEST_S, usual_s) if waiting else usual_s
