"""Figures: what a project measured of itself, and what its user measures beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.model.figure import Compliances, Stats


class FiguresMixin:
    """The part of `Project` that is about figures and objectives."""

    _session: Session

    def stats(self, window: str = "24h", environment: str | None = None) -> Stats:
        """Figures of past cycles.

        Args:
            window: `15m`, `24h`, `7d`, `all`, or two dates with `..` between them.
            environment: only of this one; None: of all.

        Raises:
            UsageError: the window is none, or there is no such environment.
        """
        from regen.orchestrator.figures import read_figures

        return read_figures(self._session.config.root, window, environment).stats()

    def compliance(self, window: str = "24h", environment: str | None = None) -> Compliances:
        """How the objectives are kept, each with its error budget, and all together; arguments as of `stats`.

        Raises:
            UsageError: the window is none, or there is no such environment.
        """
        from regen.orchestrator.figures import read_figures

        return read_figures(self._session.config.root, window, environment).compliance()

    async def record(
        self, metric: str, value: float, unit: str = "number", *, environment: str | None = None, label: str = ""
    ) -> None:
        """Record a measured value of your own: `stats` shows it, an `[[objective]]` may be about it.

        Args:
            metric: its name: a lower-case letter, then letters, digits and `_`.
            value: finite.
            unit: what the value is in: "ms", "s", "min", "h" (kept as seconds), "%" and "share" (kept as 0..1), or
                "number".
            environment: whose; None: of the project.
            label: of what it is.

        Raises:
            UsageError: the name is that of a figure of regen's own, the value is not finite, or the unit is none, or
                not of the kind of what was recorded before and of the objective.
        """
        from regen.orchestrator.recorded import record

        place = self._session.place(environment) if environment is not None else None
        async with self._session.turn:
            record(self._session, metric, value, unit, place.name if place is not None else None, label)
