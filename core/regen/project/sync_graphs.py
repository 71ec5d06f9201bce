"""The part of `SyncProject` that is about the graph."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from regen.dataset.patch import Patch
from regen.model.neighbourhood import FoundNodes, Neighbourhood
from regen.orchestrator.comparison import GraphComparison
from regen.orchestrator.outcome import Patched
from regen.project.calling import Caller
from regen.project.front import Project


class SyncGraphsMixin:
    """Each method does what `Project`'s of that name does."""

    _project: Project
    _call: Caller

    def patch(self, patch: Patch | bytes | str, *, name: str = "patch") -> Patched:
        """See `Project.patch`."""
        return self._call(partial(self._project.patch, patch, name=name))

    def diff(self, old: str | Path, new: str | Path) -> GraphComparison:
        """See `Project.diff`."""
        return self._call(partial(self._project.diff, old, new))

    def around(self, node: str, *, depth: int = 1, limit: int = 100) -> Neighbourhood:
        """See `Project.around`."""
        return self._call(partial(self._project.around, node, depth=depth, limit=limit))

    def search(self, text: str, *, limit: int = 50) -> FoundNodes:
        """See `Project.search`."""
        return self._call(partial(self._project.search, text, limit=limit))
