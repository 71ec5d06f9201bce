"""Session: everything that a project holds while it is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import anyio

from regen.config import Config, Environment
from regen.dataset.files import FoundFile
from regen.dataset.packed import Packed
from regen.dataset.prefixes import merged_prefixes
from regen.dataset.version import as_set
from regen.hooks.dispatch import Hooks
from regen.model.change import Change
from regen.model.finding import Finding
from regen.model.graphfile import graph_iri
from regen.model.rows import Rows
from regen.model.settings import PluginSettings
from regen.model.term import Term
from regen.orchestrator.pending import Answer, Pending, Unit
from regen.orchestrator.shared import Shared
from regen.stages.deploy import Target
from regen.state import releases
from regen.state.files import FileRow, read_files
from regen.state.history import StateHistory
from regen.state.records import Records
from regen.state.sources import Known, read_known

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext
    from pyoxigraph import Quad

    from regen.dataset.store import Dataset
    from regen.dataset.version import Quads
    from regen.events import GraphChangeNotifier
    from regen.feedback import Loop
    from regen.holder import Door
    from regen.hooks.protocols import Executor
    from regen.model.event import SettingChanged
    from regen.orchestrator.messenger import Message
    from regen.orchestrator.selectors import Kept
    from regen.orchestrator.staged import Staging
    from regen.sources.learner import Learner
    from regen.state.opening import State
    from regen.state.receipts import Listed
    from regen.telemetry import Cycle

_KEPT_QUADS = 500_000  # quads of files that stay in memory for the next comparison; some 0.1 GB


@dataclass(frozen=True, slots=True)
class Place:
    """One environment of a session."""

    environment: Environment
    target: Target
    records: Records

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    @property
    def root(self) -> Path:
        """The folder in which what stands there is read, by the paths of its artifacts."""
        return self.target.tree


@dataclass(slots=True)
class Session:
    """An open project: configuration, plugins, state, dataset, templates.

    `dataset` is None until something has to be asked of it: an `apply` with nothing to do never fills it.
    `walks` holds digests of templates whose bodies mostly walk the graph, `surveyed` environments whose files were
    looked at, `standing` how many artifacts they have, `each_rows` the rows of views "each" at this revision, by
    digest, `unfound` the digests of bases that git knows nothing of.
    `turn` is held by whoever works on the session: one task at a time. `telling` counts cycles of which the bus was not
    told to the end, `told` is set when one was. `extra` are plugins beside the installed ones, `stack` closes what was
    opened for the session.
    `door` is where a watch takes commands of other processes, `messenger` tells its alerts on beside its cycles.
    `known` is what sources said of their versions in force, `answers` what they said since, both by name.
    `revision_root` is where the graph files of a git revision were taken out to, while a plan is made of these.
    `extra_needs` are what templates need beside what they say themselves, by template.
    `made_way` holds by environment the input digests of cycles that were stopped for a rollback.
    `prepared` are the units whose views are ready for a delta.
    `quads` are those of files that were read lately, `kept_quads` how many, `replaced` those that they replaced;
    `remarked` are files with an error or a warning, `unreadable` the errors that the bus was told of, `prefix_table`
    the prefixes in force, None where they have to be put together.
    `found` are the graph files as they were listed last, `found_paths` their paths, sorted; empty: list them.
    `unkept` are files that changed since their texts were kept.
    `listed` are the files with their digests, as a receipt names them; None: nobody asked.
    `rows` are what views gave at this revision.
    `messages` are the spans of those who published deltas since the last cycle.
    `staged` are the copies of the project that gates work in, by environment.
    `learner` asks the sources that the project learns from; None: it has none.
    `loop` chooses settings, None: nobody asked yet; `sized` is the cycle that it was asked for last. `changed` has what
    the bus was not told of, `advised` digests of templates whose whole views are known.
    `sum` adds up the hashes of all quads: equal sums are equal datasets, whatever way led there.
    """

    config: Config
    hooks: Hooks
    settings: PluginSettings
    state: State
    places: tuple[Place, ...]
    executors: Mapping[str, Executor]
    history: StateHistory
    notifier: GraphChangeNotifier
    loader: str
    files: dict[str, FileRow] = field(default_factory=dict)
    sum: int = 0
    dataset: Dataset | None = None
    quads: dict[str, Quads] = field(default_factory=dict)
    kept_quads: int = 0
    replaced: list[Quads] = field(default_factory=list)
    unkept: set[str] = field(default_factory=set)
    listed: Listed | None = None
    remarked: set[str] = field(default_factory=set)
    unreadable: Mapping[str, object] = field(default_factory=dict)
    prefix_table: dict[str, str] | None = None
    found: dict[str, FoundFile] = field(default_factory=dict)
    found_paths: list[str] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    units_signature: object = None
    languages: Mapping[str, str] = field(default_factory=dict)
    pending: Pending = field(default_factory=Pending)
    last_change: Change | None = None
    findings: tuple[Finding, ...] = ()
    walks: set[str] = field(default_factory=set)
    surveyed: set[str] = field(default_factory=set)
    unfound: set[str] = field(default_factory=set)
    standing: dict[str, int] = field(default_factory=dict)
    each_rows: dict[str, Mapping[Term, Rows]] = field(default_factory=dict)
    turn: anyio.Lock = field(default_factory=anyio.Lock)
    telling: int = 0
    told: anyio.Event = field(default_factory=anyio.Event)
    extra: tuple[tuple[str, object], ...] = ()
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    selectors: dict[str, Kept] = field(default_factory=dict)
    compiled: dict[str, bytes] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    revision_root: Path | None = None
    door: Door | None = None
    messenger: Callable[[Message], object] | None = None
    made_way: dict[str, str] = field(default_factory=dict)
    prepared: object = None
    rows: Shared = field(default_factory=Shared)
    extra_needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    staged: dict[str, Staging] = field(default_factory=dict)
    messages: list[SpanContext] = field(default_factory=list)
    learner: Learner | None = None
    loop: Loop | None = None
    sized: Cycle | None = None
    changed: list[SettingChanged] = field(default_factory=list)
    advised: dict[str, str] = field(default_factory=dict)

    def place(self, name: str | None) -> Place:
        """The environment of that name; the first one for None.

        Raises:
            UsageError: there is none of that name.
        """
        wanted = self.config.environment(name).name
        return next(place for place in self.places if place.name == wanted)

    @property
    def graph_root(self) -> Path:
        """The folder that paths of graph files are relative to."""
        return self.revision_root or self.config.root

    @property
    def revision(self) -> int:
        """Of the dataset as it was taken in, written or not."""
        return self.history.position().revision + len(self.pending.changes) + (self.pending.first is not None)

    def parent(self, place: Place) -> int | None:
        """Number of an environment's current release; None before the first."""
        return self.parent_of(place.name)

    def parent_of(self, environment: str) -> int | None:
        """The same by the environment's name, which the configuration may not have any more."""
        release = releases.current(self.state.db, environment)
        return None if release is None else release.number

    def graph_iri(self, path: str) -> str:
        """The name of the graph of a file or a source."""
        return graph_iri(path)

    def prefixes(self, files: Mapping[str, FileRow] | None = None) -> dict[str, str]:
        """Prefixes of the graph files, with the configuration's over them.

        Args:
            files: rows to take them from; those of the session for None.

        Raises:
            GraphError: two files bind one prefix differently, and the configuration does not say which it is.
        """
        if files is None and self.prefix_table is not None:
            return self.prefix_table
        rows = self.files if files is None else files
        by_file = {path: dict(row.prefixes) for path, row in rows.items()}
        return merged_prefixes(
            by_file, dict(self.config.project.prefixes), lambda p: (self.graph_root / p).read_bytes()
        )

    def quads_of(self, path: str) -> Set[Quad]:
        """The quads of a file that are in force: from memory, else from what is pending, else from its blob."""
        return as_set(self.version_of(path))

    def version_of(self, path: str) -> Quads:
        """The same, not parsed where that is not done yet."""
        known = self.quads.get(path)
        if known is None and path in self.pending.contents:
            known = self.pending.contents[path]
            known = set(known) if isinstance(known, Packed) else known
            self.remember_quads(path, known)
        if known is None:
            from regen.orchestrator.persist import stored_version

            known = stored_version(self, path)
            self.remember_quads(path, known)
        return known

    def remember_quads(self, path: str, quads: Quads) -> None:
        """Keep a file's quads for its next comparison, the latest files first; what is packed is pending."""
        self.forget_quads(path)
        if isinstance(quads, Packed):
            return
        self.quads[path] = quads
        self.kept_quads += len(quads)
        while len(self.quads) > 1 and self.kept_quads > _KEPT_QUADS:
            self.forget_quads(next(iter(self.quads)))

    def forget_quads(self, path: str) -> None:
        """Keep a file's quads no longer; they are freed by `free`, for that takes as long as comparing them did."""
        old = self.quads.pop(path, None)
        if old is not None:
            self.kept_quads -= len(old)
            self.replaced.append(old)

    def free(self) -> None:
        """Free what was replaced, at a time at which nobody waits."""
        self.replaced.clear()

    def remark(self, row: FileRow) -> None:
        """Note whether there is something to say of a file."""
        if row.error is not None or row.warnings:
            self.remarked.add(row.path)
        else:
            self.remarked.discard(row.path)

    def forget(self) -> None:
        """Drop what is not written and read the state again: the next start finds the same difference anew."""
        from regen.orchestrator.persist import read_sum

        self.files, self.sum, self.listed = read_files(self.state.db), read_sum(self.state.db), None
        self.known = read_known(self.state.db)
        self.pending, self.units_signature = Pending(), None
        if self.dataset is not None and not self.dataset.back_to(self.sum):
            self.dataset.close()
            self.dataset = None
        for row in self.files.values():
            self.remark(row)
        self.prefix_table, self.rows = None, Shared()
        self.found.clear()
        self.quads.clear()
        self.kept_quads = 0
        self.units.clear()
        self.surveyed.clear()
        self.each_rows.clear()

    def language(self, template: str, path: str) -> str | None:
        """The language of a template's artifact, or of a path where the template is gone."""
        unit = self.units.get(template)
        if unit is not None and unit.template.language is not None:
            return unit.template.language
        return self.languages.get(PurePosixPath(path).suffix)

    def executor(self, jobs: int, from_jobs: int) -> Executor:
        """Where that many artifacts are rendered."""
        engine = self.config.engine
        name = engine.executor
        if name == "auto":
            parallel = self.executors["processes"].workers > 1 and jobs >= from_jobs
            name = "processes" if parallel else "inline"
        return self.executors[name]

    def inputs(self) -> str:
        """Digest of everything that a release is made from: the dataset and the generator."""
        from regen.state.blobs import digest_of

        units = "\n".join(f"{name} {self.units[name].digest}" for name in sorted(self.units))
        return digest_of(f"{self.sum:032x}\n{units}".encode())
