"""CloudEvents: events become JSON by the names of CloudEvents 1.0; their data comes back as it was.

Terms are N-Triples. `source` is the origin as a URI reference, `revision` an extension attribute.
Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote

from regen.model.event import Event, Other, Payload, payload_class
from regen.model.n3 import parse_term
from regen.model.term import Term

_SAFE_IN_SOURCE = "/:@!$&'()*+,;=~?#-._"


def to_json(event: Event) -> dict[str, object]:
    """An event as a CloudEvent in structured JSON; `json.dumps` writes it."""
    found: dict[str, object] = {
        "specversion": "1.0",
        "id": event.id,
        "source": quote(event.origin, safe=_SAFE_IN_SOURCE),
        "type": event.type,
        "time": _time(event.at),
        "revision": event.revision,
        "datacontenttype": "application/json",
        "data": json.loads(data_json(event.data)),
    }
    if event.data.about is not None:
        found["subject"] = event.data.about
    return found


def data_json(data: Payload) -> str:
    """A payload's fields as JSON, with sorted keys."""
    if isinstance(data, Other):
        return data.json
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def payload_from(name: str, subject: str | None, text: str) -> Payload:
    """The payload of a name and the JSON of its fields; `Other` where no class has the name.

    Raises:
        ValueError: the data does not fit the class.
    """
    kind = payload_class(name)
    if kind is None:
        return Other(name, subject, text)
    try:
        value = _typed(kind, json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the data of {name} does not fit: {error}") from error
    assert isinstance(value, Payload)  # noqa: S101 - `_typed` makes what it was asked for
    return value


def _plain(value: object) -> object:
    if isinstance(value, Term):
        return value.n3()
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        items = [_plain(item) for item in value]
        return dict(zip(names, items, strict=True)) if names else items
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _typed(kind: Any, value: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        if value is None:
            return None
        return _typed(next(arm for arm in get_args(kind) if arm is not type(None)), value)
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], item) for item in value)
    if issubclass(kind, Term):
        return parse_term(value)
    if kind is float:
        return float(value)
    hints = _hints(kind)
    return kind(**{name: _typed(hint, value[name]) for name, hint in hints if name in value}) if hints else kind(value)


@cache
def _hints(kind: type) -> tuple[tuple[str, Any], ...]:
    """Names and types of the fields of a dataclass or a named tuple; empty for anything else."""
    if not (is_dataclass(kind) or hasattr(kind, "_fields")):
        return ()
    hints = get_type_hints(kind)
    names = kind._fields if hasattr(kind, "_fields") else [field.name for field in fields(kind)]
    return tuple((name, hints[name]) for name in names)


def _time(at: float) -> str:
    """RFC 3339 with as many digits as give the same float again."""
    exact = Decimal(repr(at))
    whole = int(exact // 1)
    fraction = format(exact - whole, "f").removeprefix("0").rstrip(".")
    moment = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}{fraction if fraction.strip('.0') else ''}Z"
