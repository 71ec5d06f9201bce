"""Asked: parameters and bodies become frozen values, or a problem that names the one that is wrong."""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from typing import Literal as OneOf

from regen.config import Key
from regen.serve.problems import Problem

S = TypeVar("S")
LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exactly (RFC 8259, section 6)."""
_NAMES: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
_WORDS = {"true": True, "false": False}


def parameters(kind: type[S], path: Mapping[str, str], query: Sequence[tuple[str, str]]) -> S:
    """The parameters of a request.

    Args:
        kind: a frozen dataclass; see `regen.serve.route`.
        path: by name.
        query: (name, value) as they stand there.

    Raises:
        Problem: one is missing, unknown, given twice, or cannot be meant.
    """
    given: dict[str, Any] = dict(path)
    for name, value in query:
        if name in given:
            raise Problem(400, f"the parameter {name!r} is given twice", "give it once")
        given[name] = value
    try:
        return _made(kind, given, "parameter", texts=True)
    except Unfit as problem:
        if problem.name in path:  # a path that cannot be is one at which there is nothing
            raise Problem(404, problem.detail, problem.hint) from None
        raise


def body(kind: type[S], data: bytes) -> S:
    """The body of a request. Raises Problem where it is no JSON, or not what the type says."""
    try:
        value = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is no JSON", "send one JSON object, in UTF-8") from None
    if not isinstance(value, dict):
        raise Problem(422, "the body has to be a JSON object", "send an object with its fields")
    return _made(kind, value, "field", texts=False)


def _no_number(name: str) -> float:
    raise ValueError(f"JSON has no {name}")


def _made(kind: type[S], given: Mapping[str, Any], what: str, *, texts: bool) -> S:
    status = 400 if texts else 422
    hints = get_type_hints(kind, include_extras=True)
    known = {written(field.name, hints[field.name]): field for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(given) - set(known))
    if unknown:
        there = f"there are: {', '.join(known)}" if known else f"it takes no {what}s"
        raise Problem(status, f"there is no {what} {unknown[0][:80]!r}", there)
    values = {}
    for name, field in known.items():
        if name in given:
            values[field.name] = _value(hints[field.name], given[name], name, texts=texts)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise Problem(status, f"the {what} {name!r} is missing", "give it")
    return kind(**values)


def key_of(hint: Any) -> Key:
    """What is known of a field beside its type."""
    return next((one for one in get_args(hint) if isinstance(one, Key)), Key(""))


def written(name: str, hint: Any) -> str:
    """What a field is called in a request: `from` cannot be a name in Python."""
    return key_of(hint).toml or name


def _value(hint: Any, raw: Any, name: str, *, texts: bool) -> Any:
    key, arguments = key_of(hint), get_args(hint)
    plain = arguments[0] if get_origin(hint) is Annotated else hint
    value = _typed(plain, raw, name, texts=texts)
    _bounded(key, value, name, texts=texts)
    return value


def _typed(kind: Any, raw: Any, name: str, *, texts: bool) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if raw is None and not texts and type(None) in arguments:
            return None
        return _typed(next(one for one in arguments if one is not type(None)), raw, name, texts=texts)
    if origin is OneOf:
        if raw not in arguments:
            raise _wrong(name, f"has to be one of {', '.join(map(str, arguments))}", texts=texts)
        return raw
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(raw, dict):
            raise _wrong(name, "has to be an object", texts=texts)
        return _made(kind, raw, "field", texts=texts)
    if origin is tuple:
        if not isinstance(raw, list):
            raise _wrong(name, "has to be a list", texts=texts)
        return tuple(_value(arguments[0], one, name, texts=texts) for one in raw)
    return _scalar(kind, raw, name, texts=texts)


def _scalar(kind: Any, raw: Any, name: str, *, texts: bool) -> Any:
    try:
        found = _from_text(kind, raw) if texts else _from_json(kind, raw)
    except (ValueError, KeyError, OverflowError):
        raise _wrong(name, f"has to be {_NAMES[kind]}", texts=texts) from None
    if isinstance(found, str) and ("\x00" in found or not _whole(found)):
        raise _wrong(name, "has characters that no text has", texts=texts)
    return found


def _from_text(kind: Any, raw: str) -> Any:
    if kind is bool:
        return _WORDS[raw]
    if kind is int:
        if not raw.removeprefix("-").isdecimal() or not raw.isascii() or len(raw) > 17:
            raise ValueError(raw)
        return int(raw)
    if kind is float:
        if not math.isfinite(found := float(raw)) or not raw.isascii() or "_" in raw or raw != raw.strip():
            raise ValueError(raw)
        return found
    return raw


def _from_json(kind: Any, raw: Any) -> Any:
    if kind is int and type(raw) is float and raw.is_integer():
        return int(raw)  # JSON Schema takes 1.0 for a whole number
    if kind is float and type(raw) is int:
        return float(raw)
    if type(raw) is not kind or (kind is float and not math.isfinite(raw)):
        raise ValueError(raw)
    return raw


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bounded(key: Key, value: Any, name: str, *, texts: bool) -> None:
    if isinstance(value, str) and key.maximum is not None and len(value) > key.maximum:
        raise _wrong(name, f"has to have at most {key.maximum:g} characters", texts=texts)
    if isinstance(value, str) and key.choices and value not in key.choices:
        raise _wrong(name, f"has to be one of {', '.join(key.choices)}", texts=texts)
    if isinstance(value, str) and key.matches is not None and not re.fullmatch(key.matches, value):
        raise _wrong(name, f"cannot be meant: it is {key.doc}", texts=texts)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _wrong(name, f"has to be at most {LARGEST}", texts=texts)
    if key.minimum is not None and value < key.minimum:
        raise _wrong(name, f"has to be at least {key.minimum:g}", texts=texts)
    if key.maximum is not None and value > key.maximum:
        raise _wrong(name, f"has to be at most {key.maximum:g}", texts=texts)


class Unfit(Problem):
    """What was given for `name` cannot be meant."""

    def __init__(self, status: int, name: str, why: str) -> None:
        super().__init__(status, f"{name!r} {why}", "see /openapi.json")
        self.name = name


def _wrong(name: str, why: str, *, texts: bool) -> Unfit:
    """What was given is not told again: it might be a secret that was put in the wrong place."""
    return Unfit(400 if texts else 422, name, why)
