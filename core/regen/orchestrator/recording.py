"""Recording: what came of a cycle is kept in the state, told to observers, and published on the bus.

Why nothing here may fail a cycle: the files are written by then. A state that cannot be written says so by itself, in
the next command that has to write it.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self, cast

import anyio

from regen import telemetry
from regen.errors import ExitCode, RegenError, StateError
from regen.model.artifact import ArtifactId
from regen.model.cycle import RECORDED, Counts, CycleKind, CycleRecord, Share, StageTime
from regen.model.event import (
    ConflictOpened,
    ConflictResolved,
    CycleCompleted,
    CycleFailed,
    CycleStarted,
    GraphUnreadable,
    Payload,
    ReleaseDeployed,
)
from regen.model.release import Release
from regen.orchestrator.conflicts import conflicts, open_artifacts
from regen.orchestrator.session import Session
from regen.orchestrator.sizing import told
from regen.state import cycles, releases

_LOG = logging.getLogger("regen.cycle")
ORIGIN = "cycle"
_SHARES = 20  # of each kind
_DAY_S = 86_400.0


class Recording:
    """Keeps what one cycle does; a context that is open while it has the session's turn.

    Args:
        session: the open project.
        kind: of the cycle; one that touches nothing leaves no record.
        environment: its name; None: the first one.

    Attributes:
        environment: its name; "" where there is none.
        cycle: the cycle, as soon as it runs.
    """

    def __init__(self, session: Session, kind: str, environment: str | None) -> None:
        self._session = session
        self._kind = kind
        self._recorded = kind in RECORDED and bool(session.places)
        self.environment = environment or (session.places[0].name if session.places else "")
        self._cpu_s = 0.0
        self._open: dict[str, ArtifactId] = {}
        self._parent: Release | None = None
        self._told: list[Payload] = []
        self.cycle: telemetry.Cycle | None = None

    async def begin(self, trigger: telemetry.Trigger | None) -> None:
        """Tell the bus that the cycle is asked for."""
        if self._recorded:
            because = trigger.text if trigger is not None else self._kind
            await self._session.notifier.publish(CycleStarted(self.environment, because), origin=ORIGIN)

    def __enter__(self) -> Self:
        self._cpu_s = time.process_time()
        if self._recorded:
            self._open = open_artifacts(self._session.state.db, self.environment)
            self._parent = self._newest()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        cycle = self.cycle
        record = None
        if self._recorded and cycle is not None:
            with contextlib.suppress(StateError):
                record = self._kept(cycle, error)
        telemetry.tell(telemetry.CycleEnded(record))

    async def publish(self) -> None:
        """Tell the bus what came of it; the session's turn is given back by then."""
        if self._told:
            with anyio.move_on_after(1, shield=True):  # a cycle that was cancelled is told of, too
                await self._session.notifier.publish(self._told, origin=ORIGIN)

    def _kept(self, cycle: telemetry.Cycle, error: BaseException | None) -> CycleRecord:
        now_open, newest = open_artifacts(self._session.state.db, self.environment), self._newest()
        made = newest if newest is not None and (self._parent is None or newest.number != self._parent.number) else None
        record = self._record(cycle, error, made.number if made is not None else None, len(now_open))
        oldest = time.time() - self._session.config.history.keep_days * _DAY_S
        number = cycles.note(self._session.state.db, record, oldest=oldest)
        _log(record, number)
        self._told = [
            *told(self._session),
            *self._unreadable(),
            *self._opened(set(now_open) - set(self._open)),
            *self._settled(set(self._open) - set(now_open)),
            *_deployed(made),
            _ended(record, len(now_open)),
        ]
        return replace(record, number=number)

    def _record(
        self, cycle: telemetry.Cycle, error: BaseException | None, release: int | None, still_open: int
    ) -> CycleRecord:
        span = cycle.span.get_span_context() if cycle.span is not None else None
        duration_s = time.perf_counter() - cycle.started
        code = error.exit_code if isinstance(error, RegenError) else ExitCode.CONFLICTS if still_open else ExitCode.DONE
        if error is not None and not isinstance(error, RegenError):
            code = ExitCode.STATE if isinstance(error, Exception) else ExitCode.INTERRUPTED
        executor = cycle.stages_said.get(("render", "regen.executor"))
        return CycleRecord(
            number=0,
            environment=self.environment,
            kind=cast("CycleKind", self._kind),
            trigger=cycle.trigger.text,
            at=cycle.at,
            duration_s=duration_s,
            cpu_s=max(0.0, time.process_time() - self._cpu_s) + cycle.elsewhere_s,
            result=cycle.result,
            error=_line(error),
            exit_code=int(code),
            trace_id=f"{span.trace_id:032x}" if span is not None and span.is_valid else None,
            span_id=f"{span.span_id:016x}" if span is not None and span.is_valid else None,
            release=release,
            revision=self._session.revision,
            delay_s=_delay_s(cycle) if release is not None else None,
            workers=max(1, _number(cycle.stages_said.get(("render", "regen.workers"), 1))),
            executor=str(executor) if executor is not None else None,
            counts=_counts(cycle, still_open),
            stages=tuple(StageTime(one.name, _rounded(one.start_s), _rounded(one.duration_s)) for one in cycle.stages),
            shares=_shares(cycle),
        )

    def _newest(self) -> Release | None:
        return releases.current(self._session.state.db, self.environment)

    def _unreadable(self) -> Sequence[Payload]:
        """Files that became unreadable since the last cycle told of them."""
        errors = {path: row.error for path, row in self._session.files.items() if row.error is not None}
        new = [path for path in sorted(errors) if self._session.unreadable.get(path) != errors[path]]
        self._session.unreadable = errors
        return [GraphUnreadable(path, str(errors[path][0])) for path in new]

    def _opened(self, paths: set[str]) -> list[Payload]:
        """Conflicts that came in this cycle; what they are about is read only where there are some."""
        found = conflicts(self._session.state.db, self.environment) if paths else ()
        return [
            ConflictOpened(
                self.environment,
                one.path,
                one.artifact.template,
                one.artifact.key,
                "; ".join(conflict.message for conflict in one.conflicts),
            )
            for one in found
            if one.path in paths
        ]

    def _settled(self, paths: set[str]) -> list[Payload]:
        """Conflicts that ended in this cycle: merged with a newer render, or gone with the artifact."""
        records = self._session.place(self.environment).records
        standing = {path: records.get(self._open[path]) is not None for path in sorted(paths)}
        return [
            ConflictResolved(self.environment, path, "merged" if stands else "gone")
            for path, stands in standing.items()
        ]


def _deployed(release: Release | None) -> list[Payload]:
    if release is None or release.restores is not None:
        return []  # what is restored is told of as a rollback
    counts = (release.created, release.updated, release.merged, release.deleted)
    return [ReleaseDeployed(release.environment, release.number, release.complete, *counts)]


def _log(record: CycleRecord, number: int) -> None:
    """One line a cycle for who reads logs; `REGEN_LOG` shows it."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    release = f", release {record.release}" if record.release is not None else ""
    why = f": {record.error}" if record.error else ""
    with telemetry.after(record):
        _LOG.info(
            "cycle %d of %s (%s, %s): %s in %.3f s%s%s",
            *(number, record.environment, record.kind, record.trigger, record.result, record.duration_s),
            release,
            why,
        )


def _ended(record: CycleRecord, still_open: int) -> Payload:
    if record.failed or record.result == "cancellation":
        message = record.error or "it was stopped"
        return CycleFailed(record.environment, record.duration_s, message, record.exit_code)
    files = record.counts.files if record.release is not None else 0
    return CycleCompleted(record.environment, record.duration_s, record.release, files, still_open)


def _line(error: BaseException | None) -> str | None:
    if error is None:
        return None
    return (str(error).partition("\n")[0] or type(error).__name__) if isinstance(error, Exception) else "stopped"


def _delay_s(cycle: telemetry.Cycle) -> float | None:
    """From the first change to the end of the last deployment; see `CycleRecord.delay_s`."""
    ends = [stage.start_s + stage.duration_s for stage in cycle.stages if stage.name == "deploy"]
    if cycle.trigger.since is None or not ends:
        return None
    return max(0.0, cycle.at + max(ends) - cycle.trigger.since)


def _counts(cycle: telemetry.Cycle, still_open: int) -> Counts:
    def number(name: str) -> int:
        return _number(cycle.said.get(f"regen.{name}", 0))

    return Counts(
        triples=_number(cycle.stages_said.get(("diff", "regen.triples.changed"), 0)),
        files=number("files"),
        evaluated=number("evaluated"),
        rendered=number("rendered"),
        artifacts=number("artifacts"),
        merges=number("merges"),
        merge_conflicts=number("merge.conflicts"),
        conflicts=still_open,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _shares(cycle: telemetry.Cycle) -> tuple[Share, ...]:
    most = sorted(cycle.shares.items(), key=lambda one: (-one[1][0], one[0]))
    found = [
        Share(kind, name, _rounded(spent_s), count, _rounded(longest_s))
        for (kind, name), (spent_s, count, longest_s) in most
    ]
    kept = [[one for one in found if one.kind == kind][:_SHARES] for kind in ("template", "view")]
    return tuple(one for kind in kept for one in kind)


def _rounded(time_s: float) -> float:
    """To microseconds, for what is kept of each cycle is read often."""
    return round(time_s, 6)
