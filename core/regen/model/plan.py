"""Plan: what a cycle will do, each item with its reasons; apply decides nothing beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regen.model.artifact import ArtifactId, Because, Lookup
from regen.model.finding import Finding
from regen.model.merge import Conflict, How


class Action(StrEnum):
    """What happens to one artifact."""

    CREATE = "create"  # there is no file yet
    UPDATE = "update"  # nobody edited the file: the new render takes its place
    MERGE = "merge"  # both sides changed, or only the base moves under an edited file
    ADOPT = "adopt"  # the file on disk already holds the new render
    DELETE = "delete"  # the key is gone and nobody edited the file
    CONFLICT = "conflict"  # a person has to settle it; the file stays as it is
    KEEP = "keep"  # the key is gone but the file was edited, or the user deleted the file: left alone
    NOTHING = "nothing"  # equal rows or equal bytes: only the stale entry goes


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an artifact was rendered from.

    Attributes:
        template: digest of the template with all that it includes, its settings and plugins.
        rows: (view, digest of the rows) for each view, sorted by view.
        lookups: patterns that the body asked the graph.
    """

    template: str
    rows: tuple[tuple[str, str], ...] = ()
    lookups: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One artifact of a plan.

    Attributes:
        artifact: which.
        action: what happens.
        path: where, relative to the environment's root; the old path for DELETE and KEEP.
        because: why; never empty.
        moved_from: the path that the artifact leaves; None where it stays.
        old: digest of the file on disk that was read (at `moved_from` where that is set); None: there was no file.
        content: what is written; None where nothing is.
        render: the new base, formatted; None for DELETE, KEEP, NOTHING.
        base: digest of the base that the merge took; None where there was none.
        how, confidence: of the merge; None where none was needed.
        conflicts: for CONFLICT.
        marked: the file with conflict markers, for CONFLICT.
        findings: what the gates for single files say.
        inputs: what it was rendered from; None for DELETE and KEEP.
    """

    artifact: ArtifactId
    action: Action
    path: str
    because: tuple[Because, ...]
    moved_from: str | None = None
    old: str | None = None
    content: bytes | None = None
    render: bytes | None = None
    base: str | None = None
    how: How | None = None
    confidence: float | None = None
    conflicts: tuple[Conflict, ...] = ()
    marked: bytes | None = None
    findings: tuple[Finding, ...] = ()
    inputs: Inputs | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one cycle will do to one environment.

    Attributes:
        environment: its name.
        parent: number of the release that this plan stands on; None before the first.
        revision: the dataset's revision after the plan's changes are taken in.
        items: sorted by path, then artifact; without those that come out equal.
        nothing: the affected artifacts that came out equal, with action NOTHING: apply takes them from the stale set.
        evaluated: keys whose views were evaluated.
        rendered: how many of those were rendered, their rows or their template being others than before.
        total: artifacts that the environment has after the plan.
        findings: warnings of loading, in the order of the files.
        inputs: digest of everything that it was made from: the dataset and the generator.
        held: whether a rollback from these inputs holds the environment: apply would do nothing.
        graph_at: the git commit whose graph files were planned for: such a plan is never applied; None: those on disk.
    """

    environment: str
    parent: int | None
    revision: int
    items: tuple[PlanItem, ...]
    nothing: tuple[PlanItem, ...] = ()
    evaluated: int = 0
    rendered: int = 0
    total: int = 0
    findings: tuple[Finding, ...] = ()
    inputs: str = ""
    held: bool = False
    graph_at: str | None = None

    def __bool__(self) -> bool:
        return bool(self.items)
