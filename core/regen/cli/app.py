"""The commands, their arguments and options, in the order of the help page.

Why argparse, and functions by name: building the parser imports nothing else, so `regen --help` answers at once; the
libraries for friendlier command lines take longer to import than a whole cycle does.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from regen.errors import UsageError

_EPILOG = """\
exit codes:
  0 done                                    4 a gate said no, nothing was written
  1 a check found something                 5 a deployment failed and was rolled back
  2 wrong usage, configuration or input     6 the state cannot be used
  3 conflicts are open                      7 not allowed
                                          130 interrupted, nothing half done

Every command takes -C DIR; `regen COMMAND --help` says what it does.
"""


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
class _Command:
    name: str
    function: str  # module:function below regen.cli
    help: str
    arguments: tuple[_Argument, ...]


COMMANDS: tuple[_Command, ...] = (
    _Command(
        "init",
        "settle:init",
        "Make a project that works at once: a graph, a template, regen.toml.",
        (
            _argument("where", nargs="?", type=Path, default=Path(), metavar="DIR", help="made where it is missing"),
            _argument("--pack", action="append", metavar="NAME", help="a template pack to use; repeatable"),
        ),
    ),
    _Command(
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
            _FULL,
            _LANGUAGE,
            _ENV,
            _JSON,
            _WAIT,
            _DIRECTORY,
        ),
    ),
    _Command(
        "apply",
        "cycle:apply",
        "Run one cycle: bring every affected file up to date.",
        (_FULL, _LANGUAGE, _ENV, _JSON, _WAIT, _DIRECTORY),
    ),
    _Command(
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
    _Command(
        "diff",
        "look:diff",
        "Print the delta of two graph files or folders as events, or as an RDF Patch.",
        (
            _argument("old", type=Path, metavar="OLD", help="a graph file, or a folder of them"),
            _argument("new", type=Path, metavar="NEW", help="the same, later"),
            _argument("--format", dest="form", choices=("text", "json", "rdf-patch"), default="text"),
            _flag("--exit-code", help="exit with 1 where there is a difference"),
            _DIRECTORY,
        ),
    ),
    _Command(
        "why",
        "look:why",
        "Name the triples, the query and the template behind a file or a line, and what changed it last.",
        (
            _argument("place", metavar="PATH[:LINE]", help="a generated file, or one line of it"),
            _ENV,
            _JSON,
            _DIRECTORY,
        ),
    ),
    _Command("status", "look:status", "Show where things stand.", (_ENV, _JSON, _DIRECTORY)),
    _Command(
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
    _Command(
        "show",
        "look:show_release",
        "Show one release: what it changed, and why.",
        (_argument("number", type=int, metavar="N", help="the release's number"), _ENV, _JSON, _DIRECTORY),
    ),
    _Command(
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
    ),
    _Command(
        "resume", "settle:resume", "Go on after a rollback with the inputs as they are.", (_ENV, _WAIT, _DIRECTORY)
    ),
    _Command(
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
    ),
    _Command(
        "conflicts",
        "look:conflicts",
        "List open conflicts: the file, the lines, and both sides' reasons.",
        (_ENV, _JSON, _DIRECTORY),
    ),
    _Command(
        "resolve",
        "settle:resolve",
        "Settle one conflict.",
        (
            _argument("path", metavar="PATH", help="the file in conflict"),
            _flag("--ours", help="keep the file as it is on disk"),
            _flag("--theirs", help="take the template's version"),
            _flag("--markers", help="write conflict markers into the file, to edit"),
            _flag("--merged", help="the file on disk is the merge: take it"),
            _ENV,
            _WAIT,
            _DIRECTORY,
        ),
    ),
    _Command(
        "plugins",
        "look:plugins",
        "List what is installed, which hooks it implements, and in which order it is asked.",
        (_flag("--hooks", help="list by hook, in call order"), _JSON, _DIRECTORY),
    ),
    _Command(
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
    ),
    _Command(
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


class _Parser(argparse.ArgumentParser):
    """Raises what argparse would print and exit for."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help` lists what there is")

    def _check_value(self, action: argparse.Action, value: str) -> None:
        """An unknown command is told with what may be meant, not with all there are."""
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            near = difflib.get_close_matches(value, list(action.choices), n=1)
            hint = f"did you mean `regen {near[0]}`?" if near else "`regen --help` lists what there is"
            raise UsageError(f"there is no command {value!r}", hint=hint)
        super()._check_value(action, value)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    from regen.version import __version__

    top = _Parser(
        prog="regen",
        description="Keeps generated code in step with a knowledge graph.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"regen {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Parser)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        for argument in command.arguments:
            sub.add_argument(*argument.names, **argument.options)
        sub.set_defaults(function=command.function)
    return top


def dispatch(arguments: Sequence[str]) -> int:
    """Run one command.

    Raises:
        UsageError: the arguments cannot be meant.
        SystemExit: for --help and --version, with 0.
    """
    top = parser()
    values = vars(top.parse_args(_moved(arguments)))
    values.pop("command")
    name = values.pop("function", None)
    if name is None:
        top.print_help()
        raise UsageError("no command was given")
    module, _, function = name.partition(":")
    run: Callable[..., int] = getattr(importlib.import_module(f"regen.cli.{module}"), function)
    return run(**values)


def _moved(arguments: Sequence[str]) -> list[str]:
    """`regen -C DIR COMMAND …`, as git spells it, becomes `regen COMMAND -C DIR …`."""
    given = list(arguments)
    if len(given) > 2 and given[0] in {"-C", "--directory"}:
        return [given[2], *given[:2], *given[3:]]
    return given
