"""Graphs: patches of a project's graph, and what its graph files were at git revisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regen.orchestrator.cycle import running
from regen.orchestrator.intake import keep
from regen.orchestrator.outcome import Patched
from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.dataset.patch import Patch
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
