"""Tuning: what the feedback loop chose and recommends, and what people say of artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regen.orchestrator.session import Session

if TYPE_CHECKING:
    from regen.model.tuning import Judgement, Recommendation, Tuning
    from regen.orchestrator.judging import Opinions


class TuningMixin:
    """The part of `Project` that is about the feedback loop."""

    _session: Session
    _start: Path | None

    async def recommendations(self) -> tuple[Recommendation, ...]:
        """What a person might change: bottlenecks, bounds, and templates that people find bad; warnings first."""
        from regen.orchestrator import tuning

        async with self._session.turn:
            return await tuning.recommendations(self._session)

    async def tuning(self, *, limit: int = 20, dry_run: bool = False) -> Tuning:
        """Settings in force with their bounds, decisions of the feedback loop, and recommendations.

        Args:
            limit: decisions at the most.
            dry_run: instead of the decisions that were made those that the next cycle would make; nothing changes.
        """
        from regen.orchestrator import tuning

        async with self._session.turn:
            return tuning.tuning_of(self._session.config, self._session.state.db, limit=limit, dry_run=dry_run)

    async def adapt(self, *, on: bool) -> None:
        """Switch the feedback loop on or off until somebody says otherwise; `adaptive = false` goes before it.

        Raises:
            UsageError: the configuration says `adaptive = false`.
        """
        from regen.orchestrator import tuning

        async with self._session.turn:
            tuning.switch(self._session.config, self._session.state.db, on=on)

    async def judge(self, path: str, score: float, text: str = "", environment: str | None = None) -> Judgement:
        """Say how good a generated file is.

        Args:
            path: relative to the environment's root or to the current folder.
            score: from 0 to 5; from 3 on it counts as good.
            text: in words.
            environment: its name; the first one for None.

        Raises:
            UsageError: regen makes no such file, or the score is out of bounds.
        """
        from regen.orchestrator import judging

        async with self._session.turn:
            place = self._session.place(environment)
            return judging.judge(self._session, place, path, score, text, start=self._start)

    def opinions(self, environment: str | None = None) -> Opinions:
        """What people said of artifacts, and the share of good ones in all and by template.

        Args:
            environment: only of its artifacts; None: of all.

        Raises:
            UsageError: there is no such environment.
        """
        from regen.orchestrator.judging import read_opinions

        return read_opinions(self._session.config.root, environment)
