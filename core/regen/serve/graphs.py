"""Graphs: the graph to look at, as the state has it: for a server whose process does not have it in memory.

Why read from the state: no watch is held up by it, wherever that runs. It is read again when the graph has changed and
somebody looks; a large one is asked at the watch instead.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from regen.orchestrator.filling import DISK_FROM
from regen.orchestrator.stored import quads_in, read_dataset

if TYPE_CHECKING:
    from regen.dataset.store import Dataset
    from regen.state.opening import State

MOST: Final = DISK_FROM
"""Quads; reading so many takes half a second."""


class StoredGraph:
    """The last graph that was read. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = -1
        self._dataset: Dataset | None = None

    def of(self, state: State) -> Dataset | None:
        """The graph that the state speaks of; None where it is too large. Raises StateError where it is damaged."""
        if quads_in(state) > MOST:
            return None
        row = state.db.one("SELECT max(number) FROM revision")
        revision = int(row[0] or 0) if row is not None else 0
        with self._lock:
            if self._dataset is None or revision != self._revision:
                self._dataset, self._revision = read_dataset(state), revision
            return self._dataset
