"""Cycle: what is kept of one that is over, for figures, the page and the loop that tunes the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from typing import Literal as OneOf

CycleKind = OneOf["apply", "watch", "patch", "restore", "rollback", "rollout"]
"""Kinds of cycles that change something; `plan` and `check` touch nothing, and leave no record."""

RECORDED: Final[frozenset[str]] = frozenset({"apply", "watch", "patch", "restore", "rollback", "rollout"})

Result = OneOf["success", "failure", "error", "cancellation", "skip"]
""" "failure" is the inputs' fault, "error" regen's or the machine's, "skip" says that the environment is held."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """One run of a stage, or of a part of one that has a name of its own.

    Attributes:
        name: such as "load" or "render".
        start_s: seconds since the start of the cycle.
        duration_s: in seconds.
    """

    name: str
    start_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Share:
    """Where the time of a cycle went.

    Attributes:
        kind: "template": making its artifacts; "view": evaluating it.
        name: of the template; of a view "TEMPLATE view".
        duration_s: seconds of work, over all workers.
        count: artifacts that were made, or keys that were asked for.
        longest_s: the longest single artifact, in seconds; 0 for a view.
    """

    kind: OneOf["template", "view"]
    name: str
    duration_s: float
    count: int
    longest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What a cycle counted.

    Attributes:
        triples: that changed.
        files: of the plan.
        evaluated: keys whose views were evaluated.
        rendered: artifacts that were rendered.
        artifacts: that the environment has.
        merges: files of which both sides had changed.
        merge_conflicts: those of them that a person has to settle.
        conflicts: that are open at the end.
    """

    triples: int = 0
    files: int = 0
    evaluated: int = 0
    rendered: int = 0
    artifacts: int = 0
    merges: int = 0
    merge_conflicts: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class CycleRecord:
    """One cycle that is over.

    Attributes:
        number: unique in the project, growing; 0 before it is stored.
        environment: its name.
        kind: what asked for it.
        trigger: in words, such as "command" or "graphs/people.ttl and 2 more".
        at: when it started; seconds since the epoch, UTC.
        duration_s: in seconds.
        cpu_s: processor seconds of this process, and what workers spent on its artifacts.
        result: how it ended.
        error: the first line of what went wrong; None: nothing.
        exit_code: that a command would have ended with.
        trace_id, span_id: of its root span, in hex digits; None where nobody listened.
        release: that it made; None: none.
        revision: of the dataset at its end.
        delay_s: from the first change that it is for to the last file that it renamed; None where nothing was written,
            or a person asked for it.
        workers: processes that it had; 1: this one.
        executor: that made its artifacts; None where none were made.
        counts, stages: see there; stages are in the order of their starts.
        shares: where rendering and evaluating went, the most first, at most 20 of each kind.
    """

    number: int
    environment: str
    kind: CycleKind
    trigger: str
    at: float
    duration_s: float
    cpu_s: float
    result: Result
    error: str | None = None
    exit_code: int = 0
    trace_id: str | None = None
    span_id: str | None = None
    release: int | None = None
    revision: int = 0
    delay_s: float | None = None
    workers: int = 1
    executor: str | None = None
    counts: Counts = field(default_factory=Counts)
    stages: tuple[StageTime, ...] = ()
    shares: tuple[Share, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.result in {"failure", "error"}
