"""Gate: every import of a generated file leads to a file that is there, or to a package that a manifest names."""

from __future__ import annotations

from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated
from regen.model.settings import PluginSettings, asks


class EvaluateDependencies:
    """Looks at files that change, and at those that import what goes; who imports what is kept from cycle to cycle."""

    def __init__(self) -> None:
        self._settings = PluginSettings()

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Keep what `[evaluate]` says."""
        self._settings = settings

    @hookimpl
    def regen_evaluate(self, candidate: Candidate) -> Sequence[Evaluated] | None:
        """Check imports; decline where nothing changes, or nobody asks."""
        if not candidate.changes or not asks(self._settings.dependencies, watching=candidate.watching):
            return None
        from regen_plugins.evaluate_dependencies.check import Check

        return Check(candidate, self._settings.undeclared).evaluated()
