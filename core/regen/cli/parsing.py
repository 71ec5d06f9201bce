"""Parsing: what was typed becomes a command and its arguments, and is run.

Why argparse: the libraries for friendlier command lines take longer to import than a whole cycle does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from regen.cli.command import Command
from regen.cli.commands import COMMANDS
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


class _Parser(argparse.ArgumentParser):
    """Raises what argparse would print and exit for."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help` lists what there is")

    def _check_value(self, action: argparse.Action, value: str) -> None:
        """An unknown command is told with what may be meant, not with all there are."""
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            from difflib import get_close_matches

            near = get_close_matches(value, list(action.choices), n=1)
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
        sub.set_defaults(run=command)
    return top


def parsed(arguments: Sequence[str]) -> tuple[Command | None, dict[str, Any]]:
    """The command that is meant, and its arguments by name; None where none was given.

    Raises:
        UsageError: the arguments cannot be meant.
        SystemExit: for --help and --version, with 0.
    """
    top = parser()
    found, left = top.parse_known_args(_moved(arguments))
    values = vars(found)
    values.pop("command")
    command: Command | None = values.pop("run", None)
    if left:
        # argparse takes no argument after an option that it could have had before it.
        if command is None or command.late is None or values[command.late] or left[0].startswith("-") or left[1:]:
            top.error(f"unrecognized arguments: {' '.join(left)}")
        values[command.late] = left[0]
    return command, values


def dispatch(arguments: Sequence[str]) -> int:
    """Run one command.

    Raises:
        UsageError: the arguments cannot be meant.
        SystemExit: for --help and --version, with 0.
    """
    command, values = parsed(arguments)
    if command is None:
        parser().print_help()
        raise UsageError("no command was given")
    work = command.load()(**values)
    if isinstance(work, int):
        return work
    from regen.cli import beside, running

    return beside.run(values["directory"], arguments, lambda: running.run(work))


def failure(arguments: Sequence[str]) -> int | None:
    """The exit code of whatever goes wrong with the command that is meant; None: that of the error."""
    name = next(iter(_moved(arguments)), None)
    return next((command.failure for command in COMMANDS if command.name == name), None)


def _moved(arguments: Sequence[str]) -> list[str]:
    """`regen -C DIR COMMAND …`, as git spells it, becomes `regen COMMAND -C DIR …`."""
    given = list(arguments)
    if len(given) > 2 and given[0] in {"-C", "--directory"}:
        return [given[2], *given[:2], *given[3:]]
    return given
