"""Load: a folder becomes a checked configuration."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from regen.config.check import Place, read_table
from regen.config.health import check_health
from regen.config.objectives import check_objectives
from regen.config.options import read_options
from regen.config.settings import Config, Environment, NoOptions
from regen.config.sources import check_learning, check_sources
from regen.errors import ConfigError, UsageError

CONFIG_FILE = "regen.toml"
PYPROJECT = "pyproject.toml"

_VERSION = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}")  # Semantic Versioning 2.0.0, 2
_NOT_A_TARGET = frozenset({".git", ".regen", "regen.lock"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def find_root(start: Path) -> Path:
    """The project that a folder is in: the nearest folder, from `start` upwards, with a configuration.

    A folder counts when it holds `regen.toml`, a `pyproject.toml` with `[tool.regen]`, or both `graphs` and
    `templates`.

    Raises:
        UsageError: `start` is no folder, or neither it nor a folder above it is a project.
        ConfigError: a `pyproject.toml` that speaks of regen is no TOML.
    """
    start = start.absolute()
    if not start.is_dir():
        raise UsageError(f"{start} is no folder", hint="name the project's folder with -C DIR")
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file() or _tool_table(folder) is not None:
            return folder
        if (folder / "graphs").is_dir() and (folder / "templates").is_dir():
            return folder
    raise UsageError(
        f"{start} is no regen project: no {CONFIG_FILE}, and no folders graphs/ and templates/, here or above",
        hint="run `regen init` to make one, or name the project's folder with -C DIR",
    )


def load_config(root: Path) -> Config:
    """Read and check the configuration of a project's folder.

    Args:
        root: the folder, as `find_root` gives it.

    Raises:
        ConfigError: with file and line, and the key meant.
        UsageError: the folder has neither a configuration nor `graphs` and `templates`.
    """
    root = root.absolute()
    tool = _tool_table(root)
    if (root / CONFIG_FILE).is_file():
        if tool is not None:
            raise ConfigError(
                f"both {CONFIG_FILE} and [tool.regen] in {PYPROJECT} configure this project",
                where=PYPROJECT,
                hint=f"keep {CONFIG_FILE} and remove [tool.regen], or the other way round",
            )
        text, table = parsed_file(root / CONFIG_FILE)
        place = Place(CONFIG_FILE, text)
        return _complete(read_table(Config, table, place, root=root, file=CONFIG_FILE), place)
    if tool is not None:
        text, table = tool
        place = Place(PYPROJECT, text, ("tool", "regen"))
        _refuse_nul(table, place)
        return _complete(read_table(Config, table, place, root=root, file=PYPROJECT), place)
    if (root / "graphs").is_dir() and (root / "templates").is_dir():
        return _complete(Config(root), Place(CONFIG_FILE, ""))
    raise UsageError(
        f"{root} is no regen project: no {CONFIG_FILE}, and no folders graphs/ and templates/",
        hint="run `regen init` to make one",
    )


def parsed_file(path: Path) -> tuple[str, dict[str, Any]]:
    """The text and the tables of a file in TOML. Raises ConfigError where it cannot be read, or is none."""
    text = _read(path)
    table = _parse(text, path.name)
    _refuse_nul(table, Place(path.name, text))
    return text, table


def _tool_table(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """Text and `[tool.regen]` of a folder's pyproject.toml; None where it does not speak of regen."""
    path = folder / PYPROJECT
    if not path.is_file():
        return None
    text = _read(path)
    if "regen" not in text:
        return None
    tool = _parse(text, PYPROJECT).get("tool", {})
    table = tool.get("regen") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError("`tool.regen` has to be a table", where=PYPROJECT, hint="write `[tool.regen.project]`")
    return None if table is None else (text, table)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError("this is not UTF-8", where=path.name, hint="save the file as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=path.name, hint="check its permissions") from error


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        numbers = re.findall(r"\d+", place)
        where = ":".join((file, *numbers)) if numbers else f"{file}:{text.count(chr(10)) + 1}"
        raise ConfigError(
            f"this is no TOML: {message}", where=where, hint="see https://toml.io for the syntax"
        ) from error


def _refuse_nul(value: object, place: Place, at: tuple[str | int, ...] = ()) -> None:
    """No path, command or pattern can hold it, and the system's calls that get one fail in ways of their own."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        _refuse_nul(part, place, (*at, key))
        if isinstance(part, str) and "\0" in part:
            raise place.error((*at, key), "{key} holds the character NUL", "write it without `\\u0000`")


def _complete(config: Config, place: Place) -> Config:
    """Fill in what depends on other settings, and check what needs more than one of them."""
    _check_output(config, place)
    written = config.environments or (Environment("dev"),)
    environments = tuple(replace(e, target=e.target or config.project.output) for e in written)
    config = replace(config, environments=environments)
    _check_version(config, place)
    _check_tune(config, place)
    _check_names(config, place)
    _check_targets(config, place)
    _check_options(config, place)
    _check_commands(config, place)
    check_sources(config, place)
    check_learning(config, place)
    check_objectives(config, place)
    check_health(config, place)
    if config.gates or config.evaluate.tools:
        from regen.config.gates import check_gates  # most projects start without

        check_gates(config, place)
    return config


def _check_output(config: Config, place: Place) -> None:
    output = PurePosixPath(config.project.output)
    if output.is_absolute() or ".." in output.parts:
        hint = "put the configuration in a folder that holds graphs, templates and output"
        raise place.error(("project", "output"), f"{{key}} leaves the project: {output}", hint)
    for name in ("graphs", "templates"):
        if not getattr(config.project, name):
            raise place.error(("project", name), "{key} is empty", f'name a folder, such as ["{name}"]')


def _check_version(config: Config, place: Place) -> None:
    version = config.engine.first_version
    if not _VERSION.fullmatch(version):
        hint = "write three numbers with points between them, such as `0.1.0`"
        raise place.error(("engine", "first_version"), f"{{key}} cannot be {version!r}", hint)


def _check_tune(config: Config, place: Place) -> None:
    tune = config.tune
    for name, least, most in (
        ("max_workers", tune.min_workers, tune.max_workers),
        ("max_chunk", tune.min_chunk, tune.max_chunk),
        ("max_debounce_ms", tune.min_debounce_ms, tune.max_debounce_ms),
    ):
        if isinstance(most, int) and most < least:
            below = f"{{key}} is {most}, less than `{name.replace('max', 'min')}`, which is {least}"
            raise place.error(("tune", name), below, "make it at least as much")


def _check_names(config: Config, place: Place) -> None:
    names = [environment.name for environment in config.environments]
    for index, name in enumerate(names):
        at = ("environment", index, "name")
        if not _NAME.fullmatch(name):
            raise place.error(at, f"{{key}} cannot be {name!r}", "use letters, digits, `-` and `_`, 64 at most")
        if name in names[:index]:
            raise place.error(at, f"there are two [[environment]] named {name!r}", "rename one of them")


def _check_targets(config: Config, place: Place) -> None:
    owners: dict[str, str] = {}
    for index, environment in enumerate(config.environments):
        target = str(PurePosixPath(environment.target))
        own = next((part for part in PurePosixPath(target).parts if part.casefold() in _NOT_A_TARGET), None)
        if own is not None:
            at = ("environment", index, "target")
            raise place.error(at, f"{{key}} cannot be {target!r}: `{own}` is not for releases", "name another folder")
        if environment.enabled and target in owners:
            raise place.error(
                ("environment", index, "target"),
                f"the environments {owners[target]!r} and {environment.name!r} both deploy to {target}",
                "give one of them another `target`, or set `enabled = false`",
            )
        if environment.enabled:
            owners[target] = environment.name


def _check_options(config: Config, place: Place) -> None:
    """Other deployers' keys are checked when their plugins are asked."""
    for index, environment in enumerate(config.environments):
        if environment.deployer == "workspace":
            read_options(NoOptions, environment, place, ("environment", index))


def place_of(config: Config) -> Place:
    """The file of a configuration, for an error that is found after it was loaded."""
    file = config.file or CONFIG_FILE
    text = _read(config.root / file) if (config.root / file).is_file() else ""
    return Place(file, text, ("tool", "regen") if file == PYPROJECT else ())


def _check_commands(config: Config, place: Place) -> None:
    for index, environment in enumerate(config.environments):
        for key, commands in (("pre", environment.pre), ("post", environment.post)):
            for number, command in enumerate(commands):
                at = ("environment", index, key, number)
                try:
                    words = shlex.split(command)
                except ValueError as error:
                    raise place.error(at, f"{{key}}: {command!r} is no command: {error}", "close its quotes") from error
                if not words:
                    raise place.error(at, "{key} has an empty command", "name a program, or take it out")
