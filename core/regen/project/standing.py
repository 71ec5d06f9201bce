"""Standing: where a project stands, and whether what stands is well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.dataset.store import Dataset
    from regen.model.neighbourhood import FoundNodes, Neighbourhood
    from regen.orchestrator.checkup import Checkup
    from regen.orchestrator.explain import ViewRows
    from regen.orchestrator.status import Status

T = TypeVar("T")


class StandingMixin:
    """The part of `Project` that is about what stands now."""

    _session: Session

    def status(self, environment: str | None = None) -> Status:
        """Where an environment stands: its release, what is stale, held, frozen, in conflict, and open alerts.

        Args:
            environment: its name; None: the first one, and all of them in `environments`.

        Raises:
            UsageError: there is no such environment.
        """
        from regen.orchestrator.status import read_status

        return read_status(self._session.config.root, environment)

    async def health(self, environment: str | None = None, *, once: bool = False) -> Checkup:
        """Each probe with what a watch saw last, open alerts, and the last automatic rollbacks.

        Args:
            environment: only its probes; None: all.
            once: ask each probe now, here.

        Raises:
            UsageError: there is no such environment.
        """
        from regen.orchestrator.checkup import check_up

        return await check_up(self._session.config.root, environment, now=once)

    async def around(self, node: str, *, depth: int = 1, limit: int = 100) -> Neighbourhood:
        """What is around a node of the graph, and the files that are made for what is there.

        Args:
            node: an IRI, or `_:` and the label of a blank node.
            depth: edges from the node to the farthest one, 1 or 2.
            limit: nodes at the most.

        Raises:
            RegenError: a graph file is wrong, and never was right.
        """
        from regen.orchestrator.advance import take_in
        from regen.orchestrator.around import around, last_changed, node_term
        from regen.orchestrator.stale import filled

        session = self._session
        async with session.turn:
            await take_in(session)
            changed = last_changed(session.state)
            place = node_term(node)
            return around(filled(session), session.state.db, place, depth=depth, limit=limit, changed=changed)

    async def search(self, text: str, *, limit: int = 50) -> FoundNodes:
        """Nodes of the graph whose label or IRI holds a text; it takes a fifth of a second at the most.

        Args:
            text: capitals and small letters are the same.
            limit: nodes at the most.

        Raises:
            RegenError: a graph file is wrong, and never was right.
        """
        from regen.orchestrator.advance import take_in
        from regen.orchestrator.around import search
        from regen.orchestrator.stale import filled

        async with self._session.turn:
            await take_in(self._session)
            return search(filled(self._session), self._session.state.db, text, limit=limit)

    def glance(self, look: Callable[[Dataset], T]) -> T | None:
        """Ask the graph as it stands, from any thread and without waiting for a cycle, which may move it meanwhile.

        Args:
            look: only reads.

        Returns:
            None where the graph is not in memory: nobody asked it yet.
        """
        dataset = self._session.dataset
        return None if dataset is None else look(dataset)

    def glance_views(self, path: str, environment: str | None = None) -> tuple[ViewRows, ...] | None:
        """What the views of a file give as the graph stands, in the same way; None where that is not known now.

        Args:
            path: of the file, relative to the environment's root.
            environment: its name; the first one for None.
        """
        from regen.orchestrator.explain import ViewRows
        from regen.orchestrator.rows import evaluated

        session = self._session
        place = session.place(environment)
        record = place.records.at(path)
        unit = session.units.get(record.artifact.template) if record is not None else None
        if session.dataset is None or record is None or unit is None:
            return None
        texts = dict(unit.template.views)
        rows = evaluated(session, place, unit, record.artifact.key)
        return tuple(ViewRows(view, texts.get(view, ""), value.columns, value.rows) for view, value in rows)
