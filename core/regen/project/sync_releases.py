"""Releases and edits that were set aside, for programs without an event loop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from regen.model.release import KeptEdit, Release
from regen.orchestrator import settle
from regen.orchestrator.edits import HandedBack, HowBack
from regen.orchestrator.rollouts import RolloutStatus
from regen.project.calling import Caller, awaited
from regen.stages.deploy import RolledBack

if TYPE_CHECKING:
    from regen.model.audit import Entry
    from regen.model.comparison import ReleaseComparison
    from regen.model.figure import Compliances, Stats
    from regen.model.fleet import EdgeEdit
    from regen.model.verification import Verification
    from regen.orchestrator.checkup import Checkup
    from regen.orchestrator.status import Status
    from regen.project.front import Project


class SyncReleasesMixin:
    """The part of `SyncProject` that is about releases and edits that were set aside."""

    _project: Project
    _call: Caller

    def rollback(
        self,
        number: int | None = None,
        environment: str | None = None,
        *,
        why: str = "",
        discard_edits: bool = False,
        force: bool = False,
    ) -> RolledBack:
        """See `Project.rollback`."""
        return self._call(
            partial(self._project.rollback, number, environment, why=why, discard_edits=discard_edits, force=force)
        )

    def rollout(self, environment: str | None = None) -> RolloutStatus | None:
        """See `Project.rollout`."""
        return self._call(partial(self._project.rollout, environment))

    def promote(self, environment: str | None = None, *, whole: bool = False) -> RolloutStatus:
        """See `Project.promote`."""
        return self._call(partial(self._project.promote, environment, whole=whole))

    def abort(self, environment: str | None = None, *, why: str = "") -> RolloutStatus:
        """See `Project.abort`."""
        return self._call(partial(self._project.abort, environment, why=why))

    def status(self, environment: str | None = None) -> Status:
        """See `Project.status`."""
        return self._project.status(environment)

    def stats(self, window: str = "24h", environment: str | None = None) -> Stats:
        """See `Project.stats`."""
        return self._project.stats(window, environment)

    def compliance(self, window: str = "24h", environment: str | None = None) -> Compliances:
        """See `Project.compliance`."""
        return self._project.compliance(window, environment)

    def record(
        self, metric: str, value: float, unit: str = "number", *, environment: str | None = None, label: str = ""
    ) -> None:
        """See `Project.record`."""
        self._call(partial(self._project.record, metric, value, unit, environment=environment, label=label))

    def health(self, environment: str | None = None, *, once: bool = False) -> Checkup:
        """See `Project.health`."""
        return self._call(partial(self._project.health, environment, once=once))

    def resume(self, environment: str | None = None) -> bool:
        """See `Project.resume`."""
        return self._call(partial(self._project.resume, environment))

    def history(self, environment: str | None = None, *, limit: int | None = None) -> Sequence[Release]:
        """See `Project.history`."""
        return self._call(awaited(partial(self._project.history, environment, limit=limit)))

    def audit(
        self,
        environment: str | None = None,
        *,
        action: str | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> Sequence[Entry]:
        """See `Project.audit`."""
        asked = partial(self._project.audit, environment, action=action, since=since, limit=limit)
        return self._call(awaited(asked))

    def verify(self, number: int | None = None, environment: str | None = None, *, exact: bool = False) -> Verification:
        """See `Project.verify`."""
        return self._call(partial(self._project.verify, number, environment, exact=exact))

    def show(self, number: int, environment: str | None = None) -> settle.ReleaseChanges:
        """See `Project.show`."""
        return self._call(awaited(partial(self._project.show, number, environment)))

    def compare(self, older: int, newer: int, environment: str | None = None) -> ReleaseComparison:
        """See `Project.compare`."""
        return self._call(partial(self._project.compare, older, newer, environment))

    def prune(self, *, keep_releases: int = 50, edits: bool = False) -> str:
        """See `Project.prune`."""
        return self._call(partial(self._project.prune, keep_releases=keep_releases, edits=edits))

    def kept_edits(
        self, path: str | None = None, environment: str | None = None, *, restored: bool = False
    ) -> Sequence[KeptEdit]:
        """See `Project.kept_edits`."""
        return self._call(awaited(partial(self._project.kept_edits, path, environment, restored=restored)))

    def restore_edit(
        self, path: str, edit: str, environment: str | None = None, *, how: HowBack = "merge"
    ) -> HandedBack:
        """See `Project.restore_edit`."""
        return self._call(partial(self._project.restore_edit, path, edit, environment, how=how))

    def edge_edits(self, *, everything: bool = False) -> Sequence[EdgeEdit]:
        """See `Project.edge_edits`."""
        return self._call(awaited(partial(self._project.edge_edits, everything=everything)))

    def take_edge_edit(self, number: int, *, how: HowBack = "merge") -> tuple[EdgeEdit, HandedBack]:
        """See `Project.take_edge_edit`."""
        return self._call(partial(self._project.take_edge_edit, number, how=how))

    def drop_edge_edit(self, number: int) -> EdgeEdit:
        """See `Project.drop_edge_edit`."""
        return self._call(awaited(partial(self._project.drop_edge_edit, number)))
