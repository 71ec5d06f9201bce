"""Graphs: patches of a project's graph, what its graph files were at git revisions, and what is around a node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regen.orchestrator.cycle import running
from regen.orchestrator.intake import keep
from regen.orchestrator.outcome import Patched
from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.dataset.patch import Patch
    from regen.model.neighbourhood import FoundNodes, Neighbourhood
    from regen.orchestrator.comparison import GraphComparison


class GraphsMixin:
    """The part of `Project` for graphs that are no files."""

    _session: Session

    async def patch(self, patch: Patch | bytes | str, *, name: str = "patch") -> Patched:
        """Take an RDF Patch in: it is written to the file that keeps deltas, and the next cycle sees what it changed.

        Adding what is there and removing what nobody states has no effect, so a patch may be sent twice.

        Args:
            patch: its text, or one that was read.
            name: of the text, for errors.

        Raises:
            GraphError: the text is no RDF Patch, or is cut off.
            UsageError: it removes what another file states, which the error names; or no file keeps deltas.
        """
        from regen.dataset.patch_rows import read_patch

        read = read_patch(patch, name) if isinstance(patch, bytes | str) else patch
        async with running(self._session, "patch"):
            return await keep(self._session, read.delta, lenient=True)

    async def diff(self, old: str | Path, new: str | Path) -> GraphComparison:
        """The delta of two graphs: files, folders, or git revisions of the project's graph files; touches nothing.

        Args:
            old, new: paths relative to the project; what is none that exists is a git revision.

        Raises:
            UsageError: a name is neither.
            GraphError: a file cannot be read.
        """
        from regen.orchestrator.comparison import compare_named

        return await compare_named(self._session.config.root, str(old), str(new))

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
