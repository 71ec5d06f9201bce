"""Pending: what a session took in and nobody has written yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regen.errors import RegenError
from regen.model.artifact import ArtifactId, Because
from regen.model.change import Change, Origins
from regen.model.graphfile import GraphFile
from regen.model.template import Template
from regen.stages.select import Views
from regen.state.files import FileRow
from regen.state.sources import Known

if TYPE_CHECKING:
    from collections.abc import Set

    from pyoxigraph import Quad

    from regen.dataset.version import Quads


@dataclass(frozen=True, slots=True)
class Unit:
    """A template with its compiled views.

    Attributes:
        template: as parsed.
        views: compiled.
        digest: of everything that its outputs depend on beside the graph's facts.
        parts: (what a person calls it, digest) of the digest's ingredients, sorted: they say what changed.
    """

    template: Template
    views: Views
    digest: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said, until it is taken in.

    Attributes:
        file: the graph as fetched; None: the version in force, or an error.
        digest: of `file`.
        known: for the next question.
        error: why there is none.
    """

    file: GraphFile | None = None
    digest: str = ""
    known: Known | None = None
    error: RegenError | None = None


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """The first revision: all quads of all files.

    Why not a change like any other: its quads as values of the model, of a million triples, take 0.5 GB and longer than
    loading them, and nothing is derived from them.

    Attributes:
        files: (name of the file's graph, its quads), sorted by name.
        origins: where each graph comes from.
    """

    files: tuple[tuple[str, Set[Quad]], ...]
    origins: Origins


@dataclass(slots=True)
class Pending:
    """What was taken in since the state was written last; the next apply writes it.

    Attributes:
        files: new rows of graph files; None: the file is gone.
        patches: (path, quads added, quads removed) of files whose blob is not written anew.
        contents: all quads of a file whose blob is, until it is.
        rewritten: paths of files whose blob was.
        texts: what is kept of the texts of files, beside those that are in memory.
        known: what sources said of the versions that were taken in; None forgets it.
        written: what a file spells otherwise than the store: triples as the store has them, and their objects.
        first: the first revision; None where there was one before.
        changes: of the dataset, with their origins, oldest first; they come after `first`.
        units: (environment, template, what to record of it); None: the template is gone.
        stale: entries by environment.
    """

    files: dict[str, FileRow | None] = field(default_factory=dict)
    patches: list[tuple[str, frozenset[Quad], frozenset[Quad]]] = field(default_factory=list)
    contents: dict[str, Quads] = field(default_factory=dict)
    rewritten: set[str] = field(default_factory=set)
    texts: dict[str, bytes] = field(default_factory=dict)
    known: dict[str, Known | None] = field(default_factory=dict)
    written: dict[str, Mapping[Quad, tuple[str, ...]]] = field(default_factory=dict)
    first: FirstLoad | None = None
    changes: list[tuple[Change, Origins]] = field(default_factory=list)
    units: list[tuple[str, str, Unit | None]] = field(default_factory=list)
    stale: dict[str, dict[ArtifactId, Because]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.files or self.changes or self.units or any(self.stale.values()))
