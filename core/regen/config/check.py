"""Check: tables of TOML become settings, or an error that names file, line and the key meant."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, time
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints
from typing import Literal as OneOf

from regen.config.keys import Key, Pairs
from regen.config.lines import KeyPath, key_lines
from regen.config.settings import Config
from regen.errors import ConfigError

S = TypeVar("S")

_NAMES: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


class Place:
    """Names places of one configuration file.

    Args:
        file: the file's name, for messages.
        text: its content.
        prefix: what stands before every key in the file: ("tool", "regen") in `pyproject.toml`.
    """

    def __init__(self, file: str, text: str, prefix: KeyPath = ()) -> None:
        self._file, self._text, self._prefix = file, text, prefix
        self._lines: dict[KeyPath, int] | None = None

    def where(self, path: KeyPath) -> str:
        """The file and the line of a key; the line of the table around it where the key is not in the file."""
        if self._lines is None:
            self._lines = key_lines(self._text)
        full = (*self._prefix, *path)
        while full and full not in self._lines:
            full = full[:-1]
        return f"{self._file}:{self._lines[full]}" if full else self._file

    def error(self, path: KeyPath, message: str, hint: str) -> ConfigError:
        """An error at a key; `{key}` in the message is its name as a person writes it."""
        return ConfigError(message.replace("{key}", f"`{written(path)}`"), where=self.where(path), hint=hint)


def written(path: KeyPath) -> str:
    """A key's path as a person writes it: `environment.name`, without indexes."""
    return ".".join(part for part in path if isinstance(part, str))


def keys_of(kind: type) -> dict[str, tuple[Field[Any], Any, Key]]:
    """The keys of a table: name in the file, to field, type and what else is known of it."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for item in fields(kind):
        arguments = get_args(hints[item.name])
        key = next((a for a in arguments if isinstance(a, Key)), None)
        if key is not None:
            found[key.toml or item.name] = (item, arguments[0], key)
    return found


def read_table(
    kind: type[S],
    table: Mapping[str, Any],
    place: Place,
    path: KeyPath = (),
    *,
    beside: Iterable[str] = (),
    **known: Any,
) -> S:
    """Make one settings class of a TOML table.

    Args:
        kind: the class.
        table: what `tomllib` read.
        place: names lines.
        path: of the table in the file.
        beside: keys that others read of the same table: a key may be meant to be one of them.
        known: fields that do not come from the file.

    Raises:
        ConfigError: an unknown or missing key, a wrong type, a value out of bounds.
    """
    keys = keys_of(kind)
    rest = next((name for name, (_, _, key) in keys.items() if key.rest), None)
    if rest is not None:
        own = {name: value for name, value in table.items() if name not in keys or name == rest}
        table = {**{name: value for name, value in table.items() if name not in own}, rest: own}
    for name in table:
        if name not in keys:
            message = "there is no setting {key}" if path else "there is no table or setting {key}"
            raise place.error((*path, name), message, _key_meant(name, path, (*keys, *beside)))
    for name, (item, expected, key) in keys.items():
        if name in table:
            known[item.name] = _value(expected, key, table[name], place, (*path, name))
        elif item.default is MISSING and item.default_factory is MISSING:
            raise place.error(path, f"{{key}} needs `{name}`: {key.doc}", f'add `{name} = "…"` to it')
    return kind(**known)


def _value(expected: Any, key: Key, value: Any, place: Place, path: KeyPath) -> Any:
    origin, arguments = get_origin(expected), get_args(expected)
    if expected == Pairs:
        return _pairs(key, value, place, path)
    if origin in (Union, types.UnionType):
        return _union(arguments, key, value, place, path)
    if origin is OneOf:
        return _one_of(arguments, value, place, path)
    if origin is tuple:
        return _list(arguments[0], key, value, place, path)
    if is_dataclass(expected) and isinstance(expected, type):
        if not isinstance(value, dict):
            raise place.error(path, "{key} has to be a table", f"write `[{written(path)}]` and its keys below")
        return read_table(expected, value, place, path)
    return _scalar(expected, key, value, place, path)


def _scalar(expected: type, key: Key, value: Any, place: Place, path: KeyPath) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = number if expected is float else type(value) is expected
    if not fits:
        raise place.error(path, f"{{key}} has to be {_NAMES[expected]}, not {_shown(value)}", _meaning(key))
    below = number and key.minimum is not None and not value >= key.minimum
    above = number and key.maximum is not None and not value <= key.maximum
    if below or above:
        bound = f"at least {key.minimum:g}" if below else f"at most {key.maximum:g}"
        raise place.error(path, f"{{key}} has to be {bound}, not {_shown(value)}", _meaning(key))
    if key.pattern:
        _refuse_pattern(value, place, path)
    return float(value) if expected is float else value


def _refuse_pattern(value: str, place: Place, path: KeyPath) -> None:
    try:
        re.compile(value)
    except re.error as error:
        hint = f"it says {_shown(value)}; a backslash before a character takes it as it is"
        raise place.error(path, f"{{key}} is no regular expression: {error}", hint) from error


def _one_of(choices: Iterable[str], value: Any, place: Place, path: KeyPath) -> Any:
    choices = list(choices)
    if value in choices:
        return value
    meant = _closest(value, choices) if isinstance(value, str) else None
    hint = f"did you mean {_shown(meant)}?" if meant else f"choose one of: {', '.join(map(_shown, choices))}"
    raise place.error(path, f"{{key}} cannot be {_shown(value)}", hint)


def _union(kinds: tuple[Any, ...], key: Key, value: Any, place: Place, path: KeyPath) -> Any:
    """A value of the first of the kinds unless it is one of the words that the second allows."""
    words = [word for kind in kinds for word in get_args(kind)]
    if isinstance(value, str) and words:
        return _one_of(words, value, place, path)
    return _value(kinds[0], key, value, place, path)


def _list(kind: Any, key: Key, value: Any, place: Place, path: KeyPath) -> tuple[Any, ...]:
    if key.one_or_many and isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        tables = is_dataclass(kind)
        hint = f"write `[[{written(path)}]]` and its keys below" if tables else "write `[…]`"
        raise place.error(path, "{key} has to be a list", hint)
    return tuple(_value(kind, key, item, place, (*path, index)) for index, item in enumerate(value))


def _pairs(key: Key, value: Any, place: Place, path: KeyPath) -> Pairs:
    if not isinstance(value, dict):
        raise place.error(path, "{key} has to be a table", f"write `[{written(path)}]` and its keys below")
    pairs = []
    for name, item in value.items():
        at = (*path, name)
        if key.any_value:
            pairs.append((name, json.dumps(item, sort_keys=True, ensure_ascii=False, default=_moment)))
        elif key.choices:
            pairs.append((name, _one_of(key.choices, item, place, at)))
        else:
            pairs.append((name, _scalar(str, key, item, place, at)))
    return tuple(sorted(pairs))


def _moment(value: object) -> str:
    """TOML's dates and times, the only values that JSON does not know."""
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")


def _key_meant(name: str, path: KeyPath, keys: Iterable[str]) -> str:
    meant = _closest(name, keys)
    if meant:
        return f"did you mean `{meant}`?"
    for table, (_, kind, _key) in sorted(keys_of(Config).items()):
        inner = kind if is_dataclass(kind) else next(iter(get_args(kind)), None)
        if not isinstance(inner, type) or not is_dataclass(inner) or written(path) == table:
            continue
        there = keys_of(inner).get(name)
        if there is not None and not there[2].rest:
            return (
                f"`{name}` belongs in {'[[' if inner is not kind else '['}{table}{']]' if inner is not kind else ']'}"
            )
    return f"known here: {', '.join(f'`{key}`' for key in sorted(keys))}"


def _closest(word: str, words: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(words), n=1, cutoff=0.6)), None)


def _meaning(key: Key) -> str:
    return f"it means: {key.doc}"


def _shown(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_moment)
    except TypeError:
        return repr(value)
