"""Upkeep: an edge forgets what nobody goes back to, so that its disk does not fill up with old releases."""

from __future__ import annotations

from regen.fleet.opening import Held
from regen.state import audit, faults, releases
from regen.state.blobs import Pruned

_SLACK = 10  # releases over those that are kept, for looking through all blobs costs more than one release does


def keep_small(work: Held) -> Pruned | None:
    """Forget the oldest releases where there are more than the settings keep; None: there are not.

    What waits for the hub, edits that were set aside, and the releases that stay are whole afterwards.

    Raises StateError where the state cannot be written.
    """
    state, name, keep = work.state, work.ready.environment, work.ready.config.edge.keep_releases
    row = state.db.one("SELECT count(*) FROM release WHERE environment = ?", (name,))
    if row is None or row[0] <= keep + _SLACK:
        return None
    with state.db.transaction():
        count = releases.forget(state.db, name, keep=keep)
        audit.note(state.db, "prune", environment=name, why=f"{count} old releases forgotten; {keep} are kept")
    faults.point("edge.pruned")
    return state.blobs.prune(releases.reachable(state.db))
