"""Sync tuning: the feedback loop and people's judgements for programs without an event loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from regen.project.calling import Caller, awaited

if TYPE_CHECKING:
    from regen.model.tuning import Judgement, Recommendation, Tuning
    from regen.orchestrator.judging import Opinions
    from regen.project.front import Project


class SyncTuningMixin:
    """The part of `SyncProject` that is about the feedback loop."""

    _project: Project
    _call: Caller

    def recommendations(self) -> tuple[Recommendation, ...]:
        """See `Project.recommendations`."""
        return self._call(self._project.recommendations)

    def tuning(self, *, limit: int = 20, dry_run: bool = False) -> Tuning:
        """See `Project.tuning`."""
        return self._call(partial(self._project.tuning, limit=limit, dry_run=dry_run))

    def adapt(self, *, on: bool) -> None:
        """See `Project.adapt`."""
        self._call(partial(self._project.adapt, on=on))

    def judge(self, path: str, score: float, text: str = "", environment: str | None = None) -> Judgement:
        """See `Project.judge`."""
        return self._call(partial(self._project.judge, path, score, text, environment))

    def opinions(self, environment: str | None = None) -> Opinions:
        """See `Project.opinions`."""
        return self._call(awaited(partial(self._project.opinions, environment)))
