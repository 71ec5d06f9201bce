"""Gates: `[[gate]]` of the configuration becomes what evaluators and thresholds read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from regen.config.check import Place
from regen.config.gate import GateTable
from regen.config.settings import Config
from regen.errors import RegenError
from regen.model.gate import CHECKERS, FILES, Gate
from regen.model.objective import Target, parse_amount

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FIGURE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BUILT_IN = ("compatibility", "dependencies", "security", "shacl", "syntax")
_MEASURED = ("duration_s", "exit", "failed")
_FOR = {
    "run": ("run",),
    "timeout_s": ("run", "use"),
    "cwd": ("run",),
    "env": ("run", "use"),
    "languages": ("run", "use"),
    "paths": ("run", "use"),
    "figures": ("run",),
    "target": ("metric",),
    "min": ("metric",),
    "max": ("metric",),
}


def gates(config: Config) -> tuple[Gate, ...]:
    """The gates of a configuration that was checked, in their order."""
    return tuple(
        Gate(
            name=table.name,
            run=tuple(shlex.split(table.run)) if table.run is not None else (),
            use=table.use,
            metric=table.metric,
            targets=_targets(table),
            timeout_s=table.timeout_s,
            cwd=table.cwd,
            env=table.env,
            languages=table.languages,
            paths=table.paths,
            environments=table.environments,
            watched=table.when == "always",
            required=table.required,
            lets_doubt_pass=table.inconclusive == "pass",
            figures=table.figures,
        )
        for table in config.gates
    )


def _targets(table: GateTable) -> tuple[Target, ...]:
    found = [Target.parse(table.target)] if table.target is not None else []
    if table.least is not None:
        found.append(Target(">=", *parse_amount(table.least)))
    if table.most is not None:
        found.append(Target("<=", *parse_amount(table.most)))
    return tuple(found)


def check_gates(config: Config, place: Place) -> None:
    """Check every `[[gate]]`, and the tools that `[evaluate]` names.

    Raises:
        ConfigError: with file and line, and the key meant.
    """
    names = [table.name for table in config.gates]
    for index, table in enumerate(config.gates):
        at = ("gate", index)
        if not _NAME.fullmatch(table.name):
            raise place.error((*at, "name"), f"{{key}} cannot be {table.name!r}", "use letters, digits, `-` and `_`")
        if table.name in names[:index] or table.name in _BUILT_IN:
            what = f"there are two gates named {table.name!r}"
            raise place.error((*at, "name"), what, f"rename it; regen's own are {', '.join(_BUILT_IN)}")
        _check_kind(table, place, index)
        _check_command(table, place, index)
        _check_figures(table, place, index)
        _check_targets(table, place, index)
        known = [environment.name for environment in config.environments]
        for name in table.environments:
            if name not in known:
                what = f"there is no environment {name!r}"
                raise place.error((*at, "environments"), what, f"choose of: {', '.join(known)}")
    _check_tools(config, place)


def check_languages(config: Config, place: Callable[[], Place], known: Mapping[str, str]) -> None:
    """Check that gates ask of languages that a plugin knows.

    Args:
        place: gives the configuration's file.
        known: endings to names of languages.

    Raises:
        ConfigError: with file and line; a gate of a language that nobody knows would never be asked.
    """
    names = sorted(set(known.values()))
    for index, table in enumerate(config.gates):
        for language in table.languages:
            if language not in names:
                at = ("gate", index, "languages")
                raise place().error(at, f"no plugin knows the language {language!r}", f"choose of: {', '.join(names)}")


def _check_kind(table: GateTable, place: Place, index: int) -> None:
    at = ("gate", index)
    given = [kind for kind in ("run", "use", "metric") if getattr(table, kind) is not None]
    if len(given) != 1:
        what = f"has both `{given[0]}` and `{given[1]}`" if given else "does not say what it is"
        raise place.error(at, f"the gate {table.name!r} {what}", "give one of `run`, `use` and `metric`")
    empty = GateTable(table.name)
    for key, kinds in _FOR.items():
        name = {"min": "least", "max": "most"}.get(key, key)
        if given[0] not in kinds and getattr(table, name) != getattr(empty, name):
            other = " or ".join(f"`{kind}`" for kind in kinds)
            raise place.error((*at, key), f"{{key}} is for a gate with {other}", "take it out")


def _check_command(table: GateTable, place: Place, index: int) -> None:
    folder = PurePosixPath(table.cwd)
    if folder.is_absolute() or ".." in folder.parts:
        raise place.error(("gate", index, "cwd"), f"{{key}} leaves the project: {folder}", "name a folder inside it")
    if table.run is None:
        return
    at = ("gate", index, "run")
    try:
        words = shlex.split(table.run)
    except ValueError as error:
        raise place.error(at, f"{{key}}: {table.run!r} is no command: {error}", "close its quotes") from error
    if not words:
        raise place.error(at, "{key} is empty", "name a program")
    if any(FILES in word and word != FILES for word in words):
        raise place.error(at, f"`{FILES}` stands inside of a word", f"write it as a word of its own: `lint {FILES}`")


def _check_figures(table: GateTable, place: Place, index: int) -> None:
    for name, where in table.figures:
        at = ("gate", index, "figures", name)
        if not _FIGURE.fullmatch(name):
            raise place.error(at, f"{name!r} is no name of a figure", "use letters, digits and `_`, a letter first")
        if name in _MEASURED:
            raise place.error(at, f"{name!r} is measured of every command", "choose another name")
        if where.startswith("json:"):
            pointer = where.removeprefix("json:").rpartition("#")[2]
            if not pointer.startswith("/"):
                hint = "write `json:/totals/percent` for the output, or `json:coverage.json#/totals/percent` for a file"
                raise place.error(at, f"{pointer!r} is no JSON pointer", hint)
            continue
        try:
            groups = re.compile(where).groups
        except re.error as error:
            raise place.error(at, f"{where!r} is no regular expression: {error}", "see the module `re`") from error
        if groups != 1:
            hint = "put the number, and only it, into parentheses; `(?:…)` makes no group"
            raise place.error(at, f"{{key}} has {groups} groups, not one", hint)


def _check_targets(table: GateTable, place: Place, index: int) -> None:
    at = ("gate", index)
    if table.metric is None:
        return
    if (table.target, table.least, table.most) == (None, None, None):
        raise place.error(at, f"the gate {table.name!r} does not say what {table.metric} has to be", "add `target`")
    for key, text in (("target", table.target), ("min", table.least), ("max", table.most)):
        try:
            if text is not None:
                Target.parse(text) if key == "target" else parse_amount(text)
        except RegenError as error:
            raise place.error((*at, key), error.message, error.hint or "") from error
    if None not in (table.least, table.most):
        least, most = (parse_amount(text or "")[0] for text in (table.least, table.most))
        if least > most:
            raise place.error((*at, "min"), f"no figure is both >= {table.least} and <= {table.most}", "swap them")


def _check_tools(config: Config, place: Place) -> None:
    for language, tool in config.evaluate.tools:
        at = ("evaluate", "tools", language)
        if language not in CHECKERS:
            raise place.error(at, f"regen knows no tool for {language!r}", f"choose of: {', '.join(CHECKERS)}")
        if tool not in CHECKERS[language]:
            hint = f"choose of: {', '.join(CHECKERS[language])}; others are gates: `[[gate]]` with `use` or `run`"
            raise place.error(at, f"{{key}} cannot be {tool!r}", hint)
