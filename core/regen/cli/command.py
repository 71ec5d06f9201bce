"""A command as data: its name, its arguments, and the function that it is.

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
class Argument:
    """What `argparse` is told of one argument or option."""

    names: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


def flag(*names: str, help: str) -> Argument:  # noqa: A002 - argparse's word
    """An option that is there or not."""
    return Argument(names, {"action": "store_true", "help": help})


def argument(*names: str, **options: Any) -> Argument:
    """An argument or an option with a value."""
    return Argument(names, options)


DIRECTORY = argument(
    "-C", "--directory", type=Path, default=Path(), metavar="DIR", help="work as if regen was started in DIR"
)
JSON = flag("--json", help="print one JSON document on standard output")
ENV = argument("--env", metavar="NAME", help="the environment; the first one unless given")
ENV_ALL = argument("--env", metavar="NAME", help="the environment; all of them unless given")
FULL = flag("--full", help="render everything, not only what is affected")
LANGUAGE = argument("--language", action="append", metavar="NAME", help="only templates of this language; repeatable")
WAIT = argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait that long for another regen to end")


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: as typed.
        function: "module:function" below regen.cli.
        help: one sentence.
        arguments: what it takes.
        failure: the exit code of whatever goes wrong with it; None: that of the error.
        beside: whether it works on an open project: where a watch holds it, the watch runs the command.
        late: the argument that may stand after options, too; None: none.
    """

    name: str
    function: str
    help: str
    arguments: tuple[Argument, ...]
    failure: int | None = None
    beside: bool = False
    late: str | None = None

    def load(self) -> Callable[..., int | Work]:
        """The function that it is."""
        module, _, function = self.function.partition(":")
        found: Callable[..., int | Work] = getattr(importlib.import_module(f"regen.cli.{module}"), function)
        return found
