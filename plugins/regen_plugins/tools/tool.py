"""What is known of a tool: its program, its languages, what to run, and how to read what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from regen.model.finding import Severity
from regen_plugins.tools.ground import Ground

NOTHING_LEFT = "no file is left to look at"
"""Why a tool is not run where all files that it is for are gone."""


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a tool.

    Attributes:
        arguments: after the program.
        folder: that it works in.
        variables: beside those of this process.
    """

    arguments: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One finding of a tool.

    Attributes:
        path: absolute, or relative to the call's folder; None where it names no file.
        line, column: from 1.
        code: of the rule; "" where it has none.
    """

    path: str | None
    line: int | None
    column: int | None
    severity: Severity
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        name: for people.
        program: that is looked for in the project and on the path.
        endings: of files that it looks at.
        prepare: what to run for changed files (relative to the tree); a text: why nothing can be run.
        read: its findings in what it printed.
        install: how people get it.
        arguments: of the program, before all others.
    """

    name: str
    program: str
    endings: frozenset[str]
    prepare: Callable[[Ground, Path, Sequence[str]], Sequence[Call] | str]
    read: Callable[[str], Iterable[Said]]
    install: str
    arguments: tuple[str, ...] = ()
