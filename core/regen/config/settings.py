"""Settings: every key of the configuration, its type, its default, its bounds and what it means.

The checker, the digest of the settings and `docs/configuration.md` are all read off these classes: a key that is
not here is an error, and a key that is here is documented. A mapping is kept as a tuple of pairs sorted by key, so
that a configuration is frozen, hashes and pickles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from typing import Literal as OneOf

from regen.config.engine import Engine, Tune
from regen.config.gate import GateTable
from regen.config.keys import Key, Pairs, Texts
from regen.config.learning import LearnTable
from regen.config.probes import Alerts, ProbeTable
from regen.config.receipts import Receipts
from regen.config.source import Source
from regen.errors import UsageError
from regen.model.merge import ConflictKind, MergeRule
from regen.model.settings import When


@dataclass(frozen=True, slots=True)
class Project:
    """Where things are."""

    graphs: Annotated[Texts, Key("graph files: a folder, a glob, or a list of them", one_or_many=True)] = ("graphs",)
    templates: Annotated[Texts, Key("templates: folders, globs, and packs as `pack:NAME`", one_or_many=True)] = (
        "templates",
    )
    output: Annotated[str, Key("the folder that `to:` is relative to, inside the project")] = "out"
    ignore: Annotated[
        Texts, Key("graph and template files to leave out, in the syntax of `.gitignore`", one_or_many=True)
    ] = ()
    prefixes: Annotated[Pairs, Key("prefixes for queries and templates, beside those of the graph files")] = ()
    base: Annotated[str | None, Key("the IRI that relative IRIs of graph files are resolved against")] = None
    published: Annotated[
        str | None,
        Key("the `.nq` file among `graphs` that keeps patches and deltas", shown="`published.nq` in the first folder"),
    ] = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where releases are deployed."""

    name: Annotated[str, Key("letters, digits, `-` and `_`; for `--env`")]
    deployer: Annotated[str, Key("`workspace`, `releases`, `bluegreen`, `git`, or a plugin's")] = "workspace"
    target: Annotated[str, Key("the folder that is deployed to", shown="output of `[project]`")] = ""
    enabled: Annotated[bool, Key("false: no cycle looks at it")] = True
    automatic: Annotated[bool, Key("`watch` deploys here; false: only `apply --env` does")] = True
    validate: Annotated[bool, Key("run the evaluators before deploying here")] = True
    pre: Annotated[
        Texts, Key("commands that run before a deployment; where one fails, nothing is written", one_or_many=True)
    ] = ()
    post: Annotated[
        Texts, Key("commands that run after one; where one fails, everything is put back", one_or_many=True)
    ] = ()
    timeout_s: Annotated[float, Key("how long each of `pre` and `post` may take", minimum=0.001)] = 300.0
    rollback: Annotated[
        OneOf["automatic", "manual", "none"],
        Key("`automatic`: a `[[probe]]` that fails rolls back; `manual`: by hand only; `none`: not even so"),
    ] = "manual"
    promise_s: Annotated[
        float, Key("how long an automatic rollback may take, from what breaks to verified; 0: no promise", minimum=0)
    ] = 30.0
    options: Annotated[Pairs, Key("keys of the deployer's own", any_value=True, rest=True)] = ()


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The keys of a deployer that has none of its own."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """What the built-in gates look at."""

    shacl: Annotated[
        When,
        Key("check a changed graph against its shapes in `apply`, in `watch` too, or not"),
    ] = "apply"
    compatibility: Annotated[
        When,
        Key("compare the public interface of changed files with the last release in `apply`, in `watch` too, or not"),
    ] = "apply"
    types: Annotated[
        When,
        Key("check types by the language's own tool, where it is installed, in `apply`, in `watch` too, or not"),
    ] = "never"
    tools: Annotated[
        Pairs, Key('a language, and what checks its types: `python = "pyright"`', shown="`mypy` for Python")
    ] = ()
    breaking: Annotated[
        OneOf["warn", "error", "allow"],
        Key("what a change is that breaks users of the last release; an `error` stops the cycle"),
    ] = "warn"
    dependencies: Annotated[
        When,
        Key("check that every import of changed files leads somewhere in `apply`, in `watch` too, or not"),
    ] = "apply"
    undeclared: Annotated[
        OneOf["warn", "error", "allow"], Key("what the import of a package is that no manifest names")
    ] = "warn"
    security: Annotated[
        When,
        Key("look for risky constructs in changed files, and for advisories, in `apply`, in `watch` too, or not"),
    ] = "never"
    risky: Annotated[OneOf["warn", "error"], Key("what a risky construct is; an `error` stops the cycle")] = "warn"
    advisories: Annotated[
        Texts, Key("files in the project with advisories, in the JSON format of OSV", one_or_many=True)
    ] = ()


@dataclass(frozen=True, slots=True)
class ObjectiveTable:
    """What a figure of regen has to be here; what is left out stays as `docs/gates.md` lists it."""

    metric: Annotated[str, Key("which figure, such as `accuracy`")]
    target: Annotated[str | None, Key("such as `> 90%`, `< 3s` or, against the last release, `<= +10%`")] = None
    warning: Annotated[str | None, Key("from where on a warning is given, such as `90%`")] = None
    critical: Annotated[str | None, Key("from where on something has to be done, such as `85%`")] = None
    means: Annotated[
        str | None, Key("what is measured, in words; it makes a figure of your own one that has an objective")
    ] = None
    window: Annotated[
        str, Key("over which time `watch` judges it, such as `1h` or `7d`; `regen stats` has a window of its own")
    ] = "1h"
    period: Annotated[
        str,
        Key("for which time the error budget is, such as `30d`: how fast it may be used before `watch` alerts"),
    ] = "30d"


@dataclass(frozen=True, slots=True)
class Cost:
    """What work costs, for the figure `cost`."""

    processor_hour: Annotated[float, Key("the price of an hour of one processor", minimum=0)] = 0.04
    currency: Annotated[str, Key("in which money")] = "USD"


@dataclass(frozen=True, slots=True)
class MergeRuleTable(MergeRule):
    """What speaks for one side of a conflict where `priority` merges: the heavier side is taken, an even one stays."""

    take: Annotated[OneOf["ours", "theirs"], Key("the side that it speaks for")]
    weight: Annotated[float, Key("how much it speaks for it", minimum=0.001)] = 1.0
    files: Annotated[Texts, Key("globs and languages", one_or_many=True, shown="any")] = ()
    kinds: Annotated[
        tuple[ConflictKind, ...], Key("kinds of conflict, such as `deletion`", one_or_many=True, shown="any")
    ] = ()
    matches: Annotated[
        str | None, Key("a regular expression that the conflict's lines hold", pattern=True, shown="any")
    ] = None
    side: Annotated[OneOf["ours", "theirs"], Key("whose lines `matches` is about")] = "ours"


@dataclass(frozen=True, slots=True)
class Merge:
    """How new renders meet hand edits."""

    threshold: Annotated[float, Key("a merge of less confidence waits for a person", minimum=0, maximum=1)] = 0.8
    remember: Annotated[bool, Key("settle a conflict as a person settled the same one before")] = True
    strategies: Annotated[
        Pairs,
        Key(
            "a glob or a language, and how such files merge; the longest that fits counts: `three-way`, `lines`,"
            " `ours`, `theirs`, `newest`, `manual`, `priority`, or a plugin's"
        ),
    ] = ()
    rules: Annotated[tuple[MergeRuleTable, ...], Key("", toml="rule")] = ()


@dataclass(frozen=True, slots=True)
class History:
    """How long the history of the graph and of the bus is kept; whatever is past one of the two goes."""

    keep_revisions: Annotated[int, Key("the newest revisions that can be replayed", minimum=1)] = 10_000
    keep_days: Annotated[float, Key("age of the oldest revision that can be replayed", minimum=0)] = 90.0


@dataclass(frozen=True, slots=True)
class Serve:
    """Where `regen serve` listens, and who may look."""

    host: Annotated[str, Key("the address that it listens on; `--host` goes before it")] = "127.0.0.1"
    port: Annotated[int, Key("its port; 0: any that is free", minimum=0, maximum=65_535)] = 8765
    read: Annotated[
        OneOf["open", "token"],
        Key("`open`: who reaches it on this machine may look without a token; elsewhere it takes one in any case"),
    ] = "open"
    hosts: Annotated[
        Texts, Key("names that it may be called by, beside `localhost` and addresses", one_or_many=True)
    ] = ()


@dataclass(frozen=True, slots=True)
class Plugins:
    """Which plugins take part."""

    disable: Annotated[Texts, Key("names as `regen plugins` lists them", one_or_many=True)] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration of a project.

    `root` is the absolute folder that every path is relative to; `file` the file that was read, relative to `root`,
    None where a folder needs none.
    """

    root: Path
    file: str | None = None
    project: Annotated[Project, Key("")] = field(default_factory=Project)
    engine: Annotated[Engine, Key("")] = field(default_factory=Engine)
    tune: Annotated[Tune, Key("")] = field(default_factory=Tune)
    environments: Annotated[
        tuple[Environment, ...],
        Key("One table for each. Without any there is one, `dev`, with the deployer `workspace`.", toml="environment"),
    ] = ()
    sources: Annotated[
        tuple[Source, ...],
        Key("One table for each; its triples stand in the graph `urn:regen:source:NAME`.", toml="source"),
    ] = ()
    learning: Annotated[tuple[LearnTable, ...], Key("One table for each.", toml="learn")] = ()
    evaluate: Annotated[Evaluate, Key("")] = field(default_factory=Evaluate)
    probes: Annotated[tuple[ProbeTable, ...], Key("One table for each.", toml="probe")] = ()
    alerts: Annotated[Alerts, Key("")] = field(default_factory=Alerts)
    gates: Annotated[
        tuple[GateTable, ...], Key("One table for each; it has one of `run`, `use` and `metric`.", toml="gate")
    ] = ()
    objectives: Annotated[tuple[ObjectiveTable, ...], Key("One table for each.", toml="objective")] = ()
    cost: Annotated[Cost, Key("")] = field(default_factory=Cost)
    merge: Annotated[Merge, Key("")] = field(default_factory=Merge)
    format: Annotated[
        Pairs,
        Key("Formatters: a language and a command that reads a file on standard input and writes it formatted."),
    ] = ()
    history: Annotated[History, Key("")] = field(default_factory=History)
    receipts: Annotated[Receipts, Key("")] = field(default_factory=Receipts)
    serve: Annotated[Serve, Key("")] = field(default_factory=Serve)
    plugins: Annotated[Plugins, Key("")] = field(default_factory=Plugins)
    vars: Annotated[Pairs, Key("Values of your own, for templates: `vars.NAME`.", any_value=True)] = ()

    def environment(self, name: str | None = None) -> Environment:
        """The environment of that name; the first enabled one for None.

        Raises:
            UsageError: there is none, or it is not enabled.
        """
        enabled = [e.name for e in self.environments if e.enabled]
        for environment in self.environments:
            if environment.enabled and name in (None, environment.name):
                return environment
        what = "no environment is enabled" if name is None else f"there is no enabled environment {name!r}"
        hint = f"choose one of: {', '.join(enabled)}" if enabled else "set `enabled = true` in an [[environment]]"
        raise UsageError(what, where=self.file, hint=hint)
