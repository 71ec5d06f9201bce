"""The commands, their arguments and options, in the order of the help page.

Why functions by name: building the parser imports nothing else, so `regen --help` answers at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regen.cli.running import Work


@dataclass(frozen=True)
class _Argument:
    names: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


def _flag(*names: str, help: str) -> _Argument:  # noqa: A002 - argparse's word
    return _Argument(names, {"action": "store_true", "help": help})


def _argument(*names: str, **options: Any) -> _Argument:
    return _Argument(names, options)


_DIRECTORY = _argument(
    "-C", "--directory", type=Path, default=Path(), metavar="DIR", help="work as if regen was started in DIR"
)
_JSON = _flag("--json", help="print one JSON document on standard output")
_ENV = _argument("--env", metavar="NAME", help="the environment; the first one unless given")
_FULL = _flag("--full", help="render everything, not only what is affected")
_LANGUAGE = _argument("--language", action="append", metavar="NAME", help="only templates of this language; repeatable")
_WAIT = _argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait that long for another regen to end")


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: as typed.
        function: "module:function" below regen.cli.
        help: one sentence.
        arguments: what it takes.
        beside: whether it works on an open project: where a watch holds it, the watch runs the command.
    """

    name: str
    function: str
    help: str
    arguments: tuple[_Argument, ...]
    beside: bool = False

    def load(self) -> Callable[..., int | Work]:
        """The function that it is."""
        module, _, function = self.function.partition(":")
        found: Callable[..., int | Work] = getattr(importlib.import_module(f"regen.cli.{module}"), function)
        return found


COMMANDS: tuple[Command, ...] = (
    Command(
        "init",
        "settle:init",
        "Make a project that works at once: a graph, a template, regen.toml.",
        (
            _argument("where", nargs="?", type=Path, default=Path(), metavar="DIR", help="made where it is missing"),
            _argument("--pack", action="append", metavar="NAME", help="a template pack to use; repeatable"),
        ),
    ),
    Command(
        "plan",
        "cycle:plan",
        "Show what a cycle would do, and why; with --check, exit with 1 where outputs are not what they should be.",
        (
            _flag("--diff", help="print a unified diff of every file"),
            _argument(
                "--check",
                nargs="?",
                const="render",
                choices=("render", "exact"),
                help="exit with 1 where an output is stale, missing or extra; `exact`: or edited by hand",
            ),
            _argument("--all", dest="everything", action="store_true", help="print every line of a long plan"),
            _argument("--graph-at", metavar="REV", help="plan as if the graph files were those of a git revision"),
            _FULL,
            _LANGUAGE,
            _ENV,
            _JSON,
            _WAIT,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "apply",
        "cycle:apply",
        "Run one cycle: bring every affected file up to date.",
        (
            _argument("--patch", metavar="FILE", help="first take in an RDF Patch; `-` reads it from standard input"),
            _FULL,
            _LANGUAGE,
            _ENV,
            _JSON,
            _WAIT,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "watch",
        "cycle:watch",
        "Run a cycle on every change of graphs, templates and configuration, until Ctrl-C or SIGTERM.",
        (
            _argument("where", nargs="?", type=Path, metavar="DIR", help="the project"),
            _ENV,
            _flag("--json", help="print one JSON document a line and cycle"),
            _WAIT,
            _DIRECTORY,
        ),
    ),
    Command(
        "diff",
        "look:diff",
        "Print the delta of two graph files, folders or git revisions as events, or as an RDF Patch.",
        (
            _argument("old", metavar="OLD", help="a graph file, a folder of them, or a git revision of the project"),
            _argument("new", metavar="NEW", help="the same, later"),
            _argument("--format", dest="form", choices=("text", "json", "rdf-patch"), default="text"),
            _flag("--exit-code", help="exit with 1 where there is a difference"),
            _DIRECTORY,
        ),
    ),
    Command(
        "why",
        "look:why",
        "Name the triples, the query and the template behind a file or a line, and what changed it last.",
        (
            _argument("place", nargs="?", metavar="PATH[:LINE]", help="a generated file, or one line of it"),
            _argument(
                "--view",
                metavar="TEMPLATE",
                help="instead: say of a template's views how they follow changes of the graph, and what that costs",
            ),
            _ENV,
            _JSON,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command("status", "look:status", "Show where things stand.", (_ENV, _JSON, _DIRECTORY)),
    Command(
        "history",
        "look:history",
        "List releases, the newest first.",
        (
            _argument("-n", "--limit", type=int, default=20, metavar="N", help="how many"),
            _ENV,
            _JSON,
            _DIRECTORY,
        ),
    ),
    Command(
        "show",
        "look:show_release",
        "Show one release: what it changed, and why.",
        (_argument("number", type=int, metavar="N", help="the release's number"), _ENV, _JSON, _DIRECTORY),
    ),
    Command(
        "rollback",
        "settle:rollback",
        "Restore the exact bytes of a release, and hold the environment there.",
        (
            _argument("number", nargs="?", type=int, metavar="N", help="the release; the current one's parent"),
            _flag("--discard-edits", help="do not merge edits made since; they are kept as blobs"),
            _flag("--force", help="go to a release that is marked bad, too"),
            _ENV,
            _JSON,
            _WAIT,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "resume",
        "settle:resume",
        "Go on after a rollback with the inputs as they are.",
        (_ENV, _WAIT, _DIRECTORY),
        beside=True,
    ),
    Command(
        "restore",
        "restore:restore",
        "Bring back a generated file that was deleted by hand, or an edit that was set aside.",
        (
            _argument("path", nargs="?", metavar="PATH", help="the file"),
            _argument("--edit", metavar="ID", help="merge this edit, which was set aside, onto what stands there"),
            _flag("--replace", help="with --edit: put its bytes in the place of what stands there"),
            _flag("--markers", help="with --edit: write conflict markers where the two do not merge"),
            _argument("--list", dest="listing", action="store_true", help="list edits that were set aside"),
            _argument("--all", dest="everything", action="store_true", help="with --list: those too that came back"),
            _ENV,
            _JSON,
            _WAIT,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "conflicts",
        "look:conflicts",
        "List open conflicts: the file, the lines, and both sides' reasons.",
        (_ENV, _JSON, _DIRECTORY),
    ),
    Command(
        "resolve",
        "settle:resolve",
        "Settle conflicts: one as you say, or each of their places as you answer.",
        (
            _argument("path", nargs="?", metavar="PATH", help="the file in conflict; all of them, to be asked"),
            _flag("--ours", help="keep the file as it is on disk"),
            _flag("--theirs", help="take the template's version"),
            _flag("--markers", help="write conflict markers into the file, to edit"),
            _flag("--merged", help="the file on disk is the merge: take it"),
            _argument(
                "--from", dest="from_file", type=Path, metavar="FILE", help="with --merged or --markers: put FILE there"
            ),
            _ENV,
            _WAIT,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "merge-file",
        "merging:merge_file",
        "Merge three versions of any file by structure, as git's merge driver too; exits with the number of conflicts.",
        (
            _argument("base", type=Path, metavar="BASE", help="the common ancestor"),
            _argument("ours", type=Path, metavar="OURS", help="your version"),
            _argument("theirs", type=Path, metavar="THEIRS", help="the other version"),
            _argument("-o", "--output", type=Path, metavar="OUT", help="write it there; standard output unless given"),
            _argument("-p", "--path", metavar="PATH", help="what the file is called, which tells its language; OURS"),
            _argument("--language", metavar="NAME", help="the language, where the path does not tell it"),
            _JSON,
        ),
    ),
    Command(
        "plugins",
        "look:plugins",
        "List what is installed, which hooks it implements, and in which order it is asked.",
        (_flag("--hooks", help="list by hook, in call order"), _JSON, _DIRECTORY),
    ),
    Command(
        "prune",
        "settle:prune",
        "Delete old releases, old history and blobs that nothing needs any more.",
        (
            _argument("--keep", type=int, default=50, metavar="N", help="how many releases stay complete"),
            _flag("--edits", help="forget edits that were set aside before those, though nobody had them back"),
            _flag("--rebuild", help="set a damaged state aside and take the files on disk over again"),
            _WAIT,
            _DIRECTORY,
        ),
        beside=True,
    ),
    Command(
        "demo",
        "demo:demo",
        "Show the main job: a full run, a hand edit, a change, the plan, why, and a rollback.",
        (
            _argument("old", nargs="?", type=Path, metavar="OLD", help="a graph to start with; else the built-in one"),
            _argument("new", nargs="?", type=Path, metavar="NEW", help="the same graph, later"),
            _argument("--keep", type=Path, metavar="DIR", help="work in DIR and leave it there"),
        ),
    ),
)
