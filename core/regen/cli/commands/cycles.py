"""Commands of the daily work: a project, its cycles, and why a file is as it is."""

from __future__ import annotations

from pathlib import Path

from regen.cli.command import DIRECTORY, ENV, FULL, JSON, LANGUAGE, WAIT, Command, argument, flag

COMMANDS: tuple[Command, ...] = (
    Command(
        "init",
        "settle:init",
        "Make a project that works at once: a graph, a template, regen.toml.",
        (
            argument("where", nargs="?", type=Path, default=Path(), metavar="DIR", help="made where it is missing"),
            argument("--pack", action="append", metavar="NAME", help="a template pack to use; repeatable"),
        ),
    ),
    Command(
        "plan",
        "cycle:plan",
        "Show what a cycle would do, and why; with --check, exit with 1 where outputs are not what they should be.",
        (
            flag("--diff", help="print a unified diff of every file"),
            argument(
                "--check",
                nargs="?",
                const="render",
                choices=("render", "exact"),
                help="exit with 1 where an output is stale, missing or extra; `exact`: or edited by hand",
            ),
            argument("--all", dest="everything", action="store_true", help="print every line of a long plan"),
            argument("--graph-at", metavar="REV", help="plan as if the graph files were those of a git revision"),
            FULL,
            LANGUAGE,
            ENV,
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "apply",
        "cycle:apply",
        "Run one cycle: bring every affected file up to date.",
        (
            argument("--patch", metavar="FILE", help="first take in an RDF Patch; `-` reads it from standard input"),
            FULL,
            LANGUAGE,
            ENV,
            JSON,
            WAIT,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "watch",
        "cycle:watch",
        "Run a cycle on every change of graphs, templates and configuration, until Ctrl-C or SIGTERM.",
        (
            argument("where", nargs="?", type=Path, metavar="DIR", help="the project"),
            ENV,
            flag("--json", help="print one JSON document a line and cycle"),
            WAIT,
            DIRECTORY,
        ),
    ),
    Command(
        "diff",
        "look:diff",
        "Print the delta of two graph files, folders or git revisions as events, or as an RDF Patch.",
        (
            argument("old", metavar="OLD", help="a graph file, a folder of them, or a git revision of the project"),
            argument("new", metavar="NEW", help="the same, later"),
            argument("--format", dest="form", choices=("text", "json", "rdf-patch"), default="text"),
            flag("--exit-code", help="exit with 1 where there is a difference"),
            DIRECTORY,
        ),
    ),
    Command(
        "why",
        "look:why",
        "Name the triples, the query and the template behind a file or a line, and what changed it last.",
        (
            argument("place", nargs="?", metavar="PATH[:LINE]", help="a generated file, or one line of it"),
            argument(
                "--view",
                metavar="TEMPLATE",
                help="instead: say of a template's views how they follow changes of the graph, and what that costs",
            ),
            ENV,
            JSON,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "graph",
        "graph:graph",
        "Show what is around a node of the graph, and the files that are made for it; or find nodes by a text.",
        (
            argument("node", nargs="?", metavar="IRI", help="the node; a blank one as `_:LABEL`"),
            argument("--search", metavar="TEXT", help="instead: nodes whose label or IRI holds it"),
            argument("--depth", type=int, choices=(1, 2), default=1, help="edges from the node to the farthest one"),
            argument("-n", "--limit", type=int, default=100, metavar="N", help="nodes at the most"),
            JSON,
            DIRECTORY,
        ),
        beside=True,
    ),
    Command("status", "look:status", "Show where things stand.", (ENV, JSON, DIRECTORY)),
)
