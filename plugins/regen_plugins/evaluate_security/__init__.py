"""Gate: risky constructs in files that change, and advisories about packages that their manifests name."""

from __future__ import annotations

from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated, Figure
from regen.model.settings import PluginSettings, asks


class EvaluateSecurity:
    """Asked for by `[evaluate] security`."""

    def __init__(self) -> None:
        self._settings = PluginSettings()

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Keep what `[evaluate]` says."""
        self._settings = settings

    @hookimpl
    def regen_evaluate(self, candidate: Candidate) -> Sequence[Evaluated] | None:
        """Look at files that change; decline where nobody asks."""
        if not candidate.changes or not asks(self._settings.security, watching=candidate.watching):
            return None
        from regen_plugins.evaluate_security.advisories import advised
        from regen_plugins.evaluate_security.risks import risks

        found = [
            risk.finding(item.path, self._settings.risky)
            for item in candidate.changes
            if item.content is not None
            for risk in risks(item.path, item.content)
        ]
        advice = list(advised(candidate, self._settings.advisories))
        failed = any(finding.severity == "error" for finding in (*found, *advice))
        figures = (Figure("risks", len(found)), Figure("advisories", len(advice)))
        return [Evaluated("security", "fail" if failed else "pass", (*found, *advice), figures)]
